import { assert, describe, it } from "@effect/vitest"
import * as App from "@lupin/core/App"
import * as Article from "@lupin/core/Article"
import * as DigestArticle from "@lupin/core/DigestArticle"
import * as Digestion from "@lupin/core/Digestion"
import * as Event from "@lupin/core/Event"
import * as Fold from "@lupin/core/Fold"
import * as GroupName from "@lupin/core/GroupName"
import * as Uuid from "@lupin/core/Uuid"
import * as Digester from "@lupin/digest/Digester"
import * as Homes from "@lupin/digest/Homes"
import * as Pump from "@lupin/digest/Pump"
import * as InProcessFanout from "@lupin/fanout/InProcessFanout"
import { Injector } from "@lupin/spool/Injector"
import { Relayer } from "@lupin/spool/Relayer"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool } from "@lupin/spool/Spool"
import { articleOf } from "@lupin/testing/Events"
import { Effect, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"

const note = App.defineEvent({ schema: Schema.Struct({ about: Schema.String, stars: Schema.Int }) })
const stars = Digestion.define({
  app: "notes",
  name: "stars",
  events: { note },
  key: ({ payload }) => payload.about,
  fold: Fold.mean(({ payload }: Digestion.InputOf<{ readonly note: typeof note }>) => payload.stars),
  view: (mean) => ({ count: mean.count, mean: Fold.meanOf(mean) ?? null }),
  due: { quietMillis: 200, atMostMillis: 1_000 },
  turnMillis: 500
})
const app = App.defineApp({ name: "notes", events: { note }, digestions: [stars] })

const zones = ["cape", "mk", "sea"]
const [home = "", second = ""] = Homes.order(stars.target("lake"), zones)

const site = (zone: string) => {
  const doors = Layer.mergeAll(Injector.layer, Relayer.layer()).pipe(
    Layer.provideMerge(Spool.layerMemory),
    Layer.provideMerge(SiteIdentity.layer({ name: zone, path: `h1.${zone}.zone.lupin`, kind: "central", apps: "any" }))
  )
  return doors
}

const digesting = (zone: string) =>
  Pump.layer.pipe(
    Layer.provideMerge(Digester.layer({ apps: [app], zone, zones })),
    Layer.provide(InProcessFanout.layer())
  )

const noteArticle = (n: number, about = "lake"): Article.Article => {
  const random = new Uint8Array(Uuid.randomOctets).fill(n)
  const event = Event.make({
    app: "notes",
    kind: "note",
    version: 1,
    id: Uuid.v7(1_000 * n, random),
    payload: { about, stars: n },
    routing: 1
  })
  return articleOf(event ?? assert.fail("no event"))
}

const store = (articles: ReadonlyArray<Article.Article>) => Effect.flatMap(Spool, (spool) => spool.store(articles))

/** Digests that the spool holds, as read. */
const digests = Effect.gen(function* () {
  const spool = yield* Spool
  const group = GroupName.GroupName.make(stars.target("lake"))
  const numbers = yield* spool.numbers(group, 1, 2147483647, 100)
  const held = yield* Effect.forEach(numbers, (number) => spool.at(group, number))
  return held.flatMap((one) => {
    const article = one === undefined ? undefined : Article.read(one.article)
    if (article === undefined || Article.isMalformed(article)) return []
    const read = DigestArticle.read(article)
    return DigestArticle.isNotADigest(read) ? [] : [{ ...read, octets: one?.article ?? new Uint8Array() }]
  })
})

const within = <A, E, R>(zone: string, test: Effect.Effect<A, E, R>) => Effect.provide(test, site(zone))

/** A piece of a digester's life: events come, are cancelled or erased, or it runs for a while. */
type Step =
  | { readonly _tag: "store" | "cancel" | "erase"; readonly n: number; readonly about: string }
  | { readonly _tag: "run" }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    _tag: fc.constantFrom("store", "store", "cancel", "erase"),
    n: fc.integer({ min: 1, max: 3 }),
    about: fc.constantFrom("lake", "peak")
  }),
  fc.record({ _tag: fc.constantFrom("run") })
)

const live = (steps: ReadonlyArray<Step>) =>
  within(
    home,
    Effect.gen(function* () {
      const spool = yield* Spool
      const run = Effect.scoped(Effect.andThen(Layer.build(digesting(home)), TestClock.adjust("5 seconds")))
      for (const one of steps) {
        if (one._tag === "run") yield* run
        else if (one._tag === "store") yield* store([noteArticle(one.n, one.about)])
        else if (one._tag === "cancel") yield* spool.remove([noteArticle(one.n, one.about).messageId], "cancelled")
        else yield* spool.erase([noteArticle(one.n, one.about).messageId])
      }
      yield* run
      const held = yield* Effect.filter([1, 2, 3], (n) =>
        Effect.map(spool.status([noteArticle(n).messageId]), ([status]) => status === "held")
      )
      const [digest] = yield* digests
      assert.strictEqual((digest?.events ?? 0) - (digest?.removals ?? 0), held.length)
      if (held.length > 0) assert.deepInclude(digest?.view, { count: held.length })
    })
  )

describe("Digester", () => {
  it.effect("posts the digest of a key at its home once the key is quiet", () =>
    within(
      home,
      Effect.gen(function* () {
        const spool = yield* Spool
        yield* store([noteArticle(1), noteArticle(2)])
        yield* Layer.build(digesting(home))
        yield* TestClock.adjust("100 millis")
        yield* store([noteArticle(5)])
        yield* TestClock.adjust("199 millis")
        assert.deepStrictEqual(yield* digests, [])
        yield* TestClock.adjust("1 millis")
        yield* spool.changed(3)
        const [digest, ...others] = yield* digests
        assert.deepStrictEqual(digest?.view, { count: 3, mean: 2.667 })
        assert.strictEqual(others.length, 0)
      }).pipe(Effect.scoped)
    )
  )

  it.effect("leaves a key to its home, and stands in after its turn when nothing is seen", () =>
    within(
      second,
      Effect.gen(function* () {
        yield* store([noteArticle(1)])
        yield* Layer.build(digesting(second))
        yield* TestClock.adjust("699 millis")
        assert.deepStrictEqual(yield* digests, [])
        yield* TestClock.adjust("1 millis")
        assert.strictEqual((yield* digests).length, 1)
      }).pipe(Effect.scoped)
    )
  )

  it.effect("does not emit again after a restart what is in a digest, but what is not", () =>
    within(
      home,
      Effect.gen(function* () {
        const spool = yield* Spool
        const run = (millis: number) =>
          Effect.scoped(Effect.andThen(Layer.build(digesting(home)), TestClock.adjust(millis)))
        yield* store([noteArticle(1)])
        yield* run(2_000)
        const head = yield* spool.head
        yield* run(2_000)
        assert.strictEqual(yield* spool.head, head)
        yield* store([noteArticle(2)])
        yield* run(2_000)
        const [digest] = yield* digests
        assert.strictEqual(digest?.events, 2)
      })
    )
  )

  it.effect("takes a cancelled event out, and says in its digest that it saw the removal", () =>
    within(
      home,
      Effect.gen(function* () {
        const spool = yield* Spool
        yield* store([noteArticle(1), noteArticle(3)])
        yield* Layer.build(digesting(home))
        yield* TestClock.adjust("1 seconds")
        yield* spool.remove([noteArticle(3).messageId], "cancelled")
        yield* TestClock.adjust("1 seconds")
        const [digest] = yield* digests
        assert.deepStrictEqual([digest?.events, digest?.removals, digest?.view], [2, 1, { count: 1, mean: 1 }])
      }).pipe(Effect.scoped)
    )
  )

  it.effect("counts on after a restart since which a removed event is known only from its digest", () =>
    within(
      home,
      Effect.gen(function* () {
        const spool = yield* Spool
        const run = Effect.scoped(Effect.andThen(Layer.build(digesting(home)), TestClock.adjust("2 seconds")))
        yield* store([noteArticle(1), noteArticle(3)])
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* Layer.build(digesting(home))
            yield* TestClock.adjust("2 seconds")
            yield* spool.remove([noteArticle(3).messageId], "cancelled")
            yield* TestClock.adjust("2 seconds")
          })
        )
        yield* store([noteArticle(5)])
        yield* run
        const [digest] = yield* digests
        assert.deepStrictEqual([digest?.events, digest?.removals, digest?.view], [3, 1, { count: 2, mean: 3 }])
      })
    )
  )

  it.effect("takes an event out of its digest that was erased while no digester ran", () =>
    within(
      home,
      Effect.gen(function* () {
        const spool = yield* Spool
        const run = Effect.scoped(Effect.andThen(Layer.build(digesting(home)), TestClock.adjust("5 seconds")))
        yield* store([noteArticle(1), noteArticle(3)])
        yield* run
        yield* spool.erase([noteArticle(3).messageId])
        yield* run
        const [digest] = yield* digests
        assert.deepStrictEqual([digest?.events, digest?.removals, digest?.view], [2, 1, { count: 1, mean: 1 }])
      })
    )
  )

  it("counts what is held, whatever was stored, cancelled and erased while no digester ran", () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), (steps) =>
        Effect.runPromise(live(steps).pipe(Effect.scoped, Effect.provide(TestClock.layer())))
      ),
      { numRuns: 60 }
    ))

  it.effect("makes the same article in two zones, whatever the order of the inputs", () =>
    Effect.gen(function* () {
      const emitted = (zone: string, articles: ReadonlyArray<Article.Article>) =>
        within(
          zone,
          Effect.gen(function* () {
            yield* store(articles)
            yield* Layer.build(digesting(zone))
            yield* TestClock.adjust("5 seconds")
            const [digest] = yield* digests
            return Article.read(digest?.octets ?? assert.fail("no digest"))
          }).pipe(Effect.scoped)
        )
      const there = [1, 2, 3, 4].map((n) => noteArticle(n))
      const [a, b] = [yield* emitted(home, there), yield* emitted(second, [...there].reverse())]
      if (Article.isMalformed(a) || Article.isMalformed(b)) return assert.fail("malformed")
      assert.deepStrictEqual(Article.withFields(a, [], ["Path", "Xref"]), Article.withFields(b, [], ["Path", "Xref"]))
    })
  )

  it.effect("knows which events are in a digest", () =>
    within(
      home,
      Effect.gen(function* () {
        yield* store([noteArticle(1)])
        const context = yield* Layer.build(digesting(home))
        const isDigested = () =>
          Effect.map(Effect.provide(Digester.Digester, context), ({ isDigested }) =>
            isDigested(noteArticle(1).messageId)
          )
        assert.isFalse(yield* isDigested())
        yield* TestClock.adjust("1 seconds")
        assert.isTrue(yield* isDigested())
      }).pipe(Effect.scoped)
    )
  )
})
