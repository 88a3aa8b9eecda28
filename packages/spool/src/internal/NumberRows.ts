/**
 * Which number of a group is which record of the log: rows in LMDB, and those that are not yet committed.
 *
 * A row holds the places of some numbers in a row, one after the other, up to the last that there is: an article costs
 * a part of a row. A place that is all zero is none.
 */
import type * as Xref from "@lupin/core/Xref"
import { Buffer } from "node:buffer"
import type { Table } from "../Tables.ts"
import { FreshNumbers } from "./FreshNumbers.ts"
import type * as GroupTable from "./GroupTable.ts"
import type { Place } from "./IndexRows.ts"
import * as Rows from "./IndexRows.ts"
import { putUint32 } from "./Octets.ts"
import type * as Record from "./Record.ts"
import type { Taker } from "./Takers.ts"

/** Numbers of one row. */
const rowNumbers = 32

/** Groups whose lists are kept for the next commit. */
const groupsKeptMax = 1_024

interface Changed {
  readonly added: FreshNumbers
  readonly dropped: Set<number>
}

export class NumberRows {
  readonly #rows: Table
  readonly #fresh = new Map<number, Changed>()
  #put: Array<readonly [group: number, number: number, place: Place]> = []

  constructor(rows: Table) {
    this.#rows = rows
  }

  /** Takes in an article that was filed, in the groups of the table. `takers`: these groups, as far as their shelves are known. */
  file(
    groups: GroupTable.GroupTable,
    { atMillis, numbers }: Pick<Record.Filed, "atMillis" | "numbers">,
    place: Place,
    takers: ReadonlyArray<Pick<Taker, "shelf">>
  ): void {
    for (let at = 0; at < numbers.length; at += 1) {
      const [name, number] = numbers[at] as Xref.Numbers[number]
      this.add(groups.file(name, number, atMillis, takers[at]?.shelf), number, place)
    }
  }

  /** A number above all that the group had. */
  add(shelf: GroupTable.Shelf, number: number, place: Place): void {
    this.#changed(shelf).added.add(number, place)
  }

  drop(shelf: GroupTable.Shelf, number: number): void {
    const changed = this.#changed(shelf)
    if (!changed.added.drop(number)) changed.dropped.add(number)
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
    const added = fresh?.added.place(number)
    if (added !== undefined) return added
    const octets = this.#rows.get(rowKey(shelf.key, number))
    return octets === undefined ? undefined : placeIn(octets, number % rowNumbers)
  }

  /** Numbers held in `low..high` with their places, ascending, at most `limit`. */
  places(shelf: GroupTable.Shelf, low: number, high: number, limit: number): Array<readonly [number, Place]> {
    const fresh = this.#fresh.get(shelf.key)
    const found: Array<readonly [number, Place]> = []
    const [start, end] = rangeOf(shelf, low, high)
    if (start > end || limit <= 0) return found
    const range = { start: rowKey(shelf.key, start), end: rowKey(shelf.key, end + rowNumbers) }
    for (const { key, value } of this.#rows.getRange(range)) {
      const first = Rows.readNumber(key) * rowNumbers
      const last = Math.min(end, first + lastIn(value))
      for (let number = Math.max(start, first); number <= last; number++) {
        const place = placeIn(value, number - first)
        if (place === undefined || fresh?.dropped.has(number) === true) continue
        found.push([number, place])
        if (found.length === limit) return found
      }
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
    const added = fresh?.added.below(end)
    if (added !== undefined) return added
    const range = { start: rowKey(shelf.key, end), end: beforeAll(shelf.key), reverse: true }
    for (const { key, value } of this.#rows.getRange(range)) {
      const first = Rows.readNumber(key) * rowNumbers
      if (first + rowNumbers <= start) break
      const last = Math.min(end, first + lastIn(value))
      for (let number = last; number >= Math.max(start, first); number--) {
        if (placeIn(value, number - first) !== undefined && fresh?.dropped.has(number) !== true) return number
      }
    }
    return undefined
  }

  /** The lowest number held, one above `high` where none is. */
  low(shelf: GroupTable.Shelf): number {
    if (shelf.count > 0) shelf.lowAtLeast = this.places(shelf, 0, shelf.high, 1)[0]?.[0] ?? shelf.high + 1
    return shelf.lowAtLeast
  }

  /** The numbers of whatever lies at an address. Looks at every number of these groups: for repairs. */
  allAt(shelves: Iterable<GroupTable.Shelf>, address: number): Xref.Numbers {
    return this.allOf(shelves, new Set([address])).get(address) ?? []
  }

  /** As `allAt`, of several addresses with one look. */
  allOf(shelves: Iterable<GroupTable.Shelf>, addresses: ReadonlySet<number>): ReadonlyMap<number, Xref.Numbers> {
    const found = [...shelves].flatMap((shelf) =>
      this.places(shelf, 0, shelf.high, Infinity)
        .filter(([, { address }]) => addresses.has(address))
        .map(([number, { address }]) => ({ address, one: [shelf.name, number] as const }))
    )
    const all = Map.groupBy(found, ({ address }) => address)
    return new Map([...all].map(([address, some]) => [address, some.map(({ one }) => one)]))
  }

  /** Within a transaction. */
  write(): void {
    for (const [group, { added, dropped }] of this.#fresh) {
      if (dropped.size > 0) {
        const rows = new Map<number, Buffer>()
        for (const number of dropped) writeInto(this.#rowOf(rows, group, number), number, 0, 0)
        this.#keep(group, rows)
      }
      if (!added.isEmpty) this.#append(group, added)
    }
    for (const [group, number, { address, bytes }] of this.#put) {
      const rows = new Map<number, Buffer>()
      writeInto(this.#rowOf(rows, group, number), number, address, bytes)
      this.#keep(group, rows)
    }
  }

  /** Writes numbers behind all that the group has: nearly all rows that are written end with such. */
  #append(group: number, added: FreshNumbers): void {
    let at = -1
    let end = 0
    for (let which = 0; which < added.count; which += 1) {
      const address = added.addressAt(which)
      if (address === 0) continue
      const number = added.numberAt(which)
      const next = Math.floor(number / rowNumbers)
      if (next !== at) {
        if (at >= 0) this.#rows.putSync(keyOf(group, at), written.subarray(0, end))
        at = next
        written.fill(0)
        const before = this.#rows.look(keyOf(group, at))
        before?.copy(written, 0, 0, before.length)
      }
      end = Rows.writePlaceAt(written, (number - at * rowNumbers) * Rows.placeBytes, address, added.bytesAt(which))
    }
    if (at >= 0) this.#rows.putSync(keyOf(group, at), written.subarray(0, end))
  }

  /** A whole row to write into, as it was so far. */
  #rowOf(rows: Map<number, Buffer>, group: number, number: number): Buffer {
    const at = Math.floor(number / rowNumbers)
    const known = rows.get(at)
    if (known !== undefined) return known
    const row = Buffer.alloc(rowNumbers * Rows.placeBytes)
    this.#rows.get(rowKey(group, number))?.copy(row)
    rows.set(at, row)
    return row
  }

  #keep(group: number, rows: ReadonlyMap<number, Buffer>): void {
    for (const [at, row] of rows) {
      const key = Rows.numberKey(group, at)
      const last = lastIn(row)
      if (last < 0) this.#rows.removeSync(key)
      else this.#rows.putSync(key, row.subarray(0, (last + 1) * Rows.placeBytes))
    }
  }

  /** What was written is committed. */
  settle(): void {
    if (this.#fresh.size > groupsKeptMax) this.#fresh.clear()
    for (const { added, dropped } of this.#fresh.values()) {
      added.clear()
      if (dropped.size > 0) dropped.clear()
    }
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
    const changed = { added: new FreshNumbers(), dropped: new Set<number>() }
    this.#fresh.set(shelf.key, changed)
    return changed
  }
}

/** The row that is being written, and its key. */
const written = Buffer.alloc(rowNumbers * Rows.placeBytes)
const key = Buffer.alloc(8)

const keyOf = (group: number, row: number): Buffer => {
  putUint32(key, 0, group)
  putUint32(key, 4, row)
  return key
}

const rowKey = (group: number, number: number): Buffer => Rows.numberKey(group, Math.floor(number / rowNumbers))

/** Less than the key of any row of a group. */
const beforeAll = (group: number): Buffer => Rows.numberKey(group, 0).subarray(0, 4)

/** A place that is all zero for a number that has gone. */
const writeInto = (row: Buffer, number: number, address: number, bytes: number): void => {
  Rows.writePlaceAt(row, (number % rowNumbers) * Rows.placeBytes, address, bytes)
}

const placeIn = (row: Buffer, at: number): Place | undefined => {
  const start = at * Rows.placeBytes
  if (start >= row.length) return undefined
  const place = Rows.readPlace(row, start)
  return place.address === 0 ? undefined : place
}

/** Which number of a row is the last that it has; -1 where it has none. */
const lastIn = (row: Buffer): number => {
  let last = row.length / Rows.placeBytes - 1
  while (last >= 0 && row.readUIntBE(last * Rows.placeBytes, 6) === 0) last -= 1
  return last
}

/** Both ends included; no number held lies outside. */
const rangeOf = (shelf: GroupTable.Shelf, low: number, high: number): readonly [number, number] => [
  Math.max(low, shelf.floor + 1, shelf.lowAtLeast),
  Math.min(high, shelf.high)
]
