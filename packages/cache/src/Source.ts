/**
 * What the cache reads from: one news server, seen through the few questions that a scrape asks.
 */
import type * as GroupName from "@lupin/core/GroupName"
import type * as MessageId from "@lupin/core/MessageId"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as ScrapeCursor from "./ScrapeCursor.ts"

/** An article as it is announced. `bytes` is its size, 0 where the server does not say. */
export interface Announced {
  readonly messageId: MessageId.MessageId
  readonly bytes: number
}

/** One change in a subtree: an article that is held, or one that no longer is. */
export type Change =
  | ({ readonly _tag: "Filed" } & Announced)
  | { readonly _tag: "Removed"; readonly messageId: MessageId.MessageId }

/** A page of the change log. `next` is where the following page begins; `head` is the newest position. */
export interface ChangesPage {
  readonly generation: string
  readonly next: number
  readonly head: number
  /** The generation asked about is gone: this page begins at the beginning. */
  readonly isReset: boolean
  /** In log order. */
  readonly changes: ReadonlyArray<Change>
}

/** The source could not be reached, or broke off. A later scrape goes on from where this one was. */
export class SourceUnavailable extends Schema.TaggedError<SourceUnavailable>()("SourceUnavailable", {
  reason: Schema.String
}) {
  override get message(): string {
    return this.reason
  }
}

export interface Source {
  /** Names the server; numbers of groups mean nothing at another one. */
  readonly name: string
  /** Whether `changes` may be asked. Without it a subtree is read group by group. */
  readonly offersChanges: boolean
  /** At most `limit` changes in the groups of a subtree, after a position of a generation, or from the beginning. */
  readonly changes: (
    subtree: GroupName.GroupName,
    from: { readonly generation: string; readonly after: number } | undefined,
    limit: number
  ) => Effect.Effect<ChangesPage, SourceUnavailable>
  /** Groups of a subtree that exist. */
  readonly groups: (
    subtree: GroupName.GroupName
  ) => Effect.Effect<ReadonlyArray<GroupName.GroupName>, SourceUnavailable>
  /** Water marks and count as the server states them; nothing for a group that it does not have. */
  readonly marks: (group: GroupName.GroupName) => Effect.Effect<ScrapeCursor.Marks | undefined, SourceUnavailable>
  /** Articles with numbers in `low..high`, ascending. */
  readonly overview: (
    group: GroupName.GroupName,
    low: number,
    high: number
  ) => Effect.Effect<ReadonlyArray<Announced & { readonly number: number }>, SourceUnavailable>
  /** Numbers held in a group, ascending. */
  readonly numbers: (group: GroupName.GroupName) => Effect.Effect<ReadonlyArray<number>, SourceUnavailable>
  /** Octets of each article, in order; nothing for one that is not held. */
  readonly articles: (
    ids: ReadonlyArray<MessageId.MessageId>
  ) => Effect.Effect<ReadonlyArray<Uint8Array | undefined>, SourceUnavailable>
}

export class CacheSource extends Context.Service<
  CacheSource,
  {
    /** Runs one scrape with a source of its own; waits while all are taken. */
    readonly use: <A, E, R>(
      scrape: (source: Source) => Effect.Effect<A, E, R>
    ) => Effect.Effect<A, E | SourceUnavailable, R>
  }
>()("@lupin/cache/CacheSource") {}
