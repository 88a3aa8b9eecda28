import { assert, describe, it } from "@effect/vitest"
import type * as Article from "@lupin/core/Article"
import * as DayPartial from "@lupin/core/DayPartial"
import * as DigestArticle from "@lupin/core/DigestArticle"
import * as Digestion from "@lupin/core/Digestion"
import * as Fold from "@lupin/core/Fold"
import * as MessageId from "@lupin/core/MessageId"
import * as Uuid from "@lupin/core/Uuid"
import type * as Calendar from "@lupin/digest/Calendar"
import * as DigestionState from "@lupin/digest/DigestionState"
import * as Events from "@lupin/testing/Events"
import { Schema } from "effect"
import * as fc from "fast-check"

const note = { schema: Schema.Struct({ about: Schema.String, stars: Schema.Int }) }
type NoteInput = Digestion.InputOf<{ readonly note: typeof note }>

const stars = Fold.sum(({ payload }: NoteInput) => payload.stars)
const { invert: _, ...starsWithoutInverse } = stars

const digestionOf = (fold: Fold.Fold<NoteInput, bigint>) =>
  Digestion.define({
    app: "notes",
    name: "stars",
    events: { note },
    key: ({ payload }) => payload.about,
    fold,
    view: (sum) => Number(sum),
    due: { quietMillis: 200, atMostMillis: 1_000 },
    turnMillis: 500
  })

/** Days of ten seconds, in the proportions of production. */
const calendar: Calendar.Calendar = { dayMillis: 10_000, sealMillis: 110_000, agreeMillis: 5_000, keepMillis: 140_000 }
const zones = ["cape", "mk", "sea"]
const stepMillis = 500

const inputOf = (n: number, second: number, about = "lake"): NoteInput => {
  const injectedMillis = second * 1_000
  const uuid = Uuid.v7(injectedMillis, new Uint8Array(Uuid.randomOctets).fill(n))
  const messageId = MessageId.MessageId.make(`<${uuid}.${"a".repeat(26)}@notes.client.lupin>`)
  return { messageId, kind: "note", payload: { about, stars: n }, groups: [], injectedMillis }
}

/** A zone without disk and network: what it emits is given to those who are told, itself among them. */
class Zone {
  readonly name: string
  state: DigestionState.DigestionState
  readonly recovered: Array<string> = []
  /** Articles that it holds by their slots, as a spool keeps them. */
  readonly held = new Map<string, { readonly rank: string; readonly article: Article.Article }>()
  readonly #known = new Set<MessageId.MessageId>()
  readonly #digestion: Digestion.Digestion

  constructor(name: string, digestion: Digestion.Digestion) {
    this.name = name
    this.#digestion = digestion
    this.state = this.#begin()
  }

  /** A new process: it knows what is held, and the inputs that have not expired. */
  restart(inputs: ReadonlyArray<NoteInput>, nowMillis: number): void {
    this.state = this.#begin()
    for (const input of inputs) this.state.add(input, nowMillis)
    for (const { article } of this.held.values()) this.#show(article, nowMillis)
  }

  take(article: Article.Article, nowMillis: number): void {
    if (this.#known.has(article.messageId)) return
    this.#known.add(article.messageId)
    const slot = DigestArticle.slot(article) ?? DayPartial.slot(article)
    if (slot === undefined || (this.held.get(slot.key)?.rank ?? "") >= slot.rank) return
    this.held.set(slot.key, { rank: slot.rank, article })
    this.#show(article, nowMillis)
  }

  get emissions(): ReadonlyArray<Article.Article> {
    return [...this.held.values()].map(({ article }) => article)
  }

  get partials(): ReadonlyArray<DayPartial.Read> {
    return this.emissions.map(DayPartial.read).flatMap((read) => (DayPartial.isNotAPartial(read) ? [] : [read]))
  }

  /** What readers see of a key. */
  total(key = "lake"): DigestArticle.Read | undefined {
    return this.emissions
      .map(DigestArticle.read)
      .find((read): read is DigestArticle.Read => !DigestArticle.isNotADigest(read) && read.key === key)
  }

  #begin(): DigestionState.DigestionState {
    const noteRecovery = (what: string, times = 1) => {
      if (times > 0) this.recovered.push(what)
    }
    return new DigestionState.DigestionState(this.#digestion, this.name, zones, { calendar, note: noteRecovery })
  }

  #show(article: Article.Article, nowMillis: number): void {
    const digest = DigestArticle.read(article)
    if (!DigestArticle.isNotADigest(digest)) this.state.see(digest, nowMillis)
    const partial = DayPartial.read(article)
    if (!DayPartial.isNotAPartial(partial)) this.state.seeDay(partial, nowMillis)
  }
}

class Fleet {
  readonly zones: ReadonlyArray<Zone>
  nowMillis = 0
  isCut: (zone: Zone) => boolean = () => false

  constructor(digestion: Digestion.Digestion, names: ReadonlyArray<string> = zones) {
    this.zones = names.map((name) => new Zone(name, digestion))
  }

  /** Time passes; what zones emit reaches all that are not cut off a step later, and what they hold too. */
  until(second: number, happening: (nowMillis: number) => void = () => {}): void {
    while (this.nowMillis < second * 1_000) {
      this.nowMillis += stepMillis
      happening(this.nowMillis)
      for (const zone of this.zones) {
        for (const { octets } of zone.state.advance(this.nowMillis).emissions)
          zone.take(Events.filed(octets), this.nowMillis)
      }
      const linked = this.zones.filter((zone) => !this.isCut(zone))
      for (const one of linked)
        for (const other of linked) for (const article of one.emissions) other.take(article, this.nowMillis)
    }
  }
}

interface Told {
  readonly n: number
  /** When it is injected. */
  readonly second: number
  /** How long it takes to reach a zone. */
  readonly seconds: number
  /** When it is removed; never, where it is after its expiry. */
  readonly removed: number
}

const told: fc.Arbitrary<Told> = fc.record({
  n: fc.integer({ min: 1, max: 200 }),
  second: fc.integer({ min: 1, max: 60 }),
  seconds: fc.integer({ min: 0, max: 40 }),
  removed: fc.oneof(fc.constant(Infinity), fc.integer({ min: 41, max: 139 }))
})
const all = fc.uniqueArray(told, { maxLength: 12, selector: ({ n }) => n })

const sumOf = (events: ReadonlyArray<Told>): number =>
  events.reduce((sum, { n, removed }) => sum + (removed === Infinity ? n : 0), 0)

/** Has the events come to a zone, and go from it, as they say. */
const bring = (zone: Zone, events: ReadonlyArray<Told>) => (nowMillis: number) => {
  for (const { n, removed, second, seconds } of events) {
    if (nowMillis === (second + seconds) * 1_000) zone.state.add(inputOf(n, second), nowMillis)
    if (nowMillis === (second + removed) * 1_000) zone.state.remove(inputOf(n, second).messageId, nowMillis)
  }
}

const last = inputOf(250, 400)

describe("Sealing", () => {
  for (const [name, fold] of [
    ["with an inverse", stars],
    ["without an inverse", starsWithoutInverse]
  ] as const) {
    it(`counts every event once while days are open, sealed and past, with removals at any time, ${name}`, () => {
      fc.assert(
        fc.property(all, (events) => {
          const fleet = new Fleet(digestionOf(fold))
          fleet.until(300, (nowMillis) => {
            for (const zone of fleet.zones) bring(zone, events)(nowMillis)
          })
          for (const zone of fleet.zones) {
            assert.strictEqual(zone.total()?.view ?? 0, sumOf(events))
            assert.strictEqual(zone.total()?.events ?? 0, events.length)
            assert.strictEqual(
              zone.partials.reduce((sum, { events: counted }) => sum + counted, 0),
              events.length
            )
          }
          // Inputs have expired; one more event brings a total that is made of sealed days.
          for (const zone of fleet.zones) zone.state.add(last, fleet.nowMillis)
          fleet.until(310)
          for (const zone of fleet.zones) assert.strictEqual(zone.total()?.view, sumOf(events) + 250)
        }),
        { numRuns: 60 }
      )
    })
  }

  it("gives the same articles whatever the order, the repeats and the times of arrival", () => {
    fc.assert(
      fc.property(all, fc.infiniteStream(fc.nat({ max: 40 })), (events, delays) => {
        const articles = [0, 1].map(() => {
          const fleet = new Fleet(digestionOf(stars))
          const lives = fleet.zones.map(() => events.map((one) => ({ ...one, seconds: delays.next().value ?? 0 })))
          fleet.until(300, (nowMillis) => {
            for (const [at, zone] of fleet.zones.entries()) {
              bring(zone, lives[at] ?? [])(nowMillis)
              bring(
                zone,
                (lives[at] ?? []).map((one) => ({ ...one, seconds: one.seconds + 20 }))
              )(nowMillis)
            }
          })
          return fleet.zones.map((zone) => zone.emissions.map(({ messageId }) => messageId).toSorted())
        })
        for (const ids of articles.flat()) assert.deepStrictEqual(ids, articles[0]?.[0])
      }),
      { numRuns: 30 }
    )
  })

  it("takes the partial of highest rank in all zones after the deadline, whatever each knows", () => {
    fc.assert(
      fc.property(all, fc.infiniteStream(fc.nat({ max: 3 })), (events, draws) => {
        const fleet = new Fleet(digestionOf(stars))
        // Each zone never hears of some events.
        const known = fleet.zones.map(() => events.filter(() => draws.next().value !== 0))
        fleet.until(300, (nowMillis) => {
          for (const [at, zone] of fleet.zones.entries()) bring(zone, known[at] ?? [])(nowMillis)
        })
        const [first] = fleet.zones
        for (const zone of fleet.zones) assert.deepStrictEqual(zone.partials, first?.partials)
        for (const zone of fleet.zones) zone.state.add(last, fleet.nowMillis)
        // Each emits for itself: all come to the same.
        fleet.isCut = () => true
        fleet.until(320)
        const counted = (first?.partials ?? []).reduce((sum, { events: one }) => sum + one, 0)
        for (const zone of fleet.zones) {
          assert.strictEqual(zone.total()?.events, counted + 1)
          assert.strictEqual(
            zone.total()?.view,
            (first?.partials ?? []).reduce((sum, { state }) => sum + Number(state), 250)
          )
        }
      }),
      { numRuns: 60 }
    )
  })

  it("goes on from sealed partials in a new digester, whatever has expired", () => {
    fc.assert(
      fc.property(all, fc.integer({ min: 0, max: 320 }), (events, restartSecond) => {
        const fleet = new Fleet(digestionOf(stars), ["sea"])
        const [zone] = fleet.zones
        if (zone === undefined) return
        fleet.until(330, (nowMillis) => {
          bring(zone, events)(nowMillis)
          if (nowMillis !== restartSecond * 1_000) return
          const kept = events.filter(({ second, seconds }) => {
            const ageMillis = nowMillis - (second + seconds) * 1_000
            return ageMillis >= 0 && ageMillis < calendar.keepMillis
          })
          zone.restart(
            kept.map(({ n, second }) => inputOf(n, second)),
            nowMillis
          )
          for (const { n, removed, second } of kept) {
            if ((second + removed) * 1_000 <= nowMillis) zone.state.remove(inputOf(n, second).messageId, nowMillis)
          }
        })
        zone.state.add(last, fleet.nowMillis)
        fleet.until(340)
        assert.strictEqual(zone.total()?.events, events.length + 1)
      }),
      { numRuns: 60 }
    )
  })

  it("counts nothing that comes after the deadline, and says so", () => {
    const fleet = new Fleet(digestionOf(stars))
    const [first] = fleet.zones
    const early = inputOf(1, 5)
    fleet.until(120, (nowMillis) => {
      if (nowMillis === 6_000) for (const zone of fleet.zones) zone.state.add(early, nowMillis)
    })
    first?.state.add(inputOf(2, 6), fleet.nowMillis)
    fleet.until(130)
    for (const zone of fleet.zones) assert.strictEqual(zone.total()?.view, 1)
    assert.include(first?.recovered ?? [], "seal-left-out")
  })

  it("states nothing of a day any more that it has let go of, whatever still comes of it", () => {
    const fleet = new Fleet(digestionOf(stars))
    const gone = inputOf(1, 3)
    fleet.until(151, (nowMillis) => {
      for (const { state } of fleet.zones) {
        if (nowMillis === 4_000) state.add(gone, nowMillis)
        if (nowMillis === 20_000) state.remove(gone.messageId, nowMillis)
      }
    })
    for (const zone of fleet.zones) {
      const before = zone.partials
      assert.deepStrictEqual([before[0]?.events, before[0]?.removals], [1, 1])
      // Its input has not expired here yet.
      zone.restart([gone], fleet.nowMillis)
      zone.state.remove(gone.messageId, fleet.nowMillis)
      zone.state.advance(fleet.nowMillis)
      zone.state.add(inputOf(2, 5), fleet.nowMillis)
      fleet.until(fleet.nowMillis / 1_000 + 10)
      assert.deepStrictEqual(zone.partials, before)
    }
  })

  it("keeps what was sealed for zones that come back, and has those that sealed less take it over", () => {
    const fleet = new Fleet(digestionOf(stars))
    const [first, ...others] = fleet.zones
    fleet.isCut = (zone) => zone === first
    fleet.until(130, (nowMillis) => {
      if (nowMillis === 6_000) for (const zone of fleet.zones) zone.state.add(inputOf(1, 5), nowMillis)
      if (nowMillis === 7_000) for (const zone of others) zone.state.add(inputOf(2, 6), nowMillis)
    })
    fleet.isCut = () => false
    const sealed = others.map(({ partials }) => partials)
    fleet.until(140)
    assert.deepStrictEqual(
      others.map(({ partials }) => partials),
      sealed
    )
    assert.deepStrictEqual(first?.partials, sealed[0])
    for (const zone of fleet.zones) assert.strictEqual(zone.total()?.view, 3)
    assert.include(first?.recovered ?? [], "seal-outranked")
  })

  it("takes over the fuller partial of another zone at the deadline", () => {
    const fleet = new Fleet(digestionOf(stars))
    const [first, ...others] = fleet.zones
    fleet.until(130, (nowMillis) => {
      if (nowMillis === 6_000) for (const zone of fleet.zones) zone.state.add(inputOf(1, 5), nowMillis)
      if (nowMillis === 7_000) for (const zone of others) zone.state.add(inputOf(2, 6), nowMillis)
    })
    for (const zone of fleet.zones) assert.strictEqual(zone.total()?.view, 3)
    assert.include(first?.recovered ?? [], "seal-taken-over")
  })

  it("revises a sealed partial by a removal, in every zone", () => {
    const fleet = new Fleet(digestionOf(starsWithoutInverse))
    fleet.until(130, (nowMillis) => {
      if (nowMillis !== 6_000) return
      for (const zone of fleet.zones) for (const n of [1, 2]) zone.state.add(inputOf(n, 5), nowMillis)
    })
    const [first, second] = fleet.zones
    first?.state.remove(inputOf(1, 5).messageId, fleet.nowMillis)
    fleet.until(140)
    for (const zone of fleet.zones) {
      assert.strictEqual(zone.total()?.view, 2)
      assert.strictEqual(zone.partials[0]?.removals, 1)
      assert.lengthOf(zone.partials, 1)
    }
    assert.include(second?.recovered ?? [], "seal-revised")
  })
})
