import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import * as Health from "@lupin/api/Health"

const reportOf = (checks: ReadonlyArray<Health.Check>) =>
  Effect.provide(
    Effect.flatMap(Health.Health, ({ report }) => report),
    Health.Health.layer(checks)
  )

describe("Health", () => {
  it("is as well as the worst check, whatever the order", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...Health.statuses)), (found) => {
        const worst = Health.worst(found)
        assert.strictEqual(worst, Health.worst(found.toReversed()))
        assert.strictEqual(worst === "failing", found.includes("failing"))
        assert.strictEqual(
          worst === "ok",
          found.every((status) => status === "ok")
        )
      })
    )
  })

  it.effect("names every check, in the order in which they were given", () =>
    Effect.gen(function* () {
      const report = yield* reportOf([
        { name: "spool", run: Effect.succeed(Health.ok) },
        { name: "clock", run: Effect.succeed(Health.degraded("3 s off")) }
      ])
      assert.deepStrictEqual(report, {
        status: "degraded",
        checks: [
          { name: "spool", status: "ok" },
          { name: "clock", status: "degraded", detail: "3 s off" }
        ]
      })
    })
  )

  it.effect("calls a check failing that throws, and the others go on", () =>
    Effect.gen(function* () {
      const report = yield* reportOf([
        { name: "cache", run: Effect.die(new Error("no such table")) },
        { name: "spool", run: Effect.succeed(Health.ok) }
      ])
      assert.strictEqual(report.status, "failing")
      assert.include(report.checks[0]?.detail, "no such table")
      assert.strictEqual(report.checks[1]?.status, "ok")
    })
  )

  it.effect("calls a check failing that does not answer in time", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(reportOf([{ name: "cache", run: Effect.never }]))
      yield* TestClock.adjust(Health.checkMillisMax)
      const report = yield* Fiber.join(fiber)
      assert.strictEqual(report.checks[0]?.status, "failing")
    })
  )
})
