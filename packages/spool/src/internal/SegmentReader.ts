/**
 * Reads the records of one file of the log: the one at an offset, or the next one behind what is damaged.
 */
import { Buffer } from "node:buffer"
import type { Disk } from "../Disk.ts"
import * as Record from "./Record.ts"
import { addressOf, type Segment } from "./Segment.ts"

/** Read at once when the rest of a record is not asked for. */
const peekBytes = 2048
/** Read at once by whoever goes from record to record. */
const windowBytes = 64 * 1024
/** Records so near to each other are read together. */
const nearBytes = 16 * 1024
/** Read at once by whoever looks for the next record behind a damaged one. */
const searchBytes = 1024 * 1024

/** A record found in the log, without its article. */
export interface Found {
  readonly address: number
  /** Length of the payload. */
  readonly bytes: number
  readonly events: ReadonlyArray<Record.Logged>
  /** False where the events are as they were written and the article is not; only `verify` and `whole` look. */
  readonly isIntact: boolean
  /** Where the following record begins. */
  readonly next: number
}

export interface SegmentReader {
  /** So many octets from an offset on; fewer at the end. */
  readonly readAt: (segment: Segment, offset: number, bytes: number) => Buffer
  /** As `readAt`, and more than that, for whoever goes from record to record. */
  readonly readNear: (segment: Segment, offset: number, bytes: number) => Buffer
  /** The record at an offset; nothing where its events are damaged. `isWhole`: with a look at the article. */
  readonly findIn: (segment: Segment, offset: number, isWhole: boolean) => Found | undefined
  /** The next record whose head and events hold, wherever it begins. */
  readonly searchIn: (segment: Segment, from: number) => Found | undefined
  /** Lets go of what was read: files have changed. */
  readonly forget: () => void
}

export const make = (disk: Disk): SegmentReader => {
  const readAt = (segment: Segment, offset: number, bytes: number): Buffer => {
    const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(bytes, segment.bytes - offset)))
    const read = disk.read(segment.file, buffer, offset)
    return read === buffer.length ? buffer : buffer.subarray(0, read)
  }

  // Overview and followers go from record to record: those near to each other share one read. What was read of a
  // segment changes only where it is overwritten.
  let window: { readonly segment: Segment; readonly start: number; readonly octets: Buffer } | undefined
  let latest = 0
  const readNear = (segment: Segment, offset: number, bytes: number): Buffer => {
    const gap = window?.segment === segment ? offset - latest : -1
    latest = offset
    const into = gap < 0 ? -1 : offset - (window?.start ?? 0)
    const known = into < 0 ? undefined : window?.octets.subarray(into)
    if (known !== undefined && known.length >= bytes) return known
    const octets = readAt(segment, offset, gap >= 0 && gap < nearBytes ? Math.max(windowBytes, bytes) : bytes)
    window = { segment, start: offset, octets }
    return octets
  }

  const findIn = (segment: Segment, offset: number, isWhole: boolean): Found | undefined => {
    const peeked = readNear(segment, offset, peekBytes)
    if (peeked.length < Record.headBytes) return undefined
    const head = Record.readHead(peeked)
    const start = offset + Record.headBytes
    if (start + head.bytes > segment.bytes) return undefined
    const needed = Record.metaBytes(peeked.subarray(Record.headBytes), head)
    if (needed === undefined) return undefined
    const isThere = peeked.length >= Record.headBytes + needed
    const meta = isThere ? peeked.subarray(Record.headBytes, Record.headBytes + needed) : readAt(segment, start, needed)
    // Where that checksum alone is damaged, the other one, of all of the record, holds.
    const isTold = Record.isMetaIntact(meta, head) || Record.isIntact(readAt(segment, start, head.bytes), head)
    if (!isTold) return undefined
    const address = addressOf(segment, offset)
    return {
      address,
      bytes: head.bytes,
      events: Record.decode(meta, head.bytes),
      isIntact: !isWhole || Record.isIntact(readAt(segment, start, head.bytes), head),
      next: address + Record.headBytes + head.bytes
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

  return { readAt, readNear, findIn, searchIn, forget: () => void (window = undefined) }
}
