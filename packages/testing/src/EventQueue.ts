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
    this.#rise(entry, entry.place)
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
    const above = place === 0 ? undefined : this.#heap[(place - 1) >> 1]
    if (above !== undefined && isBefore(last, above)) this.#rise(last, place)
    else this.#sink(last, place)
  }

  #put(entry: Entry<A>, place: number): void {
    this.#heap[place] = entry
    entry.place = place
  }

  /** Puts it at a place, or as far above as it is before what is there. */
  #rise(entry: Entry<A>, place: number): void {
    let hole = place
    while (hole > 0) {
      const above = this.#heap[(hole - 1) >> 1]
      if (above === undefined || !isBefore(entry, above)) break
      const next = above.place
      this.#put(above, hole)
      hole = next
    }
    this.#put(entry, hole)
  }

  /** Puts it at a place, or as far below as what is there is before it. */
  #sink(entry: Entry<A>, place: number): void {
    const { length } = this.#heap
    let hole = place
    for (let at = 2 * hole + 1; at < length; at = 2 * hole + 1) {
      let below = this.#heap[at]
      const right = at + 1 < length ? this.#heap[at + 1] : undefined
      if (below !== undefined && right !== undefined && isBefore(right, below)) below = right
      if (below === undefined || !isBefore(below, entry)) break
      const next = below.place
      this.#put(below, hole)
      hole = next
    }
    this.#put(entry, hole)
  }
}

const isBefore = (first: Entry<unknown>, second: Entry<unknown>): boolean =>
  first.atMillis < second.atMillis || (first.atMillis === second.atMillis && first.sequence < second.sequence)
