import { assert, describe, it } from "@effect/vitest"
import * as Article from "@lupin/core/Article"
import * as Event from "@lupin/core/Event"
import * as EventArticle from "@lupin/core/EventArticle"
import * as GroupName from "@lupin/core/GroupName"
import * as Uuid from "@lupin/core/Uuid"
import * as NntpReader from "@lupin/nntp/NntpReader"
import * as NntpServer from "@lupin/nntp/NntpServer"
import { Injector } from "@lupin/spool/Injector"
import { Relayer } from "@lupin/spool/Relayer"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool } from "@lupin/spool/Spool"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as CacheStore from "../src/CacheStore.ts"
import * as GroupCache from "../src/GroupCache.ts"
import * as NntpSource from "../src/NntpSource.ts"
import * as ScrapingCache from "../src/ScrapingCache.ts"
import * as Source from "../src/Source.ts"

const lake = GroupName.GroupName.make("clientposts.trailblaze.s2.c.f")

const site = Layer.mergeAll(Injector.layer, Relayer.layer()).pipe(
  Layer.provideMerge(Spool.layerMemory),
  Layer.provideMerge(SiteIdentity.layer({ name: "boi1", path: "h1.boi.pop.lupin", kind: "pop", apps: "any" }))
)
const server = NntpServer.layerTcp({ host: "127.0.0.1", port: 0 }).pipe(Layer.provideMerge(site), Layer.orDie)

/** Our own server, or the same one as a server that has no change log to tell. */
const source = (offersChanges: boolean) =>
  Layer.unwrap(
    Effect.map(NntpServer.NntpServer, ({ address }) =>
      offersChanges
        ? NntpSource.layer(address)
        : Layer.succeed(Source.CacheSource, {
            use: (scrape) =>
              NntpReader.connect(address).pipe(
                Effect.mapError((error) => new Source.SourceUnavailable({ reason: error.message })),
                Effect.flatMap((reader) => scrape(NntpSource.make(reader, "foreign", false))),
                Effect.scoped
              )
          })
    )
  )

const host = (offersChanges: boolean) =>
  ScrapingCache.layer().pipe(
    Layer.provide(CacheStore.CacheStore.layerMemory),
    Layer.provide(source(offersChanges)),
    Layer.provideMerge(server)
  )

const post = Effect.fnUntraced(function* (serial: number, groups: ReadonlyArray<GroupName.GroupName>) {
  const injector = yield* Injector
  const random = Uint8Array.from({ length: 10 }, () => serial)
  const id = Uuid.v7(yield* Clock.currentTimeMillis, random)
  const event = { app: "trailblaze", kind: "review", version: 1, id, payload: { serial }, routing: 1 }
  const made = Event.make(event)
  if (made === undefined) return yield* Effect.die(new Error("no event"))
  const proto = EventArticle.toProto(made, { groups, from: "hiker <hiker@trailblaze.invalid>" })
  return yield* injector.inject(proto, { writer: "client" })
})

const ask = (more: Partial<GroupCache.EventsQuery> = {}) =>
  Effect.gen(function* () {
    const cache = yield* GroupCache.GroupCache
    const page = yield* cache.events({
      app: "trailblaze",
      subtrees: [lake],
      limit: 500,
      staleMillisMax: 0,
      ...more
    })
    const serials = page.events.map(({ payload }) => (payload as { readonly serial: number }).serial)
    return { serials: serials.toSorted((a, b) => a - b), freshness: page.freshness }
  })

for (const offersChanges of [true, false]) {
  describe(`a cache over a real NNTP server, ${offersChanges ? "by changes" : "group by group"}`, () => {
    it.live("follows what is posted and removed", () =>
      Effect.gen(function* () {
        const deep = GroupName.GroupName.make(`${lake}.a.b`)
        const crossposted = [deep, GroupName.GroupName.make("clientposts.trailblaze.geo.us.idaho")]
        assert.deepStrictEqual((yield* ask()).serials, [])
        for (let serial = 1; serial <= 100; serial++) yield* post(serial, crossposted)
        yield* post(200, [GroupName.GroupName.make(`${lake}-else`)])
        const all = Array.from({ length: 100 }, (_, index) => index + 1)
        assert.deepStrictEqual((yield* ask()).serials, all)
        const spool = yield* Spool
        const third = yield* spool.at(deep, (yield* spool.numbers(deep, 1, 2_147_483_647, 3))[2] ?? 0)
        const article = Article.read(third?.article ?? new Uint8Array())
        if (Article.isMalformed(article)) return yield* Effect.die(new Error(article.reason))
        yield* spool.remove([article.messageId], "cancelled")
        yield* post(101, crossposted)
        const page = yield* ask()
        assert.deepStrictEqual(page.serials, [...all.filter((serial) => serial !== 3), 101])
        assert.strictEqual(page.freshness[0]?.articles, 100)
      }).pipe(Effect.provide(host(offersChanges)))
    )

    it.live("reads a subtree whose name leaves no room for two patterns in a command", () =>
      Effect.gen(function* () {
        const long = GroupName.GroupName.make(`clientposts.trailblaze.s2.${"c".repeat(210)}`)
        yield* post(1, [long])
        yield* post(2, [GroupName.GroupName.make(`${long}.d`)])
        yield* post(3, [GroupName.GroupName.make(`${long}d`)])
        assert.deepStrictEqual((yield* ask({ subtrees: [long] })).serials, [1, 2])
      }).pipe(Effect.provide(host(offersChanges)))
    )
  })
}
