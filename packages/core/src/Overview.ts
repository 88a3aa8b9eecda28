/**
 * What a reader is told of an article before it reads it: one line a number, fields between tabs (RFC 3977 §8).
 *
 * Columns after the eighth carry their field's name, so lines of other servers are read by name.
 */
import * as Article from "./Article.ts"
import * as ArticleScan from "./ArticleScan.ts"
import * as Headers from "./Headers.ts"
import * as KnownField from "./KnownField.ts"
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
  KnownField.field
/** Columns that are copied from the header, in their order; `full` ones carry their name. */
const plain = [subject, from, date, messageId, references] as const
const full = [lupinEvent, lupinLocation, newsgroups, injectionDate] as const
const fullNames = ["Lupin-Event: ", "Lupin-Location: ", "Newsgroups: ", "Injection-Date: "] as const

/**
 * The line of an article without CRLF. `xref` is the content of the Xref field it is served with, or empty.
 *
 * As RFC 3977 §8.3.2 has it, folds are undone, and a tab or a stray line break becomes a space.
 */
export const line = (number: number, article: Article.Article, xref: string): Uint8Array =>
  Octets.ofLatin1(`${number}${columns(article, xref)}`)

/** What follows the number in the line, from the first tab on: a character for each octet. Made for every article. */
export const columns = (article: Pick<Article.Article, "octets" | "bodyStart" | "scan">, xref: string): string => {
  const { octets } = article
  const scan = Article.scanOf(article)
  let text = ""
  for (const field of plain) text += `\t${contentOf(octets, scan, field)}`
  const xrefBytes = xref === "" ? 0 : xref.length + "Xref: \r\n".length
  text += `\t${octets.length + xrefBytes}\t${scan.lines}\t${xref === "" ? "" : `Xref: ${xref}`}`
  for (let column = 0; column < full.length; column += 1) {
    const field = full[column] as KnownField.Field
    text += !ArticleScan.has(scan, field) ? "\t" : `\t${fullNames[column]}${contentOf(octets, scan, field)}`
  }
  return text
}

/** The content of a field, folds undone and without tabs, a character for each octet; empty where there is none. */
const contentOf = (octets: Uint8Array, scan: ArticleScan.ArticleScan, field: KnownField.Field): string => {
  if (ArticleScan.isText(scan)) return ArticleScan.content(octets, scan, field) ?? ""
  if (!ArticleScan.has(scan, field)) return ""
  const start = ArticleScan.startOf(scan, field) + KnownField.names[field].length + 1
  return Headers.latin1(octets, start, ArticleScan.endOf(scan, field))
    .replaceAll(/[\r\n]/g, "")
    .replaceAll("\t", " ")
    .replaceAll(/^ +| +$/g, "")
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
