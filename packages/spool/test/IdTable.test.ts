import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Hashes } from "../src/internal/IdBand.ts"
import { IdTable, type Source } from "../src/internal/IdTable.ts"

/** An id by its hash, with the sheaf it is in. */
interface One {
  readonly first: number
  readonly second: number
  label: number
}

const bySize = (one: One, other: One): number => one.first - other.first

const hashesOf = (some: ReadonlyArray<One>): Hashes => {
  const sorted = some.toSorted(bySize)
  return {
    firsts: Uint32Array.from(sorted, ({ first }) => first),
    seconds: Uint32Array.from(sorted, ({ second }) => second)
  }
}

const labelsIn = (table: IdTable, { first, second }: One): ReadonlyArray<number> => [
  ...table.found.subarray(0, table.find(first, second))
]

/** Few tags, and upper halves close together, so that many are taken for one another. */
const one = fc.record({
  first: fc.nat(40).map((at) => at * 100_003),
  second: fc.nat(3).map((tag) => (tag << 22) | 5),
  label: fc.integer({ min: 1, max: 3 })
})

describe("IdTable", () => {
  it("finds the sheaf of every id, however much of a merge is done, and when it is done", () => {
    const cut = fc.nat(41).map((at) => at * 100_003)
    fc.assert(
      fc.property(fc.array(one, { maxLength: 120 }), fc.array(cut, { maxLength: 4 }), (all, cuts) => {
        const made = 9
        const read = (): ReadonlyArray<Source> =>
          [1, 2, 3].map((label) => ({ label, ...hashesOf(all.filter((id) => id.label === label)) }))
        const table = new IdTable(read)
        for (const id of all) expect(labelsIn(table, id)).toContain(id.label)
        // Of one and two sheaf nine is made, a slice after the other.
        const merged = all.filter(({ label }) => label < 3)
        let from = 0
        for (const to of [...cuts.toSorted((low, high) => low - high), 2 ** 32]) {
          const slice = merged.filter(({ first }) => first >= from && first < to)
          table.turn({ label: made, before: [1, 2], ...hashesOf(slice) })
          for (const id of all) {
            const found = labelsIn(table, id)
            if (id.label === 3) expect(found).toContain(3)
            else if (id.first < to) expect(found).toContain(made)
            // What took its label for another's is looked up in all that are merged.
            else expect(found.includes(id.label) || found.includes(made)).toBe(true)
          }
          from = to
        }
      })
    )
  })

  it("holds as many as come, whether it was dealt out for them or not, and lets few strangers pass", () => {
    const count = 30_000
    // Numbers of which no two are alike, all over the range.
    const idAt = (at: number): One => ({
      first: Math.imul(at, 0x9e3779b1) >>> 0,
      second: Math.imul(at, 0x85ebca6b) ^ at,
      label: 1 + (at % 5)
    })
    const all = Array.from({ length: count }, (_, at) => idAt(at))
    let reads = 0
    const read = (): ReadonlyArray<Source> => {
      reads += 1
      return [1, 2, 3, 4, 5].map((label) => ({ label, ...hashesOf(all.filter((id) => id.label === label)) }))
    }
    const table = new IdTable(read)
    const check = (): void => {
      for (const id of all) if (!labelsIn(table, id).includes(id.label)) expect(id).toBe("found")
    }
    check()
    table.fit(count)
    reads = 0
    check()
    expect(reads).toBeGreaterThan(3)
    const strangers = Array.from({ length: count }, (_, at) => idAt(count + at))
    expect(strangers.filter((id) => labelsIn(table, id).length > 0).length).toBeLessThan(count / 50)
    table.fit(count)
    reads = 0
    check()
    expect(reads).toBe(0)
    table.drop()
    check()
    expect(reads).toBeGreaterThan(3)
  })
})
