/**
 * What readers and deciders look up, projected from the log: history, numbers, slots and landmarks in LMDB.
 *
 * Committed lazily together with the place up to which the log was taken in; what is not yet committed lies in an
 * overlay of bounded size and is taken from the log again after a crash. Deleting the index loses nothing.
 */
import * as Site from "@lupin/core/Site"
import { Buffer } from "node:buffer"
import { type Database, open as openLmdb, type RootDatabase } from "lmdb"
import { Accounts } from "./Accounts.ts"
import { Erasures } from "./Erasures.ts"
import { ExpiringRows } from "./ExpiringRows.ts"
import * as GroupTable from "./GroupTable.ts"
import type { IdRow, Place } from "./IndexRows.ts"
import * as Rows from "./IndexRows.ts"
import { MarkRows } from "./MarkRows.ts"
import type * as Record from "./Record.ts"
import { SlotRows } from "./SlotRows.ts"

/** Raised when rows change their form: an older index is made anew from the log. */
const indexFormat = 2

type Rows = Database<Buffer, Buffer>

/** How far the log was taken in. */
export interface Progress {
  readonly position: number
  /** Where the next record begins. */
  readonly address: number
  /** Where the latest record begins; 0 before the first. */
  readonly latestAddress: number
  readonly latestMillis: number
  /** Removals of before this time are forgotten. */
  readonly forgottenMillis: number
}

const progressAt = (start: number): Progress => ({
  position: 0,
  address: start,
  latestAddress: 0,
  latestMillis: 0,
  forgottenMillis: 0
})

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
  readonly slots: SlotRows
  readonly marks: MarkRows
  readonly #meta: Rows
  readonly #generation: Site.Generation
  readonly #recordsPerCommit: number
  readonly #newIds = new Map<string, IdRow | undefined>()
  readonly #newNumbers = new Map<number, Changed>()
  #recordsSinceCommit = 0
  #hasFailed = false
  /** What was known of the id that was removed last. */
  #before: IdRow | undefined
  progress: Progress
  groups: GroupTable.GroupTable
  accounts = new Accounts()
  readonly erasures: Erasures
  readonly #expiring: ExpiringRows

  /** Opens the index in a directory; an index of another generation or format is emptied. `start`: of the log. */
  constructor(directory: string, generation: Site.Generation, start: number, recordsPerCommit: number) {
    this.#env = openLmdb({ path: directory, maxDbs: 16, noSubdir: false, ...binary })
    const database = (name: string): Rows => this.#env.openDB<Buffer, Buffer>({ name, ...binary })
    this.#ids = database("ids")
    this.#numbers = database("numbers")
    this.#groups = database("groups")
    this.slots = new SlotRows(database("slots"))
    this.marks = new MarkRows(database("marks"))
    this.#meta = database("meta")
    this.erasures = new Erasures(database("erased"))
    this.#expiring = new ExpiringRows(database("expiring"))
    this.#generation = generation
    this.#recordsPerCommit = recordsPerCommit
    this.progress = progressAt(start)
    const saved = this.#meta.get(progressKey)
    const kept = saved === undefined ? undefined : JSON.parse(saved.toString("utf8"))
    if (kept?.format === indexFormat && kept.generation === generation.id) {
      this.progress = kept.progress
      this.groups = GroupTable.make(this.#readShelves(), generation.numberBase)
      this.accounts = new Accounts(kept.accounts)
    } else {
      this.groups = this.empty(start)
    }
  }

  /** Forgets everything, so that the log can be taken in from its start. */
  empty(start: number): GroupTable.GroupTable {
    for (const rows of [this.#ids, this.#numbers, this.#groups, this.#meta]) rows.clearSync()
    for (const part of this.#parts()) part.empty()
    this.progress = progressAt(start)
    this.accounts = new Accounts()
    return (this.groups = GroupTable.make([], this.#generation.numberBase))
  }

  /** Takes in one record, the next of the log. */
  take(events: ReadonlyArray<Record.Logged>, place: Place, next: number): void {
    const [first] = events
    const last = events.at(-1)
    if (first === undefined || last === undefined) return
    this.marks.pass({ position: first.position, address: place.address, atMillis: first.atMillis })
    this.#before = undefined
    for (const event of events) this.#evolve(event, place)
    const latestMillis = Math.max(this.progress.latestMillis, last.atMillis)
    const { forgottenMillis } = this.progress
    this.progress = {
      position: last.position,
      address: next,
      latestAddress: place.address,
      latestMillis,
      forgottenMillis
    }
    this.#recordsSinceCommit += 1
  }

  get isCommitDue(): boolean {
    return this.#recordsSinceCommit >= this.#recordsPerCommit
  }

  /** Once this has thrown it does nothing more: the overlay goes on serving, and the next opening takes the log again. */
  commit(): void {
    if (this.#recordsSinceCommit === 0 || this.#hasFailed) return
    this.#hasFailed = true
    this.#write()
    this.#hasFailed = false
    this.#newIds.clear()
    this.#newNumbers.clear()
    for (const part of this.#parts()) part.settle()
    this.#recordsSinceCommit = 0
  }

  /** Commits even where only what is known of dead octets and erasures has changed. Throws where that is not possible. */
  commitAll(): void {
    if (this.#hasFailed) throw new Error("the index takes no commits until it is opened anew")
    this.#recordsSinceCommit += 1
    this.commit()
  }

  /** What has rows and an overlay of its own. */
  #parts() {
    return [this.slots, this.marks, this.erasures, this.#expiring]
  }

  #write(): void {
    this.#env.transactionSync(() => {
      for (const [id, row] of this.#newIds) {
        if (row === undefined) this.#ids.removeSync(Rows.idKey(id))
        else this.#ids.putSync(Rows.idKey(id), Rows.writeId(row))
      }
      for (const part of this.#parts()) part.write()
      for (const [group, { added, dropped }] of this.#newNumbers) {
        for (const number of dropped) this.#numbers.removeSync(Rows.numberKey(group, number))
        for (const [number, place] of added)
          this.#numbers.putSync(Rows.numberKey(group, number), Rows.writePlace(place))
      }
      for (const shelf of this.groups.takeChanged()) {
        this.#groups.putSync(Rows.idKey(shelf.name), Rows.writeShelf(shelf))
      }
      const { progress } = this
      const accounts = this.accounts.kept()
      const kept = { format: indexFormat, generation: this.#generation.id, progress, accounts }
      this.#meta.putSync(progressKey, Buffer.from(JSON.stringify(kept)))
    })
  }

  /** What is known of an id, forgotten removals too. */
  #row(id: string): IdRow | undefined {
    const fresh = this.#newIds.get(id)
    if (fresh !== undefined || this.#newIds.has(id)) return fresh
    const octets = this.#ids.get(Rows.idKey(id))
    return octets === undefined ? undefined : Rows.readId(octets)
  }

  /** What is remembered of an id. */
  id(id: string, forgottenMillis = this.progress.forgottenMillis): IdRow | undefined {
    const row = this.#row(id)
    return row?._tag === "Removed" && row.atMillis < forgottenMillis ? undefined : row
  }

  /** `forgottenMillis`: asks as if all removals of before that were forgotten. */
  status(id: string, forgottenMillis?: number): "held" | "removed" | "unknown" {
    const row = this.id(id, forgottenMillis)
    if (row === undefined) return this.erasures.hasId(id) ? "removed" : "unknown"
    return row._tag === "Held" ? "held" : "removed"
  }

  /** The first id that begins so and passes, held or removed. At most `scanMax` others are looked at. */
  firstId(prefix: string, isSought: (id: string) => boolean, scanMax: number): string | undefined {
    const isThere = (id: string): boolean => isSought(id) && this.id(id) !== undefined
    const found = [...this.#newIds.keys()].filter((id) => id.startsWith(prefix) && isThere(id))
    for (const key of this.#ids.getKeys({ start: Rows.idKey(prefix), limit: scanMax })) {
      const id = key.toString("latin1")
      if (!id.startsWith(prefix)) break
      if (isThere(id)) {
        found.push(id)
        break
      }
    }
    return found.toSorted()[0]
  }

  /** Articles held whose Expires is up to a time, at most `limit`, and the next Expires; rows of what is gone are dropped. */
  expiring(untilMillis: number, limit: number): { readonly held: ReadonlyArray<Place>; readonly nextMillis?: number } {
    const held: Array<Place> = []
    for (const { expiresMillis, id, key, position } of this.#expiring.all()) {
      if (held.length >= limit && expiresMillis <= untilMillis) return { held }
      const row = this.id(id)
      if (row?._tag !== "Held" || row.position !== position) this.#expiring.drop(key)
      else if (expiresMillis > untilMillis) return { held, nextMillis: expiresMillis }
      else held.push({ address: row.address, bytes: row.bytes })
    }
    return { held }
  }

  /** Whether the record of a removal still says something that history has to know. */
  isRemembered(id: string, address: number): boolean {
    const row = this.id(id)
    return row?._tag === "Removed" && row.by.address === address
  }

  /** Drops the row of an id whose removal is forgotten. */
  dropForgotten(id: string): void {
    const row = this.#row(id)
    if (row?._tag === "Removed" && row.atMillis < this.progress.forgottenMillis) this.#newIds.set(id, undefined)
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

  async close(): Promise<void> {
    this.commit()
    await this.#env.close()
  }

  #evolve(event: Record.Logged, place: Place): void {
    const { atMillis } = event
    switch (event._tag) {
      case "Filed":
        if (event.isLost === true) {
          for (const [name, number] of event.numbers) {
            this.groups.file(name, number, atMillis)
            this.groups.unfile(name, number)
          }
          return
        }
        this.#newIds.set(event.id, {
          _tag: "Held",
          position: event.position,
          ...place,
          ...(event.stored === undefined ? {} : { stored: event.stored })
        })
        this.accounts.file(place, event.stored)
        if (event.expiresMillis !== undefined) {
          this.#expiring.add(event.id, event.expiresMillis, event.position)
        }
        for (const [name, number] of event.numbers) {
          const shelf = this.groups.file(name, number, atMillis)
          this.#changed(shelf).added.set(number, place)
        }
        if (event.slot !== undefined) this.slots.fill(event.slot.key, { id: event.id, rank: event.slot.rank })
        return
      case "Cancelled":
      case "Superseded":
      case "Expired": {
        const row = this.#row(event.id)
        const filed = row === undefined ? undefined : row._tag === "Held" ? row : row.filed
        this.#before = row
        this.#newIds.set(event.id, {
          _tag: "Removed",
          atMillis,
          by: place,
          ...(filed === undefined ? {} : { filed: { address: filed.address, bytes: filed.bytes } }),
          ...(row?.stored === undefined ? {} : { stored: row.stored })
        })
        // After compaction a removal may outlast what it removed: its numbers are gone already.
        if (row?._tag !== "Held") return
        this.accounts.remove(row, row.stored, atMillis)
        for (const [name, number] of event.numbers) {
          const shelf = this.groups.unfile(name, number)
          if (shelf === undefined) continue
          const changed = this.#changed(shelf)
          if (!changed.added.delete(number)) changed.dropped.add(number)
        }
        return
      }
      case "Erased":
        return this.#erase(event, place)
      case "Forgotten":
        this.progress = { ...this.progress, forgottenMillis: event.beforeMillis }
        return
      case "Blank":
        return
      case "GroupAdded":
        return this.groups.add(event.group, event.status, atMillis)
      case "GroupRemoved":
        return this.groups.remove(event.group)
    }
  }

  /** The cancel of the same record has just told which id that is; one that was erased for good is told no more. */
  #erase({ atMillis, hash }: Site.Erased, names: Place): void {
    const before = this.#before
    const blanks: Array<Place & { readonly class?: string }> = []
    if (before?.stored !== undefined) blanks.push(before.stored)
    if (before?._tag === "Held") blanks.push({ address: before.address, bytes: before.bytes })
    if (before?._tag === "Removed") blanks.push(before.by, ...(before.filed === undefined ? [] : [before.filed]))
    for (const [id, row] of this.#newIds) {
      if (row?._tag === "Removed" && row.by.address === names.address && Site.hashOf(id) === hash) {
        this.#newIds.set(id, undefined)
      }
    }
    this.erasures.keep({ hash, atMillis, blanks, names: { address: names.address, bytes: names.bytes } })
  }

  #changed(shelf: GroupTable.Shelf): Changed {
    const known = this.#newNumbers.get(shelf.key)
    if (known !== undefined) return known
    const changed = { added: new Map<number, Place>(), dropped: new Set<number>() }
    this.#newNumbers.set(shelf.key, changed)
    return changed
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
