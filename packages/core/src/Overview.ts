/**
 * What a reader is told of an article before it reads it: one line a number, fields between tabs (RFC 3977 §8).
 *
 * Columns after the eighth carry their field's name, so lines of other servers are read by name.
 */
import type * as Article from "./Article.ts"
import * as Headers from "./Headers.ts"
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

/** Columns that are copied from the header, in their order; `full` ones carry their name. */
const plain = ["subject", "from", "date", "message-id", "references"] as const
const full = ["lupin-event", "lupin-location", "newsgroups", "injection-date"] as const
const fullNames = ["Lupin-Event: ", "Lupin-Location: ", "Newsgroups: ", "Injection-Date: "] as const
const copied: ReadonlyArray<string> = [...plain, ...full]

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
  const end = bodyStart - 2
  const starts = locate(octets, end)
  const xrefBytes = xref === "" ? 0 : xref.length + "Xref: \r\n".length
  const counts = `\t${octets.length + xrefBytes}\t${lineCount(octets, bodyStart)}\t${xref === "" ? "" : `Xref: ${xref}`}`
  const out = room(end + counts.length + lineOverheadBytes)
  let to = Octets.write(out, 0, String(number))
  for (let column = 0; column < copied.length; column += 1) {
    if (column === plain.length) to = Octets.write(out, to, counts)
    out[to] = tab
    to += 1
    const start = starts[column] as number
    if (start < 0) continue
    const name = fullNames[column - plain.length]
    if (name !== undefined) to = Octets.write(out, to, name)
    to = writeContent(out, to, octets, start, end)
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

/** How many lines the body has (RFC 3977 §8.1.2). */
export const lineCount = (octets: Uint8Array, bodyStart: number): number => {
  let lines = 0
  for (let at = octets.indexOf(lf, bodyStart); at >= 0; at = octets.indexOf(lf, at + 1)) lines += 1
  return lines
}

const toCount = (column: string | undefined): number => {
  const count = Number(column ?? "0")
  return Number.isSafeInteger(count) && count > 0 ? count : 0
}

const locate = (octets: Uint8Array, end: number): ReadonlyArray<number> => {
  const starts = copied.map(() => -1)
  for (let at = 0; at < end; at = Headers.fieldEnd(octets, at, end)) {
    const column = columnAt(octets, at)
    if (column >= 0 && starts[column] === -1) starts[column] = at
  }
  return starts
}

/** Decides by the first letter which names are worth comparing; the numbers are places in `copied`. */
const columnAt = (octets: Uint8Array, at: number): number => {
  switch ((octets[at] as number) | 32) {
    case 115:
      return Headers.isNamed(octets, at, "subject") ? 0 : -1
    case 102:
      return Headers.isNamed(octets, at, "from") ? 1 : -1
    case 100:
      return Headers.isNamed(octets, at, "date") ? 2 : -1
    case 109:
      return Headers.isNamed(octets, at, "message-id") ? 3 : -1
    case 114:
      return Headers.isNamed(octets, at, "references") ? 4 : -1
    case 108:
      return Headers.isNamed(octets, at, "lupin-event") ? 5 : Headers.isNamed(octets, at, "lupin-location") ? 6 : -1
    case 110:
      return Headers.isNamed(octets, at, "newsgroups") ? 7 : -1
    case 105:
      return Headers.isNamed(octets, at, "injection-date") ? 8 : -1
    default:
      return -1
  }
}

/** Writes the content of the field at `start` without space around it, folds undone. */
const writeContent = (out: Uint8Array, start: number, octets: Uint8Array, fieldStart: number, end: number): number => {
  const stop = Headers.fieldEnd(octets, fieldStart, end)
  let to = start
  for (let at = Headers.contentStart(octets, fieldStart, stop); at < stop; at += 1) {
    const octet = octets[at] as number
    if (octet === cr || octet === lf) continue
    out[to] = octet === tab ? space : octet
    to += 1
  }
  while (to > start && out[to - 1] === space) to -= 1
  return to
}
