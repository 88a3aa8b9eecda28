import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as IdMerge from "../src/internal/IdMerge.ts"

const sum = (counts: ReadonlyArray<number>): number => counts.reduce((all, count) => all + count, 0)

const merged = (counts: ReadonlyArray<number>, { from, to }: IdMerge.Stretch): ReadonlyArray<number> => [
  ...counts.slice(0, from),
  sum(counts.slice(from, to)),
  ...counts.slice(to)
]

describe("IdMerge", () => {
  it("keeps few sheaves, and rewrites an id as often as ids have doubled, at most", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4_000 }), { minLength: 300, maxLength: 600 }), (sizes) => {
        let counts: ReadonlyArray<number> = []
        let rewritten = 0
        for (const size of sizes) {
          counts = [size, ...counts]
          const found =
            IdMerge.choose(counts) ?? (counts.length < IdMerge.sheavesMax ? undefined : IdMerge.lightest(counts))
          if (found === undefined) continue
          rewritten += sum(counts.slice(found.from, found.to))
          counts = merged(counts, found)
        }
        expect(counts.length).toBeLessThan(IdMerge.sheavesMax)
        expect(sum(counts)).toBe(sum(sizes))
        expect(rewritten).toBeLessThan(sum(sizes) * Math.log2(sum(sizes)))
      })
    )
  })

  it("leaves a few sheaves as they are, and finds the lightest where it has to", () => {
    expect(IdMerge.choose(Array.from({ length: IdMerge.togetherMin - 1 }, () => 1))).toBeUndefined()
    expect(IdMerge.choose(Array.from({ length: IdMerge.togetherMin }, () => 1))).toEqual({
      from: 0,
      to: IdMerge.togetherMin
    })
    const counts = [
      ...Array.from({ length: 10 }, (_, at) => 10 - at),
      ...Array.from({ length: 22 }, (_, at) => 2 ** at)
    ]
    expect(IdMerge.lightest(counts)).toEqual({ from: 2, to: 14 })
  })
})
