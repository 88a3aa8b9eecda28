/**
 * What the operations of a POP answer: schemas whose types are used inside, and whose encoded forms are the JSON.
 */
import { Schema } from "effect"
import * as GeoPoint from "@lupin/core/GeoPoint"
import * as GroupName from "@lupin/core/GroupName"
import * as MessageId from "@lupin/core/MessageId"
import * as Instant from "./Instant.ts"
import * as Receipt from "./Receipt.ts"

const postedFields = {
  messageId: MessageId.MessageId,
  groups: Schema.Array(GroupName.GroupName),
  receipt: Receipt.Receipt
}

/** The answer to a post: the article's id and groups (the same wherever it is posted), and its first receipt. */
export const Posted = Schema.Struct(postedFields).annotate({ identifier: "Posted" })
export type Posted = typeof Posted.Type

/**
 * The answer to a cancel. `cancelled`: the event was here, and its key has removed it. `removed`: it was gone before (withdrawn,
 * expired or erased), whatever the key; where it is still held, its lock decides. `waiting`: it is not known here, and will not
 * be taken if the key opens its lock.
 */
export const Cancelled = Schema.Struct({
  messageId: MessageId.MessageId,
  state: Schema.Literals(["cancelled", "removed", "waiting"]).annotate({
    description:
      "cancelled: the event was held here, and its key has removed it; removed: it was gone before, which says nothing of " +
      "the key; waiting: it is not known here, and will not be taken if the key opens its lock"
  })
}).annotate({ identifier: "Cancelled" })
export type Cancelled = typeof Cancelled.Type

/** How fresh one subtree of an answer is, and how many articles it holds here. */
export const Freshness = Schema.Struct({
  group: GroupName.GroupName,
  scrapedAtMillis: Instant.Instant,
  articles: Schema.Int
}).pipe(Schema.encodeKeys({ scrapedAtMillis: "scrapedAt" }))
export type Freshness = typeof Freshness.Type

/** One event as its author sent it: `payload` follows `version` of the kind's schema; typed clients upcast it. */
export const EventAnswer = Schema.Struct({
  messageId: MessageId.MessageId,
  kind: Schema.String,
  version: Schema.Int,
  at: Schema.optionalKey(GeoPoint.GeoPoint),
  payload: Schema.Unknown,
  groups: Schema.Array(GroupName.GroupName),
  postedMillis: Instant.Instant
}).pipe(Schema.encodeKeys({ postedMillis: "postedAt" }))
export type EventAnswer = typeof EventAnswer.Type

/** A page of events, newest first; `cursor` is there while there are more. */
export const EventsAnswer = Schema.Struct({
  events: Schema.Array(EventAnswer),
  cursor: Schema.optionalKey(Schema.String),
  freshness: Schema.Array(Freshness)
}).annotate({ identifier: "Events" })
export type EventsAnswer = typeof EventsAnswer.Type

/** The newest digest of a key. `view` is what the digestion shows of its state. */
export const Digest = Schema.Struct({
  messageId: MessageId.MessageId,
  version: Schema.Int,
  events: Schema.Int,
  removals: Schema.Int,
  fingerprint: Schema.String,
  newestMillis: Instant.Instant,
  view: Schema.Unknown
}).pipe(Schema.encodeKeys({ newestMillis: "newestAt" }))
export type Digest = typeof Digest.Type

/** The answer for a key: no digest yet is an answer too, with its freshness. */
export const DigestAnswer = Schema.Struct({
  digestion: Schema.String,
  key: Schema.String,
  digest: Schema.optionalKey(Digest),
  freshness: Schema.Array(Freshness)
}).annotate({ identifier: "DigestAnswer" })
export type DigestAnswer = typeof DigestAnswer.Type
