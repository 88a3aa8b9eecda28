/**
 * Answers queries for events and digests from rows that were scraped lazily from one source.
 *
 * Each group subtree is scraped as a unit and carries its own freshness. Whatever is shown was held by the source
 * between the two times that the freshness states; dropping any part of the cache, or all of it, is always safe.
 */
import type * as GeoPoint from "@lupin/core/GeoPoint"
import type * as DigestArticle from "@lupin/core/DigestArticle"
import type * as GroupName from "@lupin/core/GroupName"
import type * as MessageId from "@lupin/core/MessageId"
import type * as Place from "@lupin/core/Place"
import type * as Effect from "effect/Effect"
import * as Context from "effect/Context"
import * as Schema from "effect/Schema"
import type * as Freshness from "./Freshness.ts"

/** An app event as a query returns it. `postedMillis` is its Injection-Date. */
export interface CachedEvent {
  readonly messageId: MessageId.MessageId
  readonly app: string
  readonly kind: string
  readonly version: number
  readonly at?: GeoPoint.GeoPoint
  readonly payload: unknown
  readonly groups: ReadonlyArray<GroupName.GroupName>
  readonly postedMillis: number
}

/** The highest-ranked digest of one key. `newestMillis` is the time of its newest input. */
export interface CachedDigest extends Omit<DigestArticle.Identity, "app"> {
  readonly messageId: MessageId.MessageId
  readonly view: unknown
  readonly newestMillis: number
}

/** Events of one app in at most `Limits.subtreesMax` subtrees, newest first, a page of at most `limit`. */
export interface EventsQuery extends Freshness.Tolerance {
  readonly app: string
  readonly kind?: string
  readonly subtrees: ReadonlyArray<GroupName.GroupName>
  readonly area?: Place.Area
  readonly limit: number
  /** The `cursor` of the page before. It stays good over scrapes, restarts and wipes of the cache. */
  readonly cursor?: string
}

/** `cursor` is there when more may follow. */
export interface EventsPage {
  readonly events: ReadonlyArray<CachedEvent>
  readonly cursor?: string
  readonly freshness: ReadonlyArray<Freshness.Freshness>
}

/** One key of a digestion; `group` is the group (or a subtree) that its digests are posted to. */
export interface DigestQuery extends Freshness.Tolerance {
  readonly app: string
  readonly digestion: string
  readonly key: string
  readonly group: GroupName.GroupName
}

/** No `digest` means that the source had none at the stated freshness. */
export interface DigestAnswer {
  readonly digest?: CachedDigest
  readonly freshness: Freshness.Freshness
}

/** Neither a copy nor a scrape could be had. The caller may try again, here or at another host. */
export class CacheUnavailable extends Schema.TaggedError<CacheUnavailable>()("CacheUnavailable", {
  reason: Schema.String
}) {
  override get message(): string {
    return this.reason
  }
}

/** The cursor is not one that this service gave out. The caller starts again from the first page. */
export class CursorMalformed extends Schema.TaggedError<CursorMalformed>()("CursorMalformed", {
  cursor: Schema.String
}) {
  override get message(): string {
    return `${this.cursor} is no cursor of this service`
  }
}

export class GroupCache extends Context.Service<
  GroupCache,
  {
    /**
     * A page of events. Subtrees that are too old are scraped first, one scrape per subtree at a time. When the source
     * is out of reach, an older copy is served and its freshness tells; without a copy this fails.
     */
    readonly events: (query: EventsQuery) => Effect.Effect<EventsPage, CacheUnavailable | CursorMalformed>
    /** The digest of a key that ranks highest by version, inputs and fingerprint. Scrapes as `events` does. */
    readonly digest: (query: DigestQuery) => Effect.Effect<DigestAnswer, CacheUnavailable>
    /** Random id of this cache's content, new whenever the cache has been emptied. */
    readonly generation: string
    /** Empties the cache and begins a new generation. */
    readonly dropAll: Effect.Effect<void, CacheUnavailable>
    /** Subtrees now cached, most recently used first. */
    readonly subtrees: Effect.Effect<ReadonlyArray<Freshness.Freshness>, CacheUnavailable>
  }
>()("@lupin/cache/GroupCache") {}
