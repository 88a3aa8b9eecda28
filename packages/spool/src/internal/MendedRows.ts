/**
 * Where the damaged copies of mended articles lie: dead once the article goes, and overwritten when it is erased.
 */
import { Buffer } from "node:buffer"
import type { Table } from "../Tables.ts"
import type { Spot } from "./Erasures.ts"
import * as Rows from "./IndexRows.ts"

export class MendedRows {
  readonly #rows: Table
  /** All of them are in memory: they are few. */
  readonly #all = new Map<string, ReadonlyArray<Spot>>()
  readonly #fresh = new Set<string>()

  constructor(rows: Table) {
    this.#rows = rows
    // What lies here was written by this class.
    for (const { key, value } of rows.getRange({})) {
      this.#all.set(key.toString("latin1"), JSON.parse(value.toString("utf8")) as ReadonlyArray<Spot>)
    }
  }

  of(id: string): ReadonlyArray<Spot> {
    return this.#all.get(id) ?? []
  }

  add(id: string, spots: ReadonlyArray<Spot>): void {
    this.#all.set(id, [...this.of(id), ...spots])
    this.#fresh.add(id)
  }

  drop(id: string): void {
    if (this.#all.delete(id)) this.#fresh.add(id)
  }

  /** Within a transaction. */
  write(): void {
    for (const id of this.#fresh) {
      const spots = this.#all.get(id)
      if (spots === undefined) this.#rows.removeSync(Rows.idKey(id))
      else this.#rows.putSync(Rows.idKey(id), Buffer.from(JSON.stringify(spots)))
    }
  }

  /** What was written is committed. */
  settle(): void {
    this.#fresh.clear()
  }

  empty(): void {
    this.#rows.clearSync()
    this.#all.clear()
    this.#fresh.clear()
  }
}
