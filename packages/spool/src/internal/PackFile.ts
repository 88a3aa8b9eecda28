/**
 * A pack: the file that takes the place of segments when what is left of them was moved together.
 *
 * Its records keep their addresses and positions. After the records come the runs, twice, then twice a tail that says what
 * the pack stands for: one octet gone bad makes no pack unreadable.
 */
import { Buffer } from "node:buffer"
import * as path from "node:path"
import { crc32 } from "node:zlib"
import type { Disk } from "../Disk.ts"
import * as LogFiles from "./LogFiles.ts"
import * as Runs from "./Runs.ts"

/** What a pack stands for: numbers of the first and last segment, and the position of the log when it was decided what is left. */
export interface Scope extends LogFiles.PackRange {
  /** Removals of before this time were forgotten then. */
  readonly forgottenMillis: number
  /** Position of the first event behind the pack. */
  readonly nextPosition: number
}

export interface Opened {
  readonly file: number
  readonly scope: Scope
  readonly runs: Runs.Runs
  /** Where the records end. */
  readonly bytes: number
}

const magic = Buffer.from("lupinpak\0\0\0\x01", "latin1")
const tailBytes = 48

/** Where the first record of a pack begins. */
export const start = magic.length

/** Opens a pack. Throws if it does not tell what it stands for. */
export const open = (directory: string, name: string, disk: Disk): Opened => {
  const file = disk.open(path.join(directory, name), "existing")
  const size = disk.size(file)
  const readAt = (offset: number, bytes: number): Buffer => {
    const buffer = Buffer.alloc(Math.max(0, Math.min(bytes, size - offset)))
    return offset < 0 ? Buffer.alloc(0) : buffer.subarray(0, disk.read(file, buffer, offset))
  }
  for (const copy of [1, 2]) {
    const tail = readTail(readAt(size - copy * tailBytes, tailBytes))
    if (tail === undefined) continue
    const { end, scope, tableBytes, tableCrc } = tail
    for (const offset of [end, end + tableBytes]) {
      const table = readAt(offset, tableBytes)
      if (table.length === tableBytes && crc32(table) === tableCrc) {
        return { file, scope, runs: Runs.read(table, end), bytes: end }
      }
    }
  }
  disk.close(file)
  throw new Error(`the log is damaged: ${name} does not tell what it holds`)
}

/** A pack that is being written. */
export interface Growing {
  /** Adds the record of an address: its octets, head included, as they are now. */
  readonly add: (address: number, octets: Uint8Array) => void
  readonly bytes: () => number
  /** Makes it whole and safe, and gives the name it then has. */
  readonly finish: (scope: Scope) => string
  /** Gives up: the octets are overwritten, and the file goes. Where it throws, it can be tried again. */
  readonly abandon: () => void
}

export const create = (directory: string, range: LogFiles.PackRange, disk: Disk): Growing => {
  const final = path.join(directory, LogFiles.packName(range))
  const name = final + LogFiles.unfinished
  const file = disk.open(name, "create")
  const gathering = new Runs.Gathering(start)
  let isOpen = true
  let state: "unnamed" | "named" | "renamed back" | "gone" = "unnamed"
  const close = (): void => {
    if (isOpen) disk.close(file)
    isOpen = false
  }
  return {
    add: (address, octets) => {
      disk.write(file, [octets], gathering.end)
      gathering.add(address, octets.length)
    },
    bytes: () => gathering.end,
    finish: (scope) => {
      const table = Runs.write(gathering.runs())
      const tail = writeTail({ scope, end: gathering.end, tableBytes: table.length, tableCrc: crc32(table) })
      disk.write(file, [magic], 0)
      disk.write(file, [table, table, tail, tail], gathering.end)
      disk.syncNow(file)
      close()
      disk.rename(name, final)
      state = "named"
      disk.syncDirectory(directory)
      return path.basename(final)
    },
    abandon: () => {
      close()
      if (state === "named") disk.rename(final, name)
      if (state !== "unnamed" && state !== "gone") {
        state = "renamed back"
        // A pack without its content must not bear the name of one.
        disk.syncDirectory(directory)
        state = "unnamed"
      }
      if (state === "unnamed") scrub(name, disk)
      state = "gone"
    }
  }
}

interface Tail {
  readonly end: number
  readonly tableBytes: number
  readonly tableCrc: number
  readonly scope: Scope
}

const writeTail = ({ end, scope, tableBytes, tableCrc }: Tail): Buffer => {
  const octets = Buffer.alloc(tailBytes)
  octets.writeUIntBE(end, 0, 6)
  octets.writeUInt32BE(scope.first, 6)
  octets.writeUInt32BE(scope.last, 10)
  octets.writeUIntBE(scope.compactedAt, 14, 6)
  octets.writeUIntBE(scope.forgottenMillis, 20, 6)
  octets.writeUIntBE(scope.nextPosition, 26, 6)
  octets.writeUIntBE(tableBytes, 32, 6)
  octets.writeUInt32BE(tableCrc, 38)
  octets.writeUInt32BE(crc32(octets.subarray(0, tailBytes - 4), tailBytes), tailBytes - 4)
  return octets
}

const readTail = (octets: Buffer): Tail | undefined => {
  if (octets.length < tailBytes) return undefined
  if (crc32(octets.subarray(0, tailBytes - 4), tailBytes) !== octets.readUInt32BE(tailBytes - 4)) return undefined
  return {
    end: octets.readUIntBE(0, 6),
    tableBytes: octets.readUIntBE(32, 6),
    tableCrc: octets.readUInt32BE(38),
    scope: {
      first: octets.readUInt32BE(6),
      last: octets.readUInt32BE(10),
      compactedAt: octets.readUIntBE(14, 6),
      forgottenMillis: octets.readUIntBE(20, 6),
      nextPosition: octets.readUIntBE(26, 6)
    }
  }
}

/** Octets overwritten at once. */
const scrubBytes = 1024 * 1024

/** Overwrites up to so many octets of a file from an offset on, and says where to go on; past the end the file is gone. */
export const scrubSlice = (name: string, from: number, bytesMax: number, disk: Disk): number | undefined => {
  const file = disk.open(name, "existing")
  try {
    const size = disk.size(file)
    const end = Math.min(size, from + bytesMax)
    const zeros = Buffer.alloc(Math.min(scrubBytes, Math.max(0, end - from)))
    for (let at = from; at < end; at += zeros.length) disk.write(file, [zeros.subarray(0, end - at)], at)
    if (end < size) return end
    disk.syncNow(file)
  } finally {
    disk.close(file)
  }
  disk.remove(name)
  return undefined
}

/** Overwrites a file that nobody needs any more, so that what was in it cannot be read off the disk, and removes it. */
export const scrub = (name: string, disk: Disk): void => void scrubSlice(name, 0, Infinity, disk)
