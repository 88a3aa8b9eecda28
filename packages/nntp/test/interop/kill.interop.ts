import { describe, expect, it } from "@effect/vitest"
import type * as Article from "@lupin/core/Article"
import * as Wildmat from "@lupin/core/Wildmat"
import { Effect, Fiber } from "effect"
import * as NntpReader from "../../src/NntpReader.ts"
import * as Corpus from "./Corpus.ts"
import * as Inn from "./Inn.ts"
import * as Ports from "./Ports.ts"
import * as Programs from "./Programs.ts"
import * as SiteProcess from "./SiteProcess.ts"

/** Enough that a kill finds the other end in the middle of them. */
const count = 2 * Corpus.count

/** Articles a server holds, as its readers are told. */
const held = (port: number): Effect.Effect<number> =>
  NntpReader.connect({ host: "127.0.0.1", port }).pipe(
    Effect.flatMap((reader) => reader.newnews(Wildmat.everything, 0)),
    Effect.map((ids) => new Set(ids).size),
    Effect.scoped,
    Effect.catch(() => Effect.succeed(0))
  )

/** Returns what a server holds as soon as that is so many. */
const holding = (port: number, wanted: number): Effect.Effect<number> =>
  Programs.until(Effect.map(held(port), (number) => (number >= wanted ? number : undefined)))

/** Every article is there, once in each of its groups, octet for octet but for Path and Xref. */
const expectAll = Effect.fnUntraced(function* (port: number, articles: ReadonlyArray<Article.Article>) {
  const { lasting } = yield* Inn.articles({ port }, articles)
  expect(lasting).toEqual(new Map(articles.map(({ messageId, octets }) => [messageId, Corpus.lasting(octets)])))
  const reader = yield* NntpReader.connect({ host: "127.0.0.1", port })
  for (const group of new Set(articles.flatMap(({ groups }) => groups))) {
    const rows = yield* reader.overview(group, 1, 2_147_483_647)
    const expected = articles.filter((article) => article.groups.includes(group)).map(({ messageId }) => messageId)
    expect(rows.map(({ messageId }) => messageId).toSorted()).toEqual(expected.toSorted())
  }
}, Effect.scoped)

describe.skipIf(Programs.isWithout(...Inn.programs))("A kill in the middle loses nothing", () => {
  it.live("of us, as INN feeds us", () =>
    Effect.gen(function* () {
      const articles = Corpus.fresh(count, Date.now(), "k")
      const ours = yield* SiteProcess.start({ kind: "central", name: "ours", path: "ours.test" })
      const inn = yield* Inn.start({
        identity: "inn.test",
        groups: Corpus.groups(articles),
        feeds: [{ name: "ours", identity: "ours.test", port: ours.port, by: "innfeed" }]
      })
      const taking = yield* Effect.forkScoped(inn.take(articles))
      expect(yield* holding(ours.port, count / 10)).toBeLessThan(count)
      yield* ours.kill
      yield* ours.restart
      expect(yield* holding(ours.port, count / 10)).toBeLessThan(count)
      yield* Fiber.join(taking)
      yield* holding(ours.port, count)
      yield* expectAll(ours.port, articles)
    }).pipe(Effect.scoped)
  )

  it.live("of INN, as it feeds us", () =>
    Effect.gen(function* () {
      const articles = Corpus.fresh(count, Date.now(), "k")
      const ours = yield* SiteProcess.start({ kind: "central", name: "ours", path: "ours.test" })
      const inn = yield* Inn.start({
        identity: "inn.test",
        groups: Corpus.groups(articles),
        feeds: [{ name: "ours", identity: "ours.test", port: ours.port, by: "innfeed" }]
      })
      const batch = Corpus.batch(articles.map(({ octets }) => octets))
      const taking = yield* Effect.forkScoped(inn.run("rnews", [], batch))
      expect(yield* holding(ours.port, count / 10)).toBeLessThan(count)
      yield* inn.kill
      yield* inn.restart
      yield* Fiber.join(taking)
      yield* inn.take(articles)
      yield* holding(ours.port, count)
      yield* expectAll(ours.port, articles)
    }).pipe(Effect.scoped)
  )

  for (const who of ["us", "INN"] as const) {
    it.live(`of ${who}, as we feed INN`, () =>
      Effect.gen(function* () {
        const articles = Corpus.fresh(count, Date.now(), "k")
        const port = yield* Ports.free
        const inn = yield* Inn.start({ identity: "inn.test", groups: Corpus.groups(articles) })
        const ours = yield* SiteProcess.start({
          kind: "central",
          name: "ours",
          path: "ours.test",
          port,
          peers: [{ name: "inn", path: inn.identity, port: inn.port, eager: true }]
        })
        const batch = Corpus.batch(articles.map(({ octets }) => octets))
        const taking = yield* Effect.forkScoped(inn.run("rnews", ["-S", "127.0.0.1", "-P", String(port)], batch))
        expect(yield* holding(inn.port, count / 10)).toBeLessThan(count)
        yield* who === "us" ? ours.kill : inn.kill
        yield* who === "us" ? ours.restart : inn.restart
        yield* Fiber.join(taking)
        yield* inn.run("rnews", ["-S", "127.0.0.1", "-P", String(port)], batch)
        yield* holding(ours.port, count)
        yield* holding(inn.port, count)
        yield* expectAll(inn.port, articles)
      }).pipe(Effect.scoped)
    )
  }
})
