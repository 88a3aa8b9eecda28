/**
 * Claims that wait for their targets: all of them in memory, for they are few, and rows in LMDB by position.
 */
import * as Waiting from "@lupin/core/Waiting"
import type * as MessageId from "@lupin/core/MessageId"
import { Buffer } from "node:buffer"
import type { Table } from "../Tables.ts"
import * as Rows from "./IndexRows.ts"

export class ClaimRows {
  readonly #rows: Table
  /** By position: claims that have come since the last commit, and those that have gone. */
  readonly #fresh = new Map<number, Waiting.Entry | undefined>()
  waiting: Waiting.Waiting

  constructor(rows: Table) {
    this.#rows = rows
    this.waiting = Waiting.of(entriesOf(rows))
  }

  add(entry: Waiting.Entry): void {
    this.#fresh.set(entry.position, entry)
    this.#change(Waiting.add(this.waiting, entry))
  }

  /** Whether any claim waits. */
  get isAny(): boolean {
    return this.waiting.byAge.length > 0
  }

  /** Lets go of all claims on an article, and gives them. */
  drop(target: MessageId.MessageId): ReadonlyArray<Waiting.Entry> {
    return this.#change(Waiting.drop(this.waiting, target))
  }

  /** Lets go of the claims of articles that a test picks. */
  dropBy(isGone: (by: MessageId.MessageId) => boolean): void {
    this.#change(Waiting.dropBy(this.waiting, isGone))
  }

  /** Whether the claim that was made at a position still waits for its target. */
  isWaiting(target: MessageId.MessageId, position: number): boolean {
    return Waiting.on(this.waiting, target).some((entry) => entry.position === position)
  }

  /** Within a transaction. */
  write(): void {
    for (const [position, entry] of this.#fresh) {
      if (entry === undefined) this.#rows.removeSync(Rows.positionKey(position))
      else this.#rows.putSync(Rows.positionKey(position), Buffer.from(JSON.stringify(entry)))
    }
  }

  /** What was written is committed. */
  settle(): void {
    this.#fresh.clear()
  }

  empty(): void {
    this.#rows.clearSync()
    this.#fresh.clear()
    this.waiting = Waiting.empty
  }

  #change({ dropped, waiting }: Waiting.Changed): ReadonlyArray<Waiting.Entry> {
    this.waiting = waiting
    for (const { position } of dropped) this.#fresh.set(position, undefined)
    return dropped
  }
}

/** What lies here was written by this class, in the order of positions. */
const entriesOf = function* (rows: Table): Iterable<Waiting.Entry> {
  for (const { value } of rows.getRange({})) yield JSON.parse(value.toString("utf8")) as Waiting.Entry
}
