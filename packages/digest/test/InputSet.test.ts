import { assert, describe, it } from "@effect/vitest"
import * as Fold from "@lupin/core/Fold"
import * as MessageId from "@lupin/core/MessageId"
import * as InputSet from "@lupin/digest/InputSet"
import * as fc from "fast-check"

interface Step {
  readonly id: number
  readonly isRemoval: boolean
}

const steps = fc.array(fc.record({ id: fc.integer({ min: 0, max: 6 }), isRemoval: fc.boolean() }), { maxLength: 30 })
const idOf = (n: number) => MessageId.MessageId.make(`<e${n}@test.invalid>`)
const withoutInverse = ({ empty, of, combine, codec }: typeof Fold.count): typeof Fold.count => ({
  empty,
  of,
  combine,
  codec
})

const play = (all: ReadonlyArray<Step>, fold: typeof Fold.count) => {
  const set = new InputSet.InputSet<unknown, number>(fold)
  // An event comes before its removal; how else would its key be known.
  for (const { id } of all) set.add(idOf(id), id, 1_000 * id)
  for (const { id, isRemoval } of all) if (isRemoval) set.remove(idOf(id))
  return set
}

describe("InputSet", () => {
  it("is the same set whatever the order and the repeats", () => {
    fc.assert(
      fc.property(
        steps.chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 }))
        ),
        ([all, shuffled]) => {
          const [a, b] = [play(all, Fold.count), play(shuffled, Fold.count)]
          assert.deepStrictEqual(a.summary, b.summary)
          assert.strictEqual(a.state, b.state)
          assert.strictEqual(a.newestMillis, b.newestMillis)
        }
      )
    )
  })

  it("folds what is left of its events once the removed ones are gone, with an inverse or without", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const events = new Set(all.map(({ id }) => id))
        const removed = new Set(all.filter(({ isRemoval }) => isRemoval).map(({ id }) => id))
        for (const fold of [Fold.count, withoutInverse(Fold.count)]) {
          const set = play(all, fold)
          assert.strictEqual(set.state, events.size - removed.size)
          assert.strictEqual(set.summary.events, events.size)
          assert.strictEqual(set.summary.removals, removed.size)
        }
      })
    )
  })

  it("is the same set where removed events are known only as such, before or after the others", () => {
    fc.assert(
      fc.property(steps, fc.boolean(), (all, isFirst) => {
        const known = play(all, Fold.count)
        const set = new InputSet.InputSet<unknown, number>(Fold.count)
        const number = (id: MessageId.MessageId) => Number(/\d+/.exec(id)?.[0])
        const adopt = () => known.removed.forEach((id) => set.addRemoved(id, 1_000 * number(id)))
        if (isFirst) adopt()
        for (const { id } of all) set.add(idOf(id), id, 1_000 * id)
        if (!isFirst) adopt()
        assert.deepStrictEqual(set.summary, known.summary)
        assert.deepStrictEqual([set.state, set.newestMillis], [known.state, known.newestMillis])
        assert.deepStrictEqual(set.removed, known.removed)
      })
    )
  })

  it("has another fingerprint for another set", () => {
    const fingerprint = (all: ReadonlyArray<Step>) => play(all, Fold.count).summary.fingerprint
    const [one, two] = [
      { id: 1, isRemoval: false },
      { id: 2, isRemoval: false }
    ]
    const seen = [[], [one], [two], [one, two], [{ ...one, isRemoval: true }]].map(fingerprint)
    assert.strictEqual(new Set(seen).size, seen.length)
  })
})
