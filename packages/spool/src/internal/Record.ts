/**
 * Records of the log: what one command led to, in octets, with all that replay needs and the article last.
 *
 * On disk a record is a head of 4-octet big-endian numbers, then the payload. The head is the payload's length, the
 * CRC-32 of its events, and the CRC-32 of all of it; both begin with the length, so that a wrong length shows in either.
 * All events of one command share a record, so that a torn tail never parts them.
 */
import type * as GroupName from "@lupin/core/GroupName"
import type * as MessageId from "@lupin/core/MessageId"
import type * as Site from "@lupin/core/Site"
import type * as Xref from "@lupin/core/Xref"
import { Buffer } from "node:buffer"
import { crc32 } from "node:zlib"

/** An article's event with what followers and readers ask for most. `overview` is the line without its number. */
export type Filed = Site.Filed & {
  readonly path: string
  readonly overview: Uint8Array
  readonly bytes: number
  /** Of an article that is filed elsewhere. */
  readonly newsgroups?: ReadonlyArray<GroupName.GroupName>
}
/** Another copy of an article that is held, with its numbers, in the place of one that was damaged. */
export type Mended = Omit<Filed, "_tag" | "slot" | "newsgroups"> & {
  readonly _tag: "Mended"
  readonly slot?: undefined
  readonly newsgroups?: undefined
}
/** An event that removes, with the numbers that were taken from the article. */
export type Removal = (Site.Cancelled | Site.Superseded | Site.Expired) & { readonly numbers: Xref.Numbers }
export type Logged = Filed | Mended | Removal | Site.Claimed | Site.GroupAdded | Site.GroupRemoved

/** Octets in front of each payload. */
export const headBytes = 12
/** How far into its payload a record says where its article begins. */
const prefixBytes = 5

const tags = ["Filed", "Cancelled", "Superseded", "Expired", "GroupAdded", "GroupRemoved", "Claimed", "Mended"] as const

/** The record as pieces for one write, the article not copied. */
export const encode = (events: ReadonlyArray<Logged>, article: Uint8Array | undefined): ReadonlyArray<Uint8Array> => {
  const writer = new Writer()
  writer.skip(headBytes)
  writer.uint(events.length, 1)
  writer.skip(4)
  for (const event of events) writeEvent(writer, event)
  const meta = writer.take()
  const metaBytes = meta.length - headBytes
  meta.writeUInt32BE(metaBytes, headBytes + 1)
  meta.writeUInt32BE(metaBytes + (article?.length ?? 0), 0)
  const checked = crc32(meta.subarray(headBytes), meta.readUInt32BE(0))
  meta.writeUInt32BE(checked, 4)
  meta.writeUInt32BE(article === undefined ? checked : crc32(article, checked), 8)
  return article === undefined ? [meta] : [meta, article]
}

export interface Head {
  /** Length of the payload that follows. */
  readonly bytes: number
  readonly metaCrc: number
  readonly crc: number
}

export const readHead = (head: Buffer): Head => ({
  bytes: head.readUInt32BE(0),
  metaCrc: head.readUInt32BE(4),
  crc: head.readUInt32BE(8)
})

/** Whether all of the payload is as it was written. */
export const isIntact = (payload: Uint8Array, { bytes, crc }: Head): boolean =>
  payload.length === bytes && crc32(payload, bytes) === crc

/** Whether the events are as they were written; the article is not looked at. */
export const isMetaIntact = (meta: Uint8Array, { bytes, metaCrc }: Head): boolean => crc32(meta, bytes) === metaCrc

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

/** What a reader of an article needs of its event, and no more. */
export interface Filing {
  readonly position: number
  readonly atMillis: number
  readonly numbers: Xref.Numbers
  /** How far into the payload the article begins. */
  readonly articleStart: number
}

/** The filing that a payload begins with; nothing where it begins with an event that brings no article. */
export const decodeFiling = (payload: Buffer): Filing | undefined => {
  const tag = tags[payload[prefixBytes] ?? tags.length]
  if (tag !== "Filed" && tag !== "Mended") return undefined
  return {
    position: positionOf(payload),
    atMillis: payload.readUIntBE(prefixBytes + 7, 6),
    numbers: readNumbers(new Reader(payload, idOffset + payload.readUInt32BE(idOffset - 4))),
    articleStart: payload.readUInt32BE(1)
  }
}

/** Where the id stands in a payload that begins with a filing: behind count, length, tag, position and time. */
export const idOffset = prefixBytes + 13 + 4

/** Whether a payload, read at least as far as the id goes, begins with the filing of that id. `start`: where it begins. */
export const bringsId = (octets: Buffer, id: string, start = 0): boolean => {
  const tag = tags[octets[start + prefixBytes] ?? tags.length]
  const from = start + idOffset
  if ((tag !== "Filed" && tag !== "Mended") || octets.readUInt32BE(from - 4) !== id.length) return false
  for (let at = 0; at < id.length; at++) if (octets[from + at] !== id.charCodeAt(at)) return false
  return true
}

/** The position of the first event of a payload. */
export const positionOf = (octets: Buffer, start = 0): number => octets.readUIntBE(start + prefixBytes + 1, 6)

const writeEvent = (writer: Writer, event: Logged): void => {
  writer.uint(tags.indexOf(event._tag), 1)
  writer.uint(event.position, 6)
  writer.uint(event.atMillis, 6)
  switch (event._tag) {
    case "Filed":
    case "Mended":
      writer.text(event.id)
      writeNumbers(writer, event.numbers)
      writer.uint((event.slot === undefined ? 0 : hasSlot) + (event.newsgroups === undefined ? 0 : hasNewsgroups), 1)
      if (event.slot !== undefined) {
        writer.text(event.slot.key)
        writer.text(event.slot.rank)
      }
      if (event.newsgroups !== undefined) writeTexts(writer, event.newsgroups)
      writer.text(event.path)
      return writer.octets(event.overview)
    case "Claimed":
      writer.text(event.by)
      writer.text(event.claim.target)
      writer.uint(event.claim.why === "cancelled" ? 0 : 1, 1)
      return writeTexts(writer, event.claim.opens)
    case "Cancelled":
    case "Superseded":
    case "Expired":
      writer.text(event.id)
      writeNumbers(writer, event.numbers)
      return event._tag === "Superseded" ? writer.text(event.by) : undefined
    case "GroupAdded":
      writer.text(event.group)
      return writer.text(event.status)
    case "GroupRemoved":
      return writer.text(event.group)
  }
}

const readEvent = (reader: Reader, bytes: number): Logged => {
  const tag = tags[reader.uint(1)]
  const position = reader.uint(6)
  const atMillis = reader.uint(6)
  // What is read here was written by this module and bears its checksum: names and ids were checked at the door.
  switch (tag) {
    case "Filed":
    case "Mended": {
      const id = reader.text() as MessageId.MessageId
      const numbers = readNumbers(reader)
      const flags = reader.uint(1)
      const slot = (flags & hasSlot) === 0 ? {} : { slot: { key: reader.text(), rank: reader.text() } }
      const newsgroups =
        (flags & hasNewsgroups) === 0 ? {} : { newsgroups: readTexts(reader) as ReadonlyArray<GroupName.GroupName> }
      const rest = { position, atMillis, id, numbers, path: reader.text(), overview: reader.octets(), bytes }
      return tag === "Mended" ? { _tag: tag, ...rest } : { _tag: tag, ...rest, ...slot, ...newsgroups }
    }
    case "Claimed": {
      const by = reader.text() as MessageId.MessageId
      const target = reader.text() as MessageId.MessageId
      const why = reader.uint(1) === 0 ? "cancelled" : "superseded"
      return { _tag: tag, position, atMillis, by, claim: { target, why, opens: readTexts(reader) } }
    }
    case "Superseded": {
      const id = reader.text() as MessageId.MessageId
      const numbers = readNumbers(reader)
      return { _tag: tag, position, atMillis, id, numbers, by: reader.text() as MessageId.MessageId }
    }
    case "Cancelled":
    case "Expired": {
      const id = reader.text() as MessageId.MessageId
      return { _tag: tag, position, atMillis, id, numbers: readNumbers(reader) }
    }
    case "GroupAdded": {
      const group = reader.text() as GroupName.GroupName
      return { _tag: tag, position, atMillis, group, status: reader.text() as Site.GroupAdded["status"] }
    }
    case "GroupRemoved":
      return { _tag: tag, position, atMillis, group: reader.text() as GroupName.GroupName }
    default:
      throw new Error("a record of the log holds an event of no known kind")
  }
}

/** Flags of an article's event. */
const hasSlot = 1
const hasNewsgroups = 2

/** At most 65,535 texts. */
const writeTexts = (writer: Writer, texts: ReadonlyArray<string>): void => {
  writer.uint(texts.length, 2)
  for (const text of texts) writer.text(text)
}

const readTexts = (reader: Reader): ReadonlyArray<string> => Array.from({ length: reader.uint(2) }, () => reader.text())

const writeNumbers = (writer: Writer, numbers: Xref.Numbers): void => {
  writer.uint(numbers.length, 2)
  for (const [group, number] of numbers) {
    writer.text(group)
    writer.uint(number, 4)
  }
}

const readNumbers = (reader: Reader): Xref.Numbers => {
  const count = reader.uint(2)
  const numbers: Array<readonly [GroupName.GroupName, number]> = []
  for (let at = 0; at < count; at++) numbers.push([reader.text() as GroupName.GroupName, reader.uint(4)])
  return numbers
}

const scratchBytes = 4096

/** One block serves all records that fit; `take` copies out of it. */
const scratch = Buffer.alloc(scratchBytes)

class Writer {
  #buffer = scratch
  #at = 0

  skip(bytes: number): void {
    this.#reserve(bytes)
    this.#at += bytes
  }

  uint(value: number, bytes: 1 | 2 | 4 | 6): void {
    this.#reserve(bytes)
    this.#at = this.#buffer.writeUIntBE(value, this.#at, bytes)
  }

  /** At most 4 GiB, UTF-8. */
  text(value: string): void {
    this.#reserve(4 + value.length * 3)
    const bytes = this.#buffer.write(value, this.#at + 4, "utf8")
    this.#buffer.writeUInt32BE(bytes, this.#at)
    this.#at += 4 + bytes
  }

  octets(value: Uint8Array): void {
    this.#reserve(4 + value.length)
    this.#buffer.writeUInt32BE(value.length, this.#at)
    this.#buffer.set(value, this.#at + 4)
    this.#at += 4 + value.length
  }

  take(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.#at))
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return
    const larger = Buffer.alloc((this.#at + bytes) * 2)
    larger.set(this.#buffer.subarray(0, this.#at))
    this.#buffer = larger
  }
}

class Reader {
  readonly #buffer: Buffer
  #at: number

  constructor(buffer: Buffer, at = 0) {
    this.#buffer = buffer
    this.#at = at
  }

  uint(bytes: 1 | 2 | 4 | 6): number {
    const value = this.#buffer.readUIntBE(this.#at, bytes)
    this.#at += bytes
    return value
  }

  text(): string {
    const bytes = this.#buffer.readUInt32BE(this.#at)
    this.#at += 4 + bytes
    return this.#buffer.toString("utf8", this.#at - bytes, this.#at)
  }

  octets(): Uint8Array {
    const bytes = this.uint(4)
    this.#at += bytes
    return this.#buffer.subarray(this.#at - bytes, this.#at)
  }
}
