/**
 * Ids that were looked for last and found on disk: whoever offers what is long here offers what others have offered, too.
 *
 * A table of ids with what `IdBand.removedMillis` says of them. Two ids share two places, what comes pushes one of them out.
 */
import type { IdHash } from "./IdHash.ts"

/** Octets of a place: when an id was removed, its length, and itself. */
const placeBytes = 104
const lengthAt = 8
const idAt = 9
/** Longer ids are not kept. */
const idBytesMax = placeBytes - idAt
/** Places that there are: more, and empty ones, once half are taken. All together take 27 MB at most. Powers of two. */
const sizes = [1_024, 8_192, 262_144]

export class AskedIds {
  /** Nothing until something is kept. */
  #octets = nothing
  #places = 0
  #taken = 0
  #chance = 0

  /** What was kept of the id that was hashed last; nothing says nothing. */
  find(hash: IdHash): number | undefined {
    const at = this.#find(hash)
    return at < 0 ? undefined : this.#octets.getFloat64(at)
  }

  /** Keeps what is known of the id that was hashed last. */
  add(hash: IdHash, removedMillis: number): void {
    if (hash.length > idBytesMax) return
    if (this.#taken >= this.#places / 2) this.#grow()
    const at = this.#roomOf(hash)
    this.#octets.setFloat64(at, removedMillis)
    this.#octets.setUint8(at + lengthAt, hash.length)
    hash.put(this.#octets, at + idAt)
  }

  /** Something else is known of the id that was hashed last. */
  drop(hash: IdHash): void {
    const at = this.#find(hash)
    if (at < 0) return
    this.#octets.setUint8(at + lengthAt, 0)
    this.#taken -= 1
  }

  clear(): void {
    this.#octets = nothing
    this.#places = 0
    this.#taken = 0
  }

  /** What was kept is asked for again. */
  #grow(): void {
    const places = sizes.find((size) => size > this.#places)
    if (places === undefined) return
    this.#places = places
    this.#octets = new DataView(new ArrayBuffer(this.#places * placeBytes))
    this.#taken = 0
  }

  /** Where an id is to stand: in a free place, or in one of the two that others have, by something like chance. */
  #roomOf(hash: IdHash): number {
    const first = this.#placeOf(hash)
    for (const at of [first, first + placeBytes]) {
      if (this.#octets.getUint8(at + lengthAt) > 0) continue
      this.#taken += 1
      return at
    }
    this.#chance = (Math.imul(this.#chance, 0x19660d) + 0x3c6ef35f) | 0
    return this.#chance < 0 ? first : first + placeBytes
  }

  #find(hash: IdHash): number {
    if (this.#places === 0) return -1
    const octets = this.#octets
    const first = this.#placeOf(hash)
    if (hash.isAt(octets, first + idAt, octets.getUint8(first + lengthAt))) return first
    const second = first + placeBytes
    return hash.isAt(octets, second + idAt, octets.getUint8(second + lengthAt)) ? second : -1
  }

  /** Of the first of two. */
  #placeOf({ second }: IdHash): number {
    return (second & (this.#places - 1) & ~1) * placeBytes
  }
}

const nothing = new DataView(new ArrayBuffer(0))
