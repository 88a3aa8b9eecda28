/**
 * Tables in memory, for the index of a spool on a simulated disk: in the order of their keys, with transactions.
 */
import type * as Tables from "@lupin/spool/Tables"
import { Buffer } from "node:buffer"

/** One table. Keys are kept as text of one character an octet, which has the order of their octets. */
class SimRows implements Tables.Table {
  readonly #values: Map<string, Buffer>
  readonly #keys: Array<string>
  #undo: Array<() => void> | undefined
  #changes = 0

  constructor(values: ReadonlyMap<string, Buffer> = new Map()) {
    this.#values = new Map(values)
    this.#keys = [...values.keys()].toSorted(compare)
  }

  /** What is in it now. */
  get values(): ReadonlyMap<string, Buffer> {
    return this.#values
  }

  /** Remembers from now on how to take back what is done; without a list, no more. */
  record(undo: Array<() => void> | undefined): void {
    this.#undo = undo
  }

  readonly get: Tables.Table["get"] = (key) => this.#values.get(key.toString("latin1"))

  readonly look: Tables.Table["look"] = this.get

  readonly putSync = (key: Buffer, value: Buffer): void => this.#set(key.toString("latin1"), Buffer.from(value))

  readonly removeSync = (key: Buffer): void => this.#set(key.toString("latin1"), undefined)

  readonly clearSync = (): void => {
    for (let key = this.#keys.at(-1); key !== undefined; key = this.#keys.at(-1)) this.#set(key, undefined)
  }

  getKeys(range: Tables.Range): Iterable<Buffer> {
    return this.#range(range)
  }

  *getRange(range: Tables.Range): Iterable<{ readonly key: Buffer; readonly value: Buffer }> {
    for (const key of this.#range(range)) {
      const value = this.#values.get(key.toString("latin1"))
      if (value !== undefined) yield { key, value }
    }
  }

  *#range({ end, limit = Number.POSITIVE_INFINITY, reverse = false, start }: Tables.Range): Iterable<Buffer> {
    const changes = this.#changes
    const step = reverse ? -1 : 1
    let at = reverse ? this.#keys.length - 1 : 0
    if (start !== undefined) {
      const text = start.toString("latin1")
      const place = this.#placeOf(text)
      at = reverse && this.#keys[place] !== text ? place - 1 : place
    }
    const bound = end?.toString("latin1")
    for (let given = 0; given < limit; given++, at += step) {
      const key = this.#keys[at]
      if (key === undefined) return
      if (bound !== undefined && (reverse ? key <= bound : key >= bound)) return
      if (this.#changes !== changes) throw new Error("the table was changed while it was gone through")
      yield Buffer.from(key, "latin1")
    }
  }

  #set(key: string, value: Buffer | undefined): void {
    const before = this.#values.get(key)
    if (before === undefined && value === undefined) return
    this.#changes += 1
    this.#undo?.push(() => this.#set(key, before))
    if (value === undefined) {
      this.#values.delete(key)
      this.#keys.splice(this.#placeOf(key), 1)
      return
    }
    this.#values.set(key, value)
    if (before === undefined) this.#keys.splice(this.#placeOf(key), 0, key)
  }

  /** Where a key is, or would be. Most come at the end. */
  #placeOf(key: string): number {
    let low = 0
    let high = this.#keys.length
    if (high > 0 && (this.#keys[high - 1] ?? "") < key) return high
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#keys[middle] ?? "") < key) low = middle + 1
      else high = middle
    }
    return low
  }
}

const compare = (first: string, second: string): number => (first < second ? -1 : first > second ? 1 : 0)

/** All tables of one directory, as they were at one moment. */
export type Snapshot = ReadonlyMap<string, ReadonlyMap<string, Buffer>>

export class SimTables implements Tables.Tables {
  readonly #tables = new Map<string, SimRows>()
  #isInTransaction = false

  constructor(from: Snapshot = new Map()) {
    for (const [name, values] of from) this.#tables.set(name, new SimRows(values))
  }

  /** What is no more has left nothing here. */
  readonly overwrite = (): undefined => undefined

  readonly table = (name: string): SimRows => {
    const rows = this.#tables.get(name) ?? new SimRows()
    this.#tables.set(name, rows)
    return rows
  }

  readonly transactionSync = (act: () => void): void => {
    if (this.#isInTransaction) return act()
    const undo: Array<() => void> = []
    this.#isInTransaction = true
    for (const rows of this.#tables.values()) rows.record(undo)
    try {
      act()
    } catch (error) {
      for (const rows of this.#tables.values()) rows.record(undefined)
      for (const step of undo.toReversed()) step()
      throw error
    } finally {
      for (const rows of this.#tables.values()) rows.record(undefined)
      this.#isInTransaction = false
    }
  }

  readonly close = (): Promise<void> => Promise.resolve()

  get snapshot(): Snapshot {
    return new Map([...this.#tables].map(([name, rows]) => [name, new Map(rows.values)]))
  }
}
