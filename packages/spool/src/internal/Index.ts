/**
 * What readers and deciders look up, projected from the log: history, numbers, slots and landmarks in LMDB.
 *
 * Committed lazily together with the place up to which the log was taken in; what is not yet committed lies in an
 * overlay of bounded size and is taken from the log again after a crash. Deleting the index loses nothing.
 */
import * as Admission from "@lupin/core/Admission"
import type * as Site from "@lupin/core/Site"
import * as Waiting from "@lupin/core/Waiting"
import type * as MessageId from "@lupin/core/MessageId"
import type * as Xref from "@lupin/core/Xref"
import { Buffer } from "node:buffer"
import { type Database, open as openLmdb, type RootDatabase } from "lmdb"
import * as GroupTable from "./GroupTable.ts"
import type { IdRow, Mark, Place } from "./IndexRows.ts"
import * as Rows from "./IndexRows.ts"
import * as Progress from "./Progress.ts"
import { RecentIds } from "./RecentIds.ts"
import type * as Record from "./Record.ts"
import type { SegmentLog } from "./SegmentLog.ts"

/** Records between two landmarks: what a follower that starts anywhere has to skip. */
const recordsPerMark = 64
/** Raised when rows change their form: an older index is made anew from the log. */
const indexFormat = 2

type Slot = { readonly id: MessageId.MessageId; readonly rank: string }
type Rows = Database<Buffer, Buffer>
type Log = Pick<SegmentLog, "start" | "recall">

interface Changed {
  readonly added: Map<number, Place>
  readonly dropped: Set<number>
}

const binary = { encoding: "binary", keyEncoding: "binary" } as const

export class Index {
  readonly #env: RootDatabase
  readonly #ids: Rows
  readonly #numbers: Rows
  readonly #groups: Rows
  readonly #slots: Rows
  readonly #marks: Rows
  readonly #meta: Rows
  readonly #waiting: Rows
  readonly #recentIds: RecentIds
  readonly #generation: Site.Generation
  readonly #recordsPerCommit: number
  readonly #newIds = new Map<string, IdRow>()
  readonly #newNumbers = new Map<number, Changed>()
  readonly #newSlots = new Map<string, Slot>()
  #newMarks: Array<Mark> = []
  /** By position: claims that have come since the last commit, and those that have gone. */
  readonly #newClaims = new Map<number, Waiting.Entry | undefined>()
  #recordsSinceCommit = 0
  #recordsSinceMark = recordsPerMark
  progress: Progress.Progress
  groups: GroupTable.GroupTable
  /** All of them are in memory: they are few. */
  claims: Waiting.Waiting = Waiting.empty

  /** Opens the index of a log in a directory; an index of another generation or format is emptied. */
  constructor(directory: string, generation: Site.Generation, log: Log, recordsPerCommit: number) {
    this.#recentIds = new RecentIds(log.recall)
    this.#env = openLmdb({ path: directory, maxDbs: 8, noSubdir: false, ...binary })
    const database = (name: string): Rows => this.#env.openDB<Buffer, Buffer>({ name, ...binary })
    this.#ids = database("ids")
    this.#numbers = database("numbers")
    this.#groups = database("groups")
    this.#slots = database("slots")
    this.#marks = database("marks")
    this.#meta = database("meta")
    this.#waiting = database("waiting")
    this.#generation = generation
    this.#recordsPerCommit = recordsPerCommit
    this.progress = Progress.nothing(log.start)
    const saved = this.#meta.get(progressKey)
    const kept = saved === undefined ? undefined : JSON.parse(saved.toString("utf8"))
    if (kept?.format === indexFormat && kept.generation === generation.id) {
      this.progress = kept.progress
      this.groups = GroupTable.make(this.#readShelves(), generation.numberBase, this.progress.lost)
      this.claims = Waiting.of(this.#readClaims())
    } else {
      this.groups = this.empty(log.start)
    }
  }

  /** Forgets everything, so that the log can be taken in from its start. */
  empty(start: number): GroupTable.GroupTable {
    this.claims = Waiting.empty
    this.#recentIds.clear()
    for (const rows of [this.#ids, this.#numbers, this.#groups, this.#slots, this.#marks, this.#meta, this.#waiting]) {
      rows.clearSync()
    }
    this.progress = Progress.nothing(start)
    return (this.groups = GroupTable.make([], this.#generation.numberBase))
  }

  /** Takes in one record, the next of the log. */
  take(events: ReadonlyArray<Record.Logged>, place: Place, next: number): void {
    const [first] = events
    const last = events.at(-1)
    if (first === undefined || last === undefined) return
    const lost = first.position - this.progress.position - 1
    if (lost > 0) this.groups.skip(lost)
    if (this.#recordsSinceMark++ >= recordsPerMark) {
      this.#newMarks.push({ position: first.position, address: place.address, atMillis: first.atMillis })
      this.#recordsSinceMark = 1
    }
    for (const event of events) this.#evolve(event, place)
    const latestMillis = Math.max(this.progress.latestMillis, last.atMillis)
    this.progress = {
      position: last.position,
      address: next,
      latestAddress: place.address,
      latestMillis,
      lost: this.progress.lost + Math.max(0, lost)
    }
    this.#recordsSinceCommit += 1
  }

  get isCommitDue(): boolean {
    return this.#recordsSinceCommit >= this.#recordsPerCommit
  }

  /** Where this throws, the overlay goes on serving, and the next call tries again. */
  commit(): void {
    if (this.#recordsSinceCommit === 0) return
    const changed = this.groups.takeChanged()
    try {
      this.#write(changed)
    } catch (error) {
      this.groups.keepChanged(changed)
      throw error
    }
    for (const fresh of [this.#newIds, this.#newNumbers, this.#newSlots, this.#newClaims]) fresh.clear()
    this.#newMarks = []
    this.#recordsSinceCommit = 0
  }

  #write(changed: ReadonlyArray<GroupTable.Shelf>): void {
    this.#env.transactionSync(() => {
      for (const [id, row] of this.#newIds) this.#ids.putSync(Rows.idKey(id), Rows.writeId(row))
      for (const [group, { added, dropped }] of this.#newNumbers) {
        for (const number of dropped) this.#numbers.removeSync(Rows.numberKey(group, number))
        for (const [number, place] of added)
          this.#numbers.putSync(Rows.numberKey(group, number), Rows.writePlace(place))
      }
      for (const [key, slot] of this.#newSlots) this.#slots.putSync(Buffer.from(key), Buffer.from(JSON.stringify(slot)))
      for (const [position, entry] of this.#newClaims) {
        if (entry === undefined) this.#waiting.removeSync(Rows.positionKey(position))
        else this.#waiting.putSync(Rows.positionKey(position), Buffer.from(JSON.stringify(entry)))
      }
      for (const mark of this.#newMarks) this.#marks.putSync(Rows.positionKey(mark.position), Rows.writeMark(mark))
      for (const shelf of changed) {
        this.#groups.putSync(Rows.idKey(shelf.name), Rows.writeShelf(shelf))
      }
      const { progress } = this
      const kept = { format: indexFormat, generation: this.#generation.id, progress }
      this.#meta.putSync(progressKey, Buffer.from(JSON.stringify(kept)))
    })
  }

  id(id: string): IdRow | undefined {
    const fresh = this.#recentIds.find(id) ?? this.#newIds.get(id)
    if (fresh !== undefined) return fresh
    const octets = this.#ids.get(Rows.idKey(id))
    return octets === undefined ? undefined : Rows.readId(octets)
  }

  /** Every id held as of the last commit, with its place. For repairs. */
  *held(): Iterable<readonly [MessageId.MessageId, Place]> {
    for (const { key, value } of this.#ids.getRange({})) {
      const row = Rows.readId(value)
      // Only ids that passed a door are in the index.
      if (row._tag === "Held") yield [key.toString("latin1") as MessageId.MessageId, row]
    }
  }

  status(id: string): "held" | "removed" | "unknown" {
    const row = this.id(id)
    return row === undefined ? "unknown" : row._tag === "Held" ? "held" : "removed"
  }

  /** The first id that begins so and passes, held or removed. At most `scanMax` others are looked at. */
  firstId(prefix: string, isSought: (id: string) => boolean, scanMax: number): string | undefined {
    const found = [...this.#newIds.keys()].filter((id) => id.startsWith(prefix) && isSought(id))
    for (const key of this.#ids.getKeys({ start: Rows.idKey(prefix), limit: scanMax })) {
      const id = key.toString("latin1")
      if (!id.startsWith(prefix)) break
      if (isSought(id)) {
        found.push(id)
        break
      }
    }
    return found.toSorted()[0]
  }

  /** The highest that a slot has seen. */
  slot(key: string): Slot | undefined {
    const fresh = this.#newSlots.get(key)
    if (fresh !== undefined) return fresh
    const octets = this.#slots.get(Buffer.from(key))
    return octets === undefined ? undefined : JSON.parse(octets.toString("utf8"))
  }

  /** Drops what history knows of ids that are not held. */
  forget(ids: ReadonlyArray<string>): void {
    this.commit()
    const removed = ids.filter((id) => this.status(id) === "removed")
    this.#env.transactionSync(() => {
      for (const id of removed) this.#ids.removeSync(Rows.idKey(id))
    })
  }

  /** Where the article of that number lies. */
  place(shelf: GroupTable.Shelf, number: number): Place | undefined {
    if (number <= shelf.floor || number > shelf.high) return undefined
    const fresh = this.#newNumbers.get(shelf.key)
    if (fresh?.dropped.has(number) === true) return undefined
    const added = fresh?.added.get(number)
    if (added !== undefined) return added
    const octets = this.#numbers.get(Rows.numberKey(shelf.key, number))
    return octets === undefined ? undefined : Rows.readPlace(octets)
  }

  /** Numbers held in `low..high` with their places, ascending, at most `limit`. */
  places(shelf: GroupTable.Shelf, low: number, high: number, limit: number): Array<readonly [number, Place]> {
    const fresh = this.#newNumbers.get(shelf.key)
    const found: Array<readonly [number, Place]> = []
    const [start, end] = rangeOf(shelf, low, high)
    if (start > end || limit <= 0) return found
    const range = { start: Rows.numberKey(shelf.key, start), end: Rows.numberKey(shelf.key, end + 1) }
    for (const { key, value } of this.#numbers.getRange(range)) {
      const number = Rows.readNumber(key)
      if (fresh?.dropped.has(number) !== true) found.push([number, Rows.readPlace(value)])
      if (found.length === limit) return found
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
  numberBelow(shelf: GroupTable.Shelf, high: number): number | undefined {
    const [start, end] = rangeOf(shelf, 0, high)
    if (start > end) return undefined
    const fresh = this.#newNumbers.get(shelf.key)
    const added = [...(fresh?.added.keys() ?? [])].findLast((number) => number <= end)
    if (added !== undefined) return added
    const range = { start: Rows.numberKey(shelf.key, end), end: Rows.numberKey(shelf.key, start - 1), reverse: true }
    for (const key of this.#numbers.getKeys(range)) {
      const number = Rows.readNumber(key)
      if (fresh?.dropped.has(number) !== true) return number
    }
    return undefined
  }

  /** The lowest number held, one above `high` where none is. */
  low(shelf: GroupTable.Shelf): number {
    if (shelf.count > 0) shelf.lowAtLeast = this.places(shelf, 0, shelf.high, 1)[0]?.[0] ?? shelf.high + 1
    return shelf.lowAtLeast
  }

  /** The latest landmark that is not behind a position. */
  markAt(position: number): Mark | undefined {
    const fresh = this.#newMarks.findLast((mark) => mark.position <= position)
    if (fresh !== undefined) return fresh
    for (const { key, value } of this.#marks.getRange({ start: Rows.positionKey(position), reverse: true, limit: 1 })) {
      return Rows.readMark(key, value)
    }
    return undefined
  }

  /** The latest landmark of before a time. Time never goes back along the log. */
  markBefore(millis: number): Mark | undefined {
    let low = 0
    let high = this.progress.position
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      const mark = this.markAt(middle)
      if (mark === undefined || mark.atMillis < millis) low = middle
      else high = mark.position - 1
    }
    return this.markAt(low)
  }

  async close(): Promise<void> {
    this.commit()
    await this.#env.close()
  }

  #evolve(event: Record.Logged, place: Place): void {
    const { atMillis } = event
    switch (event._tag) {
      case "Claimed":
        this.#newClaims.set(event.position, event)
        return this.#changeClaims(Waiting.add(this.claims, event))
      case "Filed":
        this.#changeClaims(Waiting.drop(this.claims, event.id))
        this.#newIds.set(event.id, { _tag: "Held", position: event.position, ...place })
        this.#recentIds.add(event.id, place.address)
        for (const [name, number] of event.numbers) {
          const shelf = this.groups.file(name, number, atMillis)
          this.#changed(shelf).added.set(number, place)
        }
        return this.#fill(event)
      case "Mended":
        return this.#mend(event, place)
      case "Cancelled":
      case "Superseded":
      case "Expired":
        this.#changeClaims(Waiting.drop(this.claims, event.id))
        this.#newIds.set(event.id, { _tag: "Removed", atMillis })
        this.#recentIds.delete(event.id)
        for (const [name, number] of event.numbers) {
          const shelf = this.groups.unfile(name, number)
          if (shelf === undefined) continue
          const changed = this.#changed(shelf)
          if (!changed.added.delete(number)) changed.dropped.add(number)
        }
        return
      case "GroupAdded":
        return this.groups.add(event.group, event.status, atMillis)
      case "GroupRemoved":
        return this.groups.remove(event.group)
    }
  }

  /** Numbers of an article keep their place in the order, so these rows go past the overlay, which only grows. */
  #mend({ atMillis, id, numbers, position }: Record.Mended, place: Place): void {
    const row = this.id(id)
    if (row?._tag === "Removed") return
    this.commit()
    this.#recentIds.delete(id)
    if (row === undefined) for (const [name, number] of numbers) this.groups.restore(name, number, atMillis)
    this.#env.transactionSync(() => {
      const held = { _tag: "Held", position: row?.position ?? position, ...place } as const
      this.#ids.putSync(Rows.idKey(id), Rows.writeId(held))
      for (const [name, number] of numbers) {
        const shelf = this.groups.get(name)
        if (shelf === undefined || number <= shelf.floor) continue
        this.#numbers.putSync(Rows.numberKey(shelf.key, number), Rows.writePlace(place))
      }
    })
  }

  /** The numbers of whatever lies at an address. Looks at every number of every group: for repairs. */
  numbersAt(address: number): Xref.Numbers {
    return [...this.groups.all()].flatMap((shelf) =>
      this.places(shelf, 0, shelf.high, Infinity)
        .filter(([, place]) => place.address === address)
        .map(([number]) => [shelf.name, number] as const)
    )
  }

  #changeClaims({ dropped, waiting }: Waiting.Changed): void {
    this.claims = waiting
    for (const { position } of dropped) this.#newClaims.set(position, undefined)
  }

  #fill({ id, slot }: Record.Filed): void {
    if (slot === undefined) return
    const rival = this.slot(slot.key)
    if (rival === undefined || Admission.rankOrder({ id, rank: slot.rank }, rival) > 0) {
      this.#newSlots.set(slot.key, { id, rank: slot.rank })
    }
  }

  #changed(shelf: GroupTable.Shelf): Changed {
    const known = this.#newNumbers.get(shelf.key)
    if (known !== undefined) return known
    const changed = { added: new Map<number, Place>(), dropped: new Set<number>() }
    this.#newNumbers.set(shelf.key, changed)
    return changed
  }

  *#readClaims(): Iterable<Waiting.Entry> {
    // What lies here was written by this class.
    for (const { value } of this.#waiting.getRange({})) yield JSON.parse(value.toString("utf8")) as Waiting.Entry
  }

  *#readShelves(): Iterable<GroupTable.Shelf> {
    for (const { key, value } of this.#groups.getRange({})) yield Rows.readShelf(key, value)
  }
}

const progressKey = Buffer.from("progress")

/** Both ends included; no number held lies outside. */
const rangeOf = (shelf: GroupTable.Shelf, low: number, high: number): readonly [number, number] => [
  Math.max(low, shelf.floor + 1, shelf.lowAtLeast),
  Math.min(high, shelf.high)
]
