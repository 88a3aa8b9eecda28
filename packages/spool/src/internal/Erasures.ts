/**
 * What was erased: hashes of ids that never come back, and which octets on the disk are still to be overwritten.
 */
import type * as MessageId from "@lupin/core/MessageId"
import * as Site from "@lupin/core/Site"
import type { Table } from "../Tables.ts"
import { Buffer } from "node:buffer"
import type { IdRow, Place } from "./IndexRows.ts"

/** Where a record lies: in the log of the spool, or in that of a class. */
export type Spot = Place & { readonly class?: string }

export interface Erasure {
  readonly hash: string
  readonly atMillis: number
  /** Records in which the article or its id stands, to be overwritten at once; of a class, or of the log itself. */
  readonly blanks: ReadonlyArray<Spot>
  /** The record of the erasure itself, which names the id for followers until a while later. */
  readonly names?: Place
}

/** Ids, each with what takes its place. */
export type Names = ReadonlyArray<readonly [id: string, other: MessageId.MessageId]>

export class Erasures {
  readonly #rows: Table
  /** All of them are in memory: they are few. */
  readonly #all = new Map<string, Erasure>()
  #fresh: Array<Erasure> = []

  constructor(rows: Table) {
    this.#rows = rows
    for (const { value } of rows.getRange({})) this.#add(JSON.parse(value.toString("utf8")))
  }

  has(hash: string): boolean {
    return this.#all.has(hash)
  }

  /** By the id itself. */
  hasId(id: string): boolean {
    return this.#all.size > 0 && this.#all.has(Site.hashOf(id))
  }

  get(hash: string): Erasure | undefined {
    return this.#all.get(hash)
  }

  /** Those whose octets are still to be overwritten, and those whose ids the log still names. */
  pending(): { readonly pendingErasures: number; readonly namedErasures: number } {
    const all = this.all()
    return {
      pendingErasures: all.filter(({ blanks }) => blanks.length > 0).length,
      namedErasures: all.filter(({ names }) => names !== undefined).length
    }
  }

  all(): ReadonlyArray<Erasure> {
    return [...this.#all.values()]
  }

  /** Keeps an erasure, or what is still to be done of one. */
  keep(erasure: Erasure): void {
    this.#fresh.push(erasure)
    this.#add(erasure)
  }

  /** Within a transaction. */
  write(): void {
    for (const erasure of this.#fresh) {
      this.#rows.putSync(Buffer.from(erasure.hash), Buffer.from(JSON.stringify(erasure)))
    }
  }

  /** What was written is committed. */
  settle(): void {
    this.#fresh = []
  }

  empty(): void {
    this.#rows.clearSync()
    this.#all.clear()
    this.#fresh = []
  }

  #add(erasure: Erasure): void {
    this.#all.set(erasure.hash, erasure)
  }
}

/** Records that name an id, or hold its article. */
export const spotsOf = (row: IdRow): ReadonlyArray<Spot> => [
  ...(row.stored === undefined ? [] : [row.stored]),
  ...(row._tag === "Held"
    ? [{ address: row.address, bytes: row.bytes }]
    : [row.by, ...(row.filed === undefined ? [] : [row.filed])])
]
