/**
 * An article as octets, with what a site must know of it to file it (RFC 5536).
 *
 * The octets are those on the wire before dot-stuffing: CRLF line ends, header, empty line, body, no terminator.
 */
import * as GroupName from "./GroupName.ts"
import * as Headers from "./Headers.ts"
import * as MessageId from "./MessageId.ts"
import * as NewsDate from "./NewsDate.ts"
import * as Octets from "./Octets.ts"

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
  readonly scan?: Headers.Scan
  /** Of Expires (RFC 5536 §3.2.5), where it has one that can be read. */
  readonly expiresMillis?: number
}

/** What a look at the article's octets finds, without another look where there was one. */
export const scanOf = ({ bodyStart, octets, scan }: Pick<Article, "octets" | "bodyStart" | "scan">): Headers.Scan =>
  scan ?? Headers.rescan(octets, bodyStart - 2)

/** Octets that are no article. The reason is a phrase for a reply line: ASCII, no line break. */
export interface Malformed {
  readonly _tag: "Malformed"
  readonly reason: string
}

const malformed = (reason: string): Malformed => ({ _tag: "Malformed", reason })

export const isMalformed = (read: Article | Malformed): read is Malformed => "_tag" in read

/** Fields that are looked for in every article, by their place in what `locate` gives. All but the last two are mandatory. */
const sought = ["path", "from", "newsgroups", "subject", "message-id", "date", "injection-date", "expires"] as const
const mandatoryCount = 6
const [path, , newsgroups, , messageId, date, injectionDate, expires] = [0, 1, 2, 3, 4, 5, 6, 7] as const

/**
 * Reads an article, or says why octets are none: a bare CR or LF, a NUL, a header line without a name, a mandatory
 * field (RFC 5536 §3.1) that is missing, double or unreadable. Sizes are the doors' affair.
 */
export const read = (octets: Uint8Array): Article | Malformed => {
  const scan = Headers.scan(octets)
  if (typeof scan === "string") return malformed(scan)
  const { bodyStart } = scan
  const spans = locate(octets, scan.starts)
  if (typeof spans === "string") return malformed(spans)
  const contentOf = (field: number): string =>
    Headers.content(octets, spans[field] as number, spans[field + sought.length] as number)
  const id = MessageId.parse(contentOf(messageId))
  if (id === undefined) return malformed("the Message-ID is not one")
  const groups = readGroups(contentOf(newsgroups))
  if (groups === undefined) return malformed("Newsgroups names no group, or one that cannot be")
  const dated = spans[injectionDate] === -1 ? date : injectionDate
  const injectedMillis = NewsDate.parse(contentOf(dated))
  if (injectedMillis === undefined) return malformed(`the ${dated === date ? "Date" : "Injection-Date"} is not one`)
  const way = contentOf(path)
  if (way === "") return malformed("the Path is empty")
  const expiresMillis = spans[expires] === -1 ? undefined : NewsDate.parse(contentOf(expires))
  const article = { octets, bodyStart, messageId: id, groups, path: way, injectedMillis, scan }
  return expiresMillis === undefined ? article : { ...article, expiresMillis }
}

/** Where the fields sought begin, -1 for one that is not there, then where they end; or why there is no article. */
const locate = (octets: Uint8Array, starts: ReadonlyArray<number>): ReadonlyArray<number> | string => {
  const spans = [-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1]
  for (let place = 0; place < starts.length - 1; place += 1) {
    const at = starts[place] as number
    const field = fieldAt(octets, at)
    if (field < 0) continue
    if (spans[field] !== -1) return `more than one ${sought[field]} field`
    spans[field] = at
    spans[field + sought.length] = starts[place + 1] as number
  }
  for (let field = 0; field < mandatoryCount; field += 1) {
    if (spans[field] === -1) return `no ${sought[field]} field`
  }
  return spans
}

/** Decides by the first letter which names are worth comparing. */
const fieldAt = (octets: Uint8Array, at: number): number => {
  switch ((octets[at] as number) | 32) {
    case 112:
      return Headers.isNamed(octets, at, "path") ? 0 : -1
    case 102:
      return Headers.isNamed(octets, at, "from") ? 1 : -1
    case 110:
      return Headers.isNamed(octets, at, "newsgroups") ? 2 : -1
    case 115:
      return Headers.isNamed(octets, at, "subject") ? 3 : -1
    case 109:
      return Headers.isNamed(octets, at, "message-id") ? 4 : -1
    case 100:
      return Headers.isNamed(octets, at, "date") ? 5 : -1
    case 101:
      return Headers.isNamed(octets, at, "expires") ? 7 : -1
    case 105:
      return Headers.isNamed(octets, at, "injection-date") ? 6 : -1
    default:
      return -1
  }
}

/**
 * The groups of a Newsgroups field, in order, without repeats; nothing if one is no group, or none is there. Empty
 * places between commas, as old articles have them, are passed over.
 */
export const readGroups = (content: string): ReadonlyArray<GroupName.GroupName> | undefined => {
  const groups: Array<GroupName.GroupName> = []
  const seen = content.includes(",") ? new Set<string>() : undefined
  for (const part of content.split(",")) {
    const name = part.trim()
    if (name === "") continue
    const group = GroupName.parse(name)
    if (group === undefined) return undefined
    if (seen?.has(group)) continue
    seen?.add(group)
    groups.push(group)
  }
  return groups.length === 0 ? undefined : groups
}

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
 * site does to it (RFC 5537 §3.6).
 */
export const prefixPath = (article: Article, prefix: string): Article => {
  const { bodyStart, octets, scan } = withoutXref(article)
  const start = Headers.startOf(octets, scan.starts, "path")
  const pathAt = Headers.contentStart(octets, start, bodyStart - 2)
  const whole = Octets.take(octets.length + prefix.length)
  whole.set(octets.subarray(0, pathAt))
  whole.set(octets.subarray(pathAt), Octets.write(whole, pathAt, prefix))
  const path = prefix + article.path
  const starts = scan.starts.map((each) => (each > start ? each + prefix.length : each))
  const moved = { ...scan, bodyStart: bodyStart + prefix.length, starts }
  return { ...article, octets: whole, bodyStart: moved.bodyStart, path, scan: moved }
}

/** Whether it can be sent as it lies, once it has an Xref of the site that serves it: no dot to double, no other Xref. */
export const isWireReady = (article: Article): boolean => {
  const { isDotless, starts } = scanOf(article)
  return isDotless && Headers.startOf(article.octets, starts, "xref") < 0
}

type Scanned = Pick<Article, "octets" | "bodyStart"> & { readonly scan: Headers.Scan }

const withoutXref = (article: Article): Scanned => {
  const { bodyStart, octets } = article
  const scan = scanOf(article)
  if (Headers.startOf(octets, scan.starts, "xref") < 0) return { octets, bodyStart, scan }
  const kept = dropped(article, "Xref")
  const { isDotless, isPlain } = scan
  return { ...kept, scan: { ...Headers.rescan(kept.octets, kept.bodyStart - 2), isPlain, isDotless } }
}

const dropped = (article: Article, name: string): Pick<Article, "octets" | "bodyStart"> => {
  const octets = withFields(article, [], [name])
  return { octets, bodyStart: article.bodyStart - (article.octets.length - octets.length) }
}

const utf8 = new TextEncoder()
const nothing = new Uint8Array(0)
const crlf = utf8.encode("\r\n")

const fieldLine = (name: string, value: string): string => `${name}: ${value.replaceAll(/[\r\n\0]+/g, " ")}\r\n`
