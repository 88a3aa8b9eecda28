/**
 * The log of a spool as files: records end to end in segments that are only ever appended to.
 *
 * An address is one number: which segment, and how far into it. Addresses grow along the log.
 */
import { Buffer } from "node:buffer"
import * as fs from "node:fs"
import * as path from "node:path"
import type { Disk } from "../Disk.ts"
import * as PackFile from "./PackFile.ts"
import * as Record from "./Record.ts"
import * as Runs from "./Runs.ts"

/** Room that an address gives to one segment: twice what it may have when a batch is added. */
export const addressSpan = 2 ** 27
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
  readonly name: string
  readonly file: number
  bytes: number
  /** What it stands for, and where its records are, if it is a pack. */
  readonly pack?: { readonly scope: PackFile.Scope; readonly runs: Runs.Runs }
}

/** A file of the log: a segment, or the pack that stands for some. */
export interface Stretch {
  readonly first: number
  readonly last: number
  /** Where its first record begins, and where the next file does. */
  readonly start: number
  readonly end: number
  /** Octets of its records. */
  readonly bytes: number
  readonly pack?: PackFile.Scope
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
  /** Begins a new segment with the next record, whatever has room. */
  readonly turn: () => void
  /** Begins a new segment if the last has grown long enough, as the next `append` would. */
  readonly roll: () => void
  /** Makes what was appended survive a power cut. */
  readonly sync: (done: (error: Error | null) => void) => void
  /** Makes all segments survive a power cut. */
  readonly syncAll: () => void
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
  /** All files, in order; the last is the segment that grows. */
  readonly stretches: () => ReadonlyArray<Stretch>
  /** Whether an event may come next in the log after one of an earlier position: only packs may lack some between. */
  readonly mayFollow: (before: number, position: number, address: number) => boolean
  /** The record at an address as it lies in the file, head included; nothing if it is damaged. */
  readonly whole: (address: number) => { readonly found: Found; readonly octets: Buffer } | undefined
  /** Writes other octets of the same length in the place of a record's payload, and makes them safe. */
  readonly overwrite: (address: number, payload: Uint8Array) => void
  /** Begins a pack for some files that are next to each other. */
  readonly beginPack: (stretches: ReadonlyArray<Stretch>, compactedAt: number) => PackFile.Growing
  /** Reads from a finished pack what it stands for. Its forerunners are retired. */
  readonly adopt: (name: string) => void
  /** Overwrites and removes retired files, so many octets at a time; says whether some are left. */
  readonly scrub: (bytesMax: number) => boolean
  readonly close: () => void
}

/** A segment that has grown to `segmentBytes`, at most 64 MiB, is followed by a new one. */
export const open = (directory: string, disk: Disk, segmentBytes: number): SegmentLog => {
  fs.mkdirSync(directory, { recursive: true })
  const segments = new Map<number, Segment>()
  const names = fs.readdirSync(directory)
  const packs = names.flatMap((name) => PackFile.parse(name) ?? []).filter((pack, _, all) => !isReplaced(pack, all))
  const isPacked = (number: number): boolean => packs.some(({ first, last }) => first <= number && number <= last)
  const retired = names
    .filter((name) => {
      const pack = PackFile.parse(name)
      if (pack !== undefined) return !packs.some((other) => PackFile.nameOf(other) === name)
      return name.endsWith(PackFile.unfinished) || isPacked(Number(/^segment-(\d{8})\.log$/.exec(name)?.[1] ?? -1))
    })
    .map((name) => ({ name: path.join(directory, name), from: 0 }))
  const numbers = names
    .flatMap((name) => /^segment-(\d{8})\.log$/.exec(name)?.[1] ?? [])
    .map(Number)
    .filter((number) => !isPacked(number))
    .toSorted((left, right) => left - right)

  const create = (number: number): Segment => {
    const file = fs.openSync(path.join(directory, nameOf(number)), "wx+")
    fs.writeSync(file, magic, 0, magic.length, 0)
    fs.fdatasyncSync(file)
    syncDirectory(directory)
    const segment = { number, name: nameOf(number), file, bytes: magic.length }
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
    const segment = { number, name: nameOf(number), file, bytes: Math.max(bytes, magic.length) }
    segments.set(number, segment)
    return segment
  }

  const openPack = (name: string): void => {
    const { bytes, file, runs, scope } = PackFile.open(directory, name)
    const segment = { number: scope.first, name, file, bytes, pack: { scope, runs } }
    for (let number = scope.first; number <= scope.last; number++) segments.set(number, segment)
  }

  for (const number of numbers) reopen(number)
  for (const pack of packs) openPack(PackFile.nameOf(pack))
  const first = Math.min(numbers[0] ?? 1, ...packs.map((pack) => pack.first))
  const highest = Math.max(numbers.at(-1) ?? 0, ...packs.map((pack) => pack.last))
  for (let number = first; number < highest; number++) {
    if (!segments.has(number)) throw new Error(`the log is damaged: ${nameOf(number)} is missing`)
  }
  let last = segments.get(Math.max(1, highest)) ?? create(1)
  if (last.pack !== undefined) last = create(highest + 1)
  let isTurning = false

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

  /**
   * The segment that holds an address, the offset in it, and the address itself. The end of one segment is the beginning
   * of the next; where a record has gone, the next one that is left stands in its place.
   */
  const place = (address: number): readonly [Segment, number, number] | undefined => {
    const number = Math.floor(address / addressSpan)
    const segment = segments.get(number)
    const offset = address - number * addressSpan
    if (segment === undefined) return undefined
    if (segment.pack !== undefined) {
      const located = Runs.locate(segment.pack.runs, address)
      return located === undefined
        ? place(startOf(segment.pack.scope.last + 1))
        : [segment, located.offset, located.address]
    }
    if (offset < segment.bytes || segment === last) return [segment, offset, address]
    return place(startOf(number + 1))
  }

  const find = (address: number, isWhole: boolean): Found | undefined => {
    const placed = place(address)
    if (placed === undefined) return undefined
    const [segment, offset, placedAt] = placed
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
      address: placedAt,
      bytes,
      events: Record.decode(payload, bytes),
      next: placedAt + Record.headBytes + bytes
    }
  }

  const stretchOf = (segment: Segment): Stretch => {
    const { bytes, number, pack } = segment
    const lastNumber = pack?.scope.last ?? number
    return {
      first: number,
      last: lastNumber,
      start: startOf(number),
      end: startOf(lastNumber + 1),
      bytes,
      ...(pack === undefined ? {} : { pack: pack.scope })
    }
  }

  return {
    start: first * addressSpan + magic.length,
    end: () => addressOf(last, last.bytes),
    turn: () => {
      isTurning = last.bytes > magic.length
    },
    roll: () => {
      if (last.bytes >= segmentBytes || isTurning) last = create(last.number + 1)
      isTurning = false
    },
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
      return addresses
    },
    syncAll: () => {
      for (const { file, pack } of segments.values()) if (pack === undefined) fs.fdatasyncSync(file)
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
    stretches: () => [...new Set(segments.values())].toSorted((one, other) => one.number - other.number).map(stretchOf),
    mayFollow: (before, position, address) => {
      const [segment] = place(address) ?? []
      if (segment === undefined) return false
      if (segment.pack !== undefined) return position > before
      const pack = address === startOf(segment.number) ? segments.get(segment.number - 1)?.pack : undefined
      return position === Math.max(before + 1, pack?.scope.nextPosition ?? 0)
    },
    whole: (address) => {
      const found = find(address, true)
      const [segment, offset] = found === undefined ? [] : (place(found.address) ?? [])
      if (found === undefined || segment === undefined || offset === undefined) return undefined
      return { found, octets: readAt(segment, offset, Record.headBytes + found.bytes) }
    },
    overwrite: (address, payload) => {
      const [segment, offset, placedAt] = place(address) ?? []
      if (segment === undefined || offset === undefined || placedAt !== address) return
      window = undefined
      disk.write(segment.file, [Record.head(payload), payload], offset)
      fs.fdatasyncSync(segment.file)
    },
    beginPack: (stretches, compactedAt) => {
      const scope = { first: stretches[0]?.first ?? 0, last: stretches.at(-1)?.last ?? 0, compactedAt }
      return PackFile.create(directory, scope, disk)
    },
    adopt: (name) => {
      const before = new Set(segments.values())
      openPack(name)
      window = undefined
      const left = new Set(segments.values())
      for (const segment of before) {
        if (left.has(segment)) continue
        fs.closeSync(segment.file)
        retired.push({ name: path.join(directory, segment.name), from: 0 })
      }
    },
    scrub: (bytesMax) => {
      const [one] = retired
      if (one === undefined) return false
      const from = PackFile.scrubSlice(one.name, one.from, bytesMax)
      if (from === undefined) retired.shift()
      else one.from = from
      return retired.length > 0
    },
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
      for (const segment of new Set(segments.values())) fs.closeSync(segment.file)
    }
  }
}

const nameOf = (number: number): string => `segment-${String(number).padStart(8, "0")}.log`

/** Where the first record of a segment begins. */
const startOf = (number: number): number => number * addressSpan + magic.length

/** Whether a later pack stands for all that this one did. */
const isReplaced = (pack: PackRange, all: ReadonlyArray<PackRange>): boolean =>
  all.some(
    ({ compactedAt, first, last }) =>
      first <= pack.first &&
      last >= pack.last &&
      (compactedAt > pack.compactedAt || last - first > pack.last - pack.first)
  )

type PackRange = Pick<PackFile.Scope, "first" | "last" | "compactedAt">

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
