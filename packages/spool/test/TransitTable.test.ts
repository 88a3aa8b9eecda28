import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as TransitTable from "../src/internal/TransitTable.ts"

const id = fc.constantFrom("a", "b", "c", "d", "e")
const connection = fc.constantFrom("1", "2", "3")
/** Two connections of one peer, and one of nobody knows whom. */
const peers: Readonly<Record<string, string>> = { "1": "p", "2": "p" }
const step = fc.oneof(
  fc.record({ act: fc.constantFrom("take", "store"), ids: fc.uniqueArray(id, { maxLength: 4 }), connection }),
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

  it("keeps the newest, and lets go of connections that end, however many come and go", () => {
    const leasesMax = 50
    const table = TransitTable.make(leasesMax)
    const idOf = (at: number): string => `<${at}@b>`
    const isHeld = (at: number): boolean => table.isElsewhere(idOf(at), "another", 0)
    for (let at = 0; at < 2_000; at++) {
      table.take([idOf(at)], `${at % 7}`, 1)
      if (at % 3 === 0) table.end(idOf(at), `${at % 7}`)
      if (at % 500 === 499) expect(table.endAll(`${at % 7}`)).toBeGreaterThan(0)
    }
    const held = Array.from({ length: 2_000 }, (_, at) => at).filter(isHeld)
    expect(held.length).toBeGreaterThan(leasesMax * 0.8)
    expect(held.length).toBeLessThanOrEqual(leasesMax)
    expect(held[0]).toBeGreaterThan(2_000 - 2 * leasesMax)
  })
})
