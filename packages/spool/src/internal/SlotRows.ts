/**
 * The highest that each slot has seen: rows in LMDB, and those that are not yet committed.
 */
import * as Admission from "@lupin/core/Admission"
import type * as MessageId from "@lupin/core/MessageId"
import { Buffer } from "node:buffer"
import type { Table } from "../Tables.ts"
import * as Record from "./Record.ts"

export interface Slot {
  readonly id: MessageId.MessageId
  readonly rank: string
}

export class SlotRows {
  readonly #rows: Table
  readonly #fresh = new Map<string, Slot>()

  constructor(rows: Table) {
    this.#rows = rows
  }

  get(key: string): Slot | undefined {
    const fresh = this.#fresh.get(key)
    if (fresh !== undefined) return fresh
    const octets = this.#rows.get(Buffer.from(key))
    return octets === undefined ? undefined : read(octets)
  }

  /** Keeps it if it is the highest so far. */
  fill(key: string, slot: Slot): void {
    const rival = this.get(key)
    if (rival === undefined || Admission.rankOrder(slot, rival) > 0) this.#fresh.set(key, slot)
  }

  /** The digest of which the log, had it lost nothing, would tell that the other one of its slot has superseded it. */
  outranked(event: Record.Logged): ReadonlyArray<MessageId.MessageId> {
    if (!Record.isCopy(event) || event.slot === undefined) return none
    const { id, slot } = event
    const rival = this.get(slot.key)
    if (rival === undefined || rival.id === id) return none
    return [Admission.rankOrder({ id, rank: slot.rank }, rival) > 0 ? rival.id : id]
  }

  /** Names the highest otherwise, where its id is one of these. Looks at all slots. */
  rename(texts: ReadonlyArray<readonly [id: string, other: MessageId.MessageId]>): void {
    const others = new Map(texts)
    for (const [key, slot] of this.all()) {
      const other = others.get(slot.id)
      if (other !== undefined) this.#fresh.set(key, { ...slot, id: other })
    }
  }

  /** All of them, in no order. */
  *all(): Iterable<readonly [key: string, slot: Slot]> {
    for (const { key, value } of this.#rows.getRange({})) {
      const name = key.toString("utf8")
      if (!this.#fresh.has(name)) yield [name, read(value)]
    }
    yield* this.#fresh
  }

  /** Within a transaction. */
  write(): void {
    for (const [key, slot] of this.#fresh) this.#rows.putSync(Buffer.from(key), Buffer.from(JSON.stringify(slot)))
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

const none: ReadonlyArray<never> = []

/** What lies here was written by this class. */
const read = (octets: Buffer): Slot => JSON.parse(octets.toString("utf8")) as Slot
