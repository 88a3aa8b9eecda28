/**
 * One file of a log: a segment that grows, or the pack that stands for some; made, opened and read.
 */
import { Buffer } from "node:buffer"
import * as path from "node:path"
import type { Disk } from "../Disk.ts"
import * as LogFiles from "./LogFiles.ts"
import * as PackFile from "./PackFile.ts"
import type * as Runs from "./Runs.ts"

/** Marks a file as a segment, with the version of its format. */
export const magic = Buffer.from("lupinlog\0\0\0\x02", "latin1")

export interface Segment {
  /** Of a pack the first that it stands for. */
  readonly number: number
  readonly name: string
  readonly file: number
  bytes: number
  /** What it stands for, and where its records are, if it is a pack. */
  readonly pack?: { readonly scope: PackFile.Scope; readonly runs: Runs.Runs }
}

/** A new segment, its name safe. What an earlier attempt left under that name holds nothing that was acknowledged. */
export const create = (directory: string, number: number, disk: Disk): Segment => {
  const name = LogFiles.segmentName(number)
  const file = disk.open(path.join(directory, name), "create")
  try {
    disk.write(file, [magic], 0)
    disk.syncNow(file)
    disk.syncDirectory(directory)
  } catch (error) {
    disk.close(file)
    throw error
  }
  return { number, name, file, bytes: magic.length }
}

/** A segment that is there. `isOne` says whether a file with another head holds a record where the first one should be. */
export const reopen = (
  directory: string,
  number: number,
  disk: Disk,
  isOne: (segment: Segment) => boolean
): Segment => {
  const name = LogFiles.segmentName(number)
  const file = disk.open(path.join(directory, name), "existing")
  const segment = { number, name, file, bytes: Math.max(disk.size(file), magic.length) }
  const head = readAt(segment, 0, magic.length, disk)
  if (head.equals(magic)) return segment
  // A crash between the creation of a segment and its first octets leaves no head, or one that was never written.
  const isUnwritten = segment.bytes === magic.length || head.every((octet) => octet === 0)
  if (isUnwritten) disk.write(file, [magic], 0)
  else if (!isOne(segment)) throw new Error(`${name} is no segment of a format known here`)
  return segment
}

export const openPack = (directory: string, name: string, disk: Disk): Segment & { readonly pack: object } => {
  const { bytes, file, runs, scope } = PackFile.open(directory, name, disk)
  return { number: scope.first, name, file, bytes, pack: { scope, runs } }
}

/** So many octets from an offset on, fewer at the end of the records. */
export const readAt = (segment: Segment, offset: number, bytes: number, disk: Disk): Buffer => {
  const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(bytes, segment.bytes - offset)))
  const read = disk.read(segment.file, buffer, offset)
  return read === buffer.length ? buffer : buffer.subarray(0, read)
}
