/**
 * What becomes of ids in the plan that is being made, found by bits of their hash, which is known: a Map would make one of
 * its own of every id.
 */

/** Twice as many as one plan has articles, nearly always; a power of two. */
const placesAtFirst = 2_048

export class PlannedIds<A> {
  /** One more than the number of an id, or nothing. */
  #places = new Uint32Array(placesAtFirst)
  // New for each plan: what is kept for long is dear to be set to what is new.
  #ids: Array<string> = []
  #bits: Array<number> = []
  #values: Array<A> = []
  #count = 0

  get isEmpty(): boolean {
    return this.#count === 0
  }

  /** Forgets all: the next plan begins. */
  clear(): void {
    const last = this.#places.length - 1
    for (let at = 0; at < this.#count; at += 1) {
      // Whatever lies between a place and where its id would best be is cleared too.
      for (let place = (this.#bits[at] as number) & last; this.#places[place] !== 0; place = (place + 1) & last) {
        this.#places[place] = 0
      }
    }
    if (this.#count === 0) return
    this.#ids = []
    this.#bits = []
    this.#values = []
    this.#count = 0
  }

  /** What was set last of an id; `bits` of its hash. */
  get(id: string, bits: number): A | undefined {
    const at = (this.#places[this.#placeOf(id, bits)] as number) - 1
    return at < 0 ? undefined : this.#values[at]
  }

  set(id: string, bits: number, value: A): void {
    const place = this.#placeOf(id, bits)
    const known = (this.#places[place] as number) - 1
    if (known >= 0) {
      this.#values[known] = value
      return
    }
    const at = this.#count
    this.#ids[at] = id
    this.#bits[at] = bits
    this.#values[at] = value
    this.#places[place] = at + 1
    this.#count += 1
    if (this.#count * 2 > this.#places.length) this.#spread()
  }

  /** Where an id stands, or would. */
  #placeOf(id: string, bits: number): number {
    const last = this.#places.length - 1
    for (let place = bits & last; ; place = (place + 1) & last) {
      const at = (this.#places[place] as number) - 1
      if (at < 0 || (this.#bits[at] === bits && this.#ids[at] === id)) return place
    }
  }

  #spread(): void {
    this.#places = new Uint32Array(this.#places.length * 2)
    const last = this.#places.length - 1
    for (let at = 0; at < this.#count; at += 1) {
      let place = (this.#bits[at] as number) & last
      while (this.#places[place] !== 0) place = (place + 1) & last
      this.#places[place] = at + 1
    }
  }
}
