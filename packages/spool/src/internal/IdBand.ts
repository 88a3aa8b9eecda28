/**
 * Ids with what is known of each, one after the other in the octets of one band of a sheaf, and bands gathered into others.
 *
 * An entry is its hash, the lengths of its id and of what is known, and both of them. What is known of an id that is no
 * longer known is empty.
 */
import { LatestView } from "@lupin/core/LatestView"
import { Buffer } from "node:buffer"
import type { IdHash } from "./IdHash.ts"
import * as Rows from "./IndexRows.ts"

/** The two halves of the hash, one octet for the length of the id, two for that of what is known. */
const headBytes = 11

/** How ids are dealt out: the order of bands is that of hashes, whatever their number. */
export const bandOf = (first: number, bands: number): number => Math.floor((first * bands) / firsts)

/** Upper halves of hashes: all are less than this. */
export const firsts = 2 ** 32

/** The lowest upper half of a hash that belongs to a band. */
export const firstOf = (band: number, bands: number): number => {
  let first = Math.floor((band * firsts) / bands)
  while (bandOf(first, bands) < band) first += 1
  return first
}

/** Where in a band the id that was hashed last stands; -1 where it does not. */
export const find = (band: Buffer, hash: IdHash): number => {
  const view = bands.of(band)
  // Octets that a table shows lie in more of them, which only `length` tells.
  const end = band.length
  for (let at = 0; at < end;) {
    if (isOf(view, at, hash)) return at
    at += headBytes + view.getUint8(at + 8) + view.getUint16(at + 9, true)
  }
  return -1
}

/** Tables show their octets at one place. */
const bands = new LatestView()

/** Whether the entry at an offset is that of the id that was hashed last. */
export const isOf = (octets: DataView, at: number, hash: IdHash): boolean =>
  octets.getInt32(at + 4, true) === hash.second && hash.isAt(octets, at + headBytes, octets.getUint8(at + 8))

const firstAt = (octets: Buffer, at: number): number =>
  ((octets[at] ?? 0) | ((octets[at + 1] ?? 0) << 8) | ((octets[at + 2] ?? 0) << 16) | ((octets[at + 3] ?? 0) << 24)) >>>
  0

export const secondAt = (octets: Buffer, at: number): number => octets.readInt32LE(at + 4)

export const idAt = (octets: Buffer, at: number): string =>
  octets.toString("latin1", at + headBytes, knownAt(octets, at))

const knownAt = (octets: Buffer, at: number): number => at + headBytes + (octets[at + 8] ?? 0)

const endAt = (octets: Buffer, at: number): number =>
  knownAt(octets, at) + ((octets[at + 9] ?? 0) | ((octets[at + 10] ?? 0) << 8))

/** What is known of the id that stands at an offset; nothing where it has gone. */
export const known = (octets: Buffer, at: number): Rows.IdRow | undefined => {
  const from = knownAt(octets, at)
  const to = endAt(octets, at)
  return from === to ? undefined : Rows.readId(octets, from, to)
}

/** When the id that stands at an offset was removed, `Infinity` where it is held; nothing where it has gone. */
export const removedMillis = (octets: Buffer, at: number): number | undefined => {
  const from = knownAt(octets, at)
  return from === endAt(octets, at) ? undefined : Rows.removedMillis(octets, from)
}

/** As many octets as `write` needs. */
export const entryBytesMax = (id: string, row: Rows.IdRow | undefined): number =>
  headBytes + id.length + (row === undefined ? 0 : Rows.idBytesMax(row))

/** Writes an entry at an offset, and gives where it ends. */
export const write = (
  octets: Buffer,
  at: number,
  first: number,
  second: number,
  id: string,
  row: Rows.IdRow | undefined
): number => {
  octets.writeUInt32LE(first, at)
  octets.writeInt32LE(second, at + 4)
  octets[at + 8] = id.length
  octets.write(id, at + headBytes, "latin1")
  const from = at + headBytes + id.length
  const end = row === undefined ? from : Rows.writeIdAt(octets, from, row)
  octets.writeUInt16LE(end - from, at + 9)
  return end
}

/** The ids of a band. */
export const idsIn = (band: Buffer): ReadonlyArray<string> => {
  const ids: Array<string> = []
  for (let at = 0; at < band.length; at = endAt(band, at)) {
    ids.push(idAt(band, at))
  }
  return ids
}

/** A copy of a band without the entry of the id that was hashed last; nothing where it has none. */
export const without = (band: Buffer, hash: IdHash): Buffer | undefined => {
  const at = find(band, hash)
  return at < 0 ? undefined : Buffer.concat([band.subarray(0, at), band.subarray(endAt(band, at), band.length)])
}

/** Entries of one gathering at most: as many as have room beside a hash of 32 bits in a number. */
const entriesMax = 2 ** 21
const bytesAtFirst = 1024 * 1024

/** Where the bands of a sheaf go that is being written. */
export interface Target {
  readonly bands: number
  /** Told of each entry, by its hash, before its band is put. */
  readonly note: (first: number, second: number) => void
  readonly put: (band: number, octets: Buffer) => void
}

/** Entries on their way into other bands; what came first is newer, and goes before what comes later under the same id. */
export class Gathering {
  #octets: Buffer = Buffer.allocUnsafeSlow(bytesAtFirst)
  #bytes = 0
  #written = this.#octets.subarray(0, 0)
  #starts = new Uint32Array(bytesAtFirst / 64)
  #keys = new Float64Array(bytesAtFirst / 64)
  #count = 0

  clear(): void {
    this.#bytes = 0
    this.#count = 0
  }

  /** Room for so many octets, and where they begin. */
  #room(bytes: number): number {
    const start = this.#bytes
    this.#bytes += bytes
    if (this.#bytes > this.#octets.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(this.#bytes, this.#octets.length * 2))
      this.#octets.copy(grown, 0, 0, start)
      this.#octets = grown
    }
    return start
  }

  #enter(first: number, start: number): void {
    const count = this.#count++
    if (count >= entriesMax) throw new Error(`more than ${entriesMax} ids in a part of the index`)
    if (count === this.#starts.length) {
      const [starts, keys] = [this.#starts, this.#keys]
      this.#starts = new Uint32Array(count * 2)
      this.#starts.set(starts)
      this.#keys = new Float64Array(count * 2)
      this.#keys.set(keys)
    }
    this.#starts[count] = start
    this.#keys[count] = first * entriesMax + count
  }

  /** Takes in entries that lie in so many octets, and of those the ones that begin at some places. */
  add(octets: Buffer, bytes: number, starts: Iterable<number>): void {
    const from = this.#room(bytes)
    octets.copy(this.#octets, from, 0, bytes)
    for (const start of starts) this.#enter(firstAt(octets, start), from + start)
  }

  /** Takes in a band of a sheaf: those of its entries that go into some of so many bands. */
  take(band: Buffer, from: number, to: number, bands: number): void {
    const start = this.#room(band.length)
    const octets = this.#octets
    band.copy(octets, start, 0, band.length)
    for (let at = start; at < this.#bytes;) {
      const first = firstAt(octets, at)
      const there = bandOf(first, bands)
      if (there >= from && there < to) this.#enter(first, at)
      at = endAt(octets, at)
    }
  }

  /**
   * Writes all bands that get something, and gives the number of entries. The octets that `put` gets are good until it
   * returns. `isLast`: what has gone need not be said.
   */
  write({ bands, note, put }: Target, isLast: boolean): number {
    const keys = this.#keys.subarray(0, this.#count).sort()
    if (this.#written.length < this.#bytes) this.#written = Buffer.allocUnsafeSlow(this.#octets.length)
    const written = this.#written
    const seen = new Set<string>()
    let total = 0
    let band = -1
    let begun = 0
    let length = 0
    let firstBefore = -1
    for (let turn = 0; turn < keys.length; turn++) {
      const key = keys[turn] ?? 0
      const first = Math.floor(key / entriesMax)
      const start = this.#starts[key - first * entriesMax] ?? 0
      if (first !== firstBefore) {
        // Clearing makes a new table, even of one that is empty.
        if (seen.size > 0) seen.clear()
        const next = bandOf(first, bands)
        if (next !== band && length > begun) {
          put(band, written.subarray(begun, length))
          begun = length
        }
        band = next
      }
      const isShared = first === firstBefore || Math.floor((keys[turn + 1] ?? -1) / entriesMax) === first
      firstBefore = first
      const end = endAt(this.#octets, start)
      const idEnd = knownAt(this.#octets, start)
      if (isShared) {
        const id = this.#octets.toString("latin1", start + headBytes, idEnd)
        if (seen.has(id)) continue
        seen.add(id)
      }
      if (isLast && idEnd === end) continue
      this.#octets.copy(written, length, start, end)
      length += end - start
      note(first, secondAt(this.#octets, start))
      total += 1
    }
    if (length > begun) put(band, written.subarray(begun, length))
    return total
  }
}
