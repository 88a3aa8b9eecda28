import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as History from "../src/History.ts"
import * as Verdict from "../src/Verdict.ts"
import * as Workload from "../src/Workload.ts"

const seeds = Math.max(1, Math.round(Number(process.env["LUPIN_TEST_SEEDS"] ?? 100) / 10))
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

  it("gives a history of days a line that reads back to it", () => {
    const history = Workload.draw(3, History.days)
    assert.deepStrictEqual(History.parse(3, History.text(history)), history)
  })
})
