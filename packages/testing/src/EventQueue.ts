/**
 * What is to happen in a simulated world, by time: a binary heap in which what is due at one moment keeps its order.
 *
 * Something that was called off leaves at once: most timers of a site are bounds that are never reached.
 */

/** Something to come. To be kept by whoever may call it off, and otherwise not looked into. */
export interface Entry<A> {
  readonly atMillis: number
  readonly sequence: number
  readonly what: A
  /** Where the heap holds it; below 0 once it has left. */
  place: number
}

export class EventQueue<A> {
  readonly #heap: Array<Entry<A>> = []
  #sequence = 0

  get size(): number {
    return this.#heap.length
  }

  /** When the next is due; undefined where nothing is to come. */
  get nextMillis(): number | undefined {
    return this.#heap[0]?.atMillis
  }

  add(atMillis: number, what: A): Entry<A> {
    const entry: Entry<A> = { atMillis, sequence: this.#sequence++, what, place: this.#heap.length }
    this.#heap.push(entry)
    this.#rise(entry)
    return entry
  }

  /** Takes the next out. */
  take(): Entry<A> | undefined {
    const first = this.#heap[0]
    if (first !== undefined) this.remove(first)
    return first
  }

  /** Calls it off; again is harmless. */
  remove(entry: Entry<A>): void {
    const { place } = entry
    if (place < 0) return
    entry.place = -1
    const last = this.#heap.pop()
    if (last === undefined || last === entry) return
    this.#put(last, place)
    this.#rise(last)
    this.#sink(last)
  }

  #put(entry: Entry<A>, place: number): void {
    this.#heap[place] = entry
    entry.place = place
  }

  #rise(entry: Entry<A>): void {
    for (;;) {
      const { place } = entry
      const above = this.#heap[(place - 1) >> 1]
      if (place === 0 || above === undefined || !isBefore(entry, above)) return
      this.#put(entry, above.place)
      this.#put(above, place)
    }
  }

  #sink(entry: Entry<A>): void {
    for (;;) {
      const { place } = entry
      const left = this.#heap[2 * place + 1]
      const right = this.#heap[2 * place + 2]
      const below = left !== undefined && right !== undefined && isBefore(right, left) ? right : left
      if (below === undefined || !isBefore(below, entry)) return
      this.#put(entry, below.place)
      this.#put(below, place)
    }
  }
}

const isBefore = (first: Entry<unknown>, second: Entry<unknown>): boolean =>
  first.atMillis < second.atMillis || (first.atMillis === second.atMillis && first.sequence < second.sequence)
