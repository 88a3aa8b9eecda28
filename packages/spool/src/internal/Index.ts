/**
 * What readers and deciders look up, projected from the log: history, numbers, slots and landmarks in LMDB.
 *
 * Committed lazily together with the place up to which the log was taken in; what is not yet committed lies in an
 * overlay of bounded size and is taken from the log again after a crash. Deleting the index loses nothing.
 */
import * as Site from "@lupin/core/Site"
import type * as Waiting from "@lupin/core/Waiting"
import type * as MessageId from "@lupin/core/MessageId"
import type { Buffer } from "node:buffer"
import * as path from "node:path"
import type { Table, Tables } from "../Tables.ts"
import { Accounts } from "./Accounts.ts"
import { ClaimRows } from "./ClaimRows.ts"
import { Erasures, type Names, type Spot, spotsOf } from "./Erasures.ts"
import { type Expiring, ExpiringRows } from "./ExpiringRows.ts"
import * as GroupTable from "./GroupTable.ts"
import * as IndexHead from "./IndexHead.ts"
import * as IndexOctets from "./IndexOctets.ts"
import type { Held, IdRow, Place } from "./IndexRows.ts"
import * as Rows from "./IndexRows.ts"
import * as IdRows from "./IdRows.ts"
import { MarkRows } from "./MarkRows.ts"
import { MendedRows } from "./MendedRows.ts"
import { NumberRows } from "./NumberRows.ts"
import type { Where } from "./Overwrites.ts"
import * as Progress from "./Progress.ts"
import { RecentIds } from "./RecentIds.ts"
import type * as Record from "./Record.ts"
import type { SegmentLog } from "./SegmentLog.ts"
import { SlotRows } from "./SlotRows.ts"
import type { Taker } from "./Takers.ts"

type Log = Pick<SegmentLog, "start" | "look">
type Takers = ReadonlyArray<Taker>

export class Index {
  readonly #tables: Tables
  readonly #ids: IdRows.IdRows
  readonly #groups: Table
  readonly #meta: Table
  readonly #recentIds: RecentIds
  readonly #generation: Site.Generation
  #lineage: number
  readonly #recordsPerCommit: number
  /** Forgotten removals of ids that may come again in this commit. */
  readonly #forgotten = new Map<string, IdRow>()
  #recordsSinceCommit = 0
  #hasMended = false
  /** What was known of the id that was removed last, and of the claims on it. */
  #before:
    | { readonly id: string; readonly row: IdRow | undefined; readonly claims: ReadonlyArray<Waiting.Entry> }
    | undefined
  progress: Progress.Progress
  groups: GroupTable.GroupTable
  accounts = new Accounts()
  readonly numbers: NumberRows
  readonly slots: SlotRows
  readonly marks: MarkRows
  /** Under the key of this index. */
  readonly hash: IdRows.IdRows["hash"]
  readonly claims: ClaimRows
  readonly erasures: Erasures
  readonly mended: MendedRows
  readonly expires: ExpiringRows

  /** Opens the index of a log; one of another generation, lineage or format is emptied, and one that has lost something. */
  constructor(where: Where, generation: Site.Generation, log: Log, recordsPerCommit: number, lineage: number) {
    this.#tables = where.disk.openTables(where.directory)
    const idsPlace = { disk: where.disk, name: path.join(where.directory, "ids") }
    const database = (name: string): Table => this.#tables.table(name)
    this.#groups = database("groups")
    this.#meta = database("meta")
    this.#generation = generation
    this.#lineage = lineage
    this.#recordsPerCommit = recordsPerCommit
    this.progress = Progress.nothing(log.start)
    const isWhole = IdRows.isWhole(database("ids"), idsPlace)
    const kept = isWhole ? IndexHead.read(this.#meta, generation, lineage) : undefined
    // Rows of another format are not even looked at.
    if (kept === undefined) IndexHead.clear(this.#tables)
    this.#ids = new IdRows.IdRows(database("ids"), idsPlace, generation.id)
    this.#recentIds = new RecentIds(log.look, (this.hash = this.#ids.hash))
    this.numbers = new NumberRows(database("numbers"))
    this.slots = new SlotRows(database("slots"))
    this.marks = new MarkRows(database("marks"))
    this.claims = new ClaimRows(database("waiting"))
    this.erasures = new Erasures(database("erased"))
    this.mended = new MendedRows(database("mended"))
    this.expires = new ExpiringRows(database("expiring"))
    if (kept !== undefined) {
      this.progress = kept.progress
      const shelves = Array.from(this.#groups.getRange({}), ({ key, value }) => Rows.readShelf(key, value))
      this.groups = GroupTable.make(shelves, generation.numberBase, this.progress.lost)
      this.accounts = new Accounts(kept.accounts)
    } else this.groups = this.empty(log.start)
  }

  /** Forgets everything, so that the log can be taken in from its start. */
  empty(start: number): GroupTable.GroupTable {
    this.#recentIds.clear()
    this.#tables.transactionSync(() => {
      for (const rows of [this.#groups, this.#meta]) rows.clearSync()
      for (const part of this.#parts()) part.empty()
    })
    this.progress = Progress.nothing(start)
    this.accounts = new Accounts()
    return (this.groups = GroupTable.make([], this.#generation.numberBase))
  }

  /** As `empty`, and of another lineage from then on. */
  renew(start: number, lineage: number): void {
    this.#lineage = lineage
    this.empty(start)
  }

  /** Takes in one record, the next of the log. `lost`: events before it that could not be read. `takers`: groups of its first event. */
  take(events: ReadonlyArray<Record.Logged>, place: Place, next: number, lost = 0, takers?: Takers): void {
    const [first] = events
    const last = events.at(-1)
    if (first === undefined || last === undefined) return
    if (lost > 0) this.groups.skip(lost)
    this.marks.pass(first, place.address)
    this.#before = undefined
    const rivals = this.progress.lost + lost > 0 ? events.flatMap((event) => this.slots.outranked(event)) : none
    if (first._tag === "Filed") this.#file(first, place, takers)
    else this.#evolve(first, place)
    for (let at = 1; at < events.length; at += 1) this.#evolve(events[at] as Record.Logged, place)
    for (const id of rivals) this.#outrank(id, first, place)
    this.progress = Progress.after(this.progress, last, place.address, next, lost)
    this.#recordsSinceCommit += 1
    if (!this.#hasMended) return
    // Numbers of such an article keep their place in the order, and the overlay only grows.
    this.commit()
    this.#hasMended = false
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
    this.#forgotten.clear()
    for (const part of this.#parts()) part.settle()
    this.#recordsSinceCommit = 0
  }

  /** Commits even where only what is known of dead octets and erasures has changed. */
  commitAll(): void {
    this.#recordsSinceCommit += 1
    this.commit()
  }

  /** Takes ids that were erased out of all rows but those of what expires. */
  unname(ids: Names): void {
    this.slots.rename(ids)
    this.commitAll()
    this.#tables.transactionSync(() => {
      for (const [id, other] of ids) this.#ids.purge(id, other)
    })
  }

  /** As `ExpiringRows.dropOf`, committed. */
  unnameExpiring(ids: ReadonlySet<string>, from: Buffer, limit: number): Buffer | undefined {
    const next = this.expires.dropOf(ids, from, limit)
    this.commitAll()
    return next
  }

  /** As `Tables.overwrite`, of ids that were taken out of all rows, wherever the index has its octets. */
  overwrite(ids: Names, from: number, bytesMax: number): number | undefined {
    return IndexOctets.overwrite(this.#tables, this.#ids, ids, from, bytesMax)
  }

  /** What has rows and an overlay of its own. */
  #parts() {
    return [this.#ids, this.numbers, this.slots, this.marks, this.claims, this.erasures, this.mended, this.expires]
  }

  #write(changed: ReadonlyArray<GroupTable.Shelf>): void {
    this.#tables.transactionSync(() => {
      for (const part of this.#parts()) part.write()
      for (const shelf of changed) this.#groups.putSync(Rows.idKey(shelf.name), Rows.writeShelf(shelf))
      const head = { progress: this.progress, accounts: this.accounts.kept() }
      IndexHead.write(this.#meta, this.#generation, this.#lineage, head)
    })
  }

  /** What is known of an id, forgotten removals too. */
  #row(id: string): IdRow | undefined {
    return this.#recentIds.find(id) ?? this.#ids.get(id)
  }

  /** What is remembered of an id. */
  id(id: string): IdRow | undefined {
    const row = this.#row(id)
    return row?._tag === "Removed" && row.atMillis < this.progress.forgottenMillis ? undefined : row
  }

  /** Every id held as of the last commit. For repairs. */
  *held(): Iterable<readonly [MessageId.MessageId, Extract<IdRow, { readonly _tag: "Held" }>]> {
    for (const id of this.#ids.all()) {
      const row = this.#ids.get(id)
      // Only ids that passed a door are in the index.
      if (row?._tag === "Held") yield [id as MessageId.MessageId, row]
    }
  }

  /** To be asked before an id is taken in as filed: `forgottenMillis` as if all removals of before that were forgotten. */
  statusToFile(id: string, forgottenMillis: number): "held" | "removed" | "unknown" {
    const row = this.#row(id)
    // Whoever erases the next copy has to find what is left of this one.
    if (row?._tag === "Removed" && row.atMillis < forgottenMillis) this.#forgotten.set(id, row)
    return this.#statusOf(id, row?._tag === "Removed" ? row.atMillis : row && Infinity, forgottenMillis)
  }

  status(id: string): "held" | "removed" | "unknown" {
    return this.#statusOf(id, this.#recentIds.find(id) ? Infinity : this.#ids.removedMillis(id))
  }

  /** Whether an id is held or remembered, of octets that are one. */
  hasOctets(octets: DataView, from: number, to: number): boolean {
    return (this.#ids.removedMillisOf(octets, from, to) ?? -Infinity) >= this.progress.forgottenMillis
  }

  #statusOf(id: string, removedMillis = -Infinity, since = this.progress.forgottenMillis) {
    if (removedMillis >= since) return removedMillis === Infinity ? "held" : "removed"
    return this.erasures.hasId(id) ? "removed" : "unknown"
  }

  /** The first id with a UUID in front that passes, held or removed. Of about `scanMax` at most. */
  firstOf(uuid: string, isSought: (id: string) => boolean, scanMax: number): string | undefined {
    return [...this.#ids.idsOf(uuid, scanMax)].filter((id) => isSought(id) && this.id(id) !== undefined).toSorted()[0]
  }

  /** As `ExpiringRows.held`. */
  expiring<A>(untilMillis: number, limit: number, read: (place: Place) => A | undefined): Expiring<A> {
    return this.expires.held(untilMillis, limit, (id) => this.id(id), read)
  }

  /** Whether the record of a removal still says something that history has to know. */
  isRemembered(id: string, address: number): boolean {
    return this.id(id) !== undefined && this.removed(id)?.by.address === address
  }

  /** Where the octets of an id that was removed lay, forgotten or not. */
  removed(id: string): Extract<IdRow, { readonly _tag: "Removed" }> | undefined {
    const row = this.#row(id)
    return row?._tag === "Removed" ? row : undefined
  }

  /** Drops the row of an id whose removal is forgotten, when the record of that leaves its address. */
  dropForgotten(id: string, address: number): void {
    const row = this.removed(id)
    if (row?.by.address !== address || row.atMillis >= this.progress.forgottenMillis) return
    this.#ids.set(id, undefined)
    this.mended.drop(id)
  }

  async close(): Promise<void> {
    try {
      this.commit()
    } catch {
      // The log has what a full disk does not take: it is replayed.
    }
    this.#ids.close()
    await this.#tables.close()
  }

  #evolve(event: Record.Logged, place: Place): void {
    const { atMillis } = event
    switch (event._tag) {
      case "Claimed":
        return this.claims.add(event)
      case "Filed":
        return this.#file(event, place)
      case "Mended":
        return this.#mend(event, place)
      case "Cancelled":
      case "Superseded":
      case "Expired":
      case "Refused":
        return this.#remove(event, place)
      case "Erased":
        return this.#erase(event, place)
      case "Forgotten":
        this.progress = { ...this.progress, forgottenMillis: event.beforeMillis }
        return
      case "Blank":
        return
      case "GroupAdded":
        return this.groups.add(event.group, event.status, atMillis, event.description)
      case "GroupRemoved":
        return this.groups.remove(event.group)
    }
  }

  /** Lets go of a digest that is held although another outranks it, as its removal is lost. */
  #outrank(id: MessageId.MessageId, { atMillis, position }: Site.Positioned, place: Place): void {
    const row = this.id(id)
    if (row?._tag !== "Held") return
    const numbers = this.numbers.allAt(this.groups.all(), row.address)
    this.#remove({ _tag: "Superseded", id, by: id, position, atMillis, numbers }, place)
  }

  #file(event: Record.Filed, place: Place, takers: Takers = none): void {
    const { expiresMillis, id, position, slot, stored } = event
    if (this.claims.isAny) this.claims.drop(id)
    if (this.#forgotten.size > 0) this.#unforget(id)
    const held: Held = { _tag: "Held", position, address: place.address, bytes: place.bytes }
    this.#ids.set(id, stored === undefined ? held : { ...held, stored })
    if (stored === undefined) this.#recentIds.add(id, place.address)
    this.accounts.file(place, stored)
    if (expiresMillis !== undefined) this.expires.add(id, expiresMillis, position)
    this.numbers.file(this.groups, event, place, takers)
    if (slot !== undefined) this.slots.fill(slot.key, { id, rank: slot.rank })
  }

  /** It comes again: what is left of the earlier copy has to be found when this one is erased. */
  #unforget(id: MessageId.MessageId): void {
    const forgotten = this.#forgotten.get(id)
    if (forgotten !== undefined) this.mended.add(id, spotsOf(forgotten))
    this.#forgotten.delete(id)
  }

  #remove(event: Record.Removal, place: Place): void {
    const { atMillis, id, numbers } = event
    const row = this.#row(id)
    const filed = row === undefined ? undefined : row._tag === "Held" ? row : row.filed
    this.#before = { id, row, claims: this.claims.drop(id) }
    this.#recentIds.delete(id)
    this.#ids.set(id, {
      _tag: "Removed",
      atMillis,
      by: place,
      ...(filed === undefined ? {} : { filed: { address: filed.address, bytes: filed.bytes } }),
      ...(row?.stored === undefined ? {} : { stored: row.stored })
    })
    // After compaction a removal may outlast what it removed: its numbers are gone already.
    if (row?._tag !== "Held") return
    this.accounts.remove(row, row.stored, atMillis)
    for (const spot of this.mended.of(id)) this.accounts.die(spot, atMillis)
    for (const [name, number] of numbers) {
      const shelf = this.groups.unfile(name, number)
      if (shelf !== undefined) this.numbers.drop(shelf, number)
    }
  }

  #mend(event: Record.Mended, place: Place): void {
    const { atMillis, expiresMillis, id, numbers, position: mendedAt, slot, stored } = event
    const row = this.id(id)
    if (row?._tag === "Removed") return
    const position = row?.position ?? mendedAt
    this.#recentIds.delete(id)
    this.#ids.set(id, { _tag: "Held", position, ...place, ...(stored === undefined ? {} : { stored }) })
    if (row === undefined) {
      this.accounts.file(place, stored)
      if (expiresMillis !== undefined) this.expires.add(id, expiresMillis, position)
      if (slot !== undefined) this.slots.fill(slot.key, { id, rank: slot.rank })
      for (const [name, number] of numbers) this.groups.restore(name, number, atMillis)
    } else {
      this.accounts.replace(row, row.stored, place, stored)
      this.mended.add(id, spotsOf(row))
    }
    for (const [name, number] of numbers) {
      const shelf = this.groups.get(name)
      if (shelf !== undefined && number > shelf.floor) this.numbers.put(shelf, number, place)
    }
    this.#hasMended = true
  }

  /** The cancel of the same record has just told which id that is; one that was erased for good is told no more. */
  #erase({ atMillis, hash }: Site.Erased, names: Place): void {
    const { claims = [], id, row } = this.#before ?? {}
    const blanks: Array<Spot> = row === undefined ? [] : [...spotsOf(row)]
    // A claim lies with the article that made it.
    for (const { by } of claims) {
      const claimant = this.#row(by)
      blanks.push(...(claimant === undefined ? [] : spotsOf(claimant)), ...this.mended.of(by))
    }
    if (id !== undefined && Site.hashOf(id) === hash) {
      blanks.push(...this.mended.of(id))
      this.mended.drop(id)
      this.#ids.set(id, undefined)
    }
    this.claims.dropBy((by) => Site.hashOf(by) === hash)
    this.erasures.keep({ hash, atMillis, blanks, names: { address: names.address, bytes: names.bytes } })
  }
}

const none: ReadonlyArray<never> = []
