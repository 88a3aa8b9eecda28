import { assert, describe, it } from "@effect/vitest"
import * as GroupName from "@lupin/core/GroupName"
import * as FastCheck from "fast-check"
import * as Budget from "../src/Budget.ts"

const entries: FastCheck.Arbitrary<ReadonlyArray<Budget.Entry>> = FastCheck.array(
  FastCheck.record({ bytes: FastCheck.nat(10_000), usedMillis: FastCheck.nat(20) }),
  { maxLength: 12 }
).map((rows) => rows.map((row, index) => ({ ...row, group: GroupName.GroupName.make(`a.b${index}`) })))

const kept = FastCheck.subarray(Array.from({ length: 12 }, (_, index) => `a.b${index}`)).map((names) => new Set(names))

const sizeOf = (some: ReadonlyArray<Budget.Entry>) =>
  some.reduce((sum, { bytes }) => sum + bytes + Budget.subtreeCost, 0)

const choice = FastCheck.tuple(entries, FastCheck.nat(100_000), kept).map(([all, bytesMax, spared]) => {
  const leaving = new Set<string>(Budget.choose(all, bytesMax, spared))
  return {
    all,
    bytesMax,
    spared,
    leaving: all.filter(({ group }) => leaving.has(group)),
    staying: all.filter(({ group }) => !leaving.has(group))
  }
})

describe("Budget", () => {
  it("drops until the rest fits, or only what must stay is left", () => {
    FastCheck.assert(
      FastCheck.property(
        choice,
        ({ staying, bytesMax, spared }) =>
          sizeOf(staying) <= bytesMax || staying.every(({ group }) => spared.has(group))
      )
    )
  })

  it("never drops what must stay, nor anything while all fits", () => {
    FastCheck.assert(
      FastCheck.property(choice, ({ all, leaving, bytesMax, spared }) => {
        assert.isFalse(leaving.some(({ group }) => spared.has(group)))
        if (sizeOf(all) <= bytesMax) assert.deepStrictEqual(leaving, [])
      })
    )
  })

  it("drops nothing that was used later than something that may go and stays", () => {
    FastCheck.assert(
      FastCheck.property(choice, ({ leaving, staying, spared }) => {
        const latest = Math.max(...leaving.map(({ usedMillis }) => usedMillis))
        return staying.every(({ group, usedMillis }) => spared.has(group) || usedMillis >= latest)
      })
    )
  })

  it("drops no more than it has to", () => {
    FastCheck.assert(
      FastCheck.property(choice, ({ leaving, staying, bytesMax }) => {
        const latest = leaving.toSorted((a, b) => a.usedMillis - b.usedMillis).at(-1)
        return latest === undefined || sizeOf([...staying, latest]) > bytesMax
      })
    )
  })
})
