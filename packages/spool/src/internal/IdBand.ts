/**
 * Ids with what is known of each, one after the other in the octets of one band of a sheaf.
 *
 * An entry is its hash, the lengths of its id and of what is known, and both of them. What is known of an id that is no
 * longer known is empty.
 */
import type { Buffer } from "node:buffer"
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

/** Where in the first so many octets the id that was hashed last stands; -1 where it does not. */
export const find = (octets: DataView, bytes: number, hash: IdHash): number => {
  for (let at = 0; at < bytes;) {
    if (isOf(octets, at, hash)) return at
    at += headBytes + octets.getUint8(at + 8) + octets.getUint16(at + 9, true)
  }
  return -1
}

/** Where in an entry its id begins. */
export const idOffset = headBytes

/** Whether the entry at an offset is that of the id that was hashed last. */
export const isOf = (octets: DataView, at: number, hash: IdHash): boolean =>
  octets.getInt32(at + 4, true) === hash.second && hash.isAt(octets, at + headBytes, octets.getUint8(at + 8))

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

/** The ids in the first so many octets. */
export const idsIn = (octets: Buffer, bytes: number): ReadonlyArray<string> => {
  const ids: Array<string> = []
  for (let at = 0; at < bytes; at = endAt(octets, at)) ids.push(idAt(octets, at))
  return ids
}

/** The two halves of hashes, in the order of the upper ones. */
export interface Hashes {
  readonly firsts: Uint32Array
  readonly seconds: Uint32Array
}

/** Reads the hashes of bands, one time after another into the same place. */
export class HashReader {
  #firsts = new Uint32Array(256)
  #seconds = new Uint32Array(256)

  /** Those in the first so many octets. What it gives is good until the next time. */
  read(octets: DataView, bytes: number): Hashes {
    let count = 0
    for (let at = 0; at < bytes; at += headBytes + octets.getUint8(at + 8) + octets.getUint16(at + 9, true)) {
      if (count === this.#firsts.length) {
        this.#firsts = doubled(this.#firsts)
        this.#seconds = doubled(this.#seconds)
      }
      this.#firsts[count] = octets.getUint32(at, true)
      this.#seconds[count] = octets.getUint32(at + 4, true)
      count += 1
    }
    return { firsts: this.#firsts.subarray(0, count), seconds: this.#seconds.subarray(0, count) }
  }
}

const doubled = (words: Uint32Array): Uint32Array<ArrayBuffer> => {
  const longer = new Uint32Array(words.length * 2)
  longer.set(words)
  return longer
}
