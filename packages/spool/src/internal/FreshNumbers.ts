/**
 * Numbers that a group has been given since the last commit, with their places, in three lists of numbers: an object for each
 * would live just long enough to be copied twice by the collector.
 */
import type { Place } from "./IndexRows.ts"

export class FreshNumbers {
  /** Ascending. */
  readonly #numbers: Array<number> = []
  /** Zero for a number that was dropped again; no record lies there. */
  readonly #addresses: Array<number> = []
  readonly #bytes: Array<number> = []

  /** A number above all that are here. */
  add(number: number, { address, bytes }: Place): void {
    this.#numbers.push(number)
    this.#addresses.push(address)
    this.#bytes.push(bytes)
  }

  /** Says whether it was here. */
  drop(number: number): boolean {
    const at = this.#at(number)
    if (at < 0) return false
    this.#addresses[at] = 0
    return true
  }

  place(number: number): Place | undefined {
    const at = this.#at(number)
    return at < 0 ? undefined : this.#placeAt(at)
  }

  /** The highest up to a number. */
  below(high: number): number | undefined {
    for (let at = this.#numbers.length - 1; at >= 0; at--) {
      const number = this.#numbers[at] ?? 0
      if (number <= high && this.#addresses[at] !== 0) return number
    }
    return undefined
  }

  /** Ascending. */
  *[Symbol.iterator](): Iterator<readonly [number: number, place: Place]> {
    for (const [at, number] of this.#numbers.entries()) {
      if (this.#addresses[at] !== 0) yield [number, this.#placeAt(at)]
    }
  }

  /** Hands on each number with its place, ascending: no object for any of them. */
  each(act: (number: number, address: number, bytes: number) => void): void {
    for (let at = 0; at < this.#numbers.length; at++) {
      const address = this.#addresses[at] as number
      if (address !== 0) act(this.#numbers[at] as number, address, this.#bytes[at] as number)
    }
  }

  #placeAt(at: number): Place {
    return { address: this.#addresses[at] ?? 0, bytes: this.#bytes[at] ?? 0 }
  }

  /** Where a number stands; -1 where it does not, or has been dropped. */
  #at(number: number): number {
    let low = 0
    let high = this.#numbers.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#numbers[middle] as number) < number) low = middle + 1
      else high = middle
    }
    return this.#numbers[low] === number && this.#addresses[low] !== 0 ? low : -1
  }
}
