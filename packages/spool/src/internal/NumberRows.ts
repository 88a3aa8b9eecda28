/**
 * Which number of a group is which record of the log: rows in LMDB, and those that are not yet committed.
 */
import type { Table } from "../Tables.ts"
import type * as GroupTable from "./GroupTable.ts"
import type { Place } from "./IndexRows.ts"
import * as Rows from "./IndexRows.ts"

interface Changed {
  readonly added: Map<number, Place>
  readonly dropped: Set<number>
}

export class NumberRows {
  readonly #rows: Table
  readonly #fresh = new Map<number, Changed>()
  #put: Array<readonly [group: number, number: number, place: Place]> = []

  constructor(rows: Table) {
    this.#rows = rows
  }

  /** A number above all that the group had. */
  add(shelf: GroupTable.Shelf, number: number, place: Place): void {
    this.#changed(shelf).added.set(number, place)
  }

  drop(shelf: GroupTable.Shelf, number: number): void {
    const changed = this.#changed(shelf)
    if (!changed.added.delete(number)) changed.dropped.add(number)
  }

  /** Puts another place under a number of long ago. It shows with the next commit. */
  put(shelf: GroupTable.Shelf, number: number, place: Place): void {
    this.#put.push([shelf.key, number, place])
  }

  /** Where the article of that number lies. */
  place(shelf: GroupTable.Shelf, number: number): Place | undefined {
    if (number <= shelf.floor || number > shelf.high) return undefined
    const fresh = this.#fresh.get(shelf.key)
    if (fresh?.dropped.has(number) === true) return undefined
    const added = fresh?.added.get(number)
    if (added !== undefined) return added
    const octets = this.#rows.get(Rows.numberKey(shelf.key, number))
    return octets === undefined ? undefined : Rows.readPlace(octets)
  }

  /** Numbers held in `low..high` with their places, ascending, at most `limit`. */
  places(shelf: GroupTable.Shelf, low: number, high: number, limit: number): Array<readonly [number, Place]> {
    const fresh = this.#fresh.get(shelf.key)
    const found: Array<readonly [number, Place]> = []
    const [start, end] = rangeOf(shelf, low, high)
    if (start > end || limit <= 0) return found
    const range = { start: Rows.numberKey(shelf.key, start), end: Rows.numberKey(shelf.key, end + 1) }
    for (const { key, value } of this.#rows.getRange(range)) {
      const number = Rows.readNumber(key)
      if (fresh?.dropped.has(number) !== true) found.push([number, Rows.readPlace(value)])
      if (found.length === limit) return found
    }
    // What is not yet committed has higher numbers than all that is, and comes in their order.
    for (const [number, place] of fresh?.added ?? []) {
      if (number < start || number > end) continue
      found.push([number, place])
      if (found.length === limit) break
    }
    return found
  }

  /** The highest number held up to `high`. */
  below(shelf: GroupTable.Shelf, high: number): number | undefined {
    const [start, end] = rangeOf(shelf, 0, high)
    if (start > end) return undefined
    const fresh = this.#fresh.get(shelf.key)
    const added = [...(fresh?.added.keys() ?? [])].findLast((number) => number <= end)
    if (added !== undefined) return added
    const range = { start: Rows.numberKey(shelf.key, end), end: Rows.numberKey(shelf.key, start - 1), reverse: true }
    for (const key of this.#rows.getKeys(range)) {
      const number = Rows.readNumber(key)
      if (fresh?.dropped.has(number) !== true) return number
    }
    return undefined
  }

  /** The lowest number held, one above `high` where none is. */
  low(shelf: GroupTable.Shelf): number {
    if (shelf.count > 0) shelf.lowAtLeast = this.places(shelf, 0, shelf.high, 1)[0]?.[0] ?? shelf.high + 1
    return shelf.lowAtLeast
  }

  /** Within a transaction. */
  write(): void {
    for (const [group, { added, dropped }] of this.#fresh) {
      for (const number of dropped) this.#rows.removeSync(Rows.numberKey(group, number))
      for (const [number, place] of added) this.#rows.putSync(Rows.numberKey(group, number), Rows.writePlace(place))
    }
    for (const [group, number, place] of this.#put) {
      this.#rows.putSync(Rows.numberKey(group, number), Rows.writePlace(place))
    }
  }

  /** What was written is committed. */
  settle(): void {
    this.#fresh.clear()
    this.#put = []
  }

  empty(): void {
    this.#rows.clearSync()
    this.#fresh.clear()
    this.#put = []
  }

  #changed(shelf: GroupTable.Shelf): Changed {
    const known = this.#fresh.get(shelf.key)
    if (known !== undefined) return known
    const changed = { added: new Map<number, Place>(), dropped: new Set<number>() }
    this.#fresh.set(shelf.key, changed)
    return changed
  }
}

/** Both ends included; no number held lies outside. */
const rangeOf = (shelf: GroupTable.Shelf, low: number, high: number): readonly [number, number] => [
  Math.max(low, shelf.floor + 1, shelf.lowAtLeast),
  Math.min(high, shelf.high)
]
