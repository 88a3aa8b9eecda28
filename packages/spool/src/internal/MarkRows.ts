/**
 * Landmarks of the log: from where a follower that starts at some position or time reads on.
 */
import type { Table } from "../Tables.ts"
import type { Mark } from "./IndexRows.ts"
import * as Rows from "./IndexRows.ts"

/** Records between two landmarks: what a follower that starts anywhere has to skip. */
const recordsPerMark = 64

export class MarkRows {
  readonly #rows: Table
  #fresh: Array<Mark> = []
  #records = recordsPerMark

  constructor(rows: Table) {
    this.#rows = rows
  }

  /** Counts a record, which begins with an event, and makes it a landmark if it is time for one. */
  pass({ atMillis, position }: Omit<Mark, "address">, address: number): void {
    if (this.#records++ < recordsPerMark) return
    this.#fresh.push({ position, address, atMillis })
    this.#records = 1
  }

  /** The latest that is not behind a position. */
  at(position: number): Mark | undefined {
    const fresh = this.#fresh.findLast((mark) => mark.position <= position)
    if (fresh !== undefined) return fresh
    for (const { key, value } of this.#rows.getRange({ start: Rows.positionKey(position), reverse: true, limit: 1 })) {
      return Rows.readMark(key, value)
    }
    return undefined
  }

  /** The latest of before a time, among those up to a position. Time never goes back along the log. */
  before(millis: number, position: number): Mark | undefined {
    let low = 0
    let high = position
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      const mark = this.at(middle)
      if (mark === undefined || mark.atMillis < millis) low = middle
      else high = mark.position - 1
    }
    return this.at(low)
  }

  /** Within a transaction. */
  write(): void {
    for (const mark of this.#fresh) this.#rows.putSync(Rows.positionKey(mark.position), Rows.writeMark(mark))
  }

  /** What was written is committed. */
  settle(): void {
    this.#fresh = []
  }

  empty(): void {
    this.#rows.clearSync()
    this.#fresh = []
  }
}
