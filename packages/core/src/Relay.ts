/**
 * What a site does with an article that a peer hands on (RFC 5537 §3.6): judge it, put its own name into the Path, drop
 * the foreign Xref, change nothing else.
 *
 * Only an article's own octets get it refused for good. A loop is no reason: history knows what was here, and a site
 * that lost its spool must get its own articles back.
 */
import * as Article from "./Article.ts"
import type * as ArticleScan from "./ArticleScan.ts"
import * as Crosspost from "./Crosspost.ts"
import * as Limits from "./Limits.ts"
import * as MessageId from "./MessageId.ts"
import * as Namespace from "./Namespace.ts"
import * as Path from "./Path.ts"

/** `later`: another peer is sending it just now, or nothing can be stored. `refused`: it is no Message-ID. */
export type Offer = "wanted" | "here" | "later" | "refused"

/** What a site knows of an id that a peer offers. */
export interface Known {
  readonly status: "held" | "removed" | "unknown"
  readonly isInTransit?: boolean
  /** Nothing can be stored just now. */
  readonly isRefusing?: boolean
}

/** Asks history first: in a flood of repeats each costs one look-up. */
export const judgeOffer = (id: string, known: Known): Offer => {
  if (known.status !== "unknown") return "here"
  if (MessageId.parse(id) === undefined) return "refused"
  return known.isInTransit === true || known.isRefusing === true ? "later" : "wanted"
}

export interface RelayContext {
  /** Our name in the Path. */
  readonly site: string
  /** The sender's name in the Path, where we know it; several where we know only that it is one of them. */
  readonly peers?: ReadonlyArray<string>
  /** Where the connection comes from. */
  readonly address?: string
  readonly nowMillis: number
  /** Whether the content is what a client's id promises; true for all other ids. */
  readonly verify: (article: Article.Article) => boolean
  /** Who writes at the site where an article was injected; nothing where that is not known, and not held against it. */
  readonly writerOf?: (injectedBy: string | undefined) => Namespace.Writer | undefined
  /** Between our own sites, to refill a spool: age does not matter. */
  readonly isBackfill?: boolean
}

export type Reason =
  | "TooLarge"
  | "Malformed"
  | "OtherId"
  | "PathTooLong"
  | "BadHash"
  | "StrayGroup"
  | "BadCrosspost"
  | "Forged"
  /** Not to be remembered: another clock might see it otherwise. */
  | "TooOld"

export type Received =
  | { readonly _tag: "Accepted"; readonly article: Article.Article }
  /** For good: a peer need not offer it again. */
  | { readonly _tag: "Refused"; readonly reason: Reason; readonly message: string }
  /** For now: a peer may offer it again later. */
  | { readonly _tag: "Deferred"; readonly reason: "TooFarAhead"; readonly message: string }

/**
 * Whether history remembers that an article of this id was refused: where its own octets are the reason, whatever way they
 * came. An id that binds its content is none of a copy that is not that content: the right one is welcome.
 */
export const isRemembered = (id: MessageId.MessageId, received: Received): boolean =>
  received._tag === "Refused" && isOwnFault[received.reason] && MessageId.kindOf(id) === "foreign"

const isOwnFault: Readonly<Record<Reason, boolean>> = {
  TooLarge: true,
  Malformed: true,
  StrayGroup: true,
  BadCrosspost: true,
  Forged: true,
  BadHash: true,
  // The article has another id, and this one is nobody's yet.
  OtherId: false,
  // Another way may be shorter.
  PathTooLong: false,
  TooOld: false
}

const refused = (reason: Reason, message: string): Received => ({ _tag: "Refused", reason, message })

/**
 * Judges octets that came under `commandId` (that of TAKETHIS or IHAVE; nothing where the command names none). Messages
 * fit into a reply line: ASCII, short, no line break. `found` is what a look at the octets has found before.
 */
export const receive = (
  octets: Uint8Array,
  commandId: MessageId.MessageId | undefined,
  context: RelayContext,
  found?: ArticleScan.ArticleScan
): Received => {
  if (octets.length > Limits.articleBytesMax) return refused("TooLarge", `over ${Limits.articleBytesMax} octets`)
  const article = Article.read(octets, commandId, found)
  if (Article.isMalformed(article)) return refused("Malformed", article.reason)
  if (article.bodyStart - 2 > Limits.headerBytesMax) {
    return refused("TooLarge", `header over ${Limits.headerBytesMax} octets`)
  }
  if (commandId !== undefined && commandId !== article.messageId) {
    return refused("OtherId", "the Message-ID is not that of the command")
  }
  return (
    judgePath(article) ??
    judgeTime(article, context) ??
    judgeWriting(article, context) ?? {
      _tag: "Accepted",
      article: Article.prefixPath(article, Path.prefix(article.path, context.site, context))
    }
  )
}

/** Each site adds a `!`, so few of them need no closer look. */
const judgePath = (article: Article.Article): Received | undefined => {
  const { path } = article
  if (path.length <= Limits.pathSitesMax) return undefined
  return Path.sites(path).length > Limits.pathSitesMax
    ? refused("PathTooLong", `over ${Limits.pathSitesMax} sites in the Path`)
    : undefined
}

const judgeTime = (article: Article.Article, context: RelayContext): Received | undefined => {
  const ageMillis = context.nowMillis - article.injectedMillis
  if (-ageMillis > Limits.relayAheadMillisMax) {
    return { _tag: "Deferred", reason: "TooFarAhead", message: "dated more than 24 hours ahead" }
  }
  return ageMillis > Limits.relayAgeMillisMax && context.isBackfill !== true
    ? refused("TooOld", "injected more than 10 days ago")
    : undefined
}

/** Namespaces, crossposts and hashes bind only what is ours: other networks have rules of their own. */
const judgeWriting = (article: Article.Article, context: RelayContext): Received | undefined => {
  const { groups, messageId, path } = article
  const isOurs = groups.some(Namespace.isOurs)
  // Most articles are neither: only in our groups has an id of another network no place.
  if (!isOurs && MessageId.kindOf(messageId) === "foreign") return undefined
  const stray = Namespace.strayGroup(messageId, groups)
  if (stray !== undefined) return refused("StrayGroup", `this Message-ID has no place in ${stray}`)
  if (!isOurs) return undefined
  const fault = Crosspost.check(groups)
  if (fault !== undefined) return refused("BadCrosspost", Crosspost.describe(fault))
  const writer = context.writerOf?.(Path.parse(path).injectedBy)
  const forbidden = writer === undefined ? undefined : groups.find((group) => !Namespace.mayWrite(writer, group))
  if (forbidden !== undefined) return refused("Forged", `a ${writer} may not write to ${forbidden}`)
  return context.verify(article) ? undefined : refused("BadHash", "the content is not that of its Message-ID")
}
