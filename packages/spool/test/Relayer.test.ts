import { assert, describe, it } from "@effect/vitest"
import * as Article from "@lupin/core/Article"
import { leaseMillis, type Offered, Relayer } from "@lupin/spool/Relayer"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool } from "@lupin/spool/Spool"
import { article, group, id } from "@lupin/testing/SampleArticles"
import { Deferred, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"

const site = SiteIdentity.layer({ name: "boi1", path: "h1.boi.pop.lupin", kind: "pop", apps: "any" })
const live = Relayer.layer().pipe(Layer.provideMerge(Spool.layerMemory), Layer.provideMerge(site))

const nowMillis = Date.UTC(2026, 0, 1)
const [a, b] = [{ connection: "a", paths: ["here.example"] }, { connection: "b" }]
const one = article(id("1"), [group("misc.test")])
const offered = (of: Article.Article) => ({ id: of.messageId, octets: of.octets })

const test = (
  name: string,
  body: (relayer: Relayer["Service"], spool: Spool["Service"]) => Effect.Effect<void, unknown>
) =>
  it.effect(name, () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(nowMillis)
      yield* body(yield* Relayer, yield* Spool)
    }).pipe(Effect.provide(Layer.fresh(live)))
  )

describe("Relayer", () => {
  test("wants an article from one peer at a time", (relayer) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* relayer.offer([id("1"), id("2")], a), ["wanted", "wanted"])
      assert.deepStrictEqual(yield* relayer.offer([id("1"), id("3")], b), ["later", "wanted"])
      assert.deepStrictEqual(yield* relayer.offer([id("1")], a), ["wanted"])
    }))

  test("wants it from another once the connection of the first has ended", (relayer) =>
    Effect.gen(function* () {
      yield* relayer.offer([id("1")], a)
      yield* relayer.release(a)
      assert.deepStrictEqual(yield* relayer.offer([id("1")], b), ["wanted"])
    }))

  test("wants it again from a peer whose new connection offers it while nobody here knows that the old one is lost", (relayer) =>
    Effect.gen(function* () {
      const again = { ...a, connection: "a again" }
      yield* relayer.offer([id("1")], a)
      assert.deepStrictEqual(yield* relayer.offer([id("1")], { connection: "c", paths: ["other.example"] }), ["later"])
      // It may be either.
      assert.deepStrictEqual(
        yield* relayer.offer([id("1")], { connection: "d", paths: ["here.example", "other.example"] }),
        ["later"]
      )
      assert.deepStrictEqual(yield* relayer.offer([id("1")], again), ["wanted"])
      yield* relayer.release(a)
      assert.deepStrictEqual(yield* relayer.offer([id("1")], b), ["later"])
    }))

  test("wants it from another when the first has taken too long", (relayer) =>
    Effect.gen(function* () {
      yield* relayer.offer([id("1")], a)
      yield* TestClock.adjust(leaseMillis - 1)
      assert.deepStrictEqual(yield* relayer.offer([id("1")], b), ["later"])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* relayer.offer([id("1")], b), ["wanted"])
    }))

  it.effect("answers articles of one id that come together as one after another", () => {
    const ids = [id("1"), id("2")]
    const ahead = article(id("1"), [group("misc.test")], "words\r\n", [
      ["Injection-Date", "Thu, 08 Jan 2026 00:00:00 +0000"]
    ])
    const octets = [
      ...ids.map((of) => article(of, [group("misc.test")]).octets),
      new TextEncoder().encode("no article"),
      ahead.octets
    ]
    const batches = fc.array(fc.record({ id: fc.constantFrom(...ids), octets: fc.constantFrom(...octets) }), {
      maxLength: 8
    })
    const answers = (parts: ReadonlyArray<ReadonlyArray<Offered>>) =>
      Effect.gen(function* () {
        yield* TestClock.setTime(nowMillis)
        const relayer = yield* Relayer
        const received = yield* Effect.forEach(parts, (part) => relayer.receive(part, a))
        return received.flat()
      }).pipe(Effect.provide(Layer.merge(Layer.fresh(live), TestClock.layer())), Effect.runPromise)
    return Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(batches, async (batch) => {
          assert.deepStrictEqual(await answers([batch]), await answers(batch.map((one) => [one])))
        })
      )
    )
  })

  it.effect("lets others wait for what is being stored, and no longer", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(nowMillis)
      const whole = yield* Spool
      const begun = yield* Deferred.make<void>()
      const disk = yield* Deferred.make<void>()
      const slow = Spool.of({
        ...whole,
        store: (batch) =>
          Deferred.succeed(begun, undefined).pipe(
            Effect.andThen(Deferred.await(disk)),
            Effect.andThen(whole.store(batch))
          )
      })
      const relayer = yield* Relayer.pipe(
        Effect.provide(Layer.fresh(Relayer.layer()).pipe(Layer.provide(Layer.succeed(Spool, slow))))
      )
      const storing = yield* Effect.forkChild(relayer.receive([offered(one)], a))
      yield* Deferred.await(begun)
      assert.deepStrictEqual(yield* relayer.offer([id("1")], b), ["later"])
      assert.deepStrictEqual(yield* relayer.offer([id("1")], { ...a, connection: "a again" }), ["later"])
      yield* Deferred.succeed(disk, undefined)
      assert.deepStrictEqual(yield* Fiber.join(storing), [{ _tag: "Accepted" }])
      assert.deepStrictEqual(yield* relayer.offer([id("1")], b), ["here"])
    }).pipe(Effect.provide(Layer.fresh(live)))
  )

  test("remembers what it refused for its own octets, and not what it deferred", (relayer, spool) =>
    Effect.gen(function* () {
      const ahead = article(id("ahead"), [group("misc.test")], "x\r\n", [
        ["Injection-Date", "Thu, 1 Jan 2027 00:00:00 +0000"]
      ])
      const garbage = { id: id("garbage"), octets: new TextEncoder().encode("no article") }
      const answers = yield* relayer.receive([garbage, offered(ahead), offered(one)], a)
      assert.deepStrictEqual(
        answers.map(({ _tag }) => _tag),
        ["Refused", "Deferred", "Accepted"]
      )
      const ids = [id("garbage"), id("ahead"), id("1")]
      assert.deepStrictEqual(yield* spool.status(ids), ["removed", "unknown", "held"])
      assert.deepStrictEqual(yield* relayer.offer(ids, b), ["here", "wanted", "here"])
      assert.deepStrictEqual(yield* relayer.receive([garbage], b), [{ _tag: "AlreadyHere" }])
    }))

  it.effect("asks history once for all that is offered, known or not, and for nothing else", () =>
    Effect.gen(function* () {
      const asked: Array<number> = []
      const counting = Layer.effect(
        Spool,
        Effect.map(Spool, (spool) =>
          Spool.of({
            ...spool,
            status: (ids) => Effect.tap(spool.status(ids), () => Effect.sync(() => asked.push(ids.length)))
          })
        )
      ).pipe(Layer.provide(Spool.layerMemory))
      yield* Effect.gen(function* () {
        const relayer = yield* Relayer
        yield* relayer.offer([id("1"), id("2")], a)
        yield* (yield* Spool).store([one])
        yield* relayer.offer([id("1")], a)
      }).pipe(Effect.provide(Relayer.layer().pipe(Layer.provideMerge(counting), Layer.provideMerge(site))))
      assert.deepStrictEqual(asked, [2, 1])
    })
  )

  test("takes an article that eight peers send at once from exactly one of them", (relayer) =>
    Effect.gen(function* () {
      const peers = Array.from({ length: 8 }, (_, at) => ({ connection: `${at}` }))
      const answers = yield* Effect.forEach(peers, (peer) => relayer.receive([offered(one)], peer), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(
        answers
          .flat()
          .map(({ _tag }) => _tag)
          .toSorted(),
        ["Accepted", ...Array.from({ length: 7 }, () => "AlreadyHere")]
      )
    }))

  test("puts our name before the Path and keeps the rest byte for byte", (relayer, spool) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* relayer.receive([offered(one)], a), [{ _tag: "Accepted" }])
      const held = Article.read((yield* spool.find(id("1")))?.article ?? new Uint8Array())
      if (Article.isMalformed(held)) return assert.fail(held.reason)
      assert.strictEqual(held.path, "h1.boi.pop.lupin!!here.example!.POSTED!not-for-mail")
      assert.deepStrictEqual(Article.withFields(held, [], ["Path"]), Article.withFields(one, [], ["Path"]))
      assert.deepStrictEqual(yield* relayer.offer([id("1")], b), ["here"])
    }))

  test("answers each article of a batch in its place", (relayer, spool) =>
    Effect.gen(function* () {
      yield* spool.remove([id("3")], "cancelled")
      const received = yield* relayer.receive(
        [
          offered(one),
          { id: id("2"), octets: one.octets },
          offered(article(id("3"), [group("misc.test")])),
          offered(one),
          { id: id("4"), octets: new Uint8Array([1, 2, 3]) },
          offered(
            article(id("5"), [group("misc.test")], "text\r\n", [["Injection-Date", "Sat, 3 Jan 2026 00:00:00 +0000"]])
          )
        ],
        a
      )
      assert.deepStrictEqual(
        received.map(({ _tag }) => _tag),
        ["Accepted", "Refused", "AlreadyHere", "AlreadyHere", "Refused", "Deferred"]
      )
    }))

  test("takes an old article only to refill a spool", (relayer) =>
    Effect.gen(function* () {
      yield* TestClock.adjust("11 days")
      assert.deepStrictEqual(
        (yield* relayer.receive([offered(one)], a)).map(({ _tag }) => _tag),
        ["Refused"]
      )
      const refilled = yield* relayer.receive([offered(one)], { ...a, isBackfill: true })
      assert.deepStrictEqual(refilled, [{ _tag: "Accepted" }])
    }))
})
