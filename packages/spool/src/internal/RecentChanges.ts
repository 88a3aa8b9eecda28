/**
 * The newest events as followers are told of them, kept in memory whatever becomes of the log.
 *
 * An article is read where its record lies in the newest octets of the log, and its first octets are kept here once those leave
 * memory: an object for each would live until the collector has copied it twice, and add to what it has to go through.
 */
import { Buffer } from "node:buffer"
import type { Change } from "../Spool.ts"
import type { RecentOctets, Slab } from "./RecentOctets.ts"
import * as Record from "./Record.ts"

/** Newest events that are kept, at least; at most twice as many. */
export const recentEventsMin = 4_096
/** Octets of records for so many events: 256 for each on average. */
const octetsMax = recentEventsMin * 256
/** Begins nowhere among the octets. */
const nowhere = -1
/** No record has this address. */
const none = 0

/** Events that follow each other, at most `recentEventsMin`. */
interface Stretch {
  /** The position of the first one. */
  first: number
  count: number
  /** The address of the record of each, as long as that is read where it lies; they ascend. */
  readonly addresses: Float64Array
  /** None of the events before this one has an address. */
  firstByAddress: number
  octets: Buffer
  bytes: number
  /** Where the record of each begins among the octets. */
  readonly starts: Int32Array
  /** What has neither, by position. */
  readonly changes: Map<number, Change>
}

const empty = (first: number): Stretch => ({
  first,
  count: 0,
  addresses: new Float64Array(recentEventsMin),
  firstByAddress: 0,
  octets: Buffer.alloc(0),
  bytes: 0,
  starts: new Int32Array(recentEventsMin),
  changes: new Map()
})

interface Place {
  readonly octets: Buffer
  readonly start: number
}

export class RecentChanges {
  readonly #toChange: (event: Record.Brought) => Change
  readonly #look: RecentOctets["look"]
  #old: Stretch
  #young: Stretch

  /** `first`: the position of the first event to come. `look`: octets of the log that are in memory. */
  constructor(first: number, toChange: (event: Record.Brought) => Change, look: RecentOctets["look"]) {
    this.#toChange = toChange
    this.#look = look
    this.#old = empty(first)
    this.#young = empty(first)
  }

  /** The position of the oldest event that is kept, or else that of the next one. */
  get first(): number {
    return this.#old.first
  }

  /** Takes in the next event; nothing for one that is no change. */
  add(change: Change | undefined): void {
    const { addresses, changes, count, first, starts } = this.#room()
    if (change !== undefined) changes.set(first + count, change)
    addresses[count] = none
    starts[count] = nowhere
    this.#young.count += 1
  }

  /** Takes in the next event, the filing with which the record at an address begins; it is in memory. */
  addAt(address: number): void {
    const { addresses, count, starts } = this.#room()
    addresses[count] = address
    starts[count] = nowhere
    this.#young.count += 1
  }

  /** Octets of the log leave memory: keeps what is told of them. */
  keep(slab: Slab): void {
    for (const stretch of [this.#old, this.#young]) this.#keepOf(stretch, slab)
  }

  #keepOf(stretch: Stretch, { length, octets, start }: Slab): void {
    const { addresses, changes, count, first, starts } = stretch
    let firstLeft = count
    for (let at = stretch.firstByAddress; at < count; at += 1) {
      const address = addresses[at] as number
      if (address === none) continue
      if (address < start || address >= start + length) {
        firstLeft = Math.min(firstLeft, at)
        if (address >= start + length) break
        continue
      }
      addresses[at] = none
      const from = address - start
      const end = Record.pathEnd(octets, from + Record.headBytes)
      if (stretch.bytes + end - from > octetsMax) {
        changes.set(first + at, this.#toChange(Record.readBrought(octets, from)))
        continue
      }
      if (stretch.octets.length === 0) stretch.octets = Buffer.allocUnsafeSlow(octetsMax)
      octets.copy(stretch.octets, stretch.bytes, from, end)
      starts[at] = stretch.bytes
      stretch.bytes += end - from
    }
    stretch.firstByAddress = firstLeft
  }

  /** The event of a position; nothing where it is no change. */
  get(position: number): Change | undefined {
    const stretch = position < this.#young.first ? this.#old : this.#young
    const at = position - stretch.first
    const brought = this.#placeOf(stretch, at)
    if (brought === undefined) return stretch.changes.get(position)
    return this.#toChange(Record.readBrought(brought.octets, brought.start))
  }

  /** The octets in which the record of an event lies, and where it begins in them. */
  #placeOf({ addresses, octets, starts }: Stretch, at: number): Place | undefined {
    const start = starts[at] ?? nowhere
    if (start !== nowhere) return { octets, start }
    const address = addresses[at] ?? none
    if (address === none) return undefined
    const slab = this.#look(address, Record.headBytes)
    if (slab === undefined) throw new Error("octets of the newest events have left memory unseen")
    return { octets: slab.octets, start: address - slab.start }
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
    for (const stretch of [this.#old, this.#young]) {
      const { addresses, changes, count, starts } = stretch
      for (const [position, change] of changes) {
        if (change._tag === "Filed" && change.id === id) changes.delete(position)
      }
      for (let at = 0; at < count; at += 1) {
        const brought = this.#placeOf(stretch, at)
        if (brought === undefined || !Record.bringsId(brought.octets, id, brought.start + Record.headBytes)) continue
        // What lies in the log is for others to overwrite.
        if (addresses[at] === none) {
          const end = Record.pathEnd(brought.octets, brought.start + Record.headBytes)
          brought.octets.fill(0, brought.start, end)
        }
        addresses[at] = none
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
    next.firstByAddress = 0
    next.changes.clear()
    this.#old = young
    this.#young = next
    return next
  }
}
