import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as History from "../src/History.ts"
import * as Sightings from "../src/Sightings.ts"
import * as Simulation from "../src/Simulation.ts"
import * as Verdict from "../src/Verdict.ts"
import * as Workload from "../src/Workload.ts"

const seeds = Number(process.env["LUPIN_TEST_SEEDS"] ?? 100)
const perTest = 10
const timeout = 300_000

const sightings = new Sightings.Sightings()

const keeps = Effect.fnUntraced(function* (history: History.History) {
  const { outcome, report } = yield* Verdict.of(history)
  sightings.addAll(outcome.sightings.counts)
  if (report !== undefined) assert.fail(report)
})

describe("Simulation", () => {
  it.live("lives the same history again for the same seed, and another for another", () =>
    Effect.gen(function* () {
      const lived = (seed: number) => Simulation.run(Workload.draw(seed, History.small(seed)))
      const first = yield* lived(1)
      assert.strictEqual((yield* lived(1)).fingerprint, first.fingerprint)
      assert.notStrictEqual((yield* lived(2)).fingerprint, first.fingerprint)
    })
  )

  it.live.each([
    {
      fact: "answers for receipts while a zone is silent",
      seed: 9,
      line: "pops 1,1,1,1 zones 3 seconds 30; 1000 post p1 1; 2000 power z1; 3000 receipt p1 1; 4000 receipt p2 1"
    },
    {
      fact: "counts on after all zones have restarted since a cancel",
      seed: 1212,
      line:
        "pops 1,1,1,1 zones 3 seconds 30; 1000 post p3 16; 5000 cancel p3 16; 8000 kill z1; 8000 kill z2; " +
        "8000 kill z3; 9000 start z1; 9000 start z2; 9000 start z3"
    },
    {
      fact: "asks before it sends again after a feed has begun anew",
      seed: 375,
      line: "pops 1,1,1,1 zones 3 seconds 30; 11153 post p3 9; 11613 narrow z2 z1"
    }
  ])("$fact, which a history has once broken", ({ line, seed }) => {
    const history = History.parse(seed, line)
    return typeof history === "string" ? Effect.die(history) : keeps(history)
  })

  for (let from = 1; from <= seeds; from += perTest) {
    const to = Math.min(seeds, from + perTest - 1)
    it.live(
      `keeps all promises in histories ${from} to ${to} of a small fleet`,
      () =>
        Effect.forEach(
          Array.from({ length: to - from + 1 }, (_, at) => from + at),
          (seed) => keeps(Workload.draw(seed, History.small(seed))),
          { discard: true }
        ),
      timeout
    )
  }

  // Fewer histories need not have seen everything.
  if (seeds >= 100) {
    it("has seen each fault and each way to recover", () => {
      assert.deepStrictEqual(sightings.missing, [])
    })
  }
})
