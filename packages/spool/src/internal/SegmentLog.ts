/**
 * The log of a spool as files: records end to end in segments that are only ever appended to.
 *
 * An address is one number: which segment, and how far into it. Addresses grow along the log.
 */
import { Buffer } from "node:buffer"
import * as fs from "node:fs"
import * as path from "node:path"
import type { Disk } from "../Disk.ts"
import * as Record from "./Record.ts"

/** Room that an address gives to one segment: twice what it may have when a batch is added. */
const addressSpan = 2 ** 27
/** Marks a file as a segment, with the version of its format. */
const magic = Buffer.from("lupinlog\0\0\0\x01", "latin1")
/** Read at once when the rest of a record is not asked for. */
const peekBytes = 2048
/** Read at once by whoever goes from record to record. */
const windowBytes = 64 * 1024
/** Records so near to each other are read together. */
const nearBytes = 16 * 1024

interface Segment {
  readonly number: number
  readonly file: number
  bytes: number
}

/** A record found in the log, without its article. */
export interface Found {
  readonly address: number
  /** Length of the payload. */
  readonly bytes: number
  readonly events: ReadonlyArray<Record.Logged>
  /** Where the following record begins. */
  readonly next: number
}

export interface SegmentLog {
  /** Where the next record will begin. */
  readonly end: () => number
  /** Writes records, each as pieces, and gives the address of each. Where that throws, nothing of them is kept. */
  readonly append: (records: ReadonlyArray<ReadonlyArray<Uint8Array>>) => ReadonlyArray<number>
  /** Makes what was appended survive a power cut. */
  readonly sync: (done: (error: Error | null) => void) => void
  /** The payload of so many octets at an address; throws if its checksum does not hold. */
  readonly read: (address: number, bytes: number) => Buffer
  /** The record at an address, its article left out; nothing at the end of the log. */
  readonly peek: (address: number) => Found | undefined
  /** The record at an address if all of it is there and intact. */
  readonly verify: (address: number) => Found | undefined
  /** Where the first record of the log begins. */
  readonly start: number
  /** Cuts off what follows an address, and says how many octets those were. Throws if a whole segment would follow. */
  readonly cut: (address: number) => number
  readonly close: () => void
}

/** A segment that has grown to `segmentBytes`, at most 64 MiB, is followed by a new one. */
export const open = (directory: string, disk: Disk, segmentBytes: number): SegmentLog => {
  fs.mkdirSync(directory, { recursive: true })
  const segments = new Map<number, Segment>()
  const numbers = fs
    .readdirSync(directory)
    .flatMap((name) => /^segment-(\d{8})\.log$/.exec(name)?.[1] ?? [])
    .map(Number)
    .toSorted((left, right) => left - right)

  const create = (number: number): Segment => {
    const file = fs.openSync(path.join(directory, nameOf(number)), "wx+")
    fs.writeSync(file, magic, 0, magic.length, 0)
    fs.fdatasyncSync(file)
    syncDirectory(directory)
    const segment = { number, file, bytes: magic.length }
    segments.set(number, segment)
    return segment
  }

  const reopen = (number: number): Segment => {
    const file = fs.openSync(path.join(directory, nameOf(number)), "r+")
    const head = Buffer.alloc(magic.length)
    const bytes = fs.fstatSync(file).size
    const isBegun = fs.readSync(file, head, 0, head.length, 0) === head.length
    if (isBegun && !head.equals(magic)) throw new Error(`${nameOf(number)} is no segment of a format known here`)
    // A crash between the creation of a segment and its first octets leaves less than a head.
    if (!isBegun) fs.writeSync(file, magic, 0, magic.length, 0)
    const segment = { number, file, bytes: Math.max(bytes, magic.length) }
    segments.set(number, segment)
    return segment
  }

  for (const number of numbers) reopen(number)
  const first = numbers[0] ?? 1
  let last = segments.get(numbers.at(-1) ?? 1) ?? create(1)

  const readAt = (segment: Segment, offset: number, bytes: number): Buffer => {
    const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(bytes, segment.bytes - offset)))
    const read = fs.readSync(segment.file, buffer, 0, buffer.length, offset)
    return read === buffer.length ? buffer : buffer.subarray(0, read)
  }

  // Overview and followers go from record to record: those near to each other share one read. What was read of a
  // segment never changes.
  let window: { readonly segment: Segment; readonly start: number; readonly octets: Buffer } | undefined
  let latest = 0
  const peekAt = (segment: Segment, offset: number): Buffer => {
    const gap = window?.segment === segment ? offset - latest : -1
    latest = offset
    const into = gap < 0 ? -1 : offset - (window?.start ?? 0)
    const known = into < 0 ? undefined : window?.octets.subarray(into)
    if (known !== undefined && known.length >= peekBytes) return known
    const octets = readAt(segment, offset, gap >= 0 && gap < nearBytes ? windowBytes : peekBytes)
    window = { segment, start: offset, octets }
    return octets
  }

  /** The segment that holds an address, and the offset in it; the end of one segment is the beginning of the next. */
  const place = (address: number): readonly [Segment, number] | undefined => {
    const number = Math.floor(address / addressSpan)
    const segment = segments.get(number)
    const offset = address - number * addressSpan
    if (segment === undefined) return undefined
    if (offset < segment.bytes || segment === last) return [segment, offset]
    const following = segments.get(number + 1)
    return following === undefined ? undefined : [following, magic.length]
  }

  const find = (address: number, isWhole: boolean): Found | undefined => {
    const placed = place(address)
    if (placed === undefined) return undefined
    const [segment, offset] = placed
    const peeked = peekAt(segment, offset)
    if (peeked.length < Record.headBytes) return undefined
    const { bytes, crc } = Record.readHead(peeked)
    // Octets that were allocated but never written are zero, and a checksum of nothing is zero as well.
    if (bytes === 0 || offset + Record.headBytes + bytes > segment.bytes) return undefined
    const start = offset + Record.headBytes
    const needed = isWhole ? bytes : (Record.metaBytes(peeked.subarray(Record.headBytes)) ?? bytes)
    const isThere = peeked.length >= Record.headBytes + needed
    const payload = isThere
      ? peeked.subarray(Record.headBytes, Record.headBytes + needed)
      : readAt(segment, start, needed)
    if (isWhole && !Record.isIntact(payload, crc)) return undefined
    return {
      address: addressOf(segment, offset),
      bytes,
      events: Record.decode(payload, bytes),
      next: addressOf(segment, start + bytes)
    }
  }

  return {
    start: first * addressSpan + magic.length,
    end: () => addressOf(last, last.bytes),
    append: (records) => {
      if (last.bytes >= segmentBytes) last = create(last.number + 1)
      const addresses: Array<number> = []
      let bytes = last.bytes
      for (const record of records) {
        addresses.push(addressOf(last, bytes))
        for (const piece of record) bytes += piece.length
      }
      disk.write(last.file, records.flat(), last.bytes)
      last.bytes = bytes
      return addresses
    },
    sync: (done) => disk.sync(last.file, done),
    read: (address, bytes) => {
      const [segment, offset] = place(address) ?? []
      if (segment === undefined || offset === undefined) throw new Error(`the log has nothing at ${address}`)
      const record = readAt(segment, offset, Record.headBytes + bytes)
      const payload = record.subarray(Record.headBytes)
      if (payload.length < bytes || !Record.isIntact(payload, Record.readHead(record).crc)) {
        throw new Error(`${nameOf(segment.number)} is damaged at ${offset}`)
      }
      return payload
    },
    peek: (address) => find(address, false),
    verify: (address) => find(address, true),
    cut: (address) => {
      const [segment, offset] = place(address) ?? []
      if (segment === undefined || offset === undefined || segment !== last) {
        throw new Error(`the log is damaged: no record at ${address}, and a segment follows`)
      }
      const lost = last.bytes - offset
      window = undefined
      if (lost > 0) fs.ftruncateSync(last.file, offset)
      last.bytes = offset
      return lost
    },
    close: () => {
      for (const segment of segments.values()) fs.closeSync(segment.file)
    }
  }
}

const nameOf = (number: number): string => `segment-${String(number).padStart(8, "0")}.log`

const addressOf = (segment: Segment, offset: number): number => segment.number * addressSpan + offset

/** Makes the names in a directory survive a power cut. */
export const syncDirectory = (directory: string): void => {
  const file = fs.openSync(directory, "r")
  try {
    fs.fsyncSync(file)
  } finally {
    fs.closeSync(file)
  }
}
