import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber, Random } from "effect"
import { createHook } from "node:async_hooks"
import trailblaze from "@lupin-examples/trailblaze/app"
import * as Fleet from "../src/Fleet.ts"
import * as World from "../src/World.ts"

describe("World", () => {
  it.live("lets a year pass at once, in which timers go off in their order", () =>
    World.run({ seed: 1 }, (world) =>
      Effect.gen(function* () {
        const beganMillis = yield* Clock.currentTimeMillis
        const order: Array<string> = []
        const wait = (name: string, days: number) =>
          Effect.andThen(
            Effect.sleep(`${days} days`),
            Effect.sync(() => order.push(name))
          )
        yield* Effect.all([wait("year", 365), wait("day", 1), wait("month", 30)], { concurrency: "unbounded" })
        assert.deepStrictEqual(order, ["day", "month", "year"])
        assert.strictEqual((yield* Clock.currentTimeMillis) - beganMillis, 365 * 86_400_000)
        assert.strictEqual(world.pending, 0)
      })
    )
  )

  it.live("has no chance but its seed's", () =>
    Effect.gen(function* () {
      const draw = (seed: number) => World.run({ seed }, () => Effect.replicateEffect(Random.nextInt, 5))
      assert.deepStrictEqual(yield* draw(5), yield* draw(5))
      assert.notDeepEqual(yield* draw(5), yield* draw(6))
    })
  )

  it.live("lets promises come to something before time goes on", () =>
    World.run({ seed: 1 }, (world) =>
      Effect.gen(function* () {
        const before = world.nowMillis
        yield* Effect.forkChild(Effect.sleep("1 second"))
        yield* Effect.promise(async () => {
          for (let step = 0; step < 3; step++) await Promise.resolve()
        })
        assert.strictEqual(world.nowMillis, before)
      })
    )
  )

  it.live("says so when nothing will ever happen any more", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(World.run({ seed: 1 }, () => Effect.never))
      assert.isTrue(Exit.isFailure(exit))
    })
  )

  it.live("says so when something happens without end, and no time passes", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(World.run({ seed: 1 }, () => Effect.forever(Effect.yieldNow)))
      assert.isTrue(Exit.isFailure(exit))
    })
  )

  it.live("never lets a killed process run again, not even its finalizers", () =>
    World.run({ seed: 1 }, (world) =>
      Effect.gen(function* () {
        const said: Array<string> = []
        const process = world.spawn("victim")
        process.fork(
          Effect.ensuring(
            Effect.forever(
              Effect.andThen(
                Effect.sleep("1 second"),
                Effect.sync(() => said.push("alive"))
              )
            ),
            Effect.sync(() => said.push("finalizer"))
          )
        )
        yield* Effect.sleep("2500 millis")
        process.kill()
        yield* Effect.sleep("10 seconds")
        assert.deepStrictEqual(said, ["alive", "alive"])
      })
    )
  )

  it.live("holds a paused process, and lets it find its timers overdue", () =>
    World.run({ seed: 1 }, (world) =>
      Effect.gen(function* () {
        const woken: Array<number> = []
        const process = world.spawn("sleeper")
        process.fork(
          Effect.forever(
            Effect.andThen(
              Effect.sleep("1 second"),
              Effect.sync(() => woken.push(world.nowMillis - world.startMillis))
            )
          )
        )
        yield* Effect.sleep("1500 millis")
        process.pause()
        yield* Effect.sleep("5 seconds")
        assert.deepStrictEqual(woken, [1_000])
        process.resume()
        yield* Effect.sleep("1100 millis")
        assert.deepStrictEqual(woken, [1_000, 6_500, 7_500])
      })
    )
  )

  it.live("shows each process its own clock", () =>
    World.run({ seed: 1, startMillis: 1_000_000 }, (world) =>
      Effect.gen(function* () {
        const process = world.spawn("early", 60_000)
        const told = process.fork(Clock.currentTimeMillis)
        assert.strictEqual(yield* Fiber.join(told), 1_060_000)
      })
    )
  )

  it.live("touches nothing of the real machine: no file, no socket, no timer", () =>
    Effect.gen(function* () {
      const types = new Set<string>()
      const hook = createHook({ init: (_id, type) => void types.add(type) })
      yield* Fleet.run({ pops: 2, zones: 2, apps: [trailblaze], seed: 1 }, (fleet) =>
        Effect.gen(function* () {
          hook.enable()
          yield* fleet.post("p1", {
            kind: "partner",
            payload: { trail: "sawtooth-lake", date: "2026-01-02", message: "early" }
          })
          yield* fleet.wipe("p2")
          yield* fleet.restart("z1")
          yield* fleet.settle()
        })
      ).pipe(Effect.ensuring(Effect.sync(() => hook.disable())))
      assert.deepStrictEqual(
        [...types].filter((type) => !/^(?:PROMISE|Immediate|effect\/Fiber)$/.test(type)),
        []
      )
    })
  )
})
