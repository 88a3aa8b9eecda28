import { assert, describe, it } from "@effect/vitest"
import * as MessageId from "@lupin/core/MessageId"
import { Effect } from "effect"
import type * as Checker from "../src/checkers/Checker.ts"
import * as History from "../src/History.ts"
import * as Simulation from "../src/Simulation.ts"
import * as Verdict from "../src/Verdict.ts"
import * as Workload from "../src/Workload.ts"

/** `npm run test:simulation` takes 30. */
const seeds = Math.max(1, Math.round(Number(process.env["LUPIN_TEST_SEEDS"] ?? 20) / 10))
const timeout = 300_000

/** What shrinking a history of so many days may cost. */
const triesMax = 60

describe("Simulation of sealed days", () => {
  for (let seed = 1; seed <= seeds; seed += 1) {
    it.live(
      `keeps all promises in history ${seed} while days are sealed and inputs expire`,
      () =>
        Effect.map(Verdict.of(Workload.draw(seed, History.days), { triesMax }), ({ report }) => {
          if (report !== undefined) assert.fail(report)
        }),
      timeout
    )
  }

  it.live("has a zone that feeds have passed over reconcile when it sees what others state of a day", () =>
    Effect.gen(function* () {
      const feeders = ["z1", "z3", "p1", "p2"]
      const history = History.parse(
        4,
        [
          "pops 1,1 zones 3 seconds 260 days 20",
          ...feeders.map((from) => `500 narrow ${from} z2`),
          "1000 post p1 1",
          "2000 post p2 2",
          ...feeders.map((from) => `60000 widen ${from} z2`)
        ].join("; ")
      )
      if (typeof history === "string") return assert.fail(history)
      /** How many events z2 holds, at each look. */
      const held: Array<number> = []
      const counting: Checker.Checker = {
        promise: 7,
        watch: () => (evidence) => {
          if (evidence._tag !== "Looked" || evidence.isSettled) return []
          const z2 = evidence.sites.find(({ name }) => name === "z2")
          held.push([...(z2?.held ?? [])].filter((id) => MessageId.kindOf(id) === "client").length)
          return []
        }
      }
      yield* Simulation.run(history, [counting])
      assert.deepStrictEqual(
        held.filter((count, at) => count !== held[at - 1]),
        [0, 2, 0]
      )
    })
  )

  it("gives a history of days a line that reads back to it", () => {
    const history = Workload.draw(3, History.days)
    assert.deepStrictEqual(History.parse(3, History.text(history)), history)
  })
})
