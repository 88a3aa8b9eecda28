/**
 * The operations of a POP host, one contract under all its faces.
 *
 * The host implements it over its injector, cache and spool; JSON, Protobuf and XML-RPC are codecs over it and cannot disagree.
 */
import { Context, type Effect } from "effect"
import type * as GeoPoint from "@lupin/core/GeoPoint"
import type * as GroupName from "@lupin/core/GroupName"
import type * as MessageId from "@lupin/core/MessageId"
import type * as Answer from "./Answer.ts"
import type * as Problem from "./Problem.ts"
import type * as Receipt from "./Receipt.ts"
import type * as RoutingKey from "./RoutingKey.ts"

/** An event as it comes from a client. A lower-case UUIDv7 `id` makes a retry safe; without one the host mints it. */
export interface PostEvent {
  readonly app: string
  readonly kind: string
  readonly id?: string
  /** Version of the payload's schema; the newest one known here where it is absent. */
  readonly version?: number
  /** Version of the routing; the newest one known here where it is absent. */
  readonly routing?: number
  readonly at?: GeoPoint.GeoPoint
  /** What the author's key opens: a Cancel-Lock of RFC 8315. Without one nobody can withdraw the event. */
  readonly lock?: string
  /** JSON of bounded depth, with finite numbers and well-formed text (see `JsonBound`). */
  readonly payload: unknown
}

/** `isNew` is false for a repeat, which changes nothing and has the same id and groups. */
export interface PostOutcome {
  readonly posted: Answer.Posted
  readonly isNew: boolean
}

/** Withdraws an event by the key to its lock. */
export interface CancelEvent {
  readonly app: string
  readonly messageId: MessageId.MessageId
  /** A Cancel-Key of RFC 8315, `sha256:` and the rest. */
  readonly key: string
}

/** Where events are looked for: a circle, or a group with all below it. */
export type Where =
  | { readonly _tag: "Near"; readonly lat: number; readonly lon: number; readonly radiusMetres: number }
  | { readonly _tag: "Within"; readonly group: GroupName.GroupName }

/** How old what is shown may be. */
export interface Tolerance {
  /** In milliseconds. */
  readonly staleMillisMax: number
  /** An older copy is scraped first ("wait", the default), or shown as it is while it is scraped ("serve"). */
  readonly whileScraping?: "wait" | "serve"
}

/** `limit` is 1 to `Limits.pageMax`. */
export interface EventsQuery extends Tolerance {
  readonly app: string
  readonly kind?: string
  readonly where: Where
  readonly limit: number
  readonly cursor?: string
}

export interface DigestQuery extends Tolerance {
  readonly app: string
  readonly digestion: string
  readonly key: string
}

export type PostProblem =
  | Problem.UnknownApp
  | Problem.UnknownKind
  | Problem.InvalidPayload
  | Problem.InvalidRequest
  | Problem.IdConflict
  | Problem.EventRefused
  | Problem.Unavailable
export type CancelProblem =
  | Problem.UnknownApp
  | Problem.InvalidRequest
  | Problem.WrongKey
  | Problem.EventRefused
  | Problem.Unavailable
export type EventsProblem = Problem.UnknownApp | Problem.UnknownKind | Problem.InvalidRequest | Problem.Unavailable
export type DigestProblem = Problem.UnknownApp | Problem.UnknownDigestion | Problem.InvalidRequest | Problem.Unavailable
export type ArticleProblem = Problem.NoSuchArticle | Problem.Unavailable

export class PopOperations extends Context.Service<
  PopOperations,
  {
    /** Key of this host as it is now: the cache's generation may change while the process runs. */
    readonly routingKey: Effect.Effect<RoutingKey.RoutingKey>
    /** Returns once the article would survive a crash of this host. The same event again is `isNew: false`. */
    readonly postEvent: (post: PostEvent) => Effect.Effect<PostOutcome, PostProblem>
    /**
     * Returns once the cancel would survive a crash of this host. Where the event is not known yet, the cancel waits; where it
     * is gone, the answer is the same for every key.
     */
    readonly cancelEvent: (cancel: CancelEvent) => Effect.Effect<Answer.Cancelled, CancelProblem>
    /** Newest first. Each subtree it reads from is at most as old as the query tolerates, and says how old it is. */
    readonly events: (query: EventsQuery) => Effect.Effect<Answer.EventsAnswer, EventsProblem>
    /** The newest digest of a key, if there is one. */
    readonly digest: (query: DigestQuery) => Effect.Effect<Answer.DigestAnswer, DigestProblem>
    /** The article's octets as they stand on the wire, before dot-stuffing. */
    readonly article: (id: MessageId.MessageId) => Effect.Effect<Uint8Array, ArticleProblem>
    /** Asks who holds the article. One held by nobody is `NoSuchArticle`. */
    readonly receipt: (id: MessageId.MessageId) => Effect.Effect<Receipt.Receipt, ArticleProblem>
  }
>()("@lupin/api/PopOperations") {}
