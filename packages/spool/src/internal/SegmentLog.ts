/**
 * The log of a spool as files: records end to end in segments that are only ever appended to.
 *
 * An address is one number: which segment, and how far into it. Addresses grow along the log.
 */
import { Buffer } from "node:buffer"
import * as path from "node:path"
import type { Disk } from "../Disk.ts"
import { RecentOctets } from "./RecentOctets.ts"
import * as Record from "./Record.ts"

/** Room that an address gives to one segment: twice what it may have when a batch is added. */
const addressSpan = 2 ** 27
/** Marks a file as a segment, with the version of its format. */
const magic = Buffer.from("lupinlog\0\0\0\x02", "latin1")
/** Read at once when the rest of a record is not asked for. */
const peekBytes = 2048
/** Read at once by whoever goes from record to record. */
const windowBytes = 64 * 1024
/** Records so near to each other are read together. */
const nearBytes = 16 * 1024
/** Read at once by whoever looks for the next record behind a damaged one. */
const searchBytes = 1024 * 1024

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
  /** False where the events are as they were written and the article is not; only `verify` looks. */
  readonly isIntact: boolean
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
  /** The payload of so many octets at an address; nothing if its checksum does not hold. */
  readonly read: (address: number, bytes: number) => Buffer | undefined
  /** So many octets from an address on, if they are in memory. They are shared: nobody may write to them. */
  readonly recall: (address: number, bytes: number) => Buffer | undefined
  /** The record at an address, its article left out; nothing at the end of the log, or where its events are damaged. */
  readonly peek: (address: number) => Found | undefined
  /** The first record at an address or after it that `peek` can read, past what is damaged. */
  readonly seek: (address: number) => Found | undefined
  /** As `peek`, with a look at the article too. */
  readonly verify: (address: number) => Found | undefined
  /** Where the first record of the log begins. */
  readonly start: number
  /** Cuts off what follows an address in the last segment, and says how many octets those were. */
  readonly cut: (address: number) => number
  /** Octets of the log before an address. */
  readonly bytes: (address: number) => number
  /** Begins a new segment with the next record, whatever has room. */
  readonly turn: () => void
  /** Makes all segments survive a power cut, those of earlier processes included. */
  readonly syncAll: () => void
  readonly close: () => void
}

/** A segment that has grown to `segmentBytes`, at most 64 MiB, is followed by a new one. */
export const open = (directory: string, disk: Disk, segmentBytes: number): SegmentLog => {
  const segments = new Map<number, Segment>()
  const recent = new RecentOctets()
  const numbers = disk
    .names(directory)
    .flatMap((name) => /^segment-(\d{8})\.log$/.exec(name)?.[1] ?? [])
    .map(Number)
    .toSorted((left, right) => left - right)

  const create = (number: number): Segment => {
    // A file that an earlier attempt left behind holds nothing that was acknowledged.
    const file = disk.open(path.join(directory, nameOf(number)), "create")
    try {
      disk.write(file, [magic], 0)
      disk.syncNow(file)
      disk.syncDirectory(directory)
    } catch (error) {
      disk.close(file)
      throw error
    }
    const segment = { number, file, bytes: magic.length }
    segments.set(number, segment)
    return segment
  }

  const reopen = (number: number): void => {
    const file = disk.open(path.join(directory, nameOf(number)), "existing")
    const segment = { number, file, bytes: Math.max(disk.size(file), magic.length) }
    segments.set(number, segment)
    const head = readAt(segment, 0, magic.length)
    if (head.equals(magic)) return
    // A crash between the creation of a segment and its first octets leaves no head, or one that was never written.
    if (segment.bytes === magic.length) return disk.write(file, [magic], 0)
    if (findIn(segment, magic.length, false) === undefined) {
      throw new Error(`${nameOf(number)} is no segment of a format known here`)
    }
  }

  const readAt = (segment: Segment, offset: number, bytes: number): Buffer => {
    const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(bytes, segment.bytes - offset)))
    const read = disk.read(segment.file, buffer, offset)
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

  const findIn = (segment: Segment, offset: number, isWhole: boolean): Found | undefined => {
    const peeked = peekAt(segment, offset)
    if (peeked.length < Record.headBytes) return undefined
    const head = Record.readHead(peeked)
    const start = offset + Record.headBytes
    if (start + head.bytes > segment.bytes) return undefined
    const needed = Record.metaBytes(peeked.subarray(Record.headBytes), head)
    if (needed === undefined) return undefined
    const isThere = peeked.length >= Record.headBytes + needed
    const meta = isThere ? peeked.subarray(Record.headBytes, Record.headBytes + needed) : readAt(segment, start, needed)
    if (!Record.isMetaIntact(meta, head)) return undefined
    return {
      address: addressOf(segment, offset),
      bytes: head.bytes,
      events: Record.decode(meta, head.bytes),
      isIntact: !isWhole || Record.isIntact(readAt(segment, start, head.bytes), head),
      next: addressOf(segment, start + head.bytes)
    }
  }

  /**
   * The next record of a segment whose head and events hold, wherever it begins. An article cannot pass for a record:
   * the doors let no NUL in, and every record has some.
   */
  const searchIn = (segment: Segment, from: number): Found | undefined => {
    for (let start = from; start < segment.bytes; start += searchBytes) {
      const octets = readAt(segment, start, searchBytes + Record.candidateBytes)
      const end = Math.min(searchBytes, octets.length - Record.candidateBytes)
      for (let at = 0; at < end; at++) {
        if (!Record.isCandidate(octets, at)) continue
        const found = findIn(segment, start + at, false)
        if (found !== undefined) return found
      }
    }
    return undefined
  }

  for (const number of numbers) reopen(number)
  const first = numbers[0] ?? 1
  let last = segments.get(numbers.at(-1) ?? 1) ?? create(1)
  let isTurning = false
  /** Where records go on after what is damaged, so that it is searched once. */
  const detours = new Map<number, number>()

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
    return placed === undefined ? undefined : findIn(placed[0], placed[1], isWhole)
  }

  const search = (address: number): Found | undefined => {
    const [segment, offset] = place(address) ?? []
    if (segment === undefined || offset === undefined) return undefined
    for (let number = segment.number; number <= last.number; number++) {
      const each = segments.get(number)
      if (each === undefined) continue
      const found = searchIn(each, each === segment ? offset + 1 : magic.length)
      if (found !== undefined) return found
    }
    return undefined
  }

  return {
    start: first * addressSpan + magic.length,
    end: () => addressOf(last, last.bytes),
    append: (records) => {
      if (last.bytes >= segmentBytes || isTurning) last = create(last.number + 1)
      isTurning = false
      const addresses: Array<number> = []
      let bytes = last.bytes
      for (const record of records) {
        addresses.push(addressOf(last, bytes))
        for (const piece of record) bytes += piece.length
      }
      disk.write(last.file, records.flat(), last.bytes)
      last.bytes = bytes
      for (const [at, record] of records.entries()) recent.add(addresses[at] ?? 0, record)
      return addresses
    },
    sync: (done) => disk.sync(last.file, done),
    read: (address, bytes) => {
      const kept = recent.read(address + Record.headBytes, bytes)
      if (kept !== undefined) return kept
      const [segment, offset] = place(address) ?? []
      if (segment === undefined || offset === undefined) return undefined
      const record = readAt(segment, offset, Record.headBytes + bytes)
      if (record.length < Record.headBytes + bytes) return undefined
      const payload = record.subarray(Record.headBytes)
      return Record.isIntact(payload, Record.readHead(record)) ? payload : undefined
    },
    recall: (address, bytes) => recent.read(address, bytes),
    peek: (address) => find(address, false),
    seek: (address) => {
      const found = find(address, false)
      if (found !== undefined || address >= addressOf(last, last.bytes)) return found
      const detour = detours.get(address)
      if (detour !== undefined) return find(detour, false)
      const next = search(address)
      if (next !== undefined) detours.set(address, next.address)
      return next
    },
    verify: (address) => find(address, true),
    cut: (address) => {
      const [segment, within] = place(address) ?? []
      // What is damaged in an earlier segment stays there: records go on in the last one.
      const offset = segment === last && within !== undefined ? within : magic.length
      const lost = last.bytes - offset
      window = undefined
      recent.cut(address)
      detours.clear()
      // A write that failed may have left octets behind the end.
      disk.truncate(last.file, offset)
      last.bytes = offset
      return lost
    },
    bytes: (address) => {
      const number = Math.floor(address / addressSpan)
      const before = [...segments.values()].filter((segment) => segment.number < number)
      return before.reduce((sum, segment) => sum + segment.bytes, address - number * addressSpan)
    },
    turn: () => {
      isTurning = last.bytes > magic.length
    },
    syncAll: () => {
      for (const { file } of segments.values()) disk.syncNow(file)
    },
    close: () => {
      for (const segment of segments.values()) disk.close(segment.file)
    }
  }
}

const nameOf = (number: number): string => `segment-${String(number).padStart(8, "0")}.log`

const addressOf = (segment: Segment, offset: number): number => segment.number * addressSpan + offset
