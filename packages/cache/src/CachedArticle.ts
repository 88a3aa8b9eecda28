/**
 * What the cache keeps of an article: its event, or its digest, or only that it is there.
 */
import * as Article from "@lupin/core/Article"
import * as DigestArticle from "@lupin/core/DigestArticle"
import * as EventArticle from "@lupin/core/EventArticle"
import type * as GeoPoint from "@lupin/core/GeoPoint"
import type * as GroupName from "@lupin/core/GroupName"
import * as MessageId from "@lupin/core/MessageId"

/** An app event without its article's name, groups and time. `payload` is JSON text. */
export interface EventContent {
  readonly app: string
  readonly kind: string
  readonly version: number
  readonly at?: GeoPoint.GeoPoint
  readonly payload: string
}

/** A digest without its state. `view` is JSON text; `rank` orders the digests of a key, as text. */
export interface DigestContent extends DigestArticle.Identity {
  readonly newestMillis: number
  readonly rank: string
  readonly view: string
}

export interface CachedArticle {
  readonly messageId: MessageId.MessageId
  readonly groups: ReadonlyArray<GroupName.GroupName>
  /** When it was posted: the time inside a client's id, else Injection-Date. */
  readonly postedMillis: number
  /** Estimate of the space that its rows take. */
  readonly cost: number
  readonly event?: EventContent
  readonly digest?: DigestContent
}

/** Estimate of what an article takes in rows and indices besides its text, in bytes. */
export const rowCost = 512

/** Reads an article that was asked for as `messageId`; nothing where the octets are not that article. */
export const read = (messageId: MessageId.MessageId, octets: Uint8Array): CachedArticle | undefined => {
  const article = Article.read(octets)
  if (Article.isMalformed(article) || article.messageId !== messageId) return undefined
  const event = readEvent(article)
  const digest = event === undefined ? readDigest(article) : undefined
  return {
    messageId,
    groups: article.groups,
    postedMillis: (event && MessageId.mintedMillis(messageId)) ?? article.injectedMillis,
    cost: rowCost + (event?.payload.length ?? 0) + (digest?.view.length ?? 0),
    ...(event && { event }),
    ...(digest && { digest })
  }
}

/** What a forged article claims under a client's id is not shown. */
const readEvent = (article: Article.Article): EventContent | undefined => {
  const event = EventArticle.read(article)
  if (EventArticle.isNotAnEvent(event) || !EventArticle.verify(article)) return undefined
  const { app, kind, version, at } = event
  return { app, kind, version, ...(at && { at }), payload: JSON.stringify(event.payload) }
}

/** A key with a NUL is none that Postgres could keep. */
const readDigest = (article: Article.Article): DigestContent | undefined => {
  const digest = DigestArticle.read(article)
  if (DigestArticle.isNotADigest(digest) || digest.key.includes("\0")) return undefined
  const { app, name, version, key, events, removals, fingerprint, newestMillis, view } = digest
  return {
    app,
    name,
    version,
    key,
    events,
    removals,
    fingerprint,
    newestMillis,
    rank: DigestArticle.rank(digest),
    view: JSON.stringify(view)
  }
}
