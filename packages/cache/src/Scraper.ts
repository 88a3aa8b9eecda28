/**
 * Brings the copy of one subtree up to its source: by changes since a position where the source tells them, else by groups.
 */
import type * as GroupName from "@lupin/core/GroupName"
import * as Recoveries from "@lupin/core/Recoveries"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as CachedArticle from "./CachedArticle.ts"
import * as CacheStore from "./CacheStore.ts"
import type { CacheUnavailable } from "./GroupCache.ts"
import * as GroupScrape from "./GroupScrape.ts"
import * as ScrapedChanges from "./ScrapedChanges.ts"
import * as Source from "./Source.ts"

/** Changes asked for at once. */
export const changesPageMax = 500

/**
 * A new copy reads group by group instead of through the log when more positions than this lie ahead: the log holds the
 * changes of all groups, and the server has to pass over those of the others.
 */
export const logPositionsMax = 20_000

/** What a scrape may run into; what it has taken in so far is kept. */
export type Trouble = Source.SourceUnavailable | CacheUnavailable

/**
 * Scrapes a subtree once and publishes what was found; false when that was nothing new. One scrape of a subtree runs at
 * a time.
 */
export const scrape = Effect.fnUntraced(function* (source: Source.Source, group: GroupName.GroupName) {
  const store = yield* CacheStore.CacheStore
  const draft = yield* store.draft(group)
  const isOther = (draft.cursor?._tag === "Changes") !== source.offersChanges
  const fitting = draft.cursor !== undefined && isOther ? yield* store.freshDraft(group) : draft
  if (source.offersChanges) return yield* byChanges(source, group, fitting)
  yield* GroupScrape.run(source, group, fitting, takeIn)
  return true
}, Effect.scoped)

const byChanges = Effect.fnUntraced(function* (
  source: Source.Source,
  group: GroupName.GroupName,
  first: CacheStore.Draft
) {
  let draft = first
  let from = draft.cursor?._tag === "Changes" ? draft.cursor : undefined
  let isNew = from === undefined
  while (true) {
    const scrapedAtMillis = yield* Clock.currentTimeMillis
    const page = yield* source.changes(group, from, changesPageMax)
    const times = { scrapedAtMillis, answeredAtMillis: yield* Clock.currentTimeMillis }
    if (from !== undefined && (page.isReset || page.generation !== from.generation)) {
      draft = yield* (yield* CacheStore.CacheStore).freshDraft(group)
      ;(yield* Recoveries.Recoveries).note("cache-begun-anew")
      from = undefined
      isNew = true
    }
    if (from === undefined && page.head - page.next > logPositionsMax) {
      yield* GroupScrape.fill(source, group, draft, takeIn)
      from = cursorOf(page.generation, page.head)
      yield* draft.apply({ filed: [], contents: [], removed: [], cursor: from })
      continue
    }
    if (page.next < page.head && page.next <= (from?.after ?? 0)) {
      return yield* new Source.SourceUnavailable({ reason: `${source.name} does not move on in its change log` })
    }
    const { filed, removed } = ScrapedChanges.net(page.changes)
    // A scrape that fails within this page reads the page again.
    const before = cursorOf(page.generation, from?.after ?? 0)
    const last = yield* takeIn(source, draft, filed, () => ({ cursor: before }))
    from = cursorOf(page.generation, page.next)
    const rest = { ...last, removed, cursor: from }
    isNew ||= filed.length + removed.length > 0
    if (page.next < page.head) {
      yield* draft.apply(rest)
      continue
    }
    yield* draft.publish(rest, times)
    return isNew
  }
})

const cursorOf = (generation: string, after: number) => ({ _tag: "Changes" as const, generation, after })

/** Fetches what the store lacks and takes it in, batch by batch, but for the last, which the caller takes in. */
const takeIn: GroupScrape.TakeIn = Effect.fnUntraced(function* (source, draft, announced, toPage) {
  let page: CacheStore.ScrapedPage | undefined
  for (const batch of ScrapedChanges.batches(announced)) {
    if (page !== undefined) yield* draft.apply(page)
    const ids = batch.map((article) => article.messageId)
    const missing = yield* draft.missing(ids)
    const bodies = missing.length === 0 ? [] : yield* source.articles(missing)
    const contents = missing.flatMap((id, index) => {
      const octets = bodies[index]
      return (octets && CachedArticle.read(id, octets)) ?? []
    })
    page = { ...toPage(batch), filed: ids, contents, removed: [] }
  }
  return page ?? GroupScrape.nothing
})
