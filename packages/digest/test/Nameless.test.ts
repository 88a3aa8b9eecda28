import { assert, describe, it } from "@effect/vitest"
import * as Events from "@lupin/testing/Events"
import * as DayPartial from "@lupin/core/DayPartial"
import * as DigestArticle from "@lupin/core/DigestArticle"
import * as Digestion from "@lupin/core/Digestion"
import * as Fold from "@lupin/core/Fold"
import * as Limits from "@lupin/core/Limits"
import * as MessageId from "@lupin/core/MessageId"
import * as Uuid from "@lupin/core/Uuid"
import * as Calendar from "@lupin/digest/Calendar"
import * as DigestionState from "@lupin/digest/DigestionState"
import * as Lost from "@lupin/digest/Lost"
import * as Unlike from "@lupin/digest/Unlike"
import { Schema } from "effect"
import * as fc from "fast-check"

const note = { schema: Schema.Struct({ about: Schema.String, stars: Schema.Int }) }
type NoteInput = Digestion.InputOf<{ readonly note: typeof note }>

const digestion = Digestion.define({
  app: "notes",
  name: "stars",
  events: { note },
  key: ({ payload }) => payload.about,
  fold: Fold.sum(({ payload }: NoteInput) => payload.stars),
  view: (sum) => Number(sum),
  due: { quietMillis: 200, atMostMillis: 1_000 },
  turnMillis: 500
})

/** 21 November 2026: days that are far from being sealed. */
const beganMillis = 1_795_219_200_000

const inputOf = (n: number, about = "lake"): NoteInput => {
  const injectedMillis = beganMillis + n * 1_000
  const random = new Uint8Array(Uuid.randomOctets)
  new DataView(random.buffer).setUint32(0, n)
  const messageId = MessageId.MessageId.make(
    `<${Uuid.v7(injectedMillis, random)}.${"a".repeat(26)}@notes.client.lupin>`
  )
  return { messageId, kind: "note", payload: { about, stars: n }, groups: [], injectedMillis }
}

const inputs = (from: number, count: number, about?: string) =>
  Array.from({ length: count }, (_, at) => inputOf(from + at, about))

const sumOf = (of: ReadonlyArray<NoteInput>) => of.reduce((sum, { payload }) => sum + payload.stars, 0)

/** A digester without disk and network, in a zone that is alone: what it emits it sees. */
class Zone {
  readonly lost = new Lost.Lost()
  readonly given: Array<string> = []
  state: DigestionState.DigestionState
  digest: DigestArticle.Read | undefined
  partial: DayPartial.Read | undefined
  compared = Unlike.uncompared
  nowMillis = beganMillis + 100_000

  constructor() {
    const note = (what: string, times = 1): void => {
      if (times > 0) this.given.push(what)
    }
    this.state = new DigestionState.DigestionState(digestion, "sea", ["sea"], { lost: this.lost, note })
  }

  seeDay(partial: DayPartial.Read | undefined): void {
    if (partial === undefined) return
    if (this.partial === undefined || DigestArticle.rank(partial) > DigestArticle.rank(this.partial))
      this.partial = partial
    this.state.seeDay(partial, this.nowMillis)
  }

  see(digest: DigestArticle.Read | undefined): void {
    if (digest === undefined) return
    if (this.digest === undefined || DigestArticle.rank(digest) > DigestArticle.rank(this.digest)) this.digest = digest
    this.state.see(digest, this.nowMillis)
  }

  take(of: ReadonlyArray<NoteInput>): void {
    for (const input of of) this.state.add(input, this.nowMillis)
  }

  /** Time passes; the site answers at once when it is in doubt. */
  run(millis: number): void {
    const untilMillis = this.nowMillis + millis
    while (this.nowMillis < untilMillis) {
      this.nowMillis += 500
      const { emissions, isInDoubt } = this.state.advance(this.nowMillis, this.compared)
      if (isInDoubt) this.compared = { beganMillis: this.nowMillis, doneMillis: this.nowMillis }
      for (const { octets } of emissions) {
        const article = Events.filed(octets)
        const [digest, partial] = [DigestArticle.read(article), DayPartial.read(article)]
        if (!DigestArticle.isNotADigest(digest)) this.see(digest)
        if (!DayPartial.isNotAPartial(partial)) this.seeDay(partial)
      }
    }
  }
}

/** The digest of a zone that has counted all of these. */
const digestOf = (of: ReadonlyArray<NoteInput>, removed: ReadonlyArray<NoteInput> = []) => {
  const zone = new Zone()
  zone.take(of)
  for (const { messageId } of removed) zone.state.remove(messageId, zone.nowMillis)
  zone.run(5_000)
  return zone.digest ?? assert.fail("no digest")
}

/** A zone in which the day of these is sealed. */
const sealedOver = (of: ReadonlyArray<NoteInput>): Zone => {
  const zone = new Zone()
  zone.take(of)
  zone.run(5_000)
  zone.nowMillis = Calendar.dueMillis(Calendar.production, beganMillis) + 60_000
  zone.run(Limits.sealAgreeMillis)
  return zone
}

const settleMillis = Unlike.missedMillis + 10_000

describe("Events that are gone and that nobody can name", () => {
  it("leave a digest of what is left, however many are gone at once, and new events count", () => {
    fc.assert(
      fc.property(
        fc.record({
          left: fc.integer({ min: 0, max: 30 }),
          gone: fc.integer({ min: 5, max: 60 }),
          others: fc.integer({ min: 100, max: 300 }),
          since: fc.integer({ min: 0, max: 3 })
        }),
        ({ gone, left, others, since }) => {
          const [lost, kept, more] = [inputs(1_000, gone), inputs(0, left), inputs(5_000, since)]
          const before = digestOf([...lost, ...kept])
          const zone = new Zone()
          for (const { messageId } of [...inputs(10_000, others, "peak"), ...lost]) zone.lost.add(messageId)
          zone.see(before)
          zone.take([...kept, ...more])
          zone.run(settleMillis)
          const { digest } = zone
          assert.strictEqual(digest?.view, sumOf([...kept, ...more]))
          assert.strictEqual((digest?.events ?? 0) - (digest?.removals ?? 0), left + since)
          assert.deepStrictEqual(zone.given, ["digest-loss-given-up"])
          zone.take([inputOf(9_000)])
          zone.run(2_000)
          assert.strictEqual(zone.digest?.view, sumOf([...kept, ...more, inputOf(9_000)]))
        }
      ),
      { numRuns: 20 }
    )
  })

  it("are counted again where they were merely late, and in every zone alike in the end", () => {
    const [lost, kept, late] = [inputs(1_000, 40), inputs(0, 10), inputs(100, 5)]
    const before = digestOf([...lost, ...kept, ...late])
    const zones = [new Zone(), new Zone()]
    for (const [at, zone] of zones.entries()) {
      for (const { messageId } of [...inputs(10_000, 200, "peak"), ...lost]) zone.lost.add(messageId)
      zone.see(before)
      zone.take([...kept, ...late.slice(0, at * 2)])
      zone.run(settleMillis)
    }
    const [one, other] = zones
    other?.see(one?.digest)
    one?.see(other?.digest)
    for (const zone of zones) {
      zone.take(late)
      zone.run(3 * settleMillis)
      assert.strictEqual(zone.digest?.view, sumOf([...kept, ...late]))
    }
    assert.deepStrictEqual(one?.digest, other?.digest)
  })

  it("are told to a digester that starts by the digest of its key, dated no later than they were", () => {
    const [lost, kept] = [inputs(1_000, 40), inputs(0, 10)]
    const zone = new Zone()
    for (const { messageId } of [...inputs(10_000, 200, "peak"), ...lost]) zone.lost.add(messageId)
    zone.see(digestOf([...lost, ...kept]))
    zone.take(kept)
    zone.run(settleMillis)
    const { digest } = zone
    assert.deepStrictEqual(digest?.nameless, { count: 40, newestMillis: inputOf(1_039).injectedMillis })
    assert.strictEqual(digest?.newestMillis, inputOf(1_039).injectedMillis)
    const next = new Zone()
    next.see(digest)
    next.take([...kept, inputOf(5_000)])
    next.run(2_000)
    assert.deepStrictEqual(
      [next.digest?.view, next.digest?.nameless],
      [sumOf([...kept, inputOf(5_000)]), digest?.nameless]
    )
    assert.deepStrictEqual(next.given, ["digest-removals-adopted"].slice(1))
  })

  it("are the removed ones as well that a digest has no room to name", () => {
    const [removed, kept] = [inputs(1_000, DigestArticle.removedMax + 200), inputs(0, 10)]
    const before = digestOf([...removed, ...kept], removed)
    assert.lengthOf(before.removed, DigestArticle.removedMax)
    const zone = new Zone()
    for (const { messageId } of removed) zone.lost.add(messageId)
    zone.see(before)
    zone.take([...kept, inputOf(5_000)])
    zone.run(settleMillis)
    assert.strictEqual(zone.digest?.view, sumOf([...kept, inputOf(5_000)]))
  })

  it("stay where nothing was removed unseen: what a digest counts more is on its way", () => {
    const zone = new Zone()
    const before = digestOf(inputs(0, 10))
    zone.see(before)
    zone.take(inputs(0, 5))
    zone.run(10 * settleMillis)
    assert.strictEqual(zone.digest, before)
  })

  it("leave the partial of a sealed day, and the total with it, in every zone alike", () => {
    const [lost, kept] = [inputs(1_000, 40), inputs(0, 10)]
    const before = sealedOver([...lost, ...kept])
    const partial = before.partial ?? assert.fail("no partial")
    assert.strictEqual(partial.events, 50)
    const zones = [new Zone(), new Zone()]
    const [zone = before, other = before] = zones
    for (const one of zones) {
      one.nowMillis = before.nowMillis
      for (const { messageId } of [...inputs(10_000, 200, "peak"), ...lost]) one.lost.add(messageId)
      one.take(kept)
      one.see(before.digest)
      one.seeDay(partial)
    }
    zone.run(settleMillis)
    assert.deepStrictEqual(
      [zone.partial?.events, zone.partial?.removals, zone.partial?.state],
      [50, 40, String(sumOf(kept))]
    )
    assert.strictEqual(zone.digest?.view, sumOf(kept))
    other.seeDay(zone.partial)
    zone.state.remove(inputOf(0).messageId, zone.nowMillis)
    other.state.remove(inputOf(1).messageId, other.nowMillis)
    for (let round = 0; round < 3; round += 1) {
      for (const one of zones) one.run(5_000)
      other.seeDay(zone.partial)
      zone.seeDay(other.partial)
    }
    for (const { digest } of zones) assert.strictEqual(digest?.view, sumOf(kept.slice(2)))
    assert.deepStrictEqual(zone.partial, other.partial)
  })

  it("stay in the partial of a sealed day once some of its inputs have expired: what is not here any more need not be gone", () => {
    const [counted, kept] = [inputs(1_000, 40), inputs(0, 10)]
    const before = sealedOver([...counted, ...kept])
    const zone = new Zone()
    zone.nowMillis = beganMillis + Calendar.production.keepMillis + 3_600_000
    for (const { messageId } of inputs(2_000, 200, "peak")) zone.lost.add(messageId)
    zone.take(kept)
    zone.see(before.digest)
    zone.seeDay(before.partial)
    zone.run(3 * settleMillis)
    assert.strictEqual(zone.partial, before.partial)
    assert.strictEqual(zone.digest?.view, before.digest?.view)
  })
})
