/**
 * Articles that have an Expires, in its order: rows in LMDB, and those that are not yet committed.
 */
import { Buffer } from "node:buffer"
import type { Table } from "../Tables.ts"
import * as Rows from "./IndexRows.ts"

/** An article by the time at which it wants to go. `key` tells it from all others. */
export interface ExpiringRow {
  readonly key: string
  readonly id: string
  readonly expiresMillis: number
  readonly position: number
}

export interface Expiring<A> {
  readonly held: ReadonlyArray<A>
  readonly nextMillis?: number
}

export class ExpiringRows {
  readonly #rows: Table
  /** By key in hexadecimal, which sorts as the octets do: ids, and nothing for those that are gone. */
  readonly #fresh = new Map<string, string | undefined>()

  constructor(rows: Table) {
    this.#rows = rows
  }

  add(id: string, expiresMillis: number, position: number): void {
    this.#fresh.set(Rows.expiryKey(expiresMillis, position).toString("hex"), id)
  }

  drop(key: string): void {
    this.#fresh.set(key, undefined)
  }

  /**
   * Articles held whose Expires is up to a time and that `read` can tell of, at most `limit`, and the next Expires; rows of
   * what is gone are dropped.
   */
  held<A>(
    untilMillis: number,
    limit: number,
    known: (id: string) => Rows.IdRow | undefined,
    read: (place: Rows.Place) => A | undefined
  ): Expiring<A> {
    const held: Array<A> = []
    for (const { expiresMillis, id, key, position } of this.all()) {
      if (held.length >= limit && expiresMillis <= untilMillis) return { held }
      const row = known(id)
      if (row?._tag !== "Held" || row.position !== position) this.drop(key)
      else if (expiresMillis > untilMillis) return { held, nextMillis: expiresMillis }
      else {
        // What is damaged is let go of as such, and holds up nothing behind it.
        const one = read(row)
        if (one !== undefined) held.push(one)
      }
    }
    return { held }
  }

  /** When articles of some ids want to go that have an Expires. Looks at all rows: for what cannot be read. */
  millisOf(ids: ReadonlySet<string>): ReadonlyMap<string, number> {
    const rows = [...this.all()].filter(({ id }) => ids.has(id))
    return new Map(rows.map(({ expiresMillis, id }) => [id, expiresMillis]))
  }

  /**
   * Drops rows of some ids, among so many committed rows from a key on, and says with which to go on; nothing once all have
   * been looked at.
   */
  dropOf(ids: ReadonlySet<string>, from: Buffer, limit: number): Buffer | undefined {
    let rows = 0
    for (const { key, value } of this.#rows.getRange({ start: from, limit: limit + 1 })) {
      if (rows++ === limit) return Buffer.from(key)
      if (ids.has(value.toString("latin1"))) this.drop(key.toString("hex"))
    }
    return undefined
  }

  /** The earliest first. */
  *all(): Iterable<ExpiringRow> {
    const fresh = [...this.#fresh].toSorted(([one], [other]) => (one < other ? -1 : 1))
    let at = 0
    for (const { key, value } of this.#rows.getRange({})) {
      const hex = key.toString("hex")
      for (let next = fresh[at]; next !== undefined && next[0] < hex; next = fresh[++at]) yield* rowOf(next)
      if (!this.#fresh.has(hex)) yield* rowOf([hex, value.toString("latin1")])
    }
    for (const next of fresh.slice(at)) yield* rowOf(next)
  }

  /** Within a transaction. */
  write(): void {
    for (const [key, id] of this.#fresh) {
      if (id === undefined) this.#rows.removeSync(Buffer.from(key, "hex"))
      else this.#rows.putSync(Buffer.from(key, "hex"), Buffer.from(id, "latin1"))
    }
  }

  /** What was written is committed. */
  settle(): void {
    this.#fresh.clear()
  }

  empty(): void {
    this.#rows.clearSync()
    this.#fresh.clear()
  }
}

const rowOf = ([key, id]: readonly [string, string | undefined]): ReadonlyArray<ExpiringRow> =>
  id === undefined ? [] : [{ key, id, ...Rows.readExpiry(Buffer.from(key, "hex")) }]
