/**
 * Records of the log: what one command led to, in octets, with all that replay needs and the article last.
 *
 * On disk a record is a head of 4-octet big-endian numbers, then the payload. The head is the payload's length, the
 * checksum of its events, and that of its article, which begins with the other; that one begins with the length, so that a
 * wrong length shows in either. Records of formats before the fourth have the CRC-32 of events and payload there.
 * All events of one command share a record, so that a torn tail never parts them.
 */
import type * as GroupName from "@lupin/core/GroupName"
import type * as MessageId from "@lupin/core/MessageId"
import * as Site from "@lupin/core/Site"
import type * as Xref from "@lupin/core/Xref"
import { Buffer } from "node:buffer"
import { crc32 } from "node:zlib"
import * as Checksum from "./Checksum.ts"
import type { Stored } from "./ClassLogs.ts"
import * as GroupOctets from "./GroupOctets.ts"
import { putUint32, putUint48, Reader, textEnd, uint16, uint32, uint48, Writer } from "./Octets.ts"
import * as RecordOptions from "./RecordOptions.ts"

/**
 * An article's event with what followers and readers ask for most. `overview` is the line without its number, a character for
 * each octet; empty where it is to be made of the article, which lies in the same record.
 */
export type Filed = Site.Filed & {
  readonly path: string
  readonly overview: string
  readonly bytes: number
  /** Of an article that is filed elsewhere. */
  readonly newsgroups?: ReadonlyArray<GroupName.GroupName>
  /** Injection-Date, where the id does not hold it. */
  readonly injectedMillis?: number
  readonly expiresMillis?: number
  /** The article is sent as it lies: no line of it begins with a dot, and it has no Xref. */
  readonly isWireReady?: boolean
  /** Where the article lies, if not here. */
  readonly stored?: Stored
}
/** Another copy of an article that is held, with its numbers, in the place of one that was damaged. */
export type Mended = Omit<Filed, "_tag"> & { readonly _tag: "Mended" }
/** Either of them, without what readers of a group are told. */
export type Brought = Omit<Filed | Mended, "overview">
/** An event that removes, with the numbers that were taken from the article. */
export type Removal = Site.Removal & {
  readonly numbers: Xref.Numbers
  /** As of an article filed. */
  readonly injectedMillis?: number
}
/** What is left of an event that was erased: its place, and as many octets as it had. */
export interface Blank {
  readonly _tag: "Blank"
  readonly position: number
  readonly atMillis: number
  readonly bytes: number
}
export type Logged = Filed | Mended | Removal | Blank | Exclude<Site.Event, Site.Filed | Site.Removal>

/** Octets in front of each payload. */
export const headBytes = 12
/** Octets of a number that a group gave. */
export const numberBytes = 4
/** How far into its payload a record says where its article begins. */
const prefixBytes = 5

const tags = [
  "Filed",
  "Cancelled",
  "Superseded",
  "Expired",
  "GroupAdded",
  "GroupRemoved",
  "Claimed",
  "Mended",
  "Erased",
  "Forgotten",
  "Blank",
  "Refused"
] as const
const filedTag = tags.indexOf("Filed")

/** The record, as a block of its own. */
export const encode = (events: ReadonlyArray<Logged>, article: Uint8Array | undefined): Buffer => {
  const writer = new Writer()
  write(writer, events, article)
  return writer.take()
}

/** Writes the record where the writer has begun. */
export const write = (writer: Writer, events: ReadonlyArray<Logged>, article: Uint8Array | undefined): void => {
  writer.skip(headBytes)
  writer.uint(events.length, 1)
  writer.skip(4)
  for (const event of events) writeEvent(writer, event)
  const metaBytes = writer.length - headBytes
  const bytes = metaBytes + (article?.length ?? 0)
  writer.putUint32(headBytes + 1, metaBytes)
  writer.putUint32(0, bytes)
  const checked = Checksum.of(writer.since(headBytes), bytes)
  writer.putUint32(4, checked)
  writer.putUint32(8, article === undefined ? checked : wholeOf(article, checked))
  if (article !== undefined) writer.plain(article)
}

export interface Head {
  /** Length of the payload that follows. */
  readonly bytes: number
  readonly metaCrc: number
  readonly crc: number
}

/** The length of the payload behind a head. */
export const bytesOf = (octets: Buffer, start = 0): number => uint32(octets, start)

export const readHead = (head: Buffer): Head => ({
  bytes: head.readUInt32BE(0),
  metaCrc: head.readUInt32BE(4),
  crc: head.readUInt32BE(8)
})

/** Without an article it is that of the events. */
const wholeOf = (article: Uint8Array, checked: number): number =>
  article.length === 0 ? checked : Checksum.of(article, checked)

/** Whether all of the payload is as it was written. */
export const isIntact = (payload: Buffer, head: Head): boolean => {
  const { bytes, crc } = head
  const meta = payload.length === bytes ? metaBytes(payload, head) : undefined
  if (meta === undefined) return false
  const checked = Checksum.of(payload.subarray(0, meta), bytes)
  return wholeOf(payload.subarray(meta), checked) === crc || crc32(payload, bytes) === crc
}

/** Whether the events are as they were written; the article is not looked at. */
export const isMetaIntact = (meta: Uint8Array, { bytes, metaCrc }: Head): boolean =>
  Checksum.of(meta, bytes) === metaCrc || crc32(meta, bytes) === metaCrc

/** Octets that `isCandidate` looks at. */
export const candidateBytes = headBytes + prefixBytes + 1

/** A quick look, for searching: whether a record might begin at a place in the log. */
export const isCandidate = (octets: Buffer, at: number): boolean =>
  octets[at] === 0 &&
  octets[at + headBytes] !== 0 &&
  (octets[at + headBytes + prefixBytes] ?? tags.length) < tags.length &&
  octets.readUInt32BE(at + headBytes + 1) <= octets.readUInt32BE(at)

/** How many octets of a payload precede its article; `undefined` while too few are there to tell, or for no record. */
export const metaBytes = (payload: Buffer, { bytes }: Head): number | undefined => {
  if (payload.length < prefixBytes) return undefined
  const meta = payload.readUInt32BE(1)
  return meta > prefixBytes && meta <= bytes ? meta : undefined
}

/** The events of a payload, of which at least `metaBytes` are there. `payloadBytes` is its whole length. */
export const decode = (payload: Buffer, payloadBytes: number): ReadonlyArray<Logged> => {
  const reader = new Reader(payload)
  const count = reader.uint(1)
  const articleStart = reader.uint(4)
  const events: Array<Logged> = []
  for (let at = 0; at < count; at++) events.push(readEvent(reader, payloadBytes - articleStart))
  return events
}

/** The record with some of its events blank, and the article of an event that is; each octet stays in its place. */
export const blank = (record: Buffer, hash: string): Buffer => {
  const payload = record.subarray(headBytes)
  const metaEnd = payload.readUInt32BE(1)
  const events = decode(payload, payload.length)
  const isArticleBlank = events.some((event) => isCopy(event) && isOf(event.id, hash))
  const article = isArticleBlank ? Buffer.alloc(payload.length - metaEnd) : payload.subarray(metaEnd)
  return encode(
    events.map((event) => blankEvent(event, hash)),
    article
  )
}

/** Whether a record names the id of that hash. */
export const names = (events: ReadonlyArray<Logged>, hash: string): boolean =>
  events.some((event) => blankEvent(event, hash) !== event)

/** An event that brings an article. */
export const isCopy = (event: Logged | undefined): event is Filed | Mended =>
  event?._tag === "Filed" || event?._tag === "Mended"

const isOf = (id: string, hash: string): boolean => Site.hashOf(id) === hash

const blankEvent = (event: Logged, hash: string): Logged => {
  if (event._tag === "Superseded" && !isOf(event.id, hash)) {
    return isOf(event.by, hash) ? { ...event, by: masked(event.by) } : event
  }
  const isNamed =
    event._tag === "Claimed"
      ? isOf(event.by, hash) || isOf(event.claim.target, hash)
      : "id" in event && isOf(event.id, hash)
  if (!isNamed) return event
  const { atMillis, position } = event
  return { _tag: "Blank", position, atMillis, bytes: eventBytes(event) - blankBytes }
}

/** Of the same length, and nobody's. */
export const masked = (id: string): MessageId.MessageId =>
  `<${"x".repeat(Math.max(0, id.length - 2))}>` as MessageId.MessageId

/** Octets of a blank event with nothing to fill. */
const blankBytes = 17

const eventBytes = (event: Logged): number => {
  const writer = new Writer()
  writeEvent(writer, event)
  return writer.length
}

/** Where the id stands in a payload that begins with a filing: behind count, length, tag, position and time. */
export const idOffset = prefixBytes + 13 + 4

/** Puts what a payload begins with that has one event, a filing; gives the place of the id's length. */
export const beginFiling = (
  octets: Buffer,
  payload: number,
  { atMillis, position }: Filed,
  metaBytes: number
): number => {
  octets[payload] = 1
  putUint32(octets, payload + 1, metaBytes)
  octets[payload + prefixBytes] = filedTag
  putUint48(octets, payload + prefixBytes + 1, position)
  putUint48(octets, payload + prefixBytes + 7, atMillis)
  return payload + idOffset - 4
}

/** Whether a payload begins with the filing of an article. `start`: where it begins. */
export const bringsArticle = (octets: Buffer, start = 0): boolean => {
  const tag = tags[octets[start + prefixBytes] ?? tags.length]
  return tag === "Filed" || tag === "Mended"
}

/** Whether a payload, read at least as far as the id goes, begins with the filing of that id. `start`: where it begins. */
export const bringsId = (octets: Buffer, id: string, start = 0): boolean => {
  const from = start + idOffset
  if (!bringsArticle(octets, start) || uint32(octets, from - 4) !== id.length) return false
  // An id that was cut out of a header gives its characters one by one only slowly.
  return octets.toString("latin1", from, from + id.length) === id
}

/** The id of the filing that a payload begins with. */
export const idAt = (payload: Buffer, start = 0): MessageId.MessageId =>
  // What is read here bears its checksum, as in `decode`.
  new Reader(payload, start + idOffset - 4).text() as MessageId.MessageId

/** The position of the first event of a payload. */
export const positionOf = (octets: Buffer, start = 0): number => uint48(octets, start + prefixBytes + 1)

/** When the first event of a payload happened. */
export const atMillisOf = (octets: Buffer, start = 0): number => uint48(octets, start + prefixBytes + 7)

/** Where the Path ends in a payload that begins with the filing of an article: all before it is what `readBrought` needs. */
export const pathEnd = (octets: Buffer, start = 0): number => {
  const numbersAt = textEnd(octets, start + idOffset - 4)
  let flagsAt = numbersAt + 2
  for (let left = uint16(octets, numbersAt); left > 0; left -= 1) flagsAt = textEnd(octets, flagsAt) + numberBytes
  return textEnd(octets, RecordOptions.end(octets, flagsAt + 1, octets[flagsAt] ?? 0))
}

/** The numbers of the article with whose filing a payload begins. */
export const numbersOf = (payload: Buffer): Xref.Numbers =>
  readNumbers(new Reader(payload, textEnd(payload, idOffset - 4)))

/** Its overview, where that is written down; else the empty text. */
export const overviewOf = (payload: Buffer): string => new Reader(payload, pathEnd(payload)).latin1()

/** What a record says of the article with whose filing it begins, without its overview. `start`: where the record begins. */
export const readBrought = (record: Buffer, start = 0): Brought => {
  const payload = start + headBytes
  const reader = new Reader(record, payload + prefixBytes)
  const tag = tags[reader.uint(1)]
  if (tag !== "Filed" && tag !== "Mended") throw new Error("a record that was kept brings no article")
  return readCopy(reader, tag, bytesOf(record, start) - metaEnd(record, payload))
}

/** How far into a payload its article begins. */
export const metaEnd = (payload: Buffer, start = 0): number => uint32(payload, start + 1)

const writeEvent = (writer: Writer, event: Logged): void => {
  writer.uint(tags.indexOf(event._tag), 1)
  writer.uint(event.position, 6)
  writer.uint(event.atMillis, 6)
  switch (event._tag) {
    case "Filed":
    case "Mended":
      writer.text(event.id)
      writeNumbers(writer, event.numbers)
      RecordOptions.write(writer, event)
      writer.text(event.path)
      return writer.latin1(event.overview)
    case "Claimed":
      writer.text(event.by)
      writer.text(event.claim.target)
      writer.uint(event.claim.why === "cancelled" ? 0 : 1, 1)
      return writer.texts(event.claim.opens)
    case "Cancelled":
    case "Superseded":
    case "Expired":
    case "Refused":
      writer.text(event.id)
      writeNumbers(writer, event.numbers, event.injectedMillis === undefined ? 0 : hasDate)
      if (event.injectedMillis !== undefined) writer.uint(event.injectedMillis, 6)
      return event._tag === "Superseded" ? writer.text(event.by) : undefined
    case "Erased":
      return writer.text(event.hash)
    case "Forgotten":
      return writer.uint(event.beforeMillis, 6)
    case "Blank":
      return writer.octets(new Uint8Array(event.bytes))
    case "GroupAdded":
      writer.text(event.group)
      // A record of a group that nobody described is as it ever was.
      return writer.text(event.description === undefined ? event.status : `${event.status}\t${event.description}`)
    case "GroupRemoved":
      return writer.text(event.group)
  }
}

const readEvent = (reader: Reader, bytes: number): Logged => {
  const tag = tags[reader.uint(1)]
  if (tag === "Filed" || tag === "Mended") {
    const brought = readCopy(reader, tag, bytes)
    return { ...brought, overview: reader.latin1() }
  }
  const position = reader.uint(6)
  const atMillis = reader.uint(6)
  // What is read here was written by this module and bears its checksum: names and ids were checked at the door.
  switch (tag) {
    case "Claimed": {
      const by = reader.text() as MessageId.MessageId
      const target = reader.text() as MessageId.MessageId
      const why = reader.uint(1) === 0 ? "cancelled" : "superseded"
      return { _tag: tag, position, atMillis, by, claim: { target, why, opens: reader.texts() } }
    }
    case "Superseded":
    case "Cancelled":
    case "Expired":
    case "Refused": {
      const id = reader.text() as MessageId.MessageId
      const counted = reader.uint(2)
      const numbers = readNumbers(reader, counted % hasDate)
      const date = counted < hasDate ? {} : { injectedMillis: reader.uint(6) }
      const removal = { position, atMillis, id, numbers, ...date }
      return tag === "Superseded"
        ? { _tag: tag, ...removal, by: reader.text() as MessageId.MessageId }
        : { _tag: tag, ...removal }
    }
    case "Erased":
      return { _tag: tag, position, atMillis, hash: reader.text() }
    case "Forgotten":
      return { _tag: tag, position, atMillis, beforeMillis: reader.uint(6) }
    case "Blank":
      return { _tag: tag, position, atMillis, bytes: reader.octets().length }
    case "GroupAdded": {
      const group = reader.text() as GroupName.GroupName
      const text = reader.text()
      const tab = text.indexOf("\t")
      const status = (tab < 0 ? text : text.slice(0, tab)) as Site.GroupAdded["status"]
      return { _tag: tag, position, atMillis, group, status, ...(tab < 0 ? {} : { description: text.slice(tab + 1) }) }
    }
    case "GroupRemoved":
      return { _tag: tag, position, atMillis, group: reader.text() as GroupName.GroupName }
    default:
      throw new Error("a record of the log holds an event of no known kind")
  }
}

/** As far as the overview. */
const readCopy = (reader: Reader, tag: "Filed" | "Mended", bytes: number): Brought => {
  const position = reader.uint(6)
  const atMillis = reader.uint(6)
  const id = reader.text() as MessageId.MessageId
  const numbers = readNumbers(reader)
  const options = RecordOptions.read(reader, reader.uint(1))
  return { _tag: tag, position, atMillis, id, numbers, path: reader.text(), bytes, ...options }
}

/** Added to the number of groups of what was removed: no header has so many. */
const hasDate = 32_768

const writeNumbers = (writer: Writer, numbers: Xref.Numbers, mark = 0): void => {
  writer.uint(numbers.length + mark, 2)
  for (const [group, number] of numbers) {
    writer.plain(GroupOctets.of(group))
    writer.uint(number, 4)
  }
}

export const readNumbers = (reader: Reader, count = reader.uint(2)): Xref.Numbers => {
  const numbers: Array<readonly [GroupName.GroupName, number]> = []
  for (let at = 0; at < count; at++) numbers.push([reader.text() as GroupName.GroupName, reader.uint(4)])
  return numbers
}
