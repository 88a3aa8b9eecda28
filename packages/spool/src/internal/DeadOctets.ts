/**
 * How much of each segment is of articles that were removed, and since when: what tells where compaction pays.
 */
export interface Dead {
  readonly bytes: number
  /** When the first of them was removed. */
  readonly sinceMillis: number
}

export class DeadOctets {
  readonly #dead = new Map<number, Dead>()

  /** Takes up what `entries` gave. */
  constructor(entries: Iterable<readonly [segment: number, dead: Dead]> = []) {
    for (const [segment, dead] of entries) this.#dead.set(segment, dead)
  }

  add(segment: number, bytes: number, atMillis: number): void {
    const known = this.#dead.get(segment)
    this.#dead.set(segment, { bytes: (known?.bytes ?? 0) + bytes, sinceMillis: known?.sinceMillis ?? atMillis })
  }

  /** Of the segments `first..last` together. */
  of(first: number, last: number): Dead {
    let bytes = 0
    let sinceMillis = Infinity
    // A pack may stand for many more segments than have anything dead.
    for (const [segment, dead] of this.#dead) {
      if (segment < first || segment > last) continue
      bytes += dead.bytes
      sinceMillis = Math.min(sinceMillis, dead.sinceMillis)
    }
    return { bytes, sinceMillis }
  }

  /** Begins anew for `first..last`, from the time on at which what is left of them was decided. */
  reset(first: number, last: number): void {
    for (const segment of this.#dead.keys()) if (segment >= first && segment <= last) this.#dead.delete(segment)
  }

  entries(): ReadonlyArray<readonly [number, Dead]> {
    return [...this.#dead]
  }
}
