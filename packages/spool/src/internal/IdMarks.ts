/**
 * The hashes of ids in one part of a sheaf, in their order: what `IdTable` is made from, and how that lies beside the rows.
 */
import { Buffer } from "node:buffer"

const firstBytes = 4
const markBytes = 2

/** As much of the lower half of a hash as the table keeps: ten bits, which choose no place. */
export const markOf = (second: number): number => second >>> 22

export interface IdMarks {
  /** The upper halves of the hashes. */
  readonly firsts: Uint32Array
  readonly marks: Uint16Array
}

/** All upper halves, and behind them all marks, as they are read on any machine of the same byte order. */
export const write = ({ firsts, marks }: IdMarks): Buffer =>
  Buffer.concat([
    Buffer.from(firsts.buffer, firsts.byteOffset, firsts.byteLength),
    Buffer.from(marks.buffer, marks.byteOffset, marks.byteLength)
  ])

export const read = (octets: Buffer): IdMarks => {
  // Where numbers begin at multiples of their size.
  const own = new Uint8Array(octets)
  const count = own.length / (firstBytes + markBytes)
  return {
    firsts: new Uint32Array(own.buffer, 0, count),
    marks: new Uint16Array(own.buffer, count * firstBytes, count)
  }
}

/** Which is the first with an upper half of at least `first`. */
export const search = ({ firsts }: IdMarks, first: number): number => {
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
  #marks = new Uint16Array(4_096)
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
      const [firsts, marks] = [this.#firsts, this.#marks]
      this.#firsts = new Uint32Array(at * 2)
      this.#firsts.set(firsts)
      this.#marks = new Uint16Array(at * 2)
      this.#marks.set(marks)
    }
    this.#firsts[at] = first
    this.#marks[at] = markOf(second)
  }

  /** The next ones, those whose upper half is less than `end`. */
  take(end: number): IdMarks {
    const from = this.#taken
    let to = from
    while (to < this.#count && (this.#firsts[to] as number) < end) to += 1
    this.#taken = to
    return { firsts: this.#firsts.slice(from, to), marks: this.#marks.slice(from, to) }
  }
}
