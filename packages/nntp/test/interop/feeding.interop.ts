import { describe, expect, it } from "@effect/vitest"
import type * as Article from "@lupin/core/Article"
import * as GroupName from "@lupin/core/GroupName"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import * as Corpus from "./Corpus.ts"
import * as Inn from "./Inn.ts"
import type * as InnConfig from "./InnConfig.ts"
import * as Programs from "./Programs.ts"
import * as Site from "./Site.ts"

const innOf = (articles: ReadonlyArray<Article.Article>, feeds: ReadonlyArray<InnConfig.Feed>, cutoffDays = 10) =>
  Inn.start({ identity: "inn.test", groups: Corpus.groups(articles), feeds, cutoffDays })

const oursAt = (port: number, by: InnConfig.Feed["by"]): InnConfig.Feed => ({
  name: "ours",
  identity: "ours.test",
  port,
  by
})

const expected = (articles: ReadonlyArray<Article.Article>): Map<string, string> =>
  new Map(articles.map((article) => [article.messageId, Corpus.lasting(article.octets)]))

/** All are there, once, octet for octet but for Path and Xref. */
const expectAll = Effect.fnUntraced(function* (at: Site.Site, articles: ReadonlyArray<Article.Article>) {
  const ids = yield* Site.holds(at, articles.length)
  expect(ids).toHaveLength(articles.length)
  expect(yield* Site.lasting(at, ids)).toEqual(expected(articles))
})

describe.skipIf(Programs.isWithout(...Inn.programs))("INN feeds us", () => {
  it.live("by innfeed, streaming, every article once and octet for octet", () =>
    Effect.gen(function* () {
      const articles = Corpus.fresh(Corpus.count, Date.now(), "a")
      const ours = yield* Site.start("ours")
      const inn = yield* innOf(articles, [oursAt(Site.port(ours), "innfeed")])
      yield* inn.take(articles)
      yield* expectAll(ours, articles)
      const [first] = articles
      const held = first && (yield* Site.spool(ours).find(first.messageId))
      expect(Buffer.from(held?.article ?? []).toString("latin1")).toMatch(
        /^Path: ours\.test!\.SEEN\.127\.0\.0\.1!inn\.test!/
      )
    }).pipe(Effect.scoped)
  )

  for (const [way, ...flags] of [["streaming"], ["by IHAVE", "-s"]] as const) {
    it.live(`by innxmit ${way}, from its list of articles`, () =>
      Effect.gen(function* () {
        const articles = Corpus.fresh(Corpus.count, Date.now(), "a")
        const ours = yield* Site.start("ours")
        const inn = yield* innOf(articles, [oursAt(Site.port(ours), "file")])
        yield* inn.take(articles)
        yield* inn.ctl("flush", "ours")
        const list = path.join(inn.root, "outgoing/ours")
        const xmit = ["-d", ...flags, "-P", String(Site.port(ours)), "127.0.0.1", list]
        const first = yield* inn.run("innxmit", xmit)
        expect(first).toMatchObject({ status: 0 })
        yield* expectAll(ours, articles)
        expect(first.stderr).toContain(flags.length === 0 ? "238" : "335")
      }).pipe(Effect.scoped)
    )
  }

  it.live("by rnews, from a batch as another site would send it", () =>
    Effect.gen(function* () {
      const articles = Corpus.fresh(Corpus.count, Date.now(), "a")
      const ours = yield* Site.start("ours")
      const inn = yield* innOf(articles, [])
      const batch = Corpus.batch(articles.map(({ octets }) => octets))
      const to = ["-v", "-S", "127.0.0.1", "-P", String(Site.port(ours))]
      const first = yield* inn.run("rnews", to, batch)
      expect(first).toMatchObject({ status: 0 })
      yield* expectAll(ours, articles)
      const again = yield* inn.run("rnews", to, batch)
      expect(again).toMatchObject({ status: 0 })
      yield* expectAll(ours, articles)
      expect(fs.readdirSync(path.join(inn.root, "incoming/bad"))).toEqual([])
    }).pipe(Effect.scoped)
  )

  it.live("and takes our word for it that an article of 1993 is too old", () =>
    Effect.gen(function* () {
      const old = Corpus.original.slice(0, 20)
      const fresh = Corpus.fresh(5, Date.now(), "a")
      const ours = yield* Site.start("ours")
      const inn = yield* innOf(fresh, [oursAt(Site.port(ours), "file")], 0)
      yield* inn.run("rnews", [], Corpus.batch([...old, ...fresh.map(({ octets }) => octets)]))
      yield* inn.ctl("flush", "ours")
      const list = path.join(inn.root, "outgoing/ours")
      const { stderr } = yield* inn.run("innxmit", ["-d", "-P", String(Site.port(ours)), "127.0.0.1", list])
      yield* expectAll(ours, fresh)
      expect(stderr).toMatch(/439 <\S+> injected more than 10 days ago/)
      expect(inn.text("outgoing/ours")).toBe("")
    }).pipe(Effect.scoped)
  )
})

describe.skipIf(Programs.isWithout(...Inn.programs))("What INN feeds us and we do not want", () => {
  it.live("is refused for its reason, and INN offers none of it again", () =>
    Effect.gen(function* () {
      const [fresh, held, unapproved, large] = ["a", "h", "m", "l"].map((tag) => Corpus.fresh(5, Date.now(), tag))
      if (fresh === undefined || held === undefined || unapproved === undefined || large === undefined) return
      const moderated = unapproved.map((article) => Corpus.inGroup(article, "misc.moderated"))
      const body = Buffer.from(`${"x".repeat(70)}\r\n`.repeat(15_000))
      const oversized = large.map(({ octets }) => Buffer.concat([octets, body]))
      const ours = yield* Site.start("ours")
      yield* Site.spool(ours).addGroup(GroupName.GroupName.make("misc.moderated"), "m")
      yield* Site.take(ours, held)
      const groups = [...Corpus.groups([...fresh, ...held, ...large]), "misc.moderated"]
      const inn = yield* Inn.start({ identity: "inn.test", groups, feeds: [oursAt(Site.port(ours), "file")] })
      const all = [...[...fresh, ...held, ...moderated].map(({ octets }) => octets), ...oversized]
      expect(yield* inn.run("rnews", [], Corpus.batch(all))).toMatchObject({ status: 0 })
      yield* inn.ctl("flush", "ours")
      const list = path.join(inn.root, "outgoing/ours")
      const { stderr } = yield* inn.run("innxmit", ["-d", "-P", String(Site.port(ours)), "127.0.0.1", list])
      const told = (reason: RegExp): number => stderr.split("\n").filter((line) => reason.test(line)).length
      expect({
        held: told(/438 <\S+>/),
        moderated: told(/439 <\S+> unapproved, and misc\.moderated is moderated/),
        large: told(/439 <\S+> (Article too large|over 1000000 octets)/)
      }).toEqual({ held: 5, moderated: 5, large: 5 })
      expect(inn.text("outgoing/ours")).toBe("")
      yield* expectAll(ours, [...held, ...fresh])
    }).pipe(Effect.scoped)
  )
})

describe.skipIf(Programs.isWithout(...Inn.programs))("We feed INN", () => {
  for (const [way, eager, isStreaming] of [
    ["by TAKETHIS at once", true, true],
    ["by CHECK and TAKETHIS", false, true],
    ["by IHAVE where it does not stream", false, false]
  ] as const) {
    it.live(`${way}, every article once and octet for octet`, () =>
      Effect.gen(function* () {
        const articles = Corpus.fresh(Corpus.count, Date.now(), "b")
        const ours = yield* Site.start("ours")
        yield* Site.take(ours, articles)
        const inn = yield* Inn.start({ identity: "inn.test", groups: Corpus.groups(articles), isStreaming })
        yield* Site.feed(ours, { name: "inn", identity: inn.identity, port: inn.port }, { eager })
        yield* Site.settled(ours, "inn")
        expect(Site.stats(ours, "inn")).toMatchObject({
          isStreaming,
          accepted: articles.length,
          sent: articles.length,
          refused: 0,
          failures: 0
        })
        const { lasting, paths } = yield* Inn.articles(inn, articles)
        expect(lasting).toEqual(expected(articles))
        for (const text of paths.values()) expect(text).toMatch(/^inn\.test!.*ours\.test!/)
        expect((yield* inn.news).filter((line) => line.slice(20, 21) === "+")).toHaveLength(articles.length)
      }).pipe(Effect.scoped)
    )
  }

  it.live("and take its word for what it does not want", () =>
    Effect.gen(function* () {
      const articles = Corpus.fresh(20, Date.now(), "b")
      const elsewhere = Corpus.fresh(20, Date.now(), "c")
        .slice(0, 5)
        .map((article) => Corpus.inGroup(article, "alt.unheard.of"))
      const twice = articles.slice(0, 5)
      const old = Corpus.dated(Corpus.fresh(5, Date.now(), "d"), Date.now() - 5 * 86_400_000)
      const ours = yield* Site.start("ours")
      const inn = yield* Inn.start({ identity: "inn.test", groups: Corpus.groups(articles), cutoffDays: 3 })
      yield* inn.take(twice)
      yield* Site.take(ours, [...articles, ...elsewhere, ...old])
      yield* Site.feed(ours, { name: "inn", identity: inn.identity, port: inn.port })
      yield* Site.settled(ours, "inn")
      expect(Site.stats(ours, "inn")).toMatchObject({
        accepted: 15,
        notWanted: 5,
        refused: 10,
        failures: 0,
        deferrals: 0
      })
      const refusals = (yield* inn.news).filter((line) => line.slice(20, 21) === "-")
      expect(refusals.filter((line) => line.includes('Unwanted newsgroup "alt.unheard.of"'))).toHaveLength(5)
      expect(refusals.filter((line) => line.includes("Too old"))).toHaveLength(5)
      yield* expectAll(ours, [...articles, ...elsewhere, ...old])
    }).pipe(Effect.scoped)
  )
})
