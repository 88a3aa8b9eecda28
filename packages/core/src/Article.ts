/**
 * An article as octets, with what a site must know of it to file it (RFC 5536).
 *
 * The octets are those on the wire before dot-stuffing: CRLF line ends, header, empty line, body, no terminator.
 */
import * as ArticleScan from "./ArticleScan.ts"
import * as GroupName from "./GroupName.ts"
import * as Headers from "./Headers.ts"
import * as KnownField from "./KnownField.ts"
import * as MessageId from "./MessageId.ts"
import * as NewsDate from "./NewsDate.ts"
import * as Octets from "./Octets.ts"
import { RelayedArticle } from "./RelayedArticle.ts"

export interface Article {
  readonly octets: Uint8Array
  /** Offset of the first octet of the body; the header ends two octets before it. */
  readonly bodyStart: number
  readonly messageId: MessageId.MessageId
  /** Those of Newsgroups, in order, without repeats, at least one. */
  readonly groups: ReadonlyArray<GroupName.GroupName>
  /** Unfolded, as the latest site wrote it. */
  readonly path: string
  /** Of Injection-Date, else of Date; whole seconds. */
  readonly injectedMillis: number
  /** What was found when it was read. Whoever makes an article by hand leaves it out. */
  readonly scan?: ArticleScan.ArticleScan
  /** Of Expires (RFC 5536 §3.2.5), where it has one that can be read. */
  readonly expiresMillis?: number
}

/** What a look at the article's octets finds, without another look where there was one. */
export const scanOf = (article: Pick<Article, "octets" | "bodyStart" | "scan">): ArticleScan.ArticleScan =>
  article.scan ?? ArticleScan.again(article.octets, article.bodyStart - 2)

/** How many octets an article has. */
export const bytesOf = (article: Article): number =>
  article instanceof RelayedArticle ? article.bytes : article.octets.length

/** Puts the octets of an article at a place among others, where there is room for them. */
export const put = (article: Article, target: Uint8Array, at: number): void => {
  if (article instanceof RelayedArticle) article.put(target, at)
  else target.set(article.octets, at)
}

/** Octets that are no article. The reason is a phrase for a reply line: ASCII, no line break. */
export interface Malformed {
  readonly _tag: "Malformed"
  readonly reason: string
}

const malformed = (reason: string): Malformed => ({ _tag: "Malformed", reason })

export const isMalformed = (read: Article | Malformed): read is Malformed => "_tag" in read

const { date, expires, from, injectionDate, messageId, newsgroups, path, subject } = KnownField.field
/** RFC 5536 §3.1. */
const mandatory = [path, from, newsgroups, subject, messageId, date] as const
/** Fields of which an article has at most one. */
const single: ReadonlyArray<KnownField.Field> = [...mandatory, injectionDate, expires]
const singleBits = single.reduce((bits: number, field) => bits | (1 << field), 0)

/**
 * Reads an article, or says why octets are none: a bare CR or LF, a NUL, a header line without a name, a mandatory
 * field (RFC 5536 §3.1) that is missing, double or unreadable. Sizes are the doors' affair.
 *
 * `expected` is the id that it should have: where it has, that needs no second look. Nor does what was `found` in it.
 */
export const read = (
  octets: Uint8Array,
  expected?: MessageId.MessageId,
  found?: ArticleScan.ArticleScan
): Article | Malformed => {
  const scan = found ?? ArticleScan.of(octets)
  if (typeof scan === "string") return malformed(scan)
  const fault = countFault(scan)
  if (fault !== undefined) return malformed(fault)
  const id =
    expected !== undefined && ArticleScan.isContent(octets, scan, messageId, expected)
      ? expected
      : MessageId.parse(ArticleScan.content(octets, scan, messageId) ?? "")
  if (id === undefined) return malformed("the Message-ID is not one")
  const groups = groupsRead.of(octets, scan, newsgroups)
  if (groups === undefined) return malformed("Newsgroups names no group, or one that cannot be")
  const dated = ArticleScan.has(scan, injectionDate) ? injectionDate : date
  const injectedMillis = datesRead.of(octets, scan, dated)
  if (injectedMillis === undefined) return malformed(`the ${dated === date ? "Date" : "Injection-Date"} is not one`)
  const way = ArticleScan.recurring(octets, scan, path) ?? ""
  if (way === "") return malformed("the Path is empty")
  const ends = ArticleScan.content(octets, scan, expires)
  const expiresMillis = ends === undefined ? undefined : NewsDate.parse(ends)
  const article = { octets, bodyStart: scan.bodyStart, messageId: id, groups, path: way, injectedMillis, scan }
  return expiresMillis === undefined ? article : { ...article, expiresMillis }
}

/** Which field is there too often, or is missing. */
const countFault = (scan: ArticleScan.ArticleScan): string | undefined => {
  const { repeated } = scan
  if ((repeated & singleBits) !== 0) {
    const twice = single.find((field) => (repeated & (1 << field)) !== 0) ?? path
    return `more than one ${KnownField.names[twice]} field`
  }
  for (const field of mandatory) if (!ArticleScan.has(scan, field)) return `no ${KnownField.names[field]} field`
  return undefined
}

/**
 * The groups of a Newsgroups field, in order, without repeats; nothing if one is no group, or none is there. Empty
 * places between commas, as old articles have them, are passed over.
 */
export const readGroups = (content: string): ReadonlyArray<GroupName.GroupName> | undefined => {
  const groups: Array<GroupName.GroupName> = []
  let seen: Set<string> | undefined
  for (let at = 0; at < content.length;) {
    const comma = content.indexOf(",", at)
    const end = comma < 0 ? content.length : comma
    const name = content.slice(at, end).trim()
    at = end + 1
    if (name === "") continue
    const group = GroupName.parse(name)
    if (group === undefined) return undefined
    if (groups.length >= fewGroups) seen ??= new Set(groups)
    if (seen === undefined ? groups.includes(group) : seen.has(group)) continue
    seen?.add(group)
    groups.push(group)
  }
  return groups.length === 0 ? undefined : groups
}

/** What has been read of Newsgroups that are not long, since those of one place and app are often the same. */
const known = new Map<string, ReadonlyArray<GroupName.GroupName>>()
const knownMax = 1_024
const knownBytesMax = 256

/** As `readGroups`; the same groups are given out again. */
const groupsOf = (content: string): ReadonlyArray<GroupName.GroupName> | undefined => {
  const before = known.get(content)
  if (before !== undefined) return before
  const groups = readGroups(content)
  if (groups === undefined || content.length > knownBytesMax) return groups
  if (known.size >= knownMax) known.clear()
  known.set(content, groups)
  return groups
}

const groupsRead = new ArticleScan.Reading(groupsOf)
const datesRead = new ArticleScan.Reading(NewsDate.parse)

/** So many names are looked through one by one. */
const fewGroups = 8

/** The content of the first field of that name, in any case, unfolded; UTF-8, or Latin-1 where it is not UTF-8. */
export const field = (article: Article, name: string): string | undefined =>
  Headers.get(article.octets, article.bodyStart - 2, name)

/** The octets after the empty line, not copied. */
export const body = (article: Article): Uint8Array => article.octets.subarray(article.bodyStart)

/** The octets before the empty line, not copied. */
export const header = (article: Article): Uint8Array => article.octets.subarray(0, article.bodyStart - 2)

/**
 * Octets of an article with these fields in this order. Line breaks in a value become spaces; those of a text body
 * become CRLF. A body that does not end a line gets an end.
 */
export const make = (
  fields: ReadonlyArray<readonly [name: string, value: string]>,
  content: Uint8Array | string
): Uint8Array => {
  const lines = fields.map(([name, value]) => fieldLine(name, value)).join("")
  const written = typeof content === "string" ? utf8.encode(content.replaceAll(/\r\n?|\n/g, "\r\n")) : content
  const isEnded = written.length === 0 || written[written.length - 1] === 10
  return Octets.concat([utf8.encode(`${lines}\r\n`), written, isEnded ? nothing : crlf])
}

/**
 * The octets with some fields set and some dropped, names in any case, everything else byte for byte. A field that is
 * set takes the place of the first of its name; one that was not there ends the header, but a Path begins it.
 */
export const withFields = (
  article: Pick<Article, "octets" | "bodyStart">,
  set: ReadonlyArray<readonly [name: string, value: string]>,
  drop: ReadonlyArray<string>
): Uint8Array => {
  const { bodyStart, octets } = article
  const end = bodyStart - 2
  const pending = new Map(set.map(([name, value]) => [name.toLowerCase(), fieldLine(name, value)]))
  const replaced = [...pending.keys(), ...drop.map((name) => name.toLowerCase())]
  const pieces: Array<Uint8Array> = []
  let keptFrom = 0
  for (let at = 0; at < end;) {
    const next = Headers.fieldEnd(octets, at, end)
    const name = replaced.find((candidate) => Headers.isNamed(octets, at, candidate))
    if (name !== undefined) {
      pieces.push(octets.subarray(keptFrom, at), utf8.encode(pending.get(name) ?? ""))
      pending.delete(name)
      keptFrom = next
    }
    at = next
  }
  const path = pending.get("path")
  if (path !== undefined) pieces.unshift(utf8.encode(path))
  pending.delete("path")
  pieces.push(octets.subarray(keptFrom, end), utf8.encode([...pending.values()].join("")), octets.subarray(end))
  return Octets.concat(pieces)
}

/**
 * The article with `prefix`, which is ASCII, in front of its Path and without its Xref, everything else byte for byte: what a relaying
 * site does to it (RFC 5537 §3.6). Those of its octets that came are kept, and may not change.
 */
export const prefixPath = (article: Article, prefix: string): Article => {
  const { bodyStart, octets, scan } = withoutXref(article)
  const pathAt = Headers.contentStart(octets, ArticleScan.startOf(scan, path), bodyStart - 2)
  if (prefix !== latest.prefix) latest = { prefix, octets: utf8.encode(prefix) }
  const { expiresMillis, groups, injectedMillis, messageId } = article
  const bare = { octets, bodyStart, messageId, groups, path: article.path, injectedMillis, scan }
  return new RelayedArticle(
    expiresMillis === undefined ? bare : { ...bare, expiresMillis },
    prefix,
    latest.octets,
    pathAt
  )
}

/** What the last article got in front of its Path: many come the same way. */
let latest = { prefix: "", octets: new Uint8Array(0) }

/** Whether it can be sent as it lies, once it has an Xref of the site that serves it: no dot to double, no other Xref. */
export const isWireReady = (article: Article): boolean => {
  const scan = scanOf(article)
  return scan.isDotless && !ArticleScan.has(scan, KnownField.field.xref)
}

type Scanned = Pick<Article, "octets" | "bodyStart"> & { readonly scan: ArticleScan.ArticleScan }

const withoutXref = (article: Article): Scanned => {
  const { bodyStart, octets } = article
  const scan = scanOf(article)
  const start = ArticleScan.startOf(scan, KnownField.field.xref)
  if (start < 0) return { octets, bodyStart, scan }
  const cut = ArticleScan.without(scan, KnownField.field.xref)
  if (cut !== undefined) {
    const end = start + bodyStart - cut.bodyStart
    return {
      octets: Octets.concat([octets.subarray(0, start), octets.subarray(end)]),
      bodyStart: cut.bodyStart,
      scan: cut
    }
  }
  const kept = withFields(article, [], ["Xref"])
  const again = ArticleScan.again(kept, bodyStart - (octets.length - kept.length) - 2)
  return { octets: kept, bodyStart: again.bodyStart, scan: again }
}

const utf8 = new TextEncoder()
const nothing = new Uint8Array(0)
const crlf = utf8.encode("\r\n")

const fieldLine = (name: string, value: string): string => `${name}: ${value.replaceAll(/[\r\n\0]+/g, " ")}\r\n`
