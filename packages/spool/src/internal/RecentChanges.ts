/**
 * The newest events as followers are told of them, kept in memory whatever becomes of the log.
 *
 * An article may be kept as the first octets of its record: an object for each would live until the collector has copied it
 * twice, and add to what it has to go through.
 */
import { Buffer } from "node:buffer"
import type { Change } from "../Spool.ts"
import * as Record from "./Record.ts"

/** Newest events that are kept, at least; at most twice as many. */
export const recentEventsMin = 4_096
/** Octets of records for so many events: 256 for each on average. */
const octetsMax = recentEventsMin * 256
/** Begins nowhere: the event is kept as an object, or is no change. */
const nowhere = -1

/** Events that follow each other, at most `recentEventsMin`. */
interface Stretch {
  /** The position of the first one. */
  first: number
  count: number
  octets: Buffer
  bytes: number
  /** Where the record of each begins among the octets. */
  readonly starts: Int32Array
  /** What is not kept as octets, by position. */
  readonly changes: Map<number, Change>
}

const empty = (first: number): Stretch => ({
  first,
  count: 0,
  octets: Buffer.alloc(0),
  bytes: 0,
  starts: new Int32Array(recentEventsMin),
  changes: new Map()
})

export class RecentChanges {
  readonly #toChange: (event: Record.Brought) => Change
  #old: Stretch
  #young: Stretch

  /** `first`: the position of the first event to come. */
  constructor(first: number, toChange: (event: Record.Brought) => Change) {
    this.#toChange = toChange
    this.#old = empty(first)
    this.#young = empty(first)
  }

  /** The position of the oldest event that is kept, or else that of the next one. */
  get first(): number {
    return this.#old.first
  }

  /** Takes in the next event; nothing for one that is no change. */
  add(change: Change | undefined): void {
    const { changes, count, first, starts } = this.#room()
    if (change !== undefined) changes.set(first + count, change)
    starts[count] = nowhere
    this.#young.count += 1
  }

  /** Takes in the next event, the filing with which the record begins that lies at `start`; says no where it has no room. */
  addRecord(octets: Buffer, start: number): boolean {
    const stretch = this.#room()
    const end = Record.pathEnd(octets, start + Record.headBytes)
    if (stretch.bytes + end - start > octetsMax) return false
    if (stretch.octets.length === 0) stretch.octets = Buffer.allocUnsafeSlow(octetsMax)
    octets.copy(stretch.octets, stretch.bytes, start, end)
    stretch.starts[stretch.count] = stretch.bytes
    stretch.bytes += end - start
    stretch.count += 1
    return true
  }

  /** The event of a position; nothing where it is no change. */
  get(position: number): Change | undefined {
    const stretch = position < this.#young.first ? this.#old : this.#young
    const start = stretch.starts[position - stretch.first] ?? nowhere
    if (start === nowhere) return stretch.changes.get(position)
    return this.#toChange(Record.readBrought(stretch.octets, start))
  }

  /** The first change that passes. */
  find(isIt: (change: Change) => boolean): Change | undefined {
    for (let position = this.first; position < this.#young.first + this.#young.count; position += 1) {
      const change = this.get(position)
      if (change !== undefined && isIt(change)) return change
    }
    return undefined
  }

  /** Forgets that an article came. */
  erase(id: string): void {
    for (const { changes, count, octets, starts } of [this.#old, this.#young]) {
      for (const [position, change] of changes) {
        if (change._tag === "Filed" && change.id === id) changes.delete(position)
      }
      for (let at = 0; at < count; at += 1) {
        const start = starts[at] ?? nowhere
        if (start === nowhere || !Record.bringsId(octets, id, start + Record.headBytes)) continue
        octets.fill(0, start, Record.pathEnd(octets, start + Record.headBytes))
        starts[at] = nowhere
      }
    }
  }

  /** The stretch that gets the next event. */
  #room(): Stretch {
    const young = this.#young
    if (young.count < recentEventsMin) return young
    const next = this.#old
    next.first = young.first + young.count
    next.count = 0
    next.bytes = 0
    next.changes.clear()
    this.#old = young
    this.#young = next
    return next
  }
}
