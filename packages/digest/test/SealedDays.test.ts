import { assert, describe, it } from "@effect/vitest"
import * as App from "@lupin/core/App"
import * as Article from "@lupin/core/Article"
import * as DayPartial from "@lupin/core/DayPartial"
import * as DigestArticle from "@lupin/core/DigestArticle"
import * as Digestion from "@lupin/core/Digestion"
import * as Event from "@lupin/core/Event"
import * as Fold from "@lupin/core/Fold"
import type * as GroupName from "@lupin/core/GroupName"
import * as Uuid from "@lupin/core/Uuid"
import * as Calendar from "@lupin/digest/Calendar"
import * as Digester from "@lupin/digest/Digester"
import * as Pump from "@lupin/digest/Pump"
import * as InProcessFanout from "@lupin/fanout/InProcessFanout"
import * as Expiry from "@lupin/spool/Expiry"
import { Injector } from "@lupin/spool/Injector"
import { Relayer } from "@lupin/spool/Relayer"
import type * as RetentionRule from "@lupin/spool/RetentionRule"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool } from "@lupin/spool/Spool"
import { articleOf } from "@lupin/testing/Events"
import { type Context, Effect, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"

const note = App.defineEvent({ schema: Schema.Struct({ about: Schema.String, stars: Schema.Int }) })
const stars = Digestion.define({
  app: "notes",
  name: "stars",
  events: { note },
  key: ({ payload }) => payload.about,
  fold: Fold.sum(({ payload }: Digestion.InputOf<{ readonly note: typeof note }>) => payload.stars),
  view: (sum) => Number(sum),
  due: { quietMillis: 200, atMostMillis: 1_000 },
  turnMillis: 500
})
const app = App.defineApp({ name: "notes", events: { note }, digestions: [stars] })
const zones = ["cape", "sea"]

/** Days of ten seconds, in the proportions of production. */
const calendar: Calendar.Calendar = { dayMillis: 10_000, sealMillis: 110_000, agreeMillis: 5_000, keepMillis: 140_000 }
const keeping: RetentionRule.RetentionRule = { keepMillis: 140_000, keepMillisMin: 0, keepMillisMax: 140_000 }

const noteArticle = (n: number, second: number): Article.Article => {
  const id = Uuid.v7(1_000 * second, new Uint8Array(Uuid.randomOctets).fill(n))
  const payload = { about: "lake", stars: n }
  const event = Event.make({ app: "notes", kind: "note", version: 1, id, payload, routing: 1 })
  return articleOf(event ?? assert.fail("no event"))
}

type Doors = Spool | Injector | Relayer

/** A zone in this process: its spool outlives its digesters. */
interface Zone {
  readonly name: string
  readonly doors: Context.Context<Doors>
}

const zone = Effect.fnUntraced(function* (name: string) {
  const doors = yield* Layer.build(
    Layer.fresh(
      Layer.mergeAll(Injector.layer, Relayer.layer()).pipe(
        Layer.provideMerge(Spool.layerMemory),
        Layer.provideMerge(SiteIdentity.layer({ name, path: `h1.${name}.zone.lupin`, kind: "central", apps: "any" }))
      )
    )
  )
  return { name, doors } satisfies Zone
})

const digesting = ({ doors, name }: Zone) =>
  Layer.build(
    Layer.fresh(
      Layer.merge(
        Pump.layer.pipe(
          Layer.provideMerge(Digester.layer({ apps: [app], zone: name, zones })),
          Layer.provide(InProcessFanout.layer())
        ),
        Expiry.layer({ rules: [keeping] })
      )
    )
  ).pipe(Effect.provideService(Calendar.Calendar, calendar), Effect.provideContext(doors))

const at = <A, E>({ doors }: Zone, effect: Effect.Effect<A, E, Doors>) => Effect.provideContext(effect, doors)

const store = (to: Zone, ...articles: ReadonlyArray<Article.Article>) =>
  at(
    to,
    Effect.flatMap(Spool, (spool) => spool.store(articles))
  )

const inGroup = (from: Zone, group: GroupName.GroupName) =>
  at(
    from,
    Effect.gen(function* () {
      const spool = yield* Spool
      const numbers = yield* spool.numbers(group, 1, 2147483647, 100)
      const held = yield* Effect.forEach(numbers, (number) => spool.at(group, number))
      return held.flatMap((one) => {
        const article = Article.read(one?.article ?? new Uint8Array())
        return Article.isMalformed(article) ? [] : [article]
      })
    })
  )

const partials = (from: Zone) =>
  Effect.map(inGroup(from, DayPartial.targetOf("notes", "stars")), (articles) =>
    articles.map(DayPartial.read).flatMap((read) => (DayPartial.isNotAPartial(read) ? [] : [read]))
  )

const total = (from: Zone) =>
  Effect.map(inGroup(from, stars.target("lake")), (articles) =>
    articles
      .map(DigestArticle.read)
      .flatMap((read) => (DigestArticle.isNotADigest(read) ? [] : [read]))
      .at(-1)
  )

/** Gives the digests that one zone holds to another. */
const relay = Effect.fnUntraced(function* (from: Zone, to: Zone) {
  const articles = [
    ...(yield* inGroup(from, DayPartial.targetOf("notes", "stars"))),
    ...(yield* inGroup(from, stars.target("lake")))
  ]
  const offered = articles.map(({ messageId, octets }) => ({ id: messageId, octets }))
  yield* at(
    to,
    Effect.flatMap(Relayer, (relayer) => relayer.receive(offered, { connection: from.name }))
  )
})

const status = (from: Zone, article: Article.Article) =>
  at(
    from,
    Effect.flatMap(Spool, (spool) => Effect.map(spool.status([article.messageId]), ([one]) => one))
  )

describe("Sealed days of a digester", () => {
  it.effect("state what a day has come to at its seal instant, and outlive their inputs and their digester", () =>
    Effect.gen(function* () {
      const sea = yield* zone("sea")
      yield* store(sea, noteArticle(1, 3), noteArticle(2, 4), noteArticle(4, 12))
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* digesting(sea)
          yield* TestClock.adjust("109 seconds")
          assert.strictEqual((yield* total(sea))?.view, 7)
          assert.deepStrictEqual(yield* partials(sea), [])
          yield* TestClock.adjust("2 seconds")
          const [first, ...others] = yield* partials(sea)
          assert.deepStrictEqual([first?.dayMillis, first?.events, first?.state], [0, 2, "3"])
          assert.deepStrictEqual(others, [])
          yield* TestClock.adjust("60 seconds")
          assert.lengthOf(yield* partials(sea), 2)
        })
      )
      assert.strictEqual(yield* status(sea, noteArticle(1, 3)), "removed")
      yield* store(sea, noteArticle(8, 170))
      yield* digesting(sea)
      yield* TestClock.adjust("2 seconds")
      const newest = yield* total(sea)
      assert.deepStrictEqual([newest?.events, newest?.view], [4, 15])
    }).pipe(Effect.scoped)
  )

  it.effect("are the same in two zones after the deadline, whatever each had, and so are their totals", () =>
    Effect.gen(function* () {
      const [cape, sea] = [yield* zone("cape"), yield* zone("sea")]
      yield* store(cape, noteArticle(1, 3), noteArticle(2, 4))
      yield* store(sea, noteArticle(1, 3), noteArticle(4, 5), noteArticle(8, 6))
      const digester = { cape: yield* digesting(cape), sea: yield* digesting(sea) }
      yield* TestClock.adjust("113 seconds")
      assert.notDeepEqual(yield* partials(cape), yield* partials(sea))
      const differs = yield* Effect.forkChild(
        Effect.provideContext(
          Effect.flatMap(Digester.Digester, ({ disagreed }) => disagreed),
          digester.cape
        )
      )
      yield* relay(cape, sea)
      yield* relay(sea, cape)
      yield* TestClock.adjust("1 seconds")
      assert.isDefined(differs.pollUnsafe())
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(yield* partials(cape), yield* partials(sea))
      for (const one of [cape, sea]) yield* store(one, noteArticle(16, 110))
      yield* TestClock.adjust("5 seconds")
      for (const one of [cape, sea]) assert.strictEqual((yield* total(one))?.view, 29)
    }).pipe(Effect.scoped)
  )

  it.effect("give way to the next revision when one of their events is cancelled", () =>
    Effect.gen(function* () {
      const sea = yield* zone("sea")
      yield* store(sea, noteArticle(1, 3), noteArticle(2, 4))
      yield* digesting(sea)
      yield* TestClock.adjust("120 seconds")
      yield* at(
        sea,
        Effect.flatMap(Spool, (spool) => spool.remove([noteArticle(2, 4).messageId], "cancelled"))
      )
      yield* TestClock.adjust("2 seconds")
      const [partial, ...others] = yield* partials(sea)
      assert.deepStrictEqual([partial?.events, partial?.removals, partial?.state], [2, 1, "1"])
      assert.deepStrictEqual(others, [])
      assert.strictEqual((yield* total(sea))?.view, 1)
    }).pipe(Effect.scoped)
  )

  it.effect("have the length of true days, and are sealed after eleven of them", () =>
    Effect.gen(function* () {
      const sea = yield* zone("sea")
      yield* store(sea, noteArticle(1, 3))
      yield* Layer.build(
        Layer.fresh(
          Pump.layer.pipe(
            Layer.provideMerge(Digester.layer({ apps: [app], zone: "sea", zones })),
            Layer.provide(InProcessFanout.layer())
          )
        )
      ).pipe(Effect.provideContext(sea.doors))
      yield* TestClock.adjust("11 days")
      assert.deepStrictEqual(yield* partials(sea), [])
      yield* TestClock.adjust("16 minutes")
      const [partial] = yield* partials(sea)
      assert.deepStrictEqual([partial?.dayMillis, partial?.events], [0, 1])
    }).pipe(Effect.scoped)
  )
})
