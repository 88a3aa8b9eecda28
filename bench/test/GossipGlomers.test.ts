import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Figures from "../flood/Figures.ts"
import * as GossipGlomers from "../flood/GossipGlomers.ts"

/** Several seconds of one core, on a machine that may be busy. */
const timeout = 60_000

const load = { loadMillis: 2_000, flood: { paceMillis: 0, gatherMillis: 1_000 } }

describe("GossipGlomers", () => {
  it.live(
    "shows broadcasts at 25 nodes soon and with few messages",
    () =>
      Effect.gen(function* () {
        const outcome = yield* GossipGlomers.run({ ...load, seed: 1, isPartitioned: false })
        assert.strictEqual(outcome.broadcasts + outcome.reads, 200)
        assert.strictEqual(outcome.unanswered + outcome.lost + outcome.staleReads, 0)
        assert.isBelow(outcome.messagesPerOperation, 40)
        assert.isAtMost(Figures.quantile(outcome.latenciesMillis, 0.5), 400)
        assert.isAtMost(Figures.quantile(outcome.latenciesMillis, 1), 600)
      }),
    timeout
  )

  it.live(
    "loses nothing that was broadcast in either half of a partition",
    () =>
      Effect.gen(function* () {
        const outcome = yield* GossipGlomers.run({ ...load, seed: 2, isPartitioned: true })
        assert.strictEqual(outcome.unanswered + outcome.lost + outcome.staleReads, 0)
        // Otherwise the cuts held nothing back.
        assert.isAbove(Figures.quantile(outcome.latenciesMillis, 0.5), 600)
      }),
    timeout
  )
})
