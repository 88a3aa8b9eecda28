import * as Fold from "@lupin/core/Fold"
import * as FoldLaws from "@lupin/testing/FoldLaws"
import * as HashMap from "effect/HashMap"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

interface Sight {
  readonly bird: string
  readonly metres: number
  readonly millis: number
}

// Labels that share a hash, so that a map of them remembers the order they came in.
const alike = ["trail-lgwu1u", "trail-lg1sok"] as const

const sight: fc.Arbitrary<Sight> = fc.record({
  bird: fc.oneof(fc.constantFrom(...alike, "crow", "jay", "__proto__", "constructor", "", "\ud83e"), fc.string()),
  metres: fc.oneof(
    fc.integer({ min: -20, max: 20 }),
    fc.integer({ min: -99_999, max: 99_999 }).map((hundredths) => hundredths / 100),
    fc.double()
  ),
  millis: fc.nat(5)
})

const bird = ({ bird }: Sight) => bird
const metres = ({ metres }: Sight) => metres
const latest = Fold.latest({ rank: ({ millis }: Sight) => millis, value: metres, schema: Schema.Number })

const folds: ReadonlyArray<readonly [string, Fold.Fold<Sight, unknown>]> = [
  ["count", Fold.count],
  ["sum", Fold.sum(metres)],
  ["sum of hundredths", Fold.sum(metres, 2)],
  ["mean", Fold.mean(metres, 1)],
  ["tally", Fold.tally(bird)],
  ["histogram", Fold.histogram(metres)],
  [
    "over",
    Fold.over(
      Fold.histogram((length: number) => length),
      ({ bird }: Sight) => bird.length
    )
  ],
  ["struct", Fold.struct({ sights: Fold.count, metres: Fold.mean(metres), birds: Fold.tally(bird) })]
]

describe.each(folds)("Fold.%s", (_, fold) => {
  for (const law of FoldLaws.foldLaws(fold, sight)) it(law.name, law.check)
  it("inverts", () => {
    expect(fold.invert).toBeDefined()
  })
})

describe("Fold.latest", () => {
  const finite = sight.map((sight) => ({ ...sight, metres: Math.trunc(sight.metres % 100) || 0 }))
  for (const law of FoldLaws.foldLaws(latest, finite)) it(law.name, law.check)

  it("keeps the value of the greatest rank", () => {
    const sights = [3, 9, 4].map((millis) => ({ bird: "jay", metres: millis * 10, millis }))
    expect(Fold.fold(latest, sights)).toEqual({ rank: 9, value: 90 })
  })
})

describe("Fold", () => {
  it("adds big numbers exactly", () => {
    const big = Array.from({ length: 3 }, () => ({ bird: "", metres: Number.MAX_SAFE_INTEGER, millis: 0 }))
    expect(Fold.fold(Fold.sum(metres), big)).toBe(3n * BigInt(Number.MAX_SAFE_INTEGER))
  })

  it("gives the mean in the unit of its inputs, rounded to thousandths", () => {
    const ratings = [5, 4, 4].map((metres) => ({ bird: "", metres, millis: 0 }))
    expect(Fold.meanOf(Fold.fold(Fold.mean(metres), ratings))).toBe(4.333)
    expect(Fold.meanOf(Fold.fold(Fold.mean(metres, 2), [{ bird: "", metres: -1.25, millis: 0 }]), 2)).toBe(-1.25)
    expect(Fold.meanOf({ count: 3, sum: 5n })).toBe(1.667)
    expect(Fold.meanOf(Fold.mean(metres).empty)).toBeUndefined()
  })

  it("ranks labels by count, then by their code units", () => {
    const birds = ["jay", "crow", "jay", "auk", "crow", "wren"].map((bird) => ({ bird, metres: 0, millis: 0 }))
    const state = Fold.fold(Fold.tally(bird), birds)
    expect(Fold.top(state, 3)).toEqual([
      ["crow", 2],
      ["jay", 2],
      ["auk", 1]
    ])
  })

  it("writes a tally in the order of the labels' code units", () => {
    const labels = ["b", "\u{1f97e}", "a", "\uffee", "B", "é"]
    const state = Fold.fold(
      Fold.tally((label: string) => label),
      labels
    )
    expect(Fold.encodeJson(Fold.tally(bird), state)).toEqual(labels.toSorted().map((label) => [label, 1]))
  })

  it("shows a histogram as counts from low to high", () => {
    const state = Fold.fold(
      Fold.histogram((value: number) => value),
      [1, 5, 5, 2.5, 9, Number.NaN, -0]
    )
    expect(Fold.bars(state, 0, 5)).toEqual([1, 1, 0, 0, 0, 2])
  })

  it("refuses a state that is none", () => {
    expect(Fold.decodeJson(Fold.count, "1")._tag).toBe("Failure")
    expect(Fold.decodeJson(Fold.tally(bird), { jay: 1 })._tag).toBe("Failure")
    expect(Fold.decodeJson(Fold.sum(metres), "1.5")._tag).toBe("Failure")
  })
})

// Writes hundreds only.
const forgetful: Schema.Codec<bigint, unknown> = Schema.BigInt.pipe(
  Schema.encodeTo(
    Schema.Finite,
    SchemaTransformation.transform({
      decode: (hundreds: number) => BigInt(Math.round(hundreds)) * 100n,
      encode: (sum: bigint) => Number(sum / 100n)
    })
  )
)

// Far more telling than doubles, which are as often below 1e-100 as above.
const tenths = fc.integer({ min: -100_000, max: 100_000 }).map((tenths) => tenths / 10)

const broken = <S>(mistake: string, fold: Fold.Fold<number, S>): readonly [string, Fold.Fold<number, unknown>] => [
  mistake,
  fold
]
const sum = Fold.sum((value: number) => value)
const histogram = Fold.histogram((value: number) => Math.trunc(value / 1_000))
const list: Fold.Fold<number, ReadonlyArray<number>> = {
  empty: [],
  of: (value) => [value],
  combine: (a, b) => [...a, ...b],
  codec: Schema.Array(Schema.Finite)
}
const pushed: Array<number> = []

describe("FoldLaws", () => {
  it.each([
    broken("floating-point sums", { empty: 0, of: (x) => x, combine: (a, b) => a + b, codec: Schema.Finite }),
    broken("means of means", { empty: 0, of: (x) => x, combine: (a, b) => (a + b) / 2, codec: Schema.Finite }),
    broken("the last one", { empty: 0, of: (x) => x, combine: (a, b) => b || a, codec: Schema.Finite }),
    broken("differences", { ...sum, combine: (a, b) => a - b }),
    broken("an inverse that is none", { ...sum, invert: (a) => a }),
    broken("an order in the state", list),
    broken("a state that is changed in place", {
      ...list,
      empty: pushed,
      combine: (_, b) => {
        pushed.push(...b)
        return pushed
      }
    }),
    broken("counts of one label that replace each other", { ...histogram, combine: (a, b) => HashMap.union(a, b) }),
    broken("a codec that forgets", { ...sum, codec: forgetful })
  ])("catch %s", (_, fold) => {
    const laws = FoldLaws.foldLaws(fold, tenths)
    expect(() => laws.forEach((law) => law.check())).toThrow()
  })
})
