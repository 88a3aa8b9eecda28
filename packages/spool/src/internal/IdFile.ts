/**
 * The file in which bands of ids lie: pieces of it, each of bands next to each other, written once and beside the tables that
 * know of them.
 *
 * Nobody waits for its syncs. So that no state of the tables that a crash leaves ever shows octets of another: what is no
 * longer needed is written over only when the head of the file, safe on the disk, is `statesKept` commits ahead of those that
 * needed it, and a state that is so much older than the head is not opened; and what no sync is known of is compared with its
 * checksum before anybody looks at it.
 */
import { Buffer } from "node:buffer"
import * as path from "node:path"
import { crc32 } from "node:zlib"
import type { Disk } from "../Disk.ts"
import * as IdSpace from "./IdSpace.ts"
import * as TextOverwrite from "./TextOverwrite.ts"

/** Bands of a sheaf next to each other, behind a word for each that says where it ends. */
export interface Piece extends IdSpace.Stretch {
  /** The first band, and the one behind the last. */
  readonly from: number
  readonly to: number
  /** Which one wrote it. */
  readonly commit: number
  readonly sum: number
}

/** What a state says of the file: its number, and up to which all is known to be synced. */
export interface Reached {
  readonly commit: number
  readonly synced: number
}

/** Where it lies. */
export interface Place {
  readonly disk: Disk
  readonly name: string
}

/** States whose octets are kept: how many commits the tables may lose in a power cut, and not be made anew. */
export const statesKept = 8

const headBytes = 24
const commitAt = 8
const sumAt = 16
const magic = "lupinids"
const wordBytes = 4
/** Some bands. */
const blockBytesAtFirst = 64 * 1024

/** The number in a head, if it is one. */
const commitOf = (head: Buffer): number | undefined => {
  const isHead = head.toString("latin1", 0, commitAt) === magic
  return isHead && head.readUInt32LE(sumAt) === crc32(head.subarray(0, sumAt)) ? head.readDoubleLE(commitAt) : undefined
}

const headOf = (commit: number): Buffer => {
  const head = Buffer.alloc(headBytes)
  head.write(magic, "latin1")
  head.writeDoubleLE(commit, commitAt)
  head.writeUInt32LE(crc32(head.subarray(0, sumAt)), sumAt)
  return head
}

/** Whether the file is as a state knows it. */
export const isWhole = ({ disk, name }: Place, { commit, synced }: Reached, pieces: ReadonlyArray<Piece>): boolean => {
  let file: number
  try {
    file = disk.open(name, "existing")
  } catch {
    return false
  }
  const read = (offset: number, bytes: number): Buffer => {
    const octets = Buffer.alloc(bytes)
    return octets.subarray(0, disk.read(file, octets, offset))
  }
  try {
    const found = commitOf(read(0, headBytes))
    if (found === undefined || found < synced || found > commit + statesKept) return false
    const size = disk.size(file)
    return pieces.every(
      ({ bytes, commit: by, offset, sum }) =>
        offset + bytes <= size && (by <= synced || crc32(read(offset, bytes)) === sum)
    )
  } finally {
    disk.close(file)
  }
}

export class IdFile {
  /** Octets that were looked at last, from the first one on. */
  block = Buffer.allocUnsafeSlow(blockBytesAtFirst)
  view = new DataView(this.block.buffer)
  readonly #disk: Disk
  readonly #file: number
  /** The number that the head of the file had when it was opened. */
  #found = 0
  /** Up to which commit all is synced. */
  #synced: number
  #isSyncing = false
  #isClosed = false
  /** A sync has failed: nobody knows what the disk has of what was written before. */
  #isDoubtful = false
  #gaps: ReadonlyArray<IdSpace.Stretch> = []
  /** Where the bands of pieces end, by the offset of each. */
  readonly #ends = new Map<number, Uint32Array>()

  /** Opens it as a state knows it, which `isWhole` says; empty where there is none. */
  constructor({ disk, name }: Place, reached: Reached | undefined) {
    this.#disk = disk
    this.#synced = reached?.synced ?? 0
    this.#file = disk.open(name, reached === undefined ? "create" : "existing")
    if (reached === undefined) disk.syncDirectory(path.dirname(name))
    else this.#found = commitOf(this.#readAll(0, headBytes)) ?? 0
  }

  get synced(): number {
    return this.#synced
  }

  /** The number of the commit behind a state. */
  next(commit: number): number {
    return Math.max(commit, this.#found) + 1
  }

  /** Whether what such a commit let go of may be written over. */
  isFree(commit: number): boolean {
    return commit + statesKept <= this.#synced
  }

  /** Begins a commit. `taken`: what is not to be written over. */
  begin(taken: Iterable<IdSpace.Stretch>): void {
    this.#gaps = IdSpace.gaps(taken, IdSpace.blockBytes)
  }

  /** Writes bands, `ends` telling where each ends. */
  put(commit: number, from: number, ends: Uint32Array, octets: Buffer): Piece {
    const head = Buffer.from(ends.buffer, ends.byteOffset, ends.byteLength)
    const bytes = head.length + octets.length
    const [offset, gaps] = IdSpace.take(this.#gaps, bytes)
    this.#gaps = gaps
    this.#disk.write(this.#file, [head, octets], offset)
    this.#ends.set(offset, ends)
    return { from, to: from + ends.length, offset, bytes, commit, sum: crc32(octets, crc32(head)) }
  }

  /** The tables have committed: all of it is synced some time. `pieces`: those that are still needed. */
  settle(commit: number, pieces: ReadonlyArray<Piece>): void {
    if (this.#ends.size > 2 * pieces.length) this.#forget(pieces)
    try {
      this.#disk.write(this.#file, [headOf(commit)], 0)
    } catch {
      // Nothing is known to be synced without it, and the next commit brings another.
      return
    }
    if (this.#isSyncing || this.#isDoubtful) return
    this.#isSyncing = true
    this.#disk.syncLater(this.#file, (error) => {
      this.#isSyncing = false
      if (this.#isClosed) return this.#disk.close(this.#file)
      if (error === null) this.#synced = Math.max(this.#synced, commit)
      else this.#isDoubtful = true
    })
  }

  #forget(pieces: ReadonlyArray<Piece>): void {
    const needed = new Set(pieces.map(({ offset }) => offset))
    for (const offset of this.#ends.keys()) if (!needed.has(offset)) this.#ends.delete(offset)
  }

  /** Where bands of a piece lie, the end not included. */
  where(piece: Piece, from: number, to: number): IdSpace.Stretch {
    const ends = this.#endsOf(piece)
    const start = from === piece.from ? 0 : (ends[from - piece.from - 1] as number)
    return {
      offset: piece.offset + ends.byteLength + start,
      bytes: (ends[to - piece.from - 1] as number) - start
    }
  }

  #endsOf({ from, offset, to }: Piece): Uint32Array {
    const known = this.#ends.get(offset)
    if (known !== undefined) return known
    const head = this.#readAll(offset, (to - from) * wordBytes)
    const ends = Uint32Array.from({ length: to - from }, (_, at) => head.readUInt32LE(at * wordBytes))
    this.#ends.set(offset, ends)
    return ends
  }

  /** Shows octets in `block` and `view`, until the next look. */
  look({ bytes, offset }: IdSpace.Stretch): void {
    if (bytes > this.block.length) {
      this.block = Buffer.allocUnsafeSlow(2 * bytes)
      this.view = new DataView(this.block.buffer)
    }
    this.#fill(this.block, offset, bytes)
  }

  /** Fills a buffer. */
  read(buffer: Buffer, offset: number): void {
    this.#fill(buffer, offset, buffer.length)
  }

  /** Writes over octets of a piece. */
  overwrite(octets: Buffer, offset: number): void {
    this.#disk.write(this.#file, [octets], offset)
  }

  /** As `Tables.overwrite`. */
  overwriteTexts(texts: TextOverwrite.Texts, from: number, bytesMax: number): number | undefined {
    const file: TextOverwrite.File = {
      size: () => this.#disk.size(this.#file),
      read: (buffer, offset) => this.#disk.read(this.#file, buffer, offset),
      write: (octets, offset) => this.overwrite(octets, offset),
      sync: () => this.#disk.syncNow(this.#file)
    }
    return TextOverwrite.overwrite(file, texts, from, bytesMax)
  }

  /** Waits until all is on the disk that was committed, or written over. */
  sync(commit: number): void {
    this.#disk.syncNow(this.#file)
    if (!this.#isDoubtful) this.#synced = commit
  }

  close(): void {
    this.#isClosed = true
    try {
      this.#disk.syncNow(this.#file)
    } catch {
      // Its checksums tell what came through.
    }
    if (!this.#isSyncing) this.#disk.close(this.#file)
  }

  #readAll(offset: number, bytes: number): Buffer {
    const octets = Buffer.alloc(bytes)
    this.#fill(octets, offset, bytes)
    return octets
  }

  #fill(buffer: Buffer, offset: number, bytes: number): void {
    if (this.#disk.read(this.#file, buffer, offset, bytes) < bytes) throw new Error("the file of ids ends too early")
  }
}
