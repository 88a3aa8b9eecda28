/**
 * What a feed has under way: the articles a peer has not answered for good, and the position up to which it has.
 *
 * Plain state without I/O. The position never passes an article that is open, so a restart offers that again.
 */
import type * as MessageId from "@lupin/core/MessageId"

/** `asking`: CHECK or IHAVE is out. `sending`: the article is out. `deferred`: to be offered again. */
export type Stage = "waiting" | "asking" | "sending" | "deferred"

export interface Entry {
  readonly id: MessageId.MessageId
  readonly position: number
  readonly arrivedMillis: number
  stage: Stage
  /** Offers that came to nothing. */
  attempts: number
  /** When a deferred entry is to be offered again. */
  dueMillis: number
  /** When it was last said to the peer. */
  departedMillis: number
  /** Where a feed gathers it with others before it is said, and since when it waits there. */
  waitsIn: object | undefined
  waitsMillis: number
}

export class FeedWindow {
  /** Open entries by id, in the order of their positions. */
  readonly #open = new Map<MessageId.MessageId, Entry>()
  /** The first of them, until that is settled; nothing where it has to be looked for. */
  #oldest: Entry | undefined
  #scanned: number
  #inFlight = 0
  #deferred = 0

  constructor(position: number) {
    this.#scanned = position
  }

  /** Everything up to here was read from the log. */
  get scanned(): number {
    return this.#scanned
  }

  /** Everything up to here was answered by the peer, or is not for it. */
  get position(): number {
    if (this.#open.size === 0) return this.#scanned
    this.#oldest ??= this.#open.values().next().value
    return this.#oldest === undefined ? this.#scanned : Math.min(this.#scanned, this.#oldest.position - 1)
  }

  /** Entries whose answer is due from the peer. */
  get inFlight(): number {
    return this.#inFlight
  }

  get deferred(): number {
    return this.#deferred
  }

  get open(): number {
    return this.#open.size
  }

  /** Reading has gone on to `position`, which never goes back. */
  scan(position: number): void {
    this.#scanned = Math.max(this.#scanned, position)
  }

  /** Opens an entry for an article that the peer is to be offered; nothing where one is open. Positions come in ascending order. */
  add(id: MessageId.MessageId, position: number, arrivedMillis: number): Entry | undefined {
    if (this.#open.has(id)) return undefined
    const entry: Entry = {
      id,
      position,
      arrivedMillis,
      stage: "waiting",
      attempts: 0,
      dueMillis: 0,
      departedMillis: 0,
      waitsIn: undefined,
      waitsMillis: 0
    }
    this.#open.set(id, entry)
    return entry
  }

  /** The entry is with the peer from now on. */
  depart(entry: Entry, stage: "asking" | "sending", nowMillis: number): void {
    if (this.#open.get(entry.id) !== entry) return
    this.#leave(entry)
    entry.stage = stage
    entry.departedMillis = nowMillis
    this.#inFlight += 1
  }

  /** Settles what has not been said yet, as the peer need not hear of it; gives what it was. */
  spare(id: MessageId.MessageId): Entry | undefined {
    const entry = this.#open.get(id)
    if (entry === undefined || entry.stage === "asking" || entry.stage === "sending") return undefined
    this.settle(entry)
    return entry
  }

  /** The peer has answered for good, or the article is no more. */
  settle(entry: Entry): void {
    if (this.#open.get(entry.id) !== entry) return
    this.#leave(entry)
    this.#open.delete(entry.id)
    if (this.#oldest === entry) this.#oldest = undefined
  }

  /** The entry is to be offered again at `dueMillis`. */
  defer(entry: Entry, dueMillis: number): void {
    if (this.#open.get(entry.id) !== entry) return
    this.#leave(entry)
    entry.stage = "deferred"
    entry.attempts += 1
    entry.dueMillis = dueMillis
    this.#deferred += 1
  }

  /** The connection is gone: what it had not answered is offered again at `dueMillis`. */
  disconnect(dueMillis: number): void {
    for (const entry of this.#open.values()) if (entry.stage !== "deferred") this.defer(entry, dueMillis)
  }

  /** At most `limit` deferred entries that are due, the oldest articles first. */
  due(nowMillis: number, limit: number): ReadonlyArray<Entry> {
    if (this.#deferred === 0) return nothing
    const found: Array<Entry> = []
    for (const entry of this.#open.values()) {
      if (found.length === limit) break
      if (entry.stage === "deferred" && entry.dueMillis <= nowMillis) found.push(entry)
    }
    return found
  }

  /** When the first deferred entry is due; undefined where none is deferred. */
  nextDueMillis(): number | undefined {
    if (this.#deferred === 0) return undefined
    let earliest = Infinity
    for (const entry of this.#open.values()) {
      if (entry.stage === "deferred") earliest = Math.min(earliest, entry.dueMillis)
    }
    return earliest
  }

  #leave(entry: Entry): void {
    if (entry.stage === "deferred") this.#deferred -= 1
    else if (entry.stage !== "waiting") this.#inFlight -= 1
    entry.stage = "waiting"
  }
}

const nothing: ReadonlyArray<Entry> = []
