/**
 * Which ids a sheaf may hold: a Bloom filter of 32 octets for each two bands, so that a look at it is a look at one line of
 * the processor's cache.
 *
 * An id sets one bit in each of eight words (a split block filter, Putze and others). With some twenty ids in two bands one
 * stranger in two hundred passes.
 */
import { Buffer } from "node:buffer"

/** Bands that share a line. */
export const bandsPerLine = 2
/** Words of 32 bits in a line. */
const words = 8
const lineBytes = words * 4

/** Odd, so that each word sees other bits of the hash. */
const salts = Int32Array.of(
  0x47b6137b,
  0x44974d91,
  0x8824ad5b,
  0xa2b7289d,
  0x705495c7,
  0x2df1424b,
  0x9efc4947,
  0x5c6bfb31
)

export class IdFilter {
  readonly #bits: Int32Array<ArrayBuffer>

  constructor(bands: number) {
    this.#bits = new Int32Array(lineOf(bands + 1) * words)
  }

  add(band: number, hash: number): void {
    const bits = this.#bits
    const from = lineOf(band) * words
    for (let word = 0; word < words; word++) {
      const at = from + word
      bits[at] = (bits[at] ?? 0) | (1 << (Math.imul(hash, salts[word] ?? 0) >>> 27))
    }
  }

  /** No means no. */
  mayHold(band: number, hash: number): boolean {
    const bits = this.#bits
    const from = lineOf(band) * words
    for (let word = 0; word < words; word++) {
      if ((((bits[from + word] ?? 0) >>> (Math.imul(hash, salts[word] ?? 0) >>> 27)) & 1) === 0) return false
    }
    return true
  }

  /** The part for some bands, as `set` takes it on any machine of the same byte order. Both ends begin a line. */
  part(from: number, to: number): Buffer {
    return Buffer.from(this.#bits.buffer, lineOf(from) * lineBytes, (lineOf(to + 1) - lineOf(from)) * lineBytes)
  }

  /** Puts a part back, from a band on. */
  set(from: number, part: Uint8Array): void {
    new Uint8Array(this.#bits.buffer).set(part, lineOf(from) * lineBytes)
  }
}

const lineOf = (band: number): number => Math.floor(band / bandsPerLine)
