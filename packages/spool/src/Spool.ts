/**
 * Where the articles of one site live: its event log, its history, and every view that readers and followers need.
 *
 * The spool is the truth of a site (design §3, "Event sourcing"): what it answers is a fold of `core/Site` over its log.
 * `layerMemory` is the reference; `FileSpool` keeps the same promises on disk and passes the same contract suite.
 */
import type * as Article from "@lupin/core/Article"
import type * as Group from "@lupin/core/Group"
import type * as GroupName from "@lupin/core/GroupName"
import type * as MessageId from "@lupin/core/MessageId"
import type * as Site from "@lupin/core/Site"
import { Context, Effect, Layer, Schema } from "effect"
import type { Buffer } from "node:buffer"
import * as Generation from "./Generation.ts"
import { AppGroupsMax } from "./AppGroups.ts"
import * as MemorySpool from "./internal/MemorySpool.ts"
import { SiteIdentity } from "./SiteIdentity.ts"
import { StorageClasses } from "./StorageClass.ts"

/** One number in each group that took the article. */
export type Numbers = ReadonlyArray<readonly [group: GroupName.GroupName, number: number]>

/** An article as it is held: octets with our Path; its Xref is not among them but follows from `numbers`. */
export interface Held {
  readonly article: Uint8Array
  readonly numbers: Numbers
  readonly position: number
  readonly arrivedMillis: number
  /** Its Xref field (RFC 5536 §3.2.14), as overview lines have it, without CRLF. */
  readonly xref: Uint8Array
  /** Octets of the article. */
  readonly bytes: number
  /** It as it is sent where that needs no look at it: no line of it begins with a dot, and it has no Xref of its own. */
  readonly wire: Wire | undefined
}

/** An article that is sent as it lies: its id, its Xref and its octets, the first two as lines. */
export interface Wire {
  /** No fewer than it takes. */
  readonly bytesMax: number
  /** Writes it from an offset on; gives where it ends. */
  write(into: Buffer, start: number): number
}

/** What became of one article of a batch. `Removed` also where its cancel came first. A digest that a better one outranks is filed, and superseded at once. */
export type Stored =
  | { readonly _tag: "Filed"; readonly position: number; readonly numbers: Numbers }
  | { readonly _tag: "AlreadyHere" }
  | { readonly _tag: "Removed" }
  | { readonly _tag: "Full" }
  /** None of its groups takes articles. */
  | { readonly _tag: "Closed" }
  /** The group is moderated, and the article has no Approved field. */
  | { readonly _tag: "Unapproved"; readonly group: GroupName.GroupName }

/** One event of the log as followers see it. `bytes` is the article's size; `slot` that of a digest, of which only the one of highest rank is kept. */
export type Change =
  | {
      readonly _tag: "Filed"
      readonly position: number
      readonly id: MessageId.MessageId
      readonly groups: ReadonlyArray<GroupName.GroupName>
      readonly bytes: number
      readonly arrivedMillis: number
      readonly path: string
      readonly slot?: Site.Slot
      /** Of a control message, which is filed under `control` instead: what feeds decide by. */
      readonly newsgroups?: ReadonlyArray<GroupName.GroupName>
      /** Its Injection-Date, where the id does not hold it as those of clients do. */
      readonly injectedMillis?: number
      /** When its Expires says that it ends. */
      readonly expiresMillis?: number
      /** Its storage class. */
      readonly class?: string
    }
  | {
      readonly _tag: "Removed"
      readonly position: number
      readonly id: MessageId.MessageId
      readonly groups: ReadonlyArray<GroupName.GroupName>
      readonly removedMillis: number
      /** What was cancelled or superseded leaves a digest; what expired stays counted. */
      readonly why: "cancelled" | "superseded" | "expired"
      /** As of an article filed; absent also where the article never came. */
      readonly injectedMillis?: number
    }

/** A page of changes. `next` is where the following page begins, even if nothing in the scanned stretch was a change. */
export interface Changes {
  readonly changes: ReadonlyArray<Change>
  readonly next: number
  readonly head: number
  /** Events of the scanned stretch that the log cannot tell any more, because it is damaged; absent where there are none. */
  readonly lost?: number
}

/** An article that arrived and is still held. Groups are those of its Newsgroups where it is a control message. */
export interface Arrival {
  readonly id: MessageId.MessageId
  readonly groups: ReadonlyArray<GroupName.GroupName>
  readonly position: number
  readonly arrivedMillis: number
}

/** Overview lines of a span as they go out. */
export interface OverviewText {
  readonly rows: number
  /** The number of the last row; 0 where there is none. */
  readonly last: number
  /** Lines end to end, each with its CRLF. Not to be changed. */
  readonly pieces: ReadonlyArray<Uint8Array>
}

export interface Expiring {
  readonly changes: ReadonlyArray<Extract<Change, { readonly _tag: "Filed" }>>
  readonly nextMillis?: number
}

/** An article that is held and cannot be read, as far as anybody knows what it was. Its arrival may be that of what came next. */
export type Damaged = Extract<Change, { readonly _tag: "Filed" }> & { readonly numbers: Numbers }

/** `bytes`: in the log, overview included. */
export interface Usage {
  readonly class: string
  readonly articles: number
  readonly bytes: number
}

/** What compaction has come to since the spool was opened, and what is still to be overwritten. */
export interface Reclaimed {
  /** Records of articles and events that were still needed, and lie in another file now. */
  readonly movedRecords: number
  /** Files of the log, and of classes, whose place another one took. */
  readonly droppedFiles: number
  /** Octets by which log and classes became smaller. */
  readonly freedBytes: number
  /** Stretches of files that could not be read when these were compacted: what was held there is damaged. */
  readonly lostStretches: number
  /** Erasures whose octets are still to be overwritten: some only while the disk refuses. */
  readonly pendingErasures: number
  /** Erasures whose ids the log still names, for `eraseNamesMillis` at most. */
  readonly namedErasures: number
}

/** How long the log names an id that was erased: no follower that goes on is further behind (design §3, "Time"). */
export const eraseNamesMillis = 7 * 24 * 60 * 60 * 1000

/** One overview row: `line` as `core/Overview` makes it, without CRLF. */
export interface OverviewLine {
  readonly number: number
  readonly line: Uint8Array
}

/** Takes no new articles, or could not read. `reason` is for a log line; the caller defers (431, 436) and tries again later. */
export class SpoolUnavailable extends Schema.TaggedError<SpoolUnavailable>()("SpoolUnavailable", {
  reason: Schema.String
}) {}

/** How well a spool is. */
export interface Condition {
  /** Why it stores nothing now, where that is so. */
  readonly refuses?: string
  /** Held ids whose octets are damaged: not served, `unknown` to whoever asks, and mended by storing another copy. */
  readonly damaged: ReadonlyArray<MessageId.MessageId>
  /** Damaged records, those of unknown ids included. */
  readonly damagedRecords: number
  /**
   * Stretches of the log that could not be read when an index was made from it, by this process. Nothing is known of what lay
   * there, so that whoever reconciles finds it missing. Absent where there are none.
   */
  readonly gapsPassed?: number
  /** Newest events, at least, that the log had lost when it was opened; followers stood behind them. Absent where there are none. */
  readonly lostEvents?: number
}

export class Spool extends Context.Service<
  Spool,
  {
    /** New after a wipe; positions and numbers mean something only within it. */
    readonly generation: Site.Generation
    /**
     * Returns once every article of the batch would survive a power cut. One answer per article, in order. Begun where it is called.
     *
     * A cancel or Supersedes of a batch acts with it, if its author owns the target, or waits for the target.
     */
    readonly store: (batch: ReadonlyArray<Article.Article>) => Effect.Effect<ReadonlyArray<Stored>, SpoolUnavailable>
    /** Removes what is held; a cancelled id that is not known here is remembered, so that a later copy is not taken. */
    readonly remove: (
      ids: ReadonlyArray<MessageId.MessageId>,
      why: "cancelled" | "expired"
    ) => Effect.Effect<void, SpoolUnavailable>
    /** Remembers ids that are not known, so that no copy of their articles is taken or asked for until they are forgotten. */
    readonly refuse: (ids: ReadonlyArray<MessageId.MessageId>) => Effect.Effect<void, SpoolUnavailable>
    readonly addGroup: (
      group: GroupName.GroupName,
      status: Group.Group["status"],
      /** What readers are told of it; where nothing is said, what it has stays. */
      description?: string
    ) => Effect.Effect<void, SpoolUnavailable>
    readonly removeGroup: (group: GroupName.GroupName) => Effect.Effect<void, SpoolUnavailable>
    /** Forgets ids removed before a time, so that history stays bounded; what was erased never comes back all the same. */
    readonly forget: (beforeMillis: number) => Effect.Effect<void, SpoolUnavailable>
    /**
     * Removes articles so that nothing of them is left but a hash of the id, by which no copy is taken again.
     *
     * Their octets have been overwritten on the disk when this returns. The id stands in the log for
     * `eraseNamesMillis` more, so that followers learn of the removal, and is then overwritten by `reclaim`.
     */
    readonly erase: (ids: ReadonlyArray<MessageId.MessageId>) => Effect.Effect<void, SpoolUnavailable>
    /**
     * Gives room back: one slice of bounded size of what is removed or forgotten leaves the log. Positions and numbers
     * stay; followers see what is held, and what removals are remembered, as before.
     */
    readonly reclaim: Effect.Effect<{ readonly isMore: boolean }, SpoolUnavailable>

    readonly reclaimed: Effect.Effect<Reclaimed>

    /**
     * Articles that are held and whose Expires is not after a time, the earliest first, at most `limit`; and the earliest
     * Expires after that time.
     */
    readonly expiring: (untilMillis: number, limit: number) => Effect.Effect<Expiring, SpoolUnavailable>
    /** Articles held that cannot be read, for retention: `status` says of them that they are unknown. */
    readonly damaged: Effect.Effect<ReadonlyArray<Damaged>, SpoolUnavailable>
    /**
     * Looks for articles held that were filed above position `after`, up to `upTo`, and of which the log does not tell any more:
     * they are damaged from then on. Takes a look at every id, so for whom `changes` has told that something is lost there.
     */
    readonly findLost: (after: number, upTo: number) => Effect.Effect<void, SpoolUnavailable>
    /** What the articles held take in each class that has some; those of none are of class "". */
    readonly usage: Effect.Effect<ReadonlyArray<Usage>, SpoolUnavailable>

    readonly status: (
      ids: ReadonlyArray<MessageId.MessageId>
    ) => Effect.Effect<ReadonlyArray<"held" | "removed" | "unknown">, SpoolUnavailable>
    /**
     * Whether `status` would say of an id, in octets of a chunk, that it is held or removed. Asked where it is called; `false`
     * says nothing, whatever the reason.
     */
    readonly isKnown: (octets: DataView, from: number, to: number) => boolean
    /** Whether ids were erased here, for good; one per id, in order. */
    readonly isErased: (
      ids: ReadonlyArray<MessageId.MessageId>
    ) => Effect.Effect<ReadonlyArray<boolean>, SpoolUnavailable>
    readonly find: (id: MessageId.MessageId) => Effect.Effect<Held | undefined, SpoolUnavailable>
    /** What `find` gives for ids from the front, in order: until `bytesMax` octets are passed. Looked up where it is called; what is there then is an `Exit`. */
    readonly findAll: (
      ids: ReadonlyArray<MessageId.MessageId>,
      bytesMax: number
    ) => Effect.Effect<ReadonlyArray<Held | undefined>, SpoolUnavailable>
    /**
     * The octets of an article that was cancelled or superseded, until `reclaim` or `erase` has overwritten them. For
     * digesters alone, which take it out of what they counted it in.
     */
    readonly findRemoved: (id: MessageId.MessageId) => Effect.Effect<Uint8Array | undefined, SpoolUnavailable>
    readonly at: (group: GroupName.GroupName, number: number) => Effect.Effect<Held | undefined, SpoolUnavailable>
    /** The Message-ID that this client UUID has here, held or removed (ids of `*.client.lupin` only). */
    readonly findUuid: (uuid: string) => Effect.Effect<MessageId.MessageId | undefined, SpoolUnavailable>

    readonly group: (name: GroupName.GroupName) => Effect.Effect<Group.Group | undefined, SpoolUnavailable>
    readonly groups: Effect.Effect<ReadonlyArray<Group.Group>, SpoolUnavailable>
    /** Numbers held in `low..high`, ascending, at most `limit`. */
    readonly numbers: (
      group: GroupName.GroupName,
      low: number,
      high: number,
      limit: number
    ) => Effect.Effect<ReadonlyArray<number>, SpoolUnavailable>
    /** The lines that `overview` gives, ready to be sent. */
    readonly overviewText: (
      group: GroupName.GroupName,
      low: number,
      high: number,
      limit: number
    ) => Effect.Effect<OverviewText, SpoolUnavailable>
    /** Overview of `low..high`, ascending, at most `limit` lines. */
    readonly overview: (
      group: GroupName.GroupName,
      low: number,
      high: number,
      limit: number
    ) => Effect.Effect<ReadonlyArray<OverviewLine>, SpoolUnavailable>
    /** The nearest number held above ("next") or below ("last") `number`. */
    readonly neighbour: (
      group: GroupName.GroupName,
      number: number,
      direction: "next" | "last"
    ) => Effect.Effect<number | undefined, SpoolUnavailable>
    /** One line per id, in order, with the number in the article's first group; `undefined` for what is not held. */
    readonly overviewOf: (
      ids: ReadonlyArray<MessageId.MessageId>
    ) => Effect.Effect<ReadonlyArray<Uint8Array | undefined>, SpoolUnavailable>

    /**
     * At most `limit` changes above position `after`, in log order. A Filed stays in the log when its article is removed.
     * An article that was found damaged and came again is told once more: followers may have passed it unread.
     */
    readonly changes: (after: number, limit: number) => Effect.Effect<Changes, SpoolUnavailable>
    /** Position of the newest event; 0 in an empty spool. */
    readonly head: Effect.Effect<number>
    /** Returns as soon as `head > after`. Any number may wait. */
    readonly changed: (after: number) => Effect.Effect<void>
    /**
     * Calls back each time the head has moved, with the changes that moved it, before anybody is answered who did; gives what
     * ends this. For followers to which a fiber for each change would cost too much: what is called must neither throw nor
     * take long.
     */
    readonly watch: (onMove: (head: number, changes: ReadonlyArray<Change>) => void) => () => void
    /** What arrived at `sinceMillis` or later and is held, by position, above position `after` (0 at first), at most `limit`. */
    readonly arrivedSince: (
      sinceMillis: number,
      limit: number,
      after?: number
    ) => Effect.Effect<ReadonlyArray<Arrival>, SpoolUnavailable>

    /**
     * Why it stores nothing now, nothing where it does; for whoever asks with each offer. Where the disk has refused, it is
     * looked at again, at most once a second.
     */
    readonly refuses: () => Effect.Effect<string | undefined>
    /** Looks at the disk again where it has refused, so that a spool without visitors gets well too. */
    readonly condition: Effect.Effect<Condition>

    /** A follower's saved position. It survives a crash of the process; a power cut may bring back an older one. Never behind `head`. */
    readonly readPosition: (follower: string) => Effect.Effect<number | undefined, SpoolUnavailable>
    readonly savePosition: (follower: string, position: number) => Effect.Effect<void, SpoolUnavailable>
  }
>()("@lupin/spool/Spool") {
  /** The reference: nothing is kept beyond the process. */
  static readonly layerMemory: Layer.Layer<Spool, never, SiteIdentity> = Layer.effect(
    Spool,
    Effect.gen(function* () {
      const site = yield* SiteIdentity
      return MemorySpool.make(yield* Generation.fresh, site.path, yield* StorageClasses, yield* AppGroupsMax)
    })
  )
}
