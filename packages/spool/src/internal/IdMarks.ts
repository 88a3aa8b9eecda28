/**
 * The hashes of the ids in one part of a sheaf, as they lie beside its rows: what `IdTable` is made from.
 *
 * In the order of their upper halves, four octets each, and behind all of them as many marks of two octets.
 */
import { Buffer } from "node:buffer"

const firstBytes = 4
const markBytes = 2

/** As much of the lower half of a hash as the table keeps: ten bits, which choose no place. */
export const markOf = (second: number): number => second >>> 22

/** Hashes that are put together, in the order of their upper halves. */
export class Marks {
  #firsts = new Uint32Array(1024)
  #marks = new Uint16Array(1024)
  #count = 0
  #taken = 0

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

  /** Octets of the next ones, those whose upper half is less than `end`. */
  take(end: number): Buffer {
    const from = this.#taken
    let to = from
    while (to < this.#count && (this.#firsts[to] as number) < end) to += 1
    this.#taken = to
    const octets = Buffer.allocUnsafe((to - from) * (firstBytes + markBytes))
    let at = 0
    for (let turn = from; turn < to; turn++) at = octets.writeUInt32LE(this.#firsts[turn] as number, at)
    for (let turn = from; turn < to; turn++) at = octets.writeUInt16LE(this.#marks[turn] as number, at)
    return octets
  }
}

export const countOf = (octets: Buffer): number => octets.length / (firstBytes + markBytes)

export const firstAt = (octets: Buffer, turn: number): number => {
  const at = turn * firstBytes
  return (
    ((octets[at] ?? 0) |
      ((octets[at + 1] ?? 0) << 8) |
      ((octets[at + 2] ?? 0) << 16) |
      ((octets[at + 3] ?? 0) << 24)) >>>
    0
  )
}

/** `count`: what `countOf` tells. */
export const markAt = (octets: Buffer, count: number, turn: number): number => {
  const at = count * firstBytes + turn * markBytes
  return (octets[at] ?? 0) | ((octets[at + 1] ?? 0) << 8)
}

/** Which is the first with an upper half of at least `first`. */
export const search = (octets: Buffer, first: number): number => {
  let low = 0
  let high = countOf(octets)
  while (low < high) {
    const middle = (low + high) >>> 1
    if (firstAt(octets, middle) < first) low = middle + 1
    else high = middle
  }
  return low
}
