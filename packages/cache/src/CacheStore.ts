/**
 * Rows of the cache: published copies of subtrees, and the drafts from which the next ones are made.
 *
 * A draft takes in page by page what a scrape reads, unseen by queries, and survives a failed scrape; publishing shows all
 * of it at once. One process uses a store, and one draft per subtree is open at a time.
 */
import type * as GroupName from "@lupin/core/GroupName"
import type * as MessageId from "@lupin/core/MessageId"
import * as Place from "@lupin/core/Place"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as CachedArticle from "./CachedArticle.ts"
import * as CacheGeneration from "./CacheGeneration.ts"
import type * as Freshness from "./Freshness.ts"
import type * as GroupCache from "./GroupCache.ts"
import * as PageCursor from "./PageCursor.ts"
import type * as ScrapeCursor from "./ScrapeCursor.ts"

/** Numbers of one group that came or went, at a source that is read group by group. */
export interface NumberChanges {
  readonly group: GroupName.GroupName
  readonly added: ReadonlyArray<readonly [number: number, id: MessageId.MessageId]>
  readonly removed: ReadonlyArray<number>
}

/** What one step of a scrape found. An id is in `filed` or in `removed`, not in both. */
export interface ScrapedPage {
  /** Articles the source holds. Those whose content is neither here nor in `contents` are passed over. */
  readonly filed: ReadonlyArray<MessageId.MessageId>
  readonly contents: ReadonlyArray<CachedArticle.CachedArticle>
  readonly removed: ReadonlyArray<MessageId.MessageId>
  /** An article whose last number went is removed. */
  readonly numbers?: NumberChanges
  /** How far the scrape has come with this page. Without it, a scrape that fails now begins anew. */
  readonly cursor?: ScrapeCursor.ScrapeCursor
}

/** When the source was asked last, and when it had answered; milliseconds since the epoch. */
export type ScrapeTimes = Pick<Freshness.Freshness, "scrapedAtMillis" | "answeredAtMillis">

export interface Draft {
  /** Where reading goes on. Nothing: the draft is empty, and reading begins at the beginning. */
  readonly cursor: ScrapeCursor.ScrapeCursor | undefined
  /** The ids among these whose content the store lacks. Those it has are kept until the next `apply`. */
  readonly missing: (
    ids: ReadonlyArray<MessageId.MessageId>
  ) => Effect.Effect<ReadonlyArray<MessageId.MessageId>, GroupCache.CacheUnavailable>
  /** Numbers of a group taken in so far, ascending. */
  readonly numbers: (
    group: GroupName.GroupName
  ) => Effect.Effect<ReadonlyArray<readonly [number: number, id: MessageId.MessageId]>, GroupCache.CacheUnavailable>
  /** Takes in a page as a whole, or not at all. Removals show at once in the published copy. */
  readonly apply: (page: ScrapedPage) => Effect.Effect<void, GroupCache.CacheUnavailable>
  /** Takes in the last page and shows the draft instead of the published copy. The draft is then used up. */
  readonly publish: (page: ScrapedPage, times: ScrapeTimes) => Effect.Effect<void, GroupCache.CacheUnavailable>
}

export interface StoredPage {
  readonly events: ReadonlyArray<GroupCache.CachedEvent>
  /** Where the page ends, when more may follow. A page may be shorter than asked for, and yet have an end. */
  readonly end?: PageCursor.PageCursor
  /** Of the groups asked for that have a published copy, in the order asked. */
  readonly freshness: ReadonlyArray<Freshness.Freshness>
}

export interface StoredDigest {
  readonly digest?: GroupCache.CachedDigest
  readonly freshness?: Freshness.Freshness
}

export interface PageQuery {
  readonly app: string
  readonly kind?: string
  readonly subtrees: ReadonlyArray<GroupName.GroupName>
  readonly area?: Place.Area
  readonly limit: number
  readonly after?: PageCursor.PageCursor
}

export interface BestQuery {
  readonly app: string
  readonly digestion: string
  readonly key: string
  readonly group: GroupName.GroupName
}

/** A published copy and an estimate of the space that its rows take. */
export interface StoredSubtree {
  readonly freshness: Freshness.Freshness
  readonly bytes: number
}

export class CacheStore extends Context.Service<
  CacheStore,
  {
    /** Random id of the content, new after `dropAll` and in a new database. */
    readonly generation: Effect.Effect<string>
    /** Goes on with the subtree's draft: an unfinished one, or one that begins at the published copy. */
    readonly draft: (group: GroupName.GroupName) => Effect.Effect<Draft, GroupCache.CacheUnavailable, Scope.Scope>
    /** An empty draft in place of any unfinished one, for a source that counts anew. */
    readonly freshDraft: (group: GroupName.GroupName) => Effect.Effect<Draft, GroupCache.CacheUnavailable, Scope.Scope>
    /** Events and freshness as of one moment. */
    readonly events: (query: PageQuery) => Effect.Effect<StoredPage, GroupCache.CacheUnavailable>
    /** The digest that ranks highest, and freshness, as of one moment. */
    readonly digest: (query: BestQuery) => Effect.Effect<StoredDigest, GroupCache.CacheUnavailable>
    readonly subtrees: Effect.Effect<ReadonlyArray<StoredSubtree>, GroupCache.CacheUnavailable>
    readonly drop: (groups: ReadonlyArray<GroupName.GroupName>) => Effect.Effect<void, GroupCache.CacheUnavailable>
    readonly dropAll: Effect.Effect<void, GroupCache.CacheUnavailable>
  }
>()("@lupin/cache/CacheStore") {
  /** The reference: everything in this process, gone with it. */
  static readonly layerMemory = Layer.effect(
    this,
    Effect.suspend(() => makeMemory)
  )
}

interface Holding {
  readonly content: CachedArticle.CachedArticle
  readonly round: number
}

interface Subtree {
  readonly group: GroupName.GroupName
  readonly holdings: Map<string, Holding>
  readonly numbers: Map<string, Map<number, MessageId.MessageId>>
  cursor: ScrapeCursor.ScrapeCursor | undefined
  /** Holdings of later rounds are those of the draft. */
  round: number
  times: ScrapeTimes | undefined
}

const makeMemory = Effect.gen(function* () {
  const published = new Map<string, Subtree>()
  const replacements = new Map<string, Subtree>()
  let generation = yield* CacheGeneration.mint

  const contentOf = (id: string): CachedArticle.CachedArticle | undefined => {
    for (const subtree of [...published.values(), ...replacements.values()]) {
      const held = subtree.holdings.get(id)
      if (held !== undefined) return held.content
    }
    return undefined
  }

  const open = (subtree: Subtree): Draft => {
    const kept = new Map<string, CachedArticle.CachedArticle>()
    const takeIn = (page: ScrapedPage) => {
      for (const content of page.contents) kept.set(content.messageId, content)
      for (const id of page.filed) {
        const content = kept.get(id) ?? contentOf(id)
        if (content === undefined || subtree.holdings.has(id)) continue
        subtree.holdings.set(id, { content, round: subtree.round + 1 })
      }
      if (page.numbers !== undefined) changeNumbers(subtree, page.numbers)
      for (const id of page.removed) subtree.holdings.delete(id)
      if (page.cursor !== undefined) subtree.cursor = page.cursor
      kept.clear()
    }
    return {
      cursor: subtree.cursor,
      missing: (ids) =>
        Effect.sync(() =>
          ids.filter((id) => {
            const content = contentOf(id)
            if (content !== undefined) kept.set(id, content)
            return content === undefined
          })
        ),
      numbers: (group) =>
        Effect.sync(() => [...(subtree.numbers.get(group) ?? [])].sort(([first], [second]) => first - second)),
      apply: (page) => Effect.sync(() => takeIn(page)),
      publish: (page, times) =>
        Effect.sync(() => {
          takeIn(page)
          subtree.round += 1
          subtree.times = times
          published.set(subtree.group, subtree)
          replacements.delete(subtree.group)
        })
    }
  }

  const freshDraft = (group: GroupName.GroupName) =>
    Effect.sync(() => {
      const subtree = { group, holdings: new Map(), numbers: new Map(), cursor: undefined, round: 0, times: undefined }
      replacements.set(group, subtree)
      return open(subtree)
    })

  const shown = (group: string) => {
    const subtree = published.get(group)
    return subtree === undefined ? [] : [...subtree.holdings.values()].filter((held) => held.round <= subtree.round)
  }

  const freshness = (groups: Iterable<string>): ReadonlyArray<Freshness.Freshness> =>
    [...groups].flatMap((group) => {
      const subtree = published.get(group)
      if (subtree?.times === undefined) return []
      return [{ group: subtree.group, ...subtree.times, articles: shown(group).length }]
    })

  const drop = (groups: ReadonlyArray<GroupName.GroupName>) =>
    Effect.sync(() => {
      for (const group of groups) {
        published.delete(group)
        replacements.delete(group)
      }
    })

  return CacheStore.of({
    generation: Effect.sync(() => generation),
    draft: (group) =>
      Effect.suspend(() => {
        const replacement = replacements.get(group)
        const subtree = replacement?.cursor === undefined ? published.get(group) : replacement
        return subtree === undefined ? freshDraft(group) : Effect.succeed(open(subtree))
      }),
    freshDraft,
    events: (query) =>
      Effect.sync(() => {
        const found = new Map(
          query.subtrees.flatMap(shown).flatMap(({ content }) => {
            const event = toEvent(content)
            return event !== undefined && isAskedFor(query, event) ? [[event.messageId, event] as const] : []
          })
        )
        const rows = [...found.values()].sort(PageCursor.compare)
        const page = rows.slice(0, query.limit)
        const last = rows.length > query.limit ? page.at(-1) : undefined
        return { events: page, ...(last && { end: last }), freshness: freshness(query.subtrees) }
      }),
    digest: (query) =>
      Effect.sync(() => {
        const best = shown(query.group)
          .map(({ content }) => content)
          .filter(
            ({ digest }) => digest?.app === query.app && digest.name === query.digestion && digest.key === query.key
          )
          .reduce<CachedArticle.CachedArticle | undefined>(
            (best, content) => ((best?.digest?.rank ?? "") < (content.digest?.rank ?? "") ? content : best),
            undefined
          )
        const digest = best && toDigest(best)
        const [current] = freshness([query.group])
        return { ...(digest && { digest }), ...(current && { freshness: current }) }
      }),
    subtrees: Effect.sync(() =>
      freshness(published.keys()).map((current) => ({
        freshness: current,
        bytes: shown(current.group).reduce((sum, { content }) => sum + content.cost, 0)
      }))
    ),
    drop,
    dropAll: Effect.map(CacheGeneration.mint, (minted) => {
      published.clear()
      replacements.clear()
      generation = minted
    })
  })
})

const changeNumbers = (subtree: Subtree, { group, added, removed }: NumberChanges): void => {
  const numbers = subtree.numbers.get(group) ?? new Map<number, MessageId.MessageId>()
  subtree.numbers.set(group, numbers)
  for (const [number, id] of added) numbers.set(number, id)
  const suspects = new Set(removed.flatMap((number) => numbers.get(number) ?? []))
  for (const number of removed) numbers.delete(number)
  const left = new Set([...subtree.numbers.values()].flatMap((group) => [...group.values()]))
  for (const id of suspects) if (!left.has(id)) subtree.holdings.delete(id)
}

const isAskedFor = (query: PageQuery, event: GroupCache.CachedEvent): boolean =>
  event.app === query.app &&
  (query.kind === undefined || event.kind === query.kind) &&
  (query.after === undefined || PageCursor.compare(query.after, event) < 0) &&
  (query.area === undefined || (event.at !== undefined && Place.contains(query.area, event.at)))

const toEvent = ({ event, messageId, groups, postedMillis }: CachedArticle.CachedArticle) =>
  event && { messageId, groups, postedMillis, ...event, payload: JSON.parse(event.payload) as unknown }

const toDigest = ({ digest, messageId }: CachedArticle.CachedArticle): GroupCache.CachedDigest | undefined => {
  if (digest === undefined) return undefined
  const { app: _app, rank: _rank, view, ...told } = digest
  return { messageId, ...told, view: JSON.parse(view) as unknown }
}
