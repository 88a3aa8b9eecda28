/**
 * The hashes of ids in one part of a sheaf, in their order: what `IdTable` is made from, and how that lies beside the rows.
 */
import { Buffer } from "node:buffer"

const firstBytes = 4
const tagBytes = 2

/** As much of the lower half of a hash as the table keeps: ten bits, which choose no place. */
export const tagOf = (second: number): number => second >>> 22

export interface IdTags {
  /** The upper halves of the hashes. */
  readonly firsts: Uint32Array
  readonly tags: Uint16Array
}

/** All upper halves, and behind them all tags, as they are read on any machine of the same byte order. */
export const write = ({ firsts, tags }: IdTags): Buffer =>
  Buffer.concat([
    Buffer.from(firsts.buffer, firsts.byteOffset, firsts.byteLength),
    Buffer.from(tags.buffer, tags.byteOffset, tags.byteLength)
  ])

/** Reads what was written, one part after another in the same place, where numbers begin at multiples of their size. */
export class Reading {
  #own = new Uint8Array(16 * 1024)

  /** What it gives is good until the next part is read. */
  read(octets: Buffer): IdTags {
    const bytes = octets.length
    if (bytes > this.#own.length) this.#own = new Uint8Array(bytes * 2)
    octets.copy(this.#own, 0, 0, bytes)
    const count = bytes / (firstBytes + tagBytes)
    return {
      firsts: new Uint32Array(this.#own.buffer, 0, count),
      tags: new Uint16Array(this.#own.buffer, count * firstBytes, count)
    }
  }
}

/** Which is the first with an upper half of at least `first`. */
export const search = ({ firsts }: IdTags, first: number): number => {
  let low = 0
  let high = firsts.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((firsts[middle] as number) < first) low = middle + 1
    else high = middle
  }
  return low
}

/** Hashes that are put together, to be taken in parts. */
export class Gathered {
  #firsts = new Uint32Array(4_096)
  #tags = new Uint16Array(4_096)
  #count = 0
  #taken = 0

  clear(): void {
    this.#count = 0
    this.#taken = 0
  }

  /** In the order of their upper halves. */
  add(first: number, second: number): void {
    const at = this.#count++
    if (at === this.#firsts.length) {
      const [firsts, tags] = [this.#firsts, this.#tags]
      this.#firsts = new Uint32Array(at * 2)
      this.#firsts.set(firsts)
      this.#tags = new Uint16Array(at * 2)
      this.#tags.set(tags)
    }
    this.#firsts[at] = first
    this.#tags[at] = tagOf(second)
  }

  /** The next ones, those whose upper half is less than `end`. */
  take(end: number): IdTags {
    const from = this.#taken
    let to = from
    while (to < this.#count && (this.#firsts[to] as number) < end) to += 1
    this.#taken = to
    return { firsts: this.#firsts.slice(from, to), tags: this.#tags.slice(from, to) }
  }
}
