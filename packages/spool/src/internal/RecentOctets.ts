/**
 * The newest octets of a log, kept in memory as they were written: what has just come is what everybody reads.
 *
 * Slabs are never written over once they are full. What was read out of one stays as it is when the slab is let go.
 */
import { Buffer } from "node:buffer"

/** Octets of a log that are kept; a slab more for a moment. */
export const bytesMax = 32 * 1024 * 1024
/** Octets of one slab, and the longest record that is kept. */
const slabBytes = 256 * 1024

interface Slab {
  /** The address of its first octet; those that follow have the next ones. */
  readonly start: number
  readonly octets: Buffer
  length: number
}

export class RecentOctets {
  /** Ascending by address. */
  #slabs: Array<Slab> = []
  readonly #slabsMax: number

  constructor(bytes = bytesMax) {
    this.#slabsMax = Math.max(1, Math.floor(bytes / slabBytes))
  }

  /** Takes in a record that was appended to the log. */
  add(address: number, record: ReadonlyArray<Uint8Array>): void {
    let bytes = 0
    for (const piece of record) bytes += piece.length
    if (bytes > slabBytes) return
    const slab = this.#roomAt(address, bytes)
    for (const piece of record) {
      slab.octets.set(piece, slab.length)
      slab.length += piece.length
    }
  }

  /** So many octets at an address, if they are all kept. They are shared: nobody may write to them. */
  read(address: number, bytes: number): Buffer | undefined {
    const slab = this.#slabs[this.#before(address)]
    if (slab === undefined) return undefined
    const from = address - slab.start
    return from + bytes <= slab.length ? slab.octets.subarray(from, from + bytes) : undefined
  }

  /** Forgets what lies at an address or behind it: the log was cut there. */
  cut(address: number): void {
    const last = this.#slabs[this.#before(address)]
    this.#slabs = this.#slabs.filter(({ start }) => start < address)
    // Octets behind the cut may have been read out: others must not take their place.
    if (last !== undefined && last.start < address && last.start + last.length > address) this.#slabs.pop()
  }

  /** Forgets what lies around an address: it was overwritten. */
  drop(address: number): void {
    const at = this.#before(address)
    if (at >= 0) this.#slabs.splice(at, 1)
  }

  #roomAt(address: number, bytes: number): Slab {
    const last = this.#slabs.at(-1)
    if (last !== undefined && last.start + last.length === address && last.length + bytes <= slabBytes) return last
    const slab = { start: address, octets: Buffer.allocUnsafeSlow(slabBytes), length: 0 }
    this.#slabs.push(slab)
    if (this.#slabs.length > this.#slabsMax) this.#slabs.shift()
    return slab
  }

  /** The place of the last slab that begins at an address or before it; -1 where there is none. */
  #before(address: number): number {
    let low = 0
    let high = this.#slabs.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#slabs[middle]?.start ?? Infinity) <= address) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}
