import { assert, describe, it } from "@effect/vitest"
import * as Fingerprint from "@lupin/core/Fingerprint"
import * as MessageId from "@lupin/core/MessageId"
import * as Lost from "@lupin/digest/Lost"
import * as Unlike from "@lupin/digest/Unlike"
import * as fc from "fast-check"

type Ids = ReadonlyArray<MessageId.MessageId>

const idOf = (n: number) => MessageId.MessageId.make(`<event-${n}@notes.client.lupin>`)

/** Events 0 to 99 are counted by a digest, or came since; those from 100 on are gone. */
const counts = fc.record({
  shared: fc.integer({ min: 0, max: 20 }),
  gone: fc.integer({ min: 1, max: 3 }),
  others: fc.integer({ min: 0, max: 12 }),
  since: fc.integer({ min: 0, max: 3 }),
  removedBefore: fc.integer({ min: 0, max: 5 }),
  removedSince: fc.integer({ min: 0, max: 5 })
})

const ids = (from: number, count: number) => Array.from({ length: count }, (_, at) => idOf(from + at))

const situation = (of: typeof counts extends fc.Arbitrary<infer T> ? T : never) => {
  const shared = ids(0, of.shared)
  const gone = ids(100, of.gone)
  const since = ids(50, of.since)
  const before = shared.slice(0, of.removedBefore)
  const removed = shared.slice(0, of.removedBefore + of.removedSince)
  const lost = new Lost.Lost()
  for (const id of [...ids(200, of.others), ...gone]) lost.add(id)
  const sumOf = (events: ReadonlyArray<MessageId.MessageId>, removals: ReadonlyArray<MessageId.MessageId>) =>
    removals.reduce(Fingerprint.addRemoval, events.reduce(Fingerprint.add, Fingerprint.empty))
  const counted = {
    events: shared.length + gone.length,
    removals: before.length,
    fingerprint: Fingerprint.text(sumOf([...gone, ...shared], before)),
    removed: before,
    nameless: Fingerprint.noneNameless,
    newestMillis: 0
  }
  const here = {
    part: {
      events: shared.length + since.length,
      removals: removed.length,
      fingerprint: sumOf([...shared, ...since], removed),
      removed
    },
    mayLack: () => true,
    lackable: [...since, ...shared]
  }
  return { counted, gone, here, lost }
}

describe("Lost", () => {
  it("finds the removed events that a digest counts, whatever was removed otherwise and came since", () => {
    fc.assert(
      fc.property(counts, (of) => {
        const { counted, gone, here, lost } = situation(of)
        assert.deepStrictEqual(Lost.find(lost, counted, here)?.toSorted(), gone.toSorted())
      })
    )
  })

  it("finds nothing where one that a digest counts is not gone but on its way", () => {
    fc.assert(
      fc.property(counts, (of) => {
        const { counted, here, lost } = situation(of)
        const fingerprint = Fingerprint.head(counted.fingerprint) ?? 0n
        const coming = Fingerprint.add(fingerprint << 128n, idOf(300))
        const more = { ...counted, events: counted.events + 1, fingerprint: Fingerprint.text(coming) }
        assert.isUndefined(Lost.find(lost, more, here))
      }),
      { numRuns: 20 }
    )
  })

  it("finds all of fifty that are gone at once, and one of thousands", () => {
    const { here, lost } = situation({
      shared: 3,
      gone: 3,
      others: 0,
      since: 0,
      removedBefore: 0,
      removedSince: 0
    })
    const gone = ids(1_000, 50)
    for (const id of gone) lost.add(id)
    const of = (events: ReadonlyArray<MessageId.MessageId>) => ({
      events: 3 + events.length,
      removals: 0,
      fingerprint: Fingerprint.text(events.reduce(Fingerprint.add, here.part.fingerprint)),
      removed: [],
      nameless: Fingerprint.noneNameless,
      newestMillis: 0
    })
    assert.deepStrictEqual(Lost.find(lost, of(gone), here), gone)
    for (const id of ids(2_000, 5_000)) lost.add(id)
    assert.deepStrictEqual(Lost.find(lost, of([idOf(6_500)]), here), [idOf(6_500)])
  })

  it("looks again only when more is known, and not before what is on its way has had its time", () => {
    const { counted, gone, here, lost } = situation({
      shared: 3,
      gone: 1,
      others: 0,
      since: 0,
      removedBefore: 1,
      removedSince: 0
    })
    const unlike = new Unlike.Unlike<string>()
    let looks = 0
    const found: Array<MessageId.MessageId> = []
    const summary = { events: 3, removals: 1, fingerprint: Fingerprint.text(here.part.fingerprint) }
    const look = (of: Lost.Lost, nowMillis: number) => {
      const hereOf = () => {
        looks += 1
        return here
      }
      const looking = { lost: of, summaryOf: () => summary, hereOf, found: (_: string, ids: Ids) => found.push(...ids) }
      return unlike.look(looking, nowMillis).wakeMillis
    }
    unlike.see("lake", counted, 1_000)
    assert.strictEqual(look(new Lost.Lost(), 9_000), Infinity)
    const other = new Lost.Lost()
    other.add(idOf(400))
    assert.strictEqual(look(other, 1_500), 1_000 + Unlike.lostMillis)
    look(other, 5_000)
    look(other, 6_000)
    assert.strictEqual(looks, 1)
    for (const id of lost.ids) other.add(id)
    look(other, 7_000)
    assert.deepStrictEqual([looks, ...found], [2, ...gone])
  })

  /** A digest that counts three events more than are here, of which so many thousand are gone, and what becomes of it. */
  const missed = (gone: number, other: number) => {
    const { here } = situation({ shared: 3, gone: 1, others: 0, since: 0, removedBefore: 0, removedSince: 0 })
    const lost = new Lost.Lost()
    const counted = {
      events: 3 + gone,
      removals: 0,
      fingerprint: Fingerprint.text(ids(1_000, gone).reduce(Fingerprint.add, here.part.fingerprint)),
      removed: [],
      nameless: Fingerprint.noneNameless,
      newestMillis: 0
    }
    for (const id of ids(5_000, other)) lost.add(id)
    const unlike = new Unlike.Unlike<string>()
    const found: Array<MessageId.MessageId> = []
    const givenUp: Array<number> = []
    const summary = { events: 3, removals: 0, fingerprint: Fingerprint.text(here.part.fingerprint) }
    const look = (nowMillis: number, compared?: Unlike.Compared) =>
      unlike.look(
        {
          lost,
          summaryOf: () => summary,
          hereOf: () => here,
          found: (_, known) => found.push(...known),
          givenUp: () => givenUp.push(nowMillis)
        },
        nowMillis,
        compared
      )
    unlike.see("lake", counted, 1_000)
    return { counted, found, givenUp, look, unlike }
  }

  it("gives up what nobody can name once this site has compared itself with the others, and what it took has come", () => {
    const { counted, found, givenUp, look, unlike } = missed(20, 3_000)
    const dueMillis = 1_000 + Unlike.missedMillis
    assert.deepStrictEqual(look(4_000), { wakeMillis: dueMillis, isInDoubt: false })
    assert.deepStrictEqual(look(dueMillis), { wakeMillis: Infinity, isInDoubt: true })
    assert.isTrue(look(dueMillis + 1, { beganMillis: dueMillis - 1, doneMillis: dueMillis }).isInDoubt)
    const compared = { beganMillis: dueMillis, doneMillis: dueMillis + 500 }
    const atMillis = dueMillis + 500 + Unlike.lostMillis
    assert.deepStrictEqual(look(dueMillis + 600, compared), { wakeMillis: atMillis, isInDoubt: false })
    look(atMillis, compared)
    assert.deepStrictEqual([found, givenUp], [[], [atMillis]])
    unlike.see("lake", counted, atMillis)
    assert.strictEqual(look(atMillis + 5_000, compared).wakeMillis, atMillis + 2 * Unlike.missedMillis)
  })

  it("gives up no digest that counts more than is gone: something is on its way", () => {
    const { givenUp, look } = missed(20, 19)
    const compared = { beganMillis: 100_000, doneMillis: 100_000 }
    assert.deepStrictEqual(look(200_000, compared), { wakeMillis: Infinity, isInDoubt: false })
    assert.deepStrictEqual(givenUp, [])
  })
})
