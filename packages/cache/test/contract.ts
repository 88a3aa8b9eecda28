/**
 * What every cache store has to show through the group cache, whatever the way it is scraped.
 */
import { assert, describe, type Vitest } from "@effect/vitest"
import * as GeoPoint from "@lupin/core/GeoPoint"
import * as Place from "@lupin/core/Place"
import * as Recovered from "@lupin/testing/Recovered"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as FastCheck from "fast-check"
import * as CacheStore from "../src/CacheStore.ts"
import * as GroupCache from "../src/GroupCache.ts"
import * as Scraper from "../src/Scraper.ts"
import * as ScrapingCache from "../src/ScrapingCache.ts"
import * as CacheModel from "./CacheModel.ts"
import * as ArticleScript from "./ArticleScript.ts"
import * as ScriptedServer from "./ScriptedServer.ts"

const { event, digest, plain, groupName } = ArticleScript
const lake = groupName("clientposts.trailblaze.s2.c.f")
const hill = groupName("clientposts.trailblaze.s2.c.g")
const ratings = groupName("digests.trailblaze.trail-ratings")

/** A script over an empty cache and a server of its own. */
const scripted = <A, E>(
  offersChanges: boolean,
  script: (server: ScriptedServer.ScriptedServer, cache: Cache, beganMillis: number) => Effect.Effect<A, E>,
  options: ScrapingCache.Options = {}
) =>
  Effect.gen(function* () {
    const store = yield* CacheStore.CacheStore
    yield* store.dropAll
    const server = new ScriptedServer.ScriptedServer(offersChanges)
    const layer = ScrapingCache.layer(options).pipe(
      Layer.provide(server.layer),
      Layer.provide(Layer.succeed(CacheStore.CacheStore, store))
    )
    const beganMillis = yield* Clock.currentTimeMillis
    return yield* Effect.provide(
      Effect.flatMap(GroupCache.GroupCache, (cache) => script(server, cache, beganMillis)),
      layer
    )
  })

type Cache = GroupCache.GroupCache["Service"]

const query = (cache: Cache, more: Partial<GroupCache.EventsQuery> = {}) =>
  cache.events({ app: "trailblaze", subtrees: [lake], limit: 100, staleMillisMax: 0, ...more })

/** The serials that a query shows, in its order. */
const serials = (cache: Cache, more: Partial<GroupCache.EventsQuery> = {}) =>
  Effect.map(query(cache, more), ({ events }) =>
    events.map(({ payload }) => (payload as { readonly serial: number }).serial)
  )

const review = (serial: number, more: Partial<ArticleScript.EventScript> = {}) =>
  event(serial, { groups: [`${lake}.a`], millis: serial, ...more })

export interface Extent {
  /** Random lives that the cache is led through, each way of scraping. */
  readonly lives: number
}

/** Facts that hold whether the source tells its changes or not. */
const anyWay = (it: Vitest.MethodsNonLive<CacheStore.CacheStore>, offersChanges: boolean, { lives }: Extent) => {
  it.effect("shows, whatever happens, what its source held at the stated time", () =>
    Effect.gen(function* () {
      const services = yield* Effect.context<CacheStore.CacheStore>()
      const live = (steps: ReadonlyArray<CacheModel.Step>) =>
        Effect.runPromiseWith(services)(
          scripted(offersChanges, (server, cache) => CacheModel.live(steps, server, cache))
        )
      yield* Effect.promise(() => FastCheck.assert(FastCheck.asyncProperty(CacheModel.life, live), { numRuns: lives }))
    })
  )

  it.effect("shows an event as it was posted, with the freshness of its subtree", () =>
    scripted(offersChanges, (server, cache, beganMillis) =>
      Effect.gen(function* () {
        const at = { lat: 44.1612, lon: -115.0593, uncertainty: 30 }
        const payload = { text: "quiet \u0000 'lake' \u2603", rating: 5 }
        server.post(event(1, { groups: [`${lake}.a`, hill], at, payload, millis: 1234 }), plain(2, [lake]))
        yield* TestClock.adjust("1 minute")
        const { events, freshness, cursor } = yield* query(cache)
        assert.deepStrictEqual(events, [
          {
            messageId: [...server.held.keys()][0] as never,
            app: "trailblaze",
            kind: "review",
            version: 1,
            at,
            payload,
            groups: [groupName(`${lake}.a`), hill],
            postedMillis: ArticleScript.epochMillis + 1234
          }
        ])
        assert.deepStrictEqual(freshness, [
          { group: lake, scrapedAtMillis: beganMillis + 60_000, answeredAtMillis: beganMillis + 60_000, articles: 2 }
        ])
        assert.isUndefined(cursor)
      })
    )
  )

  it.effect("answers from its copy while that is fresh enough, and scrapes when it is older", () =>
    scripted(offersChanges, (server, cache) =>
      Effect.gen(function* () {
        server.post(review(1))
        assert.deepStrictEqual(yield* serials(cache), [1])
        server.post(review(2))
        yield* TestClock.adjust("500 millis")
        assert.deepStrictEqual(yield* serials(cache, { staleMillisMax: 500 }), [1])
        assert.strictEqual(server.counts.scrapes, 1)
        yield* TestClock.adjust("1 millis")
        assert.deepStrictEqual(yield* serials(cache, { staleMillisMax: 500 }), [2, 1])
        assert.strictEqual(server.counts.scrapes, 2)
      })
    )
  )

  it.effect("fetches a body once, though subtrees share the article", () =>
    scripted(offersChanges, (server, cache) =>
      Effect.gen(function* () {
        server.post(review(1, { groups: [`${lake}.a`, `${hill}.a`] }))
        assert.deepStrictEqual(yield* serials(cache), [1])
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(yield* serials(cache, { subtrees: [lake, hill, groupName(`${lake}.a`)] }), [1])
        assert.strictEqual(server.counts.bodies, 1)
      })
    )
  )

  it.effect("no longer shows what its source has removed", () =>
    scripted(offersChanges, (server, cache) =>
      Effect.gen(function* () {
        const [first, second] = [review(1), review(2, { groups: [`${lake}.a`, `${lake}.b`] })]
        server.post(first, second, review(3))
        yield* query(cache)
        server.remove(first.id, second.id)
        yield* TestClock.adjust("1 second")
        const page = yield* query(cache)
        assert.deepStrictEqual(page.events.length, 1)
        assert.deepStrictEqual(page.freshness[0]?.articles, 1)
      })
    )
  )

  it.effect("shows under a subtree only what that subtree's own scrape has seen", () =>
    scripted(offersChanges, (server, cache) =>
      Effect.gen(function* () {
        server.post(review(1))
        yield* query(cache)
        server.post(review(2, { groups: [`${lake}.a`, `${hill}.a`] }))
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(yield* serials(cache, { subtrees: [hill] }), [2])
        assert.deepStrictEqual(yield* serials(cache, { staleMillisMax: 5_000 }), [1])
      })
    )
  )

  it.effect("scrapes again what it scraped before the clock was set back", () =>
    scripted(offersChanges, (server, cache, beganMillis) =>
      Effect.gen(function* () {
        yield* TestClock.adjust("1 hour")
        server.post(review(1))
        assert.deepStrictEqual(yield* serials(cache), [1])
        server.post(review(2))
        yield* TestClock.setTime(beganMillis)
        const page = yield* query(cache, { staleMillisMax: 5_000 })
        assert.strictEqual(page.events.length, 2)
        assert.strictEqual(page.freshness[0]?.scrapedAtMillis, beganMillis)
      })
    )
  )

  it.effect("serves the copy it has while a scrape runs, if the caller allows, and nothing of that scrape", () =>
    scripted(offersChanges, (server, cache, beganMillis) =>
      Effect.gen(function* () {
        server.post(review(1))
        yield* query(cache)
        yield* TestClock.adjust("1 second")
        server.post(...Array.from({ length: 450 }, (_, index) => review(2 + index)))
        const gate = yield* ScriptedServer.gate
        let bodies = 0
        server.beforeAnswer = (asked) =>
          asked === "articles" && ++bodies === 2 ? Effect.asVoid(gate.pass) : Effect.void
        const stale = yield* query(cache, { whileScraping: "serve" })
        yield* gate.reached
        const again = yield* query(cache, { whileScraping: "serve" })
        for (const page of [stale, again]) {
          assert.strictEqual(page.events.length, 1)
          assert.deepStrictEqual(page.freshness, [
            { group: lake, scrapedAtMillis: beganMillis, answeredAtMillis: beganMillis, articles: 1 }
          ])
        }
        const waiting = yield* Effect.forkChild(query(cache))
        yield* gate.open
        const fresh = yield* Fiber.join(waiting)
        assert.strictEqual(fresh.events.length, 100)
        assert.strictEqual(fresh.freshness[0]?.articles, 451)
        assert.strictEqual(fresh.freshness[0]?.scrapedAtMillis, beganMillis + 1_000)
      })
    )
  )

  it.effect("lets any number of queries wait for one scrape", () =>
    scripted(offersChanges, (server, cache) =>
      Effect.gen(function* () {
        server.post(review(1))
        const gate = yield* ScriptedServer.gate
        server.beforeAnswer = (asked) => (asked === "articles" ? Effect.asVoid(gate.pass) : Effect.void)
        const waiting = yield* Effect.forEach([1, 2, 3, 4], () => Effect.forkChild(serials(cache)))
        yield* gate.reached
        yield* gate.open
        for (const fiber of waiting) assert.deepStrictEqual(yield* Fiber.join(fiber), [1])
        assert.strictEqual(server.counts.scrapes, 1)
      })
    )
  )

  it.effect("does not take for fresh a scrape that asked before the query began", () =>
    scripted(offersChanges, (server, cache) =>
      Effect.gen(function* () {
        server.post(review(1))
        const gate = yield* ScriptedServer.gate
        server.beforeAnswer = (asked) => (asked === "articles" ? Effect.asVoid(gate.pass) : Effect.void)
        const early = yield* Effect.forkChild(serials(cache))
        yield* gate.reached
        yield* TestClock.adjust("1 second")
        server.post(review(2))
        const late = yield* Effect.forkChild(serials(cache))
        yield* gate.open
        assert.deepStrictEqual(yield* Fiber.join(late), [2, 1])
        yield* Fiber.join(early)
      })
    )
  )

  it.effect("shows an old copy for what it is when its source is out of reach, and fails without one", () => {
    const recovered = Recovered.make()
    return recovered.counting(
      scripted(offersChanges, (server, cache, beganMillis) =>
        Effect.gen(function* () {
          server.post(review(1))
          yield* query(cache)
          server.isDown = true
          yield* TestClock.adjust("1 hour")
          const page = yield* query(cache)
          assert.strictEqual(page.events.length, 1)
          assert.strictEqual(page.freshness[0]?.scrapedAtMillis, beganMillis)
          assert.isAtLeast(recovered.times("cache-served-old"), 1)
          assert.isAtLeast(recovered.times("scrape-retried"), 1)
          const trouble = yield* Effect.flip(query(cache, { subtrees: [lake, hill] }))
          assert.strictEqual(trouble._tag, "CacheUnavailable")
        })
      )
    )
  })

  it.effect("goes on where a scrape broke off, and fetches no body twice", () =>
    scripted(offersChanges, (server, cache) =>
      Effect.gen(function* () {
        server.post(...Array.from({ length: 450 }, (_, index) => review(index)))
        let bodies = 0
        server.beforeAnswer = (asked) =>
          Effect.sync(() => {
            if (asked === "articles" && ++bodies === 2) server.isDown = true
          })
        yield* Effect.flip(query(cache))
        server.isDown = false
        assert.strictEqual((yield* query(cache)).freshness[0]?.articles, 450)
        assert.strictEqual(server.counts.bodies, 450)
      })
    )
  )

  it.effect("begins anew with a source that was wiped, and shows the old until the new is there as a whole", () => {
    const recovered = Recovered.make()
    return recovered.counting(
      scripted(offersChanges, (server, cache) =>
        Effect.gen(function* () {
          server.post(review(1), review(2), review(3))
          yield* query(cache)
          server.wipe("again")
          server.post(review(4))
          yield* TestClock.adjust("1 second")
          const gate = yield* ScriptedServer.gate
          server.beforeAnswer = (asked) => (asked === "articles" ? Effect.asVoid(gate.pass) : Effect.void)
          const fresh = yield* Effect.forkChild(serials(cache))
          yield* gate.reached
          if (offersChanges) assert.deepStrictEqual(yield* serials(cache, { staleMillisMax: 5_000 }), [3, 2, 1])
          yield* gate.open
          assert.deepStrictEqual(yield* Fiber.join(fresh), [4])
          if (offersChanges) assert.strictEqual(recovered.times("cache-begun-anew"), 1)
        })
      )
    )
  })

  it.effect("begins anew when it is given another source", () =>
    scripted(offersChanges, (server, cache) =>
      Effect.gen(function* () {
        server.post(review(1), review(2))
        yield* query(cache)
        server.name = "another:119"
        server.offersChanges = !offersChanges
        server.wipe("again")
        server.post(review(2), review(3))
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(yield* serials(cache), [3, 2])
        assert.strictEqual(server.counts.bodies, 3)
      })
    )
  )
}

/** The contract, on a store that every test empties first. */
export const cacheContract = (it: Vitest.MethodsNonLive<CacheStore.CacheStore>, extent: Extent): void => {
  describe("by changes", () => anyWay(it, true, extent))
  describe("group by group", () => anyWay(it, false, extent))

  it.effect("pages through events newest first, each once, whatever is posted meanwhile", () =>
    scripted(true, (server, cache) =>
      Effect.gen(function* () {
        // Four at each time, so that pages end within one.
        server.post(...Array.from({ length: 23 }, (_, index) => review(index, { millis: index >> 2 })))
        const shown: Array<GroupCache.CachedEvent> = []
        let cursor: string | undefined
        for (let page = 0; page === 0 || cursor !== undefined; page++) {
          yield* TestClock.adjust("1 second")
          const found = yield* query(cache, { limit: 5, subtrees: [lake, hill], ...(cursor && { cursor }) })
          shown.push(...found.events)
          cursor = found.cursor
          server.post(review(100 + page), review(200 + page, { groups: [hill], millis: 900 }))
        }
        const ids = shown.map(({ messageId }) => messageId)
        assert.strictEqual(ids.length, 23)
        assert.strictEqual(new Set(ids).size, 23)
        const keys = shown.map(({ postedMillis, messageId }) => `${postedMillis} ${messageId}`)
        assert.deepStrictEqual(keys, keys.toSorted().toReversed())
      })
    )
  )

  it.effect("refuses a cursor that it did not give out", () =>
    scripted(true, (_server, cache) =>
      Effect.gen(function* () {
        const trouble = yield* Effect.flip(query(cache, { cursor: "9; DROP TABLE article" }))
        assert.strictEqual(trouble._tag, "CursorMalformed")
      })
    )
  )

  it.effect("shows only the app and the kind asked for", () =>
    scripted(true, (server, cache) =>
      Effect.gen(function* () {
        server.post(review(1), review(2, { kind: "partner" }), review(3, { app: "birdcall" }))
        assert.deepStrictEqual(yield* serials(cache), [2, 1])
        assert.deepStrictEqual(yield* serials(cache, { kind: "partner" }), [2])
        assert.deepStrictEqual(yield* serials(cache, { app: "bird\0call" }), [])
      })
    )
  )

  it.effect("shows exactly the events that lie in an area", () =>
    scripted(true, (server, cache) =>
      Effect.gen(function* () {
        const spread = FastCheck.sample(points, { numRuns: 300, seed: 7 })
        server.post(...spread.map((at, serial) => review(serial, { at })), review(999))
        yield* query(cache)
        for (const area of FastCheck.sample(areas, { numRuns: 60, seed: 8 })) {
          const shown = yield* serials(cache, { area, limit: 500, staleMillisMax: 60_000 })
          const inside = spread.flatMap((at, serial) => (Place.contains(area, GeoPoint.normalise(at)) ? [serial] : []))
          assert.deepStrictEqual(shown, inside.toReversed(), JSON.stringify(area))
        }
      })
    )
  )

  it.effect("shows of a key the digest that ranks highest among those its source holds", () =>
    scripted(true, (server, cache) =>
      Effect.gen(function* () {
        const ask = (key: string) =>
          cache.digest({ app: "trailblaze", digestion: "trail-ratings", key, group: ratings, staleMillisMax: 0 })
        const of = (events: number, more: Partial<ArticleScript.DigestScript> = {}) =>
          digest({ group: `${ratings}.sawtooth-lake`, key: "sawtooth-lake", events, ...more })
        const best = of(9, { version: 2, fingerprint: "b".repeat(26) })
        server.post(of(10), best, of(9, { version: 2 }), of(2, { removals: 1, version: 2 }))
        server.post(of(50, { key: "other", group: `${ratings}.other` }))
        const found = yield* ask("sawtooth-lake")
        assert.deepStrictEqual(found.digest, {
          messageId: best.id,
          name: "trail-ratings",
          version: 2,
          key: "sawtooth-lake",
          events: 9,
          removals: 0,
          fingerprint: "b".repeat(26),
          view: { count: 9 },
          newestMillis: ArticleScript.epochMillis
        })
        assert.strictEqual(found.freshness.articles, 5)
        server.remove(best.id)
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* ask("sawtooth-lake")).digest?.fingerprint, "a".repeat(26))
        assert.isUndefined((yield* ask("no\0where")).digest)
      })
    )
  )

  it.effect("reads a place that is new to it by groups when the change log is long, and then goes on by changes", () =>
    scripted(true, (server, cache) =>
      Effect.gen(function* () {
        server.scanMax = 100
        const gone = review(1)
        server.post(gone, review(2), review(3))
        server.remove(gone.id)
        const others = groupName("clientposts.birdcall.topic.song")
        server.pretend(Scraper.logPositionsMax + 200, others)
        assert.deepStrictEqual(yield* serials(cache), [3, 2])
        assert.isAtMost(server.counts.changes, 3)
        const [id] = [...server.held.keys()]
        if (id !== undefined) server.remove(id)
        server.post(review(4))
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(yield* serials(cache), [4, 3])
      })
    )
  )

  it.effect("shows nothing of what it read before its source was wiped in the middle of a scrape", () =>
    scripted(true, (server, cache) =>
      Effect.gen(function* () {
        server.scanMax = 10
        server.post(...Array.from({ length: 30 }, (_, serial) => review(serial)))
        server.beforeAnswer = (asked) =>
          Effect.sync(() => {
            if (asked !== "changes" || server.counts.changes !== 2) return
            server.counts.changes += 1
            server.wipe()
            server.post(...Array.from({ length: 25 }, (_, serial) => review(100 + serial)))
          })
        assert.deepStrictEqual(
          yield* serials(cache),
          Array.from({ length: 25 }, (_, index) => 124 - index)
        )
      })
    )
  )

  it.effect("forgets groups that a foreign server no longer has", () =>
    scripted(false, (server, cache) =>
      Effect.gen(function* () {
        server.post(review(1), review(2, { groups: [`${lake}.b`, `${lake}.a`] }), review(3, { groups: [`${lake}.b`] }))
        yield* query(cache)
        server.removeGroup(groupName(`${lake}.b`))
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(yield* serials(cache), [2, 1])
      })
    )
  )

  it.effect("drops the subtrees used least when it outgrows its budget, and answers for them again", () =>
    scripted(
      true,
      (server, cache) =>
        Effect.gen(function* () {
          const places = ["a", "b", "c", "d"].map((letter) => groupName(`${lake}.${letter}`))
          for (const [index, place] of places.entries()) server.post(review(index, { groups: [place] }))
          const used = (place: (typeof places)[number] | undefined) =>
            Effect.andThen(TestClock.adjust("1 second"), place ? query(cache, { subtrees: [place] }) : Effect.void)
          for (const place of [places[0], places[1], places[0], places[2]]) yield* used(place)
          const kept = Effect.map(cache.subtrees, (subtrees) => subtrees.map(({ group }) => group))
          assert.deepStrictEqual(yield* kept, [places[2], places[0]])
          yield* TestClock.adjust("1 second")
          assert.deepStrictEqual(yield* serials(cache, { subtrees: places.slice(1, 2) }), [1])
          assert.deepStrictEqual(yield* kept, [places[1], places[2]])
        }),
      { bytesMax: 40_000 }
    )
  )

  it.effect("answers a query that is larger than the whole budget", () =>
    scripted(
      true,
      (server, cache) =>
        Effect.gen(function* () {
          server.post(review(1), review(2, { groups: [hill] }))
          assert.deepStrictEqual(yield* serials(cache, { subtrees: [lake, hill] }), [2, 1])
        }),
      { bytesMax: 1 }
    )
  )

  it.effect("begins a new generation when all is dropped, and answers again", () =>
    scripted(true, (server, cache) =>
      Effect.gen(function* () {
        server.post(review(1))
        yield* query(cache)
        const before = cache.generation
        yield* cache.dropAll
        assert.notStrictEqual(cache.generation, before)
        assert.deepStrictEqual(yield* cache.subtrees, [])
        assert.deepStrictEqual(yield* serials(cache, { staleMillisMax: 60_000 }), [1])
      })
    )
  )
}

const points = FastCheck.record({
  lat: FastCheck.oneof(FastCheck.double({ min: -90, max: 90, noNaN: true }), FastCheck.constantFrom(-90, 90, 45)),
  lon: FastCheck.oneof(FastCheck.double({ min: -180, max: 180, noNaN: true }), FastCheck.constantFrom(-180, 180, 0))
})

const areas: FastCheck.Arbitrary<Place.Area> = FastCheck.oneof(
  FastCheck.tuple(points, FastCheck.integer({ min: 0, max: 9_000_000 })).map(([center, metres]) =>
    Place.circle(center, metres)
  ),
  FastCheck.tuple(points, points).map(([a, b]) =>
    Place.box({ south: Math.min(a.lat, b.lat), north: Math.max(a.lat, b.lat), west: a.lon, east: b.lon })
  )
)
