/**
 * Ids with what is known of each since the last commit: entries of a band in one stretch of octets, and a table of where
 * each begins, so that no object lives as long as a commit takes to come.
 */
import { Buffer } from "node:buffer"
import * as IdBand from "./IdBand.ts"
import type { IdHash } from "./IdHash.ts"
import type { IdWeave } from "./IdWeave.ts"
import type { IdRow } from "./IndexRows.ts"

const bytesAtFirst = 256 * 1024
/** Twice as many as the ids of a commit, at first; a power of two. */
const placesAtFirst = 8_192

export class IdOverlay {
  #octets = Buffer.allocUnsafeSlow(bytesAtFirst)
  #view = new DataView(this.#octets.buffer)
  #bytes = 0
  /** One more than where an entry begins, or nothing. */
  #places = new Uint32Array(placesAtFirst)
  #count = 0

  get size(): number {
    return this.#count
  }

  /** Where the id that was hashed last stands; -1 where it does not. */
  find(hash: IdHash): number {
    return (this.#places[this.#placeOf(hash)] as number) - 1
  }

  /** What was set at an offset; nothing for an id that has gone. */
  known(at: number): IdRow | undefined {
    return IdBand.known(this.#octets, at)
  }

  /** As `IdBand.removedMillis`, of what was set at an offset. */
  removedMillis(at: number): number | undefined {
    return IdBand.removedMillis(this.#octets, at)
  }

  /** `hash`: where this id was hashed last. */
  set(hash: IdHash, id: string, row: IdRow | undefined): void {
    const bytes = IdBand.entryBytesMax(id, row)
    if (this.#bytes + bytes > this.#octets.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(this.#octets.length * 2, this.#bytes + bytes))
      this.#octets.copy(grown, 0, 0, this.#bytes)
      this.#octets = grown
      this.#view = new DataView(grown.buffer)
    }
    const place = this.#placeOf(hash)
    if (this.#places[place] === 0) this.#count += 1
    this.#places[place] = this.#bytes + 1
    this.#bytes = IdBand.write(this.#octets, this.#bytes, hash.first, hash.second, id, row)
    if (this.#count * 2 > this.#places.length) this.#spread()
  }

  /** Ids with that half of a hash, and perhaps some others. */
  *idsBy(second: number): Iterable<string> {
    const last = this.#places.length - 1
    for (let place = second & last; ; place = (place + 1) & last) {
      const entry = this.#places[place] ?? 0
      if (entry === 0) return
      yield IdBand.idAt(this.#octets, entry - 1)
    }
  }

  /** Hands on all entries, the newest last. */
  gather(weave: IdWeave): void {
    this.#octets.copy(weave.take(this.#bytes), 0, 0, this.#bytes)
  }

  clear(): void {
    this.#bytes = 0
    if (this.#count > 0) this.#places.fill(0)
    this.#count = 0
  }

  /** Where an id is in the table, or would be. */
  #placeOf(hash: IdHash): number {
    const last = this.#places.length - 1
    for (let place = hash.second & last; ; place = (place + 1) & last) {
      const entry = this.#places[place] as number
      if (entry === 0 || IdBand.isOf(this.#view, entry - 1, hash)) return place
    }
  }

  #spread(): void {
    const entries = this.#places
    this.#places = new Uint32Array(entries.length * 2)
    const last = this.#places.length - 1
    for (const entry of entries) {
      if (entry === 0) continue
      let place = IdBand.secondAt(this.#octets, entry - 1) & last
      while (this.#places[place] !== 0) place = (place + 1) & last
      this.#places[place] = entry
    }
  }
}
