/**
 * Numbers that a group has been given since the last commit, with their places, in one list that is filled anew after each:
 * whatever is made for a commit lives just long enough to be copied twice by the collector.
 */
import type { Place } from "./IndexRows.ts"

/** A number, the address of its record, or zero once it was dropped again, and how long that is. */
const width = 3
const numbersAtFirst = 16

export class FreshNumbers {
  /** Ascending by number. */
  #list = new Float64Array(numbersAtFirst * width)
  #count = 0

  /** None is here, dropped or not. */
  get isEmpty(): boolean {
    return this.#count === 0
  }

  clear(): void {
    this.#count = 0
  }

  /** A number above all that are here. */
  add(number: number, { address, bytes }: Place): void {
    const from = this.#count * width
    if (from === this.#list.length) {
      const list = this.#list
      this.#list = new Float64Array(from * 2)
      this.#list.set(list)
    }
    this.#list[from] = number
    this.#list[from + 1] = address
    this.#list[from + 2] = bytes
    this.#count += 1
  }

  /** Says whether it was here. */
  drop(number: number): boolean {
    const at = this.#at(number)
    if (at < 0) return false
    this.#list[at * width + 1] = 0
    return true
  }

  place(number: number): Place | undefined {
    const at = this.#at(number)
    return at < 0 ? undefined : this.#placeAt(at)
  }

  /** The highest up to a number. */
  below(high: number): number | undefined {
    for (let at = this.#count - 1; at >= 0; at--) {
      const number = this.#list[at * width] as number
      if (number <= high && this.#list[at * width + 1] !== 0) return number
    }
    return undefined
  }

  /** Ascending. */
  *[Symbol.iterator](): Iterator<readonly [number: number, place: Place]> {
    for (let at = 0; at < this.#count; at++) {
      if (this.#list[at * width + 1] !== 0) yield [this.#list[at * width] as number, this.#placeAt(at)]
    }
  }

  /** How many there are, dropped ones too; the following tell of one of them each. */
  get count(): number {
    return this.#count
  }

  numberAt(which: number): number {
    return this.#list[which * width] as number
  }

  /** Zero for one that was dropped. */
  addressAt(which: number): number {
    return this.#list[which * width + 1] as number
  }

  bytesAt(which: number): number {
    return this.#list[which * width + 2] as number
  }

  #placeAt(at: number): Place {
    return { address: this.#list[at * width + 1] as number, bytes: this.#list[at * width + 2] as number }
  }

  /** Where a number stands; -1 where it does not, or has been dropped. */
  #at(number: number): number {
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#list[middle * width] as number) < number) low = middle + 1
      else high = middle
    }
    const isHere = low < this.#count && this.#list[low * width] === number && this.#list[low * width + 1] !== 0
    return isHere ? low : -1
  }
}
