/**
 * The group cache over its rows and its source: serves what is fresh enough, scrapes the rest, drops what is used least.
 */
import type * as GroupName from "@lupin/core/GroupName"
import * as Limits from "@lupin/core/Limits"
import * as Recoveries from "@lupin/core/Recoveries"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Semaphore from "effect/Semaphore"
import * as Budget from "./Budget.ts"
import * as CacheStore from "./CacheStore.ts"
import * as Freshness from "./Freshness.ts"
import * as GroupCache from "./GroupCache.ts"
import * as PageCursor from "./PageCursor.ts"
import * as Scraper from "./Scraper.ts"
import * as Source from "./Source.ts"

export interface Options {
  /** Estimated bytes of rows above which the subtrees used least are dropped. */
  readonly bytesMax?: number
  /** Scrapes that run at the same time, each with a source of its own. */
  readonly scrapesMax?: number
  /** How long one scrape may take; what it has taken in by then is kept for the next. */
  readonly scrapeMillisMax?: number
}

export const bytesMaxDefault = 512_000_000
export const scrapesMaxDefault = 4
export const scrapeMillisMaxDefault = 20_000

/** The budget is looked at no more often: that takes a look at every subtree. */
const budgetMillisMin = 1_000

/** A query looks again this often: a scrape that it joined may have begun too early, or its copy may have been dropped. */
const looksMax = 4

type ScrapeFiber = Fiber.Fiber<void, Scraper.Trouble>

const make = Effect.fnUntraced(function* (options: Options) {
  const store = yield* CacheStore.CacheStore
  const { use } = yield* Source.CacheSource
  const scope = yield* Effect.scope
  const { note } = yield* Recoveries.Recoveries
  const slots = yield* Semaphore.make(options.scrapesMax ?? scrapesMaxDefault)
  const running = new Map<GroupName.GroupName, ScrapeFiber>()
  const usedMillis = new Map<string, number>()
  /** Subtrees of queries that are being answered, which is no time to drop them. */
  const wanted = new Set<{ readonly groups: ReadonlyArray<GroupName.GroupName> }>()
  let generation = yield* store.generation
  let lookedMillis = Number.NEGATIVE_INFINITY

  const keepBudget = Effect.fnUntraced(function* (scraped: GroupName.GroupName) {
    const nowMillis = yield* Clock.currentTimeMillis
    if (nowMillis - lookedMillis < budgetMillisMin) return
    lookedMillis = nowMillis
    const entries = (yield* store.subtrees).map(({ freshness, bytes }) => ({
      group: freshness.group,
      bytes,
      usedMillis: usedMillis.get(freshness.group) ?? freshness.scrapedAtMillis
    }))
    const kept = new Set([scraped, ...running.keys(), ...[...wanted].flatMap(({ groups }) => groups)])
    const leaving = Budget.choose(entries, options.bytesMax ?? bytesMaxDefault, kept)
    for (const group of leaving) usedMillis.delete(group)
    yield* store.drop(leaving)
  })

  const scrapeNow = (group: GroupName.GroupName) => use((source) => Scraper.scrape(source, group))

  const scrapeOnce = (group: GroupName.GroupName): Effect.Effect<void, Scraper.Trouble> =>
    scrapeNow(group).pipe(
      // A connection that was idle may have gone unnoticed.
      Effect.catchTag("SourceUnavailable", () => {
        note("scrape-retried")
        return scrapeNow(group)
      }),
      Effect.provideService(CacheStore.CacheStore, store),
      Effect.flatMap((isNew) => (isNew ? keepBudget(group) : Effect.void)),
      slots.withPermit,
      Effect.timeoutOrElse({
        duration: options.scrapeMillisMax ?? scrapeMillisMaxDefault,
        orElse: () => new Source.SourceUnavailable({ reason: `scraping ${group} takes long; ask again and it goes on` })
      })
    )

  /** The scrape of a subtree that runs now, or else a new one. It outlives the query that began it. */
  const scraping = (group: GroupName.GroupName): Effect.Effect<ScrapeFiber> =>
    Effect.suspend(() => {
      const current = running.get(group)
      if (current !== undefined) return Effect.succeed(current)
      return Effect.map(Effect.forkIn(scrapeOnce(group), scope), (fiber) => {
        running.set(group, fiber)
        fiber.addObserver(() => running.delete(group))
        return fiber
      })
    })

  /** Reads, scrapes what is too old and reads again; a subtree whose scrape fails is shown as old as it is. */
  const readFresh = Effect.fnUntraced(function* <A>(
    groups: ReadonlyArray<GroupName.GroupName>,
    tolerance: Freshness.Tolerance,
    read: Effect.Effect<A, GroupCache.CacheUnavailable>,
    freshnessOf: (found: A) => ReadonlyArray<Freshness.Freshness>
  ) {
    const askedMillis = yield* Clock.currentTimeMillis
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        const want = { groups }
        wanted.add(want)
        return want
      }),
      (want) => Effect.sync(() => wanted.delete(want))
    )
    const failures = new Map<string, string>()
    for (let looks = 1; ; looks++) {
      const found = yield* read
      const nowMillis = yield* Clock.currentTimeMillis
      const copies = new Map(freshnessOf(found).map((copy) => [copy.group, copy]))
      const due = groups.flatMap((group) => {
        const copy = copies.get(group)
        const verdict = Freshness.judge(copy, tolerance, askedMillis, nowMillis)
        return verdict === "Serve" || (copy !== undefined && failures.has(group)) ? [] : [{ group, verdict }]
      })
      for (const group of copies.keys()) usedMillis.set(group, askedMillis)
      const absent = groups.filter((group) => !copies.has(group))
      const reason = absent.flatMap((group) => failures.get(group) ?? [])[0]
      if (reason !== undefined) return yield* new GroupCache.CacheUnavailable({ reason })
      if (looks === looksMax) {
        if (absent.length === 0) return found
        return yield* droppedMeanwhile(absent)
      }
      const fibers = yield* Effect.forEach(due, ({ group }) => scraping(group))
      const awaited = due.flatMap(({ group, verdict }, index) => {
        const fiber = fibers[index]
        return verdict === "Scrape" && fiber !== undefined ? [{ group, fiber }] : []
      })
      if (awaited.length === 0) return found
      for (const { group, fiber } of awaited) {
        const exit = yield* Fiber.await(fiber)
        if (Exit.isSuccess(exit)) continue
        failures.set(group, `scraping ${group}: ${describe(exit.cause)}`)
        note("cache-served-old", copies.has(group) ? 1 : 0)
      }
    }
  }, Effect.scoped)

  const events = Effect.fn("GroupCache.events")(function* (query: GroupCache.EventsQuery) {
    const after = query.cursor === undefined ? undefined : PageCursor.decode(query.cursor)
    if (query.cursor !== undefined && after === undefined) {
      return yield* new GroupCache.CursorMalformed({ cursor: query.cursor })
    }
    if (query.subtrees.length > Limits.subtreesMax) {
      return yield* Effect.die(new RangeError(`${query.subtrees.length} subtrees in one query`))
    }
    const { app, kind, area } = query
    const subtrees = [...new Set(query.subtrees)]
    const limit = Math.min(query.limit, Limits.pageMax)
    const read = store.events({
      app,
      subtrees,
      limit,
      ...(kind && { kind }),
      ...(area && { area }),
      ...(after && { after })
    })
    const page = yield* readFresh(subtrees, query, read, (found) => found.freshness)
    return {
      events: page.events,
      freshness: page.freshness,
      ...(page.end && { cursor: PageCursor.encode(page.end) })
    }
  })

  const digest = Effect.fn("GroupCache.digest")(function* (query: GroupCache.DigestQuery) {
    const found = yield* readFresh([query.group], query, store.digest(query), ({ freshness }) =>
      freshness ? [freshness] : []
    )
    if (found.freshness === undefined) {
      return yield* droppedMeanwhile([query.group])
    }
    return { ...(found.digest && { digest: found.digest }), freshness: found.freshness }
  })

  const dropAll = Effect.gen(function* () {
    yield* Fiber.interruptAll([...running.values()])
    yield* store.dropAll
    usedMillis.clear()
    generation = yield* store.generation
  })

  const lastUsed = (freshness: Freshness.Freshness): number =>
    usedMillis.get(freshness.group) ?? freshness.scrapedAtMillis

  return GroupCache.GroupCache.of({
    events,
    digest,
    get generation() {
      return generation
    },
    dropAll,
    subtrees: Effect.map(store.subtrees, (stored) =>
      stored.map(({ freshness }) => freshness).sort((a, b) => lastUsed(b) - lastUsed(a))
    )
  })
})

/** A group cache over the rows of a `CacheStore` and what a `CacheSource` holds. */
export const layer = (options: Options = {}) => Layer.effect(GroupCache.GroupCache, make(options))

const droppedMeanwhile = (groups: ReadonlyArray<string>) =>
  new GroupCache.CacheUnavailable({ reason: `${groups.join(", ")}: dropped while it was asked for` })

const describe = (cause: Cause.Cause<Scraper.Trouble>): string => {
  const error = Cause.findErrorOption(cause)
  return error._tag === "Some" ? error.value.reason : Cause.pretty(cause)
}
