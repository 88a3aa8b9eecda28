/**
 * A pack: the file that takes the place of segments when what is left of them was moved together.
 *
 * Its records keep their addresses and positions. After the records come the runs, then a tail that says what the pack
 * stands for; a pack without its whole tail is none.
 */
import { Buffer } from "node:buffer"
import * as fs from "node:fs"
import * as path from "node:path"
import { crc32 } from "node:zlib"
import type { Disk } from "../Disk.ts"
import * as Runs from "./Runs.ts"

/** What a pack stands for. */
export interface Scope {
  /** Numbers of the first and last segment whose place it takes. */
  readonly first: number
  readonly last: number
  /** Position of the log when it was decided what is left. */
  readonly compactedAt: number
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

const pattern = /^pack-(\d{8})-(\d{8})-(\d+)\.log$/

/** What the name of a pack says of it. */
export const parse = (name: string): Pick<Scope, "first" | "last" | "compactedAt"> | undefined => {
  const [, first, last, compactedAt] = pattern.exec(name) ?? []
  return first === undefined
    ? undefined
    : { first: Number(first), last: Number(last), compactedAt: Number(compactedAt) }
}

/** The end of names of packs that are not yet whole. */
export const unfinished = ".new"

export const nameOf = ({ compactedAt, first, last }: Pick<Scope, "first" | "last" | "compactedAt">): string =>
  `pack-${String(first).padStart(8, "0")}-${String(last).padStart(8, "0")}-${compactedAt}.log`

/** Opens a pack. Throws if it is not whole. */
export const open = (directory: string, name: string): Opened => {
  const file = fs.openSync(path.join(directory, name), "r+")
  const size = fs.fstatSync(file).size
  const tail = Buffer.alloc(tailBytes)
  fs.readSync(file, tail, 0, tailBytes, Math.max(0, size - tailBytes))
  const end = tail.readUIntBE(0, 6)
  const table = Buffer.alloc(Math.max(0, Math.min(size, size - tailBytes - end)))
  fs.readSync(file, table, 0, table.length, end)
  if (
    size < start + tailBytes ||
    crc32(tail.subarray(0, tailBytes - 4), crc32(table)) !== tail.readUInt32BE(tailBytes - 4)
  ) {
    fs.closeSync(file)
    throw new Error(`the log is damaged: ${name} is not whole`)
  }
  const scope = {
    first: tail.readUInt32BE(6),
    last: tail.readUInt32BE(10),
    compactedAt: tail.readUIntBE(14, 6),
    forgottenMillis: tail.readUIntBE(20, 6),
    nextPosition: tail.readUIntBE(26, 6)
  }
  return { file, scope, runs: Runs.read(table, end), bytes: end }
}

/** A pack that is being written. */
export interface Growing {
  /** Adds the record of an address: its octets, head included, as they are now. */
  readonly add: (address: number, octets: Uint8Array) => void
  readonly bytes: () => number
  /** Makes it whole and safe, and gives the name it then has. */
  readonly finish: (scope: Scope) => string
  /** Gives up: the octets are overwritten, and the file goes. */
  readonly abandon: () => void
}

export const create = (
  directory: string,
  scope: Pick<Scope, "first" | "last" | "compactedAt">,
  disk: Disk
): Growing => {
  const name = path.join(directory, nameOf(scope) + unfinished)
  const file = fs.openSync(name, "w+")
  disk.write(file, [magic], 0)
  const gathering = new Runs.Gathering(start)
  return {
    add: (address, octets) => {
      disk.write(file, [octets], gathering.end)
      gathering.add(address, octets.length)
    },
    bytes: () => gathering.end,
    finish: (whole) => {
      const table = Runs.write(gathering.runs())
      const tail = Buffer.alloc(tailBytes)
      tail.writeUIntBE(gathering.end, 0, 6)
      tail.writeUInt32BE(whole.first, 6)
      tail.writeUInt32BE(whole.last, 10)
      tail.writeUIntBE(whole.compactedAt, 14, 6)
      tail.writeUIntBE(whole.forgottenMillis, 20, 6)
      tail.writeUIntBE(whole.nextPosition, 26, 6)
      tail.writeUInt32BE(crc32(tail.subarray(0, tailBytes - 4), crc32(table)), tailBytes - 4)
      disk.write(file, [table, tail], gathering.end)
      fs.fsyncSync(file)
      fs.closeSync(file)
      fs.renameSync(name, path.join(directory, nameOf(whole)))
      syncDirectory(directory)
      return nameOf(whole)
    },
    abandon: () => {
      fs.closeSync(file)
      scrub(name)
    }
  }
}

/** Octets overwritten at once. */
const scrubBytes = 1024 * 1024

/** Overwrites up to so many octets of a file from an offset on, and says where to go on; past the end the file is gone. */
export const scrubSlice = (name: string, from: number, bytesMax: number): number | undefined => {
  const file = fs.openSync(name, "r+")
  try {
    const size = fs.fstatSync(file).size
    const end = Math.min(size, from + bytesMax)
    const zeros = Buffer.alloc(Math.min(scrubBytes, Math.max(0, end - from)))
    for (let at = from; at < end; at += zeros.length) fs.writeSync(file, zeros, 0, Math.min(zeros.length, end - at), at)
    if (end < size) return end
    fs.fdatasyncSync(file)
  } finally {
    fs.closeSync(file)
  }
  fs.unlinkSync(name)
  return undefined
}

/** Overwrites a file that nobody needs any more, so that what was in it cannot be read off the disk, and removes it. */
export const scrub = (name: string): void => void scrubSlice(name, 0, Infinity)

const syncDirectory = (directory: string): void => {
  const file = fs.openSync(directory, "r")
  try {
    fs.fsyncSync(file)
  } finally {
    fs.closeSync(file)
  }
}
