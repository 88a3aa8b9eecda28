import { assert, describe, layer } from "@effect/vitest"
import * as Article from "@lupin/core/Article"
import * as Event from "@lupin/core/Event"
import * as EventArticle from "@lupin/core/EventArticle"
import * as GroupName from "@lupin/core/GroupName"
import { Injector } from "@lupin/spool/Injector"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool } from "@lupin/spool/Spool"
import { digest, digestId } from "@lupin/testing/SampleArticles"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"

const site = SiteIdentity.layer({
  name: "boi1",
  path: "h1.boi.pop.lupin",
  kind: "pop",
  apps: new Set(["trailblaze"])
})
const live = Layer.fresh(Injector.layer.pipe(Layer.provideMerge(Spool.layerMemory), Layer.provideMerge(site)))

const nowMillis = Date.UTC(2026, 10, 21)
const groups = [GroupName.GroupName.make("clientposts.trailblaze.topic.review")]
const event = Event.make({
  app: "trailblaze",
  kind: "review",
  version: 1,
  id: "019aa3c5-0000-7000-8000-000000000000",
  payload: { rating: 5 },
  routing: 1
})
if (event === undefined) throw new Error("the event is none")
const mintedMillis = Event.mintedMillis(event)
const proto = (of: Event.Event) => EventArticle.toProto(of, { groups, from: "hiker <hiker@trailblaze.invalid>" })
const post = (fields: ReadonlyArray<readonly [string, string]>, newsgroups = "misc.test") =>
  Article.make([["From", "a <a@b.example>"], ["Subject", "words"], ["Newsgroups", newsgroups], ...fields], "text\r\n")

describe("Injector", () => {
  layer(live)("with an event", (it) => {
    it.effect("answers a repeat with the same id, groups and position", () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(mintedMillis)
        const injector = yield* Injector
        const first = yield* injector.inject(proto(event), { writer: "client", from: "192.0.2.7" })
        assert.deepStrictEqual(first, { id: Event.messageId(event), groups, position: 1, isNew: true, isHeld: true })
        yield* TestClock.adjust("1 hour")
        const again = yield* injector.inject(proto(event), { writer: "client", from: "192.0.2.8" })
        assert.deepStrictEqual(again, { ...first, isNew: false })
        assert.strictEqual(yield* (yield* Spool).findUuid(event.id), first.id)
      })
    )
    it.effect("gives the same UUID with another content another id", () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(mintedMillis)
        const other = { ...event, payload: { rating: 1 } }
        const accepted = yield* (yield* Injector).inject(proto(other), { writer: "client" })
        assert.notStrictEqual(accepted.id, Event.messageId(event))
        assert.isTrue(accepted.isNew)
      })
    )
    it.effect("does not take back what was cancelled, and says so", () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(mintedMillis)
        yield* (yield* Spool).remove([Event.messageId(event)], "cancelled")
        const accepted = yield* (yield* Injector).inject(proto(event), { writer: "client" })
        assert.deepStrictEqual([accepted.isNew, accepted.isHeld, accepted.groups], [false, false, groups])
      })
    )
  })

  layer(live)("with posts", (it) => {
    it.effect("stores the article with our Path, and gives an id of ours where there is none", () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(nowMillis)
        const { id } = yield* (yield* Injector).inject(post([]), { writer: "client" })
        assert.match(id, /^<[0-9a-f-]{36}@h1\.boi\.pop\.lupin>$/)
        const held = yield* (yield* Spool).find(id)
        const article = Article.read(held?.article ?? new Uint8Array())
        assert.isTrue(!Article.isMalformed(article) && article.path === "h1.boi.pop.lupin!.POSTED!not-for-mail")
      })
    )
    it.effect("takes a repeat of a post, but no other words under its id", () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(nowMillis)
        const injector = yield* Injector
        const first = yield* injector.inject(post([["Message-ID", "<1@b.example>"]]), { writer: "client" })
        const again = yield* injector.inject(post([["Message-ID", "<1@b.example>"]]), { writer: "client" })
        assert.deepStrictEqual(again, { ...first, isNew: false })
        const other = Article.make(
          [
            ["From", "a <a@b.example>"],
            ["Subject", "words"],
            ["Newsgroups", "misc.test"],
            ["Message-ID", "<1@b.example>"]
          ],
          "other text\r\n"
        )
        const refused = yield* Effect.flip(injector.inject(other, { writer: "client" }))
        assert.isTrue(refused._tag === "InjectionRefused" && refused.reason.field === "Message-ID")
      })
    )
    it.effect("names the field of what it refuses", () =>
      Effect.gen(function* () {
        const refused = yield* Effect.flip(
          (yield* Injector).inject(post([], "clientposts.other.x"), { writer: "client" })
        )
        assert.isTrue(refused._tag === "InjectionRefused" && refused.reason._tag === "UnknownApp")
        assert.isTrue(refused._tag === "InjectionRefused" && refused.reason.field === "Newsgroups")
      })
    )
    it.effect("adds nothing but Path to a digest", () =>
      Effect.gen(function* () {
        const one = digest(digestId("a"), "lake", 3)
        const octets = Article.withFields(one, [], ["Path"])
        const { id, isNew } = yield* (yield* Injector).injectDigest(octets)
        const held = yield* (yield* Spool).find(id)
        const article = Article.read(held?.article ?? new Uint8Array())
        if (Article.isMalformed(article)) return assert.fail(article.reason)
        assert.deepStrictEqual(Article.withFields(article, [], ["Path"]), octets)
        assert.isTrue(isNew)
        assert.isFalse((yield* (yield* Injector).injectDigest(octets)).isNew)
      })
    )
  })
})
