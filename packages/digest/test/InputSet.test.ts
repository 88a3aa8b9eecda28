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

  it("has the same state however often it was asked for it before", () => {
    const step = fc.record({ id: fc.integer({ min: 0, max: 6 }), isRemoval: fc.boolean(), isAsked: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (all) => {
        for (const fold of [Fold.count, withoutInverse(Fold.count)]) {
          const set = new InputSet.InputSet<unknown, number>(fold)
          const [events, removed] = [new Set<number>(), new Set<number>()]
          for (const { id, isAsked, isRemoval } of all) {
            if (!isRemoval) events.add(id)
            else if (events.has(id)) removed.add(id)
            if (isRemoval) set.remove(idOf(id))
            else set.add(idOf(id), id, 1_000 * id)
            if (isAsked) assert.strictEqual(set.state, events.size - removed.size)
          }
          assert.strictEqual(set.state, events.size - removed.size)
        }
      })
    )
  })

  it("folds nothing before somebody asks, but for what would take long then", () => {
    let folded = 0
    const of = () => (folded += 1)
    const set = new InputSet.InputSet<unknown, number>({ ...withoutInverse(Fold.count), of, combine: (_, b) => b })
    for (let id = 1; id < InputSet.unfoldedMax; id++) set.add(idOf(id), id, 0)
    set.remove(idOf(1))
    assert.deepStrictEqual([folded, set.state], [0, InputSet.unfoldedMax - 2])
    for (let id = 1; id < InputSet.unfoldedMax; id++) set.add(idOf(InputSet.unfoldedMax + id), id, 0)
    assert.strictEqual(folded, InputSet.unfoldedMax - 2)
    set.add(idOf(0), 0, 0)
    assert.strictEqual(folded, 2 * InputSet.unfoldedMax - 2)
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
