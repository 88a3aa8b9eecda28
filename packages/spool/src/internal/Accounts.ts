/**
 * What articles take, where they are dead, and where each class ends: sums that the index keeps beside its rows.
 */
import type { Stored } from "./ClassLogs.ts"
import { ClassUsage } from "./ClassUsage.ts"
import { DeadOctets } from "./DeadOctets.ts"
import type { Spot } from "./Erasures.ts"
import type { Place } from "./IndexRows.ts"
import * as Record from "./Record.ts"
import { addressSpan, type Span } from "./Segment.ts"
import { type Stray, straysMax } from "./StrayOctets.ts"

/** As it lies in the index. */
export type Kept = ReturnType<Accounts["kept"]>

export class Accounts {
  readonly usage: ClassUsage
  /** Of the spool's own log. */
  readonly dead: DeadOctets
  readonly #classDead: Map<string, DeadOctets>
  readonly #classEnds: Map<string, number>
  #strays: ReadonlyArray<Stray>

  constructor(kept?: Omit<Kept, "strays"> & Partial<Kept>) {
    this.usage = new ClassUsage(kept?.usage)
    this.dead = new DeadOctets(kept?.dead)
    this.#classDead = new Map(kept?.classDead.map(([name, dead]) => [name, new DeadOctets(dead)]))
    this.#classEnds = new Map(kept?.classEnds)
    this.#strays = kept?.strays ?? []
  }

  kept() {
    return {
      usage: this.usage.entries(),
      dead: this.dead.entries(),
      classDead: [...this.#classDead].map(([name, dead]) => [name, dead.entries()] as const),
      classEnds: [...this.#classEnds],
      strays: this.#strays
    }
  }

  get strays(): ReadonlyArray<Stray> {
    return this.#strays
  }

  /** Takes in a stretch of stray octets, which lie in these files; one that is known is not counted again. */
  stray(stray: Stray, files: ReadonlyArray<Span>, atMillis: number): void {
    if (this.#strays.some(({ class: name, from }) => from === stray.from && name === stray.class)) return
    const dead = stray.class === undefined ? this.dead : this.deadOf(stray.class)
    for (const { bytes, number } of files) dead.add(number, bytes, atMillis)
    if (this.#strays.length < straysMax) this.#strays = [...this.#strays, stray]
  }

  /** A stretch has been overwritten. */
  clearStray(stray: Stray): void {
    this.#strays = this.#strays.map((one) => (one === stray ? { ...one, isClear: true } : one))
  }

  keepStrays(isThere: (stray: Stray) => boolean): void {
    this.#strays = this.#strays.filter(isThere)
  }

  /** Of the log of a storage class. */
  deadOf(name: string): DeadOctets {
    const dead = this.#classDead.get(name) ?? new DeadOctets()
    this.#classDead.set(name, dead)
    return dead
  }

  /** Where the last article of a class ends in its log. */
  endOf(name: string): number | undefined {
    return this.#classEnds.get(name)
  }

  /** An article is held from now on. */
  file(place: Place, stored: Stored | undefined): void {
    this.usage.add(stored?.class ?? "", 1, place.bytes + (stored?.bytes ?? 0))
    if (stored === undefined) return
    const end = stored.address + Record.headBytes + stored.bytes
    this.#classEnds.set(stored.class, Math.max(this.endOf(stored.class) ?? 0, end))
  }

  /** An article is held no longer. */
  remove(place: Place, stored: Stored | undefined, atMillis: number): void {
    this.usage.add(stored?.class ?? "", -1, -place.bytes - (stored?.bytes ?? 0))
    this.dead.add(segmentOf(place), Record.headBytes + place.bytes, atMillis)
    if (stored === undefined) return
    this.deadOf(stored.class).add(segmentOf(stored), Record.headBytes + stored.bytes, atMillis)
  }

  /** Another copy takes the place of a damaged one, which is dead only once the article goes. */
  replace(before: Place, storedBefore: Stored | undefined, place: Place, stored: Stored | undefined): void {
    this.usage.add(storedBefore?.class ?? "", -1, -before.bytes - (storedBefore?.bytes ?? 0))
    this.file(place, stored)
  }

  /** A damaged copy of an article that is held no longer. */
  die({ address, bytes, class: name }: Spot, atMillis: number): void {
    const dead = name === undefined ? this.dead : this.deadOf(name)
    dead.add(segmentOf({ address, bytes }), Record.headBytes + bytes, atMillis)
  }
}

const segmentOf = ({ address }: Place): number => Math.floor(address / addressSpan)
