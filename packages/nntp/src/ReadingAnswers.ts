/**
 * Answers to the commands that read articles and overview: looks up what a task names and writes the reply.
 */
import * as Headers from "@lupin/core/Headers"
import * as Limits from "@lupin/core/Limits"
import type * as MessageId from "@lupin/core/MessageId"
import * as Overview from "@lupin/core/Overview"
import * as Article from "@lupin/core/Article"
import * as Prompt from "@lupin/core/Prompt"
import * as Xref from "@lupin/core/Xref"
import type { Held } from "@lupin/spool/Spool"
import { Effect } from "effect"
import * as Columns from "./Columns.ts"
import type * as Command from "./Command.ts"
import type * as Guard from "./Guard.ts"
import type { Output, Trouble } from "./Output.ts"
import * as Reply from "./Reply.ts"
import type * as Session from "./Session.ts"
import * as TextPattern from "./TextPattern.ts"
import type { WriteBuffer } from "./WriteBuffer.ts"

/** What answers are made from. */
export interface Reading {
  readonly spool: Guard.ReadableSpool
  /** What our Xref begins with. */
  readonly site: string
}

/** Rows asked of the spool at a time. */
const rowsMax = Limits.pageMax

type Outcome = Session.Outcome | undefined
type Answer = Effect.Effect<Outcome, Trouble>

/** GROUP and LISTGROUP (RFC 3977 §6.1.1, §6.1.2). A group that is not there changes no selection. */
export const select = Effect.fnUntraced(function* (
  { spool }: Reading,
  task: Session.Task & { readonly _tag: "Select" },
  out: Output
): Effect.fn.Return<Outcome, Trouble> {
  const group = yield* spool.group(task.name)
  if (group === undefined) return none(out, 411)
  const [first] = yield* spool.numbers(group.name, group.low, group.high, 1)
  const suffix = task.list === undefined ? "" : " list follows"
  out.buffer.line(`211 ${group.count} ${group.low} ${group.high} ${group.name}${suffix}`)
  if (task.list !== undefined) {
    const high = Math.min(task.list.high, group.high)
    let low = task.list.low
    while (low <= high) {
      const numbers = yield* spool.numbers(group.name, low, high, rowsMax)
      for (const number of numbers) out.buffer.line(String(number))
      yield* out.flushIfFull
      low = numbers.length < rowsMax ? high + 1 : (numbers[numbers.length - 1] ?? high) + 1
    }
    out.buffer.text(".\r\n")
  }
  return { _tag: "Selected", group: group.name, number: first }
})

/** NEXT and LAST (RFC 3977 §6.1.3, §6.1.4). */
export const neighbour = Effect.fnUntraced(function* (
  { spool }: Reading,
  task: Session.Task & { readonly _tag: "Neighbour" },
  out: Output
): Effect.fn.Return<Outcome, Trouble> {
  const number = yield* spool.neighbour(task.group, task.number, task.direction)
  const [row] = number === undefined ? [] : yield* spool.overview(task.group, number, number, 1)
  if (row === undefined) return none(out, task.direction === "next" ? 421 : 422)
  out.buffer.line(Reply.line(223, `${row.number} ${Columns.messageIdOf(row.line)}`))
  return { _tag: "Moved", number: row.number }
})

/** ARTICLE, HEAD, BODY and STAT (RFC 3977 §6.2). By Message-ID the current article number stays. */
export const article = (reading: Reading, task: Session.Task & { readonly _tag: "Article" }, out: Output): Answer =>
  typeof task.of === "string"
    ? Effect.as(articles(reading, [{ part: task.part, id: task.of }], out) ?? Effect.void, undefined)
    : articleAt(reading, task.part, task.of, out)

/** An article asked for by Message-ID, and which part of it. */
export interface Wanted {
  readonly part: Command.Part
  readonly id: MessageId.MessageId
}

/** Commands answered together. */
export const wantedMax = 16

/** Octets of articles held in memory at a time to answer commands together; one alone may be larger. */
const togetherBytesMax = 128 * 1024

/** Answers commands that ask by Message-ID, with few questions to the spool; gives what could not be done at once. */
export const articles = (reading: Reading, wanted: ReadonlyArray<Wanted>, out: Output): Prompt.Rest<Trouble> => {
  const ids = wanted.map(({ id }) => id)
  return Prompt.andThen(reading.spool.findAll(ids, togetherBytesMax), (found) => {
    for (const [at, held] of found.entries()) {
      const { id, part } = wanted[at] ?? { id: "", part: "STAT" }
      if (held === undefined) none(out, 430)
      else write(out, part, 0, id, held)
    }
    if (found.length >= wanted.length) return out.relieve()
    const rest = (): Prompt.Rest<Trouble> => articles(reading, wanted.slice(found.length), out)
    return Prompt.andThen(out.relieve() ?? Effect.void, rest)
  })
}

const articleAt = Effect.fnUntraced(function* (
  { spool }: Reading,
  part: Command.Part,
  { group, isCurrent, low: number }: Session.Span,
  out: Output
): Effect.fn.Return<Outcome, Trouble> {
  const held = number > Limits.articleNumberMax ? undefined : yield* spool.at(group, number)
  if (held === undefined) return none(out, isCurrent ? 420 : 423)
  const id = Headers.get(held.article, Columns.headerEnd(held.article), "message-id") ?? ""
  write(out, part, number, id, held)
  yield* out.flushIfFull
  return { _tag: "Moved", number }
})

const codes = { ARTICLE: 220, HEAD: 221, BODY: 222, STAT: 223 } as const

/** How an answer begins to whoever asks by id: no group is meant, so the number is 0 (RFC 3977 §6.2.1). */
const firstLines = { ARTICLE: "220 0 ", HEAD: "221 0 ", BODY: "222 0 ", STAT: "223 0 " } as const

/** Writes the part asked for: our Xref begins the header, and any other is left out. */
const write = ({ buffer }: Output, part: Command.Part, number: number, id: string, held: Held): void => {
  const first = number === 0 ? firstLines[part] : `${codes[part]} ${number} `
  const wire = part === "ARTICLE" ? held.wire : undefined
  if (wire !== undefined) return buffer.wireBlock(first, wire)
  buffer.ascii(first)
  buffer.ascii(id)
  buffer.crlf()
  if (part === "STAT") return
  if (part !== "BODY") buffer.rawLine(held.xref)
  const octets = held.article
  const end = Columns.headerEnd(octets)
  if (part !== "BODY") stuffedWithoutXref(buffer, octets, end)
  if (part === "ARTICLE") buffer.crlf()
  if (part !== "HEAD") buffer.stuffed(octets.subarray(end + 2))
  buffer.endBlock()
}

const stuffedWithoutXref = (buffer: WriteBuffer, octets: Uint8Array, end: number): void => {
  let from = 0
  for (let at = Headers.find(octets, end, "xref"); at !== -1; at = Headers.find(octets, end, "xref", from)) {
    buffer.stuffed(octets.subarray(from, at))
    from = Headers.fieldEnd(octets, at, end)
  }
  buffer.stuffed(octets.subarray(from, end))
}

/**
 * OVER and XOVER (RFC 3977 §8.3). Where a range holds nothing, XOVER and XHDR answer with an empty list, as INN does:
 * RFC 2980 does not know 423, and newsreaders that send the old forms take it for trouble.
 */
export const over = (reading: Reading, task: Session.Task & { readonly _tag: "Over" }, out: Output): Answer =>
  typeof task.of === "string"
    ? rowById(reading, task.of, out, "224 Overview follows", (held) => {
        const read = Article.read(held.article)
        if (!Article.isMalformed(read)) out.buffer.raw(Overview.line(0, read, Xref.format(reading.site, held.numbers)))
        out.buffer.text("\r\n")
      })
    : overviewText(reading, task.of, task.isOldForm, out)

/** HDR, XHDR (RFC 3977 §8.5) and XPAT. A field that the overview lacks is looked up in each article. */
export const hdr = (reading: Reading, task: Session.Task & { readonly _tag: "Hdr" }, out: Output): Answer => {
  const { field, isOldForm, of, pattern } = task
  const at = Columns.place(field)
  if (at === undefined && Columns.isMetadata(field)) return Effect.sync(() => none(out, 503))
  const first = head(isOldForm ? "221 Header follows" : "225 Header fields follow", isOldForm)
  const row = (label: string, value: Uint8Array): void => {
    if (pattern !== undefined && !TextPattern.matches(pattern, value)) return
    out.buffer.text(`${label} `)
    out.buffer.raw(value)
    out.buffer.text("\r\n")
  }
  if (typeof of === "string") {
    const label = isOldForm ? of : "0"
    return rowById(reading, of, out, first.line, (held) => {
      const read = Article.read(held.article)
      if (at === undefined || Article.isMalformed(read)) return row(label, Columns.ofArticle(held.article, field))
      row(label, Columns.ofLine(Overview.line(0, read, Xref.format(reading.site, held.numbers)), at))
    })
  }
  return at === undefined
    ? fieldRows(reading, field, of, out, first, row)
    : rows(reading, of, out, first, (number, line) => row(String(number), Columns.ofLine(line, at)))
}

const rowById = Effect.fnUntraced(function* (
  { spool }: Reading,
  id: MessageId.MessageId,
  out: Output,
  head: string,
  row: (held: Held) => void
): Effect.fn.Return<Outcome, Trouble> {
  const held = yield* spool.find(id)
  if (held === undefined) return none(out, 430)
  out.buffer.line(head)
  row(held)
  out.buffer.text(".\r\n")
  return undefined
})

/** The first line of a list, and whether that list may be empty. */
interface Head {
  readonly line: string
  readonly isOldForm: boolean
}

const head = (line: string, isOldForm: boolean): Head => ({ line, isOldForm })

/** Overview of a span, page by page, as octets that the spool keeps ready. */
const overviewText = Effect.fnUntraced(function* (
  { spool }: Reading,
  span: Session.Span,
  isOldForm: boolean,
  out: Output
): Effect.fn.Return<Outcome, Trouble> {
  const high = Math.min(span.high, Limits.articleNumberMax)
  let low = span.low
  let isHeadOut = false
  while (low <= high) {
    const { last, pieces, rows } = yield* spool.overviewText(span.group, low, high, rowsMax)
    if (rows > 0 && !isHeadOut) {
      out.buffer.line("224 Overview follows")
      isHeadOut = true
    }
    for (const piece of pieces) out.buffer.raw(piece)
    low = rows < rowsMax ? high + 1 : last + 1
    yield* out.flushIfFull
  }
  if (!isHeadOut && (span.isCurrent || !isOldForm)) return none(out, span.isCurrent ? 420 : 423)
  if (!isHeadOut) out.buffer.line("224 Overview follows")
  out.buffer.text(".\r\n")
  return undefined
})

/** Overview lines of a span, page by page; the first line of the reply waits until one is found. */
const rows = Effect.fnUntraced(function* (
  { spool }: Reading,
  span: Session.Span,
  out: Output,
  head: Head,
  row: (number: number, line: Uint8Array) => void
): Effect.fn.Return<Outcome, Trouble> {
  const high = Math.min(span.high, Limits.articleNumberMax)
  let low = span.low
  let isHeadOut = false
  while (low <= high) {
    const page = yield* spool.overview(span.group, low, high, rowsMax)
    if (page.length > 0 && !isHeadOut) {
      out.buffer.line(head.line)
      isHeadOut = true
    }
    for (const { line, number } of page) row(number, line)
    low = page.length < rowsMax ? high + 1 : (page[page.length - 1]?.number ?? high) + 1
    yield* out.flushIfFull
  }
  if (!isHeadOut && (span.isCurrent || !head.isOldForm)) return none(out, span.isCurrent ? 420 : 423)
  if (!isHeadOut) out.buffer.line(head.line)
  out.buffer.text(".\r\n")
  return undefined
})

const fieldRows = Effect.fnUntraced(function* (
  { spool }: Reading,
  field: string,
  span: Session.Span,
  out: Output,
  head: Head,
  row: (label: string, value: Uint8Array) => void
): Effect.fn.Return<Outcome, Trouble> {
  const high = Math.min(span.high, Limits.articleNumberMax)
  let low = span.low
  let isHeadOut = false
  while (low <= high) {
    const numbers = yield* spool.numbers(span.group, low, high, rowsMax)
    for (const number of numbers) {
      const held = yield* spool.at(span.group, number)
      if (held === undefined) continue
      if (!isHeadOut) out.buffer.line(head.line)
      isHeadOut = true
      row(String(number), Columns.ofArticle(held.article, field))
      yield* out.flushIfFull
    }
    low = numbers.length < rowsMax ? high + 1 : (numbers[numbers.length - 1] ?? high) + 1
  }
  if (!isHeadOut && (span.isCurrent || !head.isOldForm)) return none(out, span.isCurrent ? 420 : 423)
  if (!isHeadOut) out.buffer.line(head.line)
  out.buffer.text(".\r\n")
  return undefined
})

const none = (out: Output, code: Reply.Code): undefined => {
  out.buffer.line(Reply.line(code))
}
