import { assert, describe, it } from "@effect/vitest"
import * as Fold from "@lupin/core/Fold"
import * as MessageId from "@lupin/core/MessageId"
import * as InputSet from "@lupin/digest/InputSet"
import * as Part from "@lupin/digest/Part"
import * as fc from "fast-check"

const idOf = (n: number) => MessageId.MessageId.make(`<e${n}@test.invalid>`)
const withoutInverse = ({ empty, of, combine, codec }: typeof Fold.count): typeof Fold.count => ({
  empty,
  of,
  combine,
  codec
})

interface Input {
  readonly n: number
  readonly isRemoved: boolean
}

const inputs = fc.uniqueArray(fc.record({ n: fc.nat({ max: 60 }), isRemoved: fc.boolean() }), {
  maxLength: 20,
  selector: ({ n }) => n
})

const setOf = (all: ReadonlyArray<Input>, fold = Fold.count) => {
  const set = new InputSet.InputSet<unknown, number>(fold)
  for (const { n } of all) set.add(idOf(n), n, 1_000 * n)
  for (const { isRemoved, n } of all) if (isRemoved) set.remove(idOf(n))
  return set
}

const partOf = (all: ReadonlyArray<Input>) => setOf(all).part
const merge = <S>(a: Part.Part<S>, b: Part.Part<S>) => Part.merge(Fold.count as Fold.Fold<unknown, S>, a, b)

describe("Part", () => {
  it("adds up in any order and any grouping, and nothing adds nothing", () => {
    fc.assert(
      fc.property(inputs, inputs, inputs, (a, b, c) => {
        const [one, other, third] = [partOf(a), partOf(b), partOf(c)]
        assert.deepStrictEqual(merge(one, other), merge(other, one))
        assert.deepStrictEqual(merge(merge(one, other), third), merge(one, merge(other, third)))
        assert.deepStrictEqual(merge(one, Part.empty(Fold.count)), one)
      })
    )
  })

  it("adds up to the whole set where a time was split from it, with an inverse or without", () => {
    fc.assert(
      fc.property(inputs, fc.nat({ max: 70 }), fc.nat({ max: 70 }), (all, from, until) => {
        for (const fold of [Fold.count, withoutInverse(Fold.count)]) {
          const set = setOf(all, fold)
          const whole = set.part
          const apart = set.split(1_000 * from, 1_000 * until)
          assert.deepStrictEqual(merge(set.part, apart.part), whole)
          const isApart = ({ n }: Input) => n >= from && n < until
          assert.deepStrictEqual(apart.part, setOf(all.filter(isApart), fold).part)
          assert.deepStrictEqual(
            set.part,
            setOf(
              all.filter((input) => !isApart(input)),
              fold
            ).part
          )
        }
      })
    )
  })

  it("knows the same events whatever was removed of them", () => {
    fc.assert(
      fc.property(inputs, inputs, (a, b) => {
        const removed = a.map((input) => ({ ...input, isRemoved: !input.isRemoved }))
        assert.isTrue(Part.isOfSameEvents(partOf(a), partOf(removed)))
        const isSame = a.length === b.length && a.every(({ n }) => b.some((other) => other.n === n))
        assert.strictEqual(Part.isOfSameEvents(partOf(a), partOf(b)), isSame)
      })
    )
  })
})
