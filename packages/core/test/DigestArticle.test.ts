import * as Article from "@lupin/core/Article"
import * as DigestArticle from "@lupin/core/DigestArticle"
import * as Digestion from "@lupin/core/Digestion"
import * as Fingerprint from "@lupin/core/Fingerprint"
import * as Fold from "@lupin/core/Fold"
import * as MessageId from "@lupin/core/MessageId"
import * as Events from "@lupin/testing/Events"
import * as Netnews from "@lupin/testing/Netnews"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

const Review = Schema.Struct({ trail: Schema.String, rating: Schema.Int })
type ReviewInput = Digestion.InputOf<{ readonly review: { readonly schema: typeof Review } }>

const digestion = Digestion.define({
  app: "trailblaze",
  name: "trail-ratings",
  events: { review: { schema: Review } },
  key: ({ payload }) => payload.trail,
  fold: Fold.struct({
    ratings: Fold.histogram(({ payload }: ReviewInput) => payload.rating),
    trails: Fold.tally(({ payload }: ReviewInput) => payload.trail),
    newest: Fold.latest({
      rank: ({ injectedMillis }: ReviewInput) => injectedMillis,
      value: ({ payload }: ReviewInput) => payload.trail,
      schema: Schema.String
    })
  }),
  view: ({ ratings }, trail) => ({ trail, ratings: Fold.bars(ratings, 1, 5) })
})
type State = typeof digestion extends Digestion.Digestion<infer S> ? S : never

const review: fc.Arbitrary<ReviewInput> = fc.record({
  messageId: Netnews.messageId,
  kind: fc.constant("review" as const),
  payload: fc.record({ trail: fc.string({ unit: "grapheme" }), rating: fc.integer({ min: 1, max: 5 }) }),
  groups: fc.constant([]),
  injectedMillis: Netnews.seconds
})
const reviews = fc.uniqueArray(review, { minLength: 1, maxLength: 15, selector: ({ messageId }) => messageId })
const key = fc.string({ unit: "binary", minLength: 1, maxLength: 30 }).filter(Digestion.isKey)

interface Partial {
  readonly state: State
  readonly events: number
  readonly fingerprint: Fingerprint.Fingerprint
  readonly newestMillis: number
}

const partialOf = (inputs: ReadonlyArray<ReviewInput>): Partial => ({
  state: Fold.fold(digestion.fold, inputs),
  events: inputs.length,
  fingerprint: inputs.reduce((sum, { messageId }) => Fingerprint.add(sum, messageId), Fingerprint.empty),
  newestMillis: Math.max(0, ...inputs.map(({ injectedMillis }) => injectedMillis))
})

const merge = (a: Partial, b: Partial): Partial => ({
  state: digestion.fold.combine(a.state, b.state),
  events: a.events + b.events,
  fingerprint: Fingerprint.merge(a.fingerprint, b.fingerprint),
  newestMillis: Math.max(a.newestMillis, b.newestMillis)
})

const octetsOf = (key: string, { events, fingerprint, newestMillis, state }: Partial): Uint8Array =>
  DigestArticle.toArticle({
    digestion,
    key,
    events,
    removals: 0,
    fingerprint: Fingerprint.text(fingerprint),
    state,
    newestMillis
  })

const readOf = (octets: Uint8Array): DigestArticle.Read => {
  const read = DigestArticle.read(Events.filed(octets))
  if (DigestArticle.isNotADigest(read)) throw new Error(read.reason)
  return read
}

describe("DigestArticle.toArticle", () => {
  it("gives the same octets for the same inputs in any order and any batches", () => {
    const cases = reviews.chain((inputs) =>
      fc.tuple(
        fc.constant(inputs),
        fc.shuffledSubarray(inputs, { minLength: inputs.length }),
        fc.nat(inputs.length),
        fc.boolean()
      )
    )
    fc.assert(
      fc.property(key, cases, (key, [inputs, shuffled, cut, isSwapped]) => {
        const halves = [partialOf(shuffled.slice(0, cut)), partialOf(shuffled.slice(cut))] as const
        const merged = isSwapped ? merge(halves[1], halves[0]) : merge(...halves)
        expect(octetsOf(key, merged)).toEqual(octetsOf(key, partialOf(inputs)))
      })
    )
  })

  it("gives the same octets from a state that was read from an article", () => {
    fc.assert(
      fc.property(key, reviews, (key, inputs) => {
        const partial = partialOf(inputs)
        const octets = octetsOf(key, partial)
        const state = Result.getOrThrow(Fold.decodeJson(digestion.fold, readOf(octets).state))
        expect(octetsOf(key, { ...partial, state })).toEqual(octets)
      })
    )
  })

  it("gives another Message-ID for one input more or less", () => {
    fc.assert(
      fc.property(key, reviews, (key, inputs) => {
        const all = readOf(octetsOf(key, partialOf(inputs)))
        const fewer = readOf(octetsOf(key, partialOf(inputs.slice(1))))
        expect(DigestArticle.messageId(fewer)).not.toBe(DigestArticle.messageId(all))
      })
    )
  })
})

describe("DigestArticle.read", () => {
  it("reads what the article was made of", () => {
    fc.assert(
      fc.property(key, reviews, (key, inputs) => {
        const partial = partialOf(inputs)
        const { state, view, ...rest } = readOf(octetsOf(key, partial))
        expect(rest).toEqual({
          app: "trailblaze",
          name: "trail-ratings",
          version: 1,
          key,
          events: inputs.length,
          removals: 0,
          fingerprint: Fingerprint.text(partial.fingerprint),
          newestMillis: partial.newestMillis,
          removed: [],
          nameless: Fingerprint.noneNameless
        })
        expect(view).toEqual(digestion.view(partial.state, key))
        expect(JSON.stringify(state)).toBe(Fold.encode(digestion.fold, partial.state))
      })
    )
  })

  it("reads how many events are gone without a name, and takes no more of them than were removed", () => {
    const of = (count: number, newestMillis: number) =>
      DigestArticle.read(
        Events.filed(
          DigestArticle.toArticle({
            digestion,
            key: "lake",
            events: 9,
            removals: 4,
            fingerprint: Fingerprint.text(7n),
            state: partialOf([]).state,
            newestMillis: 1_000,
            nameless: { count, newestMillis }
          })
        )
      )
    expect(of(4, 1_000)).toMatchObject({ nameless: { count: 4, newestMillis: 1_000 } })
    for (const read of [of(5, 1_000), of(-1, 0), of(1.5, 0), of(1, -1)])
      expect(DigestArticle.isNotADigest(read)).toBe(true)
  })

  it("reads which events were removed, and passes over what is no event's id", () => {
    const [first, second] = ["a", "b"].map((hash) =>
      MessageId.MessageId.make(`<019b76da-a800-7000-8000-000000000000.${hash.repeat(26)}@trailblaze.client.lupin>`)
    )
    if (first === undefined || second === undefined) throw new Error("no ids")
    const strange = MessageId.MessageId.make("<a@b.invalid>")
    const { events, state, newestMillis } = partialOf([])
    const octets = DigestArticle.toArticle({
      digestion,
      key: "lake",
      events,
      removals: 0,
      fingerprint: Fingerprint.text(0n),
      state,
      newestMillis,
      removed: [first, strange, second]
    })
    expect(readOf(octets).removed).toEqual([first, second])
  })

  it("refuses an article whose Message-ID is not that of its header", () => {
    const article = Events.filed(octetsOf("lake", partialOf([])))
    const header = Article.field(article, DigestArticle.digestHeader) ?? ""
    for (const forged of [
      header.replace("events=0", "events=1"),
      header.replace("v=1", "v=2"),
      header.replace("key=lake", "key=lak%65"),
      header.replace("key=lake", "key=%E0"),
      header.replace("removals=0", "removals=00"),
      header.replace("trail-ratings", "hot-trails"),
      ""
    ]) {
      const other = Article.read(Article.withFields(article, [[DigestArticle.digestHeader, forged]], []))
      expect(Article.isMalformed(other) || DigestArticle.isNotADigest(DigestArticle.read(other))).toBe(true)
    }
  })

  it("takes an event for no digest", () => {
    fc.assert(
      fc.property(Events.event, (event) => {
        const article = Events.articleOf(event)
        expect(DigestArticle.isNotADigest(DigestArticle.read(article))).toBe(true)
        expect(DigestArticle.slot(article)).toBeUndefined()
      })
    )
  })
})

describe("DigestArticle.rank", () => {
  const identity: fc.Arbitrary<DigestArticle.Identity> = fc.record({
    app: fc.constant("trailblaze"),
    name: fc.constant("trail-ratings"),
    version: fc.integer({ min: 1, max: 12 }),
    key: fc.constant("lake"),
    events: fc.oneof(
      fc.nat(12),
      fc.maxSafeNat().map((count) => Math.floor(count / 2))
    ),
    removals: fc.nat(12),
    fingerprint: fc.stringMatching(/^[a-z2-7]{26}$/)
  })

  it("orders digests by version, then by events and removals, then by fingerprint", () => {
    fc.assert(
      fc.property(identity, identity, (a, b) => {
        const isLower =
          a.version !== b.version
            ? a.version < b.version
            : a.events + a.removals !== b.events + b.removals
              ? a.events + a.removals < b.events + b.removals
              : a.fingerprint < b.fingerprint
        expect(DigestArticle.rank(a) < DigestArticle.rank(b)).toBe(isLower)
      })
    )
  })

  it("grows with the inputs, in a slot of the key", () => {
    fc.assert(
      fc.property(key, reviews, fc.nat(14), (key, inputs, cut) => {
        fc.pre(cut < inputs.length)
        const slot = (inputs: ReadonlyArray<ReviewInput>) =>
          DigestArticle.slot(Events.filed(octetsOf(key, partialOf(inputs))))
        const [some, all] = [slot(inputs.slice(0, cut)), slot(inputs)]
        expect(some?.key).toBe(all?.key)
        expect((some?.rank ?? "") < (all?.rank ?? "")).toBe(true)
      })
    )
  })

  it("gives every key a slot of its own", () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        const slot = (key: string) => DigestArticle.slotKey({ app: "trailblaze", name: "trail-ratings", key })
        expect(slot(a) === slot(b)).toBe(a === b)
        expect(slot(a)).toMatch(/^[\x20-\x7e]+$/)
      })
    )
  })
})

describe("DigestArticle.messageId", () => {
  it("stays what it was: written down here, as zones of two releases must agree", () => {
    const id: MessageId.MessageId = DigestArticle.messageId({
      app: "trailblaze",
      name: "trail-ratings",
      version: 1,
      key: "sawtooth-lake",
      events: 12,
      removals: 1,
      fingerprint: "a".repeat(26)
    })
    expect(id).toBe("<zigij77cjl5itvacxhhwgdpkzy@trailblaze.digest.lupin>")
  })
})

describe("DigestArticle.readCounts", () => {
  it("counts as it reads, with and without removals", () => {
    const removed = MessageId.MessageId.make(
      `<019b76da-a800-7000-8000-000000000000.${"a".repeat(26)}@trailblaze.client.lupin>`
    )
    fc.assert(
      fc.property(key, reviews, fc.boolean(), (key, inputs, isRemoved) => {
        const { events, fingerprint, newestMillis, state } = partialOf(inputs)
        const text = Fingerprint.text(fingerprint)
        const counts = { digestion, key, events, fingerprint: text, newestMillis, state }
        const removals = isRemoved ? { removals: 1, removed: [removed] } : { removals: 0 }
        const article = Events.filed(DigestArticle.toArticle({ ...counts, ...removals }))
        const whole = DigestArticle.read(article)
        const bare = DigestArticle.readCounts(article)
        if (DigestArticle.isNotADigest(whole) || DigestArticle.isNotADigest(bare)) throw new Error("no digest")
        expect({ ...bare, state: whole.state, view: whole.view }).toEqual(whole)
      })
    )
  })

  it("refuses an article whose Message-ID is not that of its header", () => {
    const article = Events.filed(octetsOf("lake", partialOf([])))
    const header = Article.field(article, DigestArticle.digestHeader) ?? ""
    const forged = header.replace("events=0", "events=1")
    const other = Article.read(Article.withFields(article, [[DigestArticle.digestHeader, forged]], []))
    expect(Article.isMalformed(other) || DigestArticle.isNotADigest(DigestArticle.readCounts(other))).toBe(true)
  })
})
