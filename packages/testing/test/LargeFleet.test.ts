import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as History from "../src/History.ts"
import * as Verdict from "../src/Verdict.ts"
import * as Workload from "../src/Workload.ts"

/** `npm run test:simulation` takes 300. */
const share = Number(process.env["LUPIN_TEST_SEEDS"] ?? 20) / 100
const timeout = 300_000

/** What shrinking a history of a large fleet may cost. */
const triesMax = 40

const keeps = Effect.fnUntraced(function* (history: History.History) {
  const { report } = yield* Verdict.of(history, { triesMax })
  if (report !== undefined) assert.fail(report)
})

const seedsTo = (count: number): ReadonlyArray<number> =>
  Array.from({ length: Math.max(1, Math.round(count * share)) }, (_, at) => at + 1)

describe("Simulation of a large fleet", () => {
  for (const seed of seedsTo(3)) {
    it.live(
      `keeps all promises in history ${seed} of 25 POPs and six zones`,
      () => keeps(Workload.draw(seed, History.large)),
      timeout
    )
  }
})

describe("Simulation of two dead zones", () => {
  for (const seed of seedsTo(10)) {
    it.live(
      `lets nobody notice in history ${seed} that any two of six zones are dead`,
      () => keeps(Workload.draw(seed, History.zonesDown(History.small(seed)))),
      timeout
    )
  }
})
