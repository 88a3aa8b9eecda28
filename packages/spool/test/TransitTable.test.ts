import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as TransitTable from "../src/internal/TransitTable.ts"

const id = fc.constantFrom("a", "b", "c", "d", "e")
const connection = fc.constantFrom("1", "2", "3")
/** Two connections of one peer, and one of nobody knows whom. */
const peers: Readonly<Record<string, string>> = { "1": "p", "2": "p" }
const step = fc.oneof(
  fc.record({ act: fc.constantFrom("take", "store"), ids: fc.array(id, { maxLength: 4 }), connection }),
  fc.record({ act: fc.constant("end" as const), ids: fc.array(id, { maxLength: 2 }), connection }),
  fc.record({ act: fc.constant("endAll" as const), ids: fc.constant([]), connection })
)

describe("TransitTable", () => {
  it("gives an article to whoever took it last, until that connection or its peer asks, ends it, is gone, or takes too long", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.integer({ min: 1, max: 6 }), (steps, leasesMax) => {
        const table = TransitTable.make(leasesMax)
        // The newest is last.
        let holders: Array<{
          readonly id: string
          readonly by: string
          readonly peer: string | undefined
          readonly untilMillis: number
        }> = []
        for (const [turn, { act, connection: by, ids }] of steps.entries()) {
          const isTaking = act === "take" || act === "store"
          const peer = act === "take" ? peers[by] : undefined
          if (isTaking) table.take(ids, by, turn + 5, peer)
          else if (act === "end") for (const one of ids) table.end(one, by)
          else table.endAll(by)
          if (act === "endAll") holders = holders.filter((one) => one.by !== by)
          for (const taken of ids) {
            const isAgain = isTaking && holders.some((one) => one.id === taken && one.untilMillis === turn + 5)
            if (isAgain) continue
            holders = holders.filter((one) => one.id !== taken || (act === "end" && one.by !== by))
            if (isTaking) holders = [...holders, { id: taken, by, peer, untilMillis: turn + 5 }].slice(-leasesMax)
          }
          for (const one of ["a", "b", "c", "d", "e"]) {
            for (const asking of ["1", "2", "3"]) {
              const holder = holders.find((each) => each.id === one)
              const isOwn = holder?.by === asking || (holder?.peer !== undefined && holder.peer === peers[asking])
              const expected = holder !== undefined && !isOwn && holder.untilMillis > turn
              expect(table.isElsewhere(one, asking, turn, peers[asking])).toBe(expected)
            }
          }
        }
      }),
      { numRuns: 500 }
    )
  })
})
