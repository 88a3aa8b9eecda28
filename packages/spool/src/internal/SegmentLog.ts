/**
 * The log of a spool as files: records end to end in segments that are only ever appended to, and packs of what is left of
 * older ones.
 *
 * An address is one number: which segment, and how far into it. Addresses grow along the log, and outlive the move of a
 * record into a pack.
 */
import { Buffer } from "node:buffer"
import * as path from "node:path"
import type { Disk } from "../Disk.ts"
import { Draft } from "./Draft.ts"
import * as LogFiles from "./LogFiles.ts"
import * as PackFile from "./PackFile.ts"
import { RecentOctets } from "./RecentOctets.ts"
import * as Record from "./Record.ts"
import * as Runs from "./Runs.ts"
import * as SegmentReader from "./SegmentReader.ts"
import {
  addressOf,
  addressSpan,
  magic,
  type Segment,
  type Span,
  spanOf,
  startOf,
  type Stretch,
  stretchOf
} from "./Segment.ts"

/** Written at once in the place of what is to go. */
const zeros = Buffer.alloc(1024 * 1024)

export interface SegmentLog {
  /** Where the next record will begin. */
  readonly end: () => number
  /** Records to come, which begin where the log ends. One at a time: what the last one was given is forgotten. */
  readonly draft: () => Draft
  /** Writes the records of the last draft. Where that throws, nothing of them is kept. */
  readonly write: (draft: Draft) => void
  /** Writes octets of a record, and gives its address. */
  readonly append: (record: Uint8Array) => number
  /** Makes what was appended survive a power cut. */
  readonly sync: (done: (error: Error | null) => void) => void
  /** The payload of so many octets at an address; nothing if its checksum does not hold. */
  readonly read: (address: number, bytes: number) => Buffer | undefined
  /** As `read`, of what is not in memory, for whoever goes from record to record. */
  readonly readNear: (address: number, bytes: number) => Buffer | undefined
  /** So many octets from an address on, if they are in memory. They are shared: nobody may write to them. */
  readonly around: RecentOctets["around"]
  /** As `around`, good until the log is written to. */
  readonly look: RecentOctets["look"]
  /** Has somebody told of octets before they leave memory. */
  readonly tellLeaving: (tell: RecentOctets["leaving"]) => void
  /** The record at an address, or the next where that has gone, its article left out; nothing at the end of the log, or where its events are damaged. */
  readonly peek: (address: number) => SegmentReader.Found | undefined
  /** The first record at an address or after it that `peek` can read, past what is damaged. */
  readonly seek: (address: number) => SegmentReader.Found | undefined
  /** As `peek`, with a look at the article too. */
  readonly verify: (address: number) => SegmentReader.Found | undefined
  /** As `verify`, with the record as it lies in the file, head included. */
  readonly whole: (address: number) => { readonly found: SegmentReader.Found; readonly octets: Buffer } | undefined
  /** Where the record at an address is, or the next one where that has gone. */
  readonly at: (address: number) => number | undefined
  /** Where the first record of the log begins. */
  readonly start: number
  /** Cuts off all that follows an address, as far as it lies in no pack, and says how many octets those were. */
  readonly cut: (address: number) => number
  /** Makes the log so long that nothing comes to lie before an address; what it lacked up to there cannot be read. */
  readonly reach: (address: number) => void
  /** Octets of the log before an address. */
  readonly bytes: (address: number) => number
  /** Begins a new segment with the next record, whatever has room. */
  readonly turn: () => void
  /** Begins a new segment if the last has grown long enough, as the next `append` would. */
  readonly roll: () => void
  /** Makes all segments survive a power cut, those of earlier processes included. */
  readonly syncAll: () => void
  /** As `syncAll`, of the segment of an address and those behind it, and of all names. */
  readonly syncFrom: (address: number) => void
  /** All files, in order; the last is the segment that grows. */
  readonly stretches: () => ReadonlyArray<Stretch>
  /** Events that are missing between one position and the next one found, at an address; what a pack has let go does not count. */
  readonly lostBetween: (before: number, position: number, address: number) => number
  /** Writes a record of the same length in the place of one, head included, and makes it safe. */
  readonly overwrite: (address: number, record: Uint8Array) => void
  /** Octets that lie between two addresses, in each file that has some. */
  readonly octetsIn: (from: number, to: number) => ReadonlyArray<Span>
  /** Overwrites all that lies between two addresses with nothing, and makes that safe. */
  readonly clear: (from: number, to: number) => void
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
  /** A pack stands under each of its numbers. */
  const segments = new Map<number, Segment>()
  const recent = new RecentOctets()
  const files = LogFiles.sort(disk.names(directory))
  const retired = files.retired.map((name) => ({ name: path.join(directory, name), from: 0 }))

  const reader = SegmentReader.make(disk)
  const { findIn, readAt, readNear, searchIn } = reader

  const create = (number: number): Segment => {
    const name = LogFiles.segmentName(number)
    // A file that an earlier attempt left behind holds nothing that was acknowledged.
    const file = disk.open(path.join(directory, name), "create")
    try {
      disk.write(file, [magic], 0)
      disk.syncNow(file)
      disk.syncDirectory(directory)
    } catch (error) {
      disk.close(file)
      throw error
    }
    const segment = { number, name, file, bytes: magic.length }
    segments.set(number, segment)
    return segment
  }

  /** Segments in which nothing is known: lost where others are known, and else of a format of another time. */
  const strange: Array<string> = []

  const reopen = (number: number): void => {
    const name = LogFiles.segmentName(number)
    const file = disk.open(path.join(directory, name), "existing")
    const segment = { number, name, file, bytes: Math.max(disk.size(file), magic.length) }
    segments.set(number, segment)
    const head = readAt(segment, 0, magic.length)
    if (head.equals(magic)) return
    // A crash between the creation of a segment and its first octets leaves no head, or one that was never written.
    if (segment.bytes === magic.length || head.every((octet) => octet === 0)) {
      disk.write(file, [magic], 0)
      return disk.syncNow(file)
    }
    if (findIn(segment, magic.length, false) === undefined && searchIn(segment, magic.length) === undefined)
      strange.push(name)
  }

  const openPack = (name: string): void => {
    const { bytes, file, runs, scope } = PackFile.open(directory, name, disk)
    const segment = { number: scope.first, name, file, bytes, pack: { scope, runs } }
    for (let number = scope.first; number <= scope.last; number++) segments.set(number, segment)
  }

  for (const number of files.segments) reopen(number)
  if (strange.length > 0 && strange.length === files.segments.length && files.packs.length === 0) {
    throw new Error(`${strange[0]} is no segment of a format known here`)
  }
  for (const pack of files.packs) openPack(LogFiles.packName(pack))
  const first = Math.min(files.segments[0] ?? 1, ...files.packs.map((pack) => pack.first))
  const highest = Math.max(files.segments.at(-1) ?? 0, ...files.packs.map((pack) => pack.last))
  for (let number = first; number < highest; number++) {
    if (!segments.has(number)) throw new Error(`the log is damaged: ${LogFiles.segmentName(number)} is missing`)
  }
  let last = segments.get(highest) ?? create(1)
  if (last.pack !== undefined) last = create(highest + 1)
  let isTurning = false
  /** Where records go on after what is damaged, so that it is searched once. */
  const detours = new Map<number, number>()

  /** Each file once, in order. */
  const each = (): ReadonlyArray<Segment> =>
    [...new Set(segments.values())].toSorted((one, other) => one.number - other.number)

  /**
   * The segment that holds an address, the offset in it, and the address itself. The end of one segment is the beginning
   * of the next; where a record has gone, the next one that is left stands in its place.
   */
  const place = (address: number): readonly [Segment, number, number] | undefined => {
    for (let from = address; ;) {
      const number = Math.floor(from / addressSpan)
      const segment = segments.get(number)
      if (segment === undefined) return undefined
      const offset = from - number * addressSpan
      if (segment.pack === undefined) {
        if (offset < segment.bytes || segment === last) return [segment, offset, from]
      } else {
        const located = Runs.locate(segment.pack.runs, from)
        if (located !== undefined) return [segment, located.offset, located.address]
      }
      from = startOf((segment.pack?.scope.last ?? number) + 1)
    }
  }

  const find = (address: number, isWhole: boolean): SegmentReader.Found | undefined => {
    const placed = place(address)
    return placed === undefined ? undefined : findIn(placed[0], placed[1], isWhole)
  }

  const search = (address: number): SegmentReader.Found | undefined => {
    const [begun, offset] = place(address) ?? []
    if (begun === undefined || offset === undefined) return undefined
    for (const segment of each()) {
      if (segment.number < begun.number) continue
      const found = searchIn(segment, segment === begun ? offset + 1 : magic.length)
      if (found !== undefined) return found
    }
    return undefined
  }

  const octetsIn = (from: number, to: number): ReadonlyArray<Span> => {
    const spans: Array<Span> = []
    const end = Math.min(Math.floor(to / addressSpan), last.number)
    for (let number = Math.max(Math.floor(from / addressSpan), first); number <= end;) {
      const segment = segments.get(number)
      const span = segment === undefined ? undefined : spanOf(segment, from, to)
      if (span !== undefined && span.bytes > 0) spans.push(span)
      number = (segment?.pack?.scope.last ?? number) + 1
    }
    return spans
  }

  const roll = (): void => {
    if (last.bytes >= segmentBytes || isTurning) last = create(last.number + 1)
    isTurning = false
  }

  const draft = (): Draft => {
    roll()
    const start = addressOf(last, last.bytes)
    return new Draft(start, recent.slabBefore(start), recent.slabAt)
  }

  const write = ({ bytes, parts, start }: Draft): void => {
    if (start !== addressOf(last, last.bytes))
      throw new Error("the log has gone on elsewhere than where a draft begins")
    const pieces = parts.map(({ from, slab, to }) => slab.octets.subarray(from, to))
    disk.write(last.file, pieces, last.bytes)
    last.bytes += bytes
    for (const part of parts) recent.keep(part)
  }

  const payloadAt = (address: number, bytes: number, readBy: typeof readAt): Buffer | undefined => {
    const [segment, offset, placedAt] = place(address) ?? []
    if (segment === undefined || offset === undefined || placedAt !== address) return undefined
    const octets = readBy(segment, offset, Record.headBytes + bytes)
    if (octets.length < Record.headBytes + bytes) return undefined
    const payload = octets.subarray(Record.headBytes, Record.headBytes + bytes)
    return Record.isIntact(payload, Record.readHead(octets)) ? payload : undefined
  }

  return {
    start: startOf(first),
    end: () => addressOf(last, last.bytes),
    roll,
    draft,
    write,
    append: (record) => {
      const one = draft()
      const address = one.copy(record)
      write(one)
      return address
    },
    sync: (done) => disk.sync(last.file, done),
    read: (address, bytes) => recent.read(address + Record.headBytes, bytes) ?? payloadAt(address, bytes, readAt),
    readNear: (address, bytes) => payloadAt(address, bytes, readNear),
    around: (address, bytes) => recent.around(address, bytes),
    look: (address, bytes) => recent.look(address, bytes),
    tellLeaving: (tell) => {
      recent.leaving = tell
    },
    peek: (address) => find(address, false),
    seek: (address) => {
      const found = find(address, false)
      if (found !== undefined || address >= addressOf(last, last.bytes)) return found
      const detour = detours.get(address)
      const known = detour === undefined ? undefined : find(detour, false)
      // Where it led may be damaged by now.
      if (known !== undefined) return known
      const next = search(address)
      if (next !== undefined) detours.set(address, next.address)
      return next
    },
    verify: (address) => find(address, true),
    at: (address) => place(address)?.[2],
    whole: (address) => {
      const [segment, offset] = place(address) ?? []
      const found = segment === undefined || offset === undefined ? undefined : findIn(segment, offset, true)
      if (segment === undefined || offset === undefined || found === undefined) return undefined
      return { found, octets: readAt(segment, offset, Record.headBytes + found.bytes) }
    },
    cut: (address) => {
      const [begun, within = 0] = place(address) ?? []
      let lost = 0
      reader.forget()
      recent.cut(address)
      detours.clear()
      for (const segment of each()) {
        if (segment.pack !== undefined || segment.number < (begun ?? last).number) continue
        const offset = segment === begun ? within : magic.length
        lost += segment.bytes - offset
        // A write that failed may have left octets behind the end.
        if (segment === last || segment.bytes > offset) disk.truncate(segment.file, offset)
        segment.bytes = offset
      }
      return lost
    },
    reach: (address) => {
      while (last.number < Math.floor(address / addressSpan)) last = create(last.number + 1)
      const bytes = address - last.number * addressSpan
      if (bytes <= last.bytes) return
      disk.truncate(last.file, bytes)
      last.bytes = bytes
    },
    bytes: (address) => {
      const [segment, offset] = place(address) ?? []
      if (segment === undefined || offset === undefined) return 0
      const before = each().filter(({ number }) => number < segment.number)
      return before.reduce((sum, { bytes }) => sum + bytes, offset)
    },
    turn: () => {
      isTurning = last.bytes > magic.length
    },
    syncAll: () => {
      // A pack was safe before it was one.
      for (const { file, pack } of segments.values()) if (pack === undefined) disk.syncNow(file)
      disk.syncDirectory(directory)
    },
    syncFrom: (address) => {
      const from = Math.floor(address / addressSpan)
      for (const { file, number, pack } of segments.values()) {
        if (pack === undefined && number >= from) disk.syncNow(file)
      }
      // A name that was never synced may go with the power, and that of a later segment stay.
      disk.syncDirectory(directory)
    },
    stretches: () => each().map(stretchOf),
    lostBetween: (before, position, address) => {
      if (position <= before + 1) return 0
      const [segment] = place(address) ?? []
      if (segment === undefined || segment.pack !== undefined) return 0
      const packs = each().filter(({ number, pack }) => pack !== undefined && number < segment.number)
      return Math.max(0, position - Math.max(before + 1, packs.at(-1)?.pack?.scope.nextPosition ?? 0))
    },
    overwrite: (address, record) => {
      const [segment, offset, placedAt] = place(address) ?? []
      if (segment === undefined || offset === undefined || placedAt !== address) return
      reader.forget()
      recent.drop(address)
      detours.clear()
      disk.write(segment.file, [record.subarray(0, Math.max(0, segment.bytes - offset))], offset)
      disk.syncNow(segment.file)
    },
    octetsIn,
    clear: (from, to) => {
      reader.forget()
      recent.cut(from)
      detours.clear()
      for (const { bytes, number, offset } of octetsIn(from, to)) {
        const file = segments.get(number)?.file ?? 0
        for (let at = 0; at < bytes; at += zeros.length) {
          disk.write(file, [zeros.subarray(0, bytes - at)], offset + at)
        }
        disk.syncNow(file)
      }
    },
    beginPack: (stretches, compactedAt) => {
      const range = { first: stretches[0]?.first ?? 0, last: stretches.at(-1)?.last ?? 0, compactedAt }
      return PackFile.create(directory, range, disk)
    },
    adopt: (name) => {
      const before = each()
      openPack(name)
      reader.forget()
      detours.clear()
      const left = new Set(segments.values())
      for (const segment of before) {
        if (left.has(segment)) continue
        disk.close(segment.file)
        retired.push({ name: path.join(directory, segment.name), from: 0 })
      }
    },
    scrub: (bytesMax) => {
      const [one] = retired
      if (one === undefined) return false
      const from = PackFile.scrubSlice(one.name, one.from, bytesMax, disk)
      if (from === undefined) retired.shift()
      else one.from = from
      return retired.length > 0
    },
    close: () => {
      for (const { file } of new Set(segments.values())) disk.close(file)
    }
  }
}
