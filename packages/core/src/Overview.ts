/**
 * What a reader is told of an article before it reads it: one line a number, fields between tabs (RFC 3977 §8).
 *
 * Columns after the eighth carry their field's name, so lines of other servers are read by name.
 */
import * as Article from "./Article.ts"
import * as ArticleScan from "./ArticleScan.ts"
import * as MessageId from "./MessageId.ts"
import * as Octets from "./Octets.ts"

/** The columns after the number, as LIST OVERVIEW.FMT gives them (RFC 3977 §8.4). */
export const fields = [
  "Subject:",
  "From:",
  "Date:",
  "Message-ID:",
  "References:",
  ":bytes",
  ":lines",
  "Xref:full",
  "Lupin-Event:full",
  "Lupin-Location:full",
  "Newsgroups:full",
  "Injection-Date:full"
] as const

/** One line, read. A column that is empty or missing is the empty text, or 0. */
export interface Row {
  readonly number: number
  readonly subject: string
  readonly from: string
  readonly date: string
  readonly messageId: MessageId.MessageId
  readonly references: string
  /** Octets of the article as it is served, without dot-stuffing and terminator. */
  readonly bytes: number
  /** Lines of the body. */
  readonly lines: number
  readonly xref: string
  readonly event: string
  readonly location: string
  readonly newsgroups: string
  readonly injectionDate: string
}

const { date, from, injectionDate, lupinEvent, lupinLocation, messageId, newsgroups, references, subject } =
  ArticleScan.field
/** Columns that are copied from the header, in their order; `full` ones carry their name. */
const plain = [subject, from, date, messageId, references] as const
const full = [lupinEvent, lupinLocation, newsgroups, injectionDate] as const
const fullNames = ["Lupin-Event: ", "Lupin-Location: ", "Newsgroups: ", "Injection-Date: "] as const
const copied = [...plain, ...full]

const tab = 9
const lf = 10
const cr = 13
const space = 32

/**
 * The line of an article without CRLF. `xref` is the content of the Xref field it is served with, or empty.
 *
 * As RFC 3977 §8.3.2 has it, folds are undone, and a tab or a stray line break becomes a space.
 */
export const line = (number: number, article: Article.Article, xref: string): Uint8Array => {
  const { bodyStart, octets } = article
  const scan = Article.scanOf(article)
  const xrefBytes = xref === "" ? 0 : xref.length + "Xref: \r\n".length
  const counts = `\t${octets.length + xrefBytes}\t${scan.lines}\t${xref === "" ? "" : `Xref: ${xref}`}`
  const out = room(bodyStart + counts.length + lineOverheadBytes)
  let to = Octets.write(out, 0, String(number))
  for (let column = 0; column < copied.length; column += 1) {
    if (column === plain.length) to = Octets.write(out, to, counts)
    out[to] = tab
    to += 1
    const field = copied[column] as ArticleScan.Field
    const place = scan.places[field] as number
    if (place < 0) continue
    if (column >= plain.length) to = Octets.write(out, to, fullNames[column - plain.length] as string)
    const start = (scan.starts[place] as number) + ArticleScan.names[field].length + 1
    const end = scan.starts[place + 1] as number
    to = scan.isPlain ? writePlain(out, to, octets, start, end - 2) : writeContent(out, to, octets, start, end)
  }
  return Octets.copy(out, 0, to)
}

/** What the number, the tabs and the names of the full columns take at most. */
const lineOverheadBytes = 160

// Lines are put together in one place and copied out: a fresh buffer of full size for each would cost more than the line.
let scratch = new Uint8Array(4_096)
const room = (bytes: number): Uint8Array => {
  if (scratch.length < bytes) scratch = new Uint8Array(bytes)
  return scratch
}

/** Reads a line without its CRLF; nothing if it does not begin with a number and hold a Message-ID. */
export const parse = (text: string): Row | undefined => {
  const columns = text.split("\t")
  const messageId = MessageId.parse((columns[4] ?? "").trim())
  if (messageId === undefined || !/^\d{1,10}$/.test(columns[0] ?? "")) return undefined
  const named = new Map<string, string>()
  for (const column of columns.slice(8)) {
    const colon = column.indexOf(":")
    if (colon > 0) named.set(column.slice(0, colon).toLowerCase(), column.slice(colon + 1).trim())
  }
  return {
    number: Number(columns[0]),
    subject: columns[1] ?? "",
    from: columns[2] ?? "",
    date: columns[3] ?? "",
    messageId,
    references: columns[5] ?? "",
    bytes: toCount(columns[6]),
    lines: toCount(columns[7]),
    xref: named.get("xref") ?? "",
    event: named.get("lupin-event") ?? "",
    location: named.get("lupin-location") ?? "",
    newsgroups: named.get("newsgroups") ?? "",
    injectionDate: named.get("injection-date") ?? ""
  }
}

const toCount = (column: string | undefined): number => {
  const count = Number(column ?? "0")
  return Number.isSafeInteger(count) && count > 0 ? count : 0
}

/** Writes content without space around it. */
const writePlain = (out: Uint8Array, to: number, octets: Uint8Array, start: number, end: number): number => {
  let from = start
  let stop = end
  while (from < stop && octets[from] === space) from += 1
  while (stop > from && octets[stop - 1] === space) stop -= 1
  // Fields are short: a loop costs less than a view.
  let at = to
  for (; from < stop; from += 1) out[at++] = octets[from] as number
  return at
}

/** Writes content without space around it, folds undone; `start` is behind the colon. */
const writeContent = (
  out: Uint8Array,
  start: number,
  octets: Uint8Array,
  contentStart: number,
  end: number
): number => {
  let to = start
  for (let at = contentStart; at < end; at += 1) {
    const octet = octets[at] as number
    if (octet === cr || octet === lf || (to === start && (octet === space || octet === tab))) continue
    out[to] = octet === tab ? space : octet
    to += 1
  }
  while (to > start && out[to - 1] === space) to -= 1
  return to
}
