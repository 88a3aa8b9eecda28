/**
 * Finds out which events a digest has counted that are gone: removed, and nothing left of them here but their ids.
 *
 * The fingerprints of two sets differ by the hashes of what one has and the other lacks. So a removed event whose hash makes up
 * the difference between a digest and the inputs here is one that the digest has counted, and no other explanation is possible:
 * what is merely on its way does not fit. Whoever finds it takes it as an event with its removal, as all do who have seen both.
 */
import * as Fingerprint from "@lupin/core/Fingerprint"
import type * as MessageId from "@lupin/core/MessageId"
import type * as InputSet from "./InputSet.ts"
import type * as Part from "./Part.ts"

/** Removed events that are remembered without their octets, at most; the earliest are let go of. */
export const lostMax = 50_000
/** Sums that one search looks up, at most, and after which none begins before the next time: some ten milliseconds. */
export const looksMax = 20_000
/** Newest inputs that a digest may lack together while it counts what is gone. */
const lackedMax = 8

/** Events of one app that were removed before a digester could read them. They are hashed when that is first of use. */
export class Lost {
  readonly #weights = new Map<MessageId.MessageId, Fingerprint.Fingerprint | undefined>()
  readonly #byHead = new Map<bigint, MessageId.MessageId>()
  #told = 0
  /** How many had been told when all were hashed. */
  #weighed = 0

  add(id: MessageId.MessageId): void {
    if (this.#weights.has(id)) return
    this.#weights.set(id, undefined)
    this.#told += 1
    if (this.#weights.size <= lostMax) return
    for (const [oldest, weight] of this.#weights) {
      this.#weights.delete(oldest)
      if (weight !== undefined) this.#byHead.delete(Fingerprint.headOf(weight))
      return
    }
  }

  get ids(): Iterable<MessageId.MessageId> {
    return this.#weights.keys()
  }

  /** How many were ever told of: whoever has looked at all of these need not look again. */
  get told(): number {
    return this.#told
  }

  /** Whether all that were told are still known. */
  get isWhole(): boolean {
    return this.#weights.size === this.#told
  }

  /** The fingerprint of one of them. */
  weightOf(id: MessageId.MessageId): Fingerprint.Fingerprint {
    return this.#weights.get(id) ?? weightOf(id)
  }

  /** The one whose fingerprint has that head. */
  at(head: bigint): MessageId.MessageId | undefined {
    if (this.#weighed !== this.#told) this.#weigh()
    return this.#byHead.get(head)
  }

  #weigh(): void {
    this.#weighed = this.#told
    for (const [id, known] of this.#weights) {
      if (known !== undefined) continue
      const weight = weightOf(id)
      this.#weights.set(id, weight)
      this.#byHead.set(Fingerprint.headOf(weight), id)
    }
  }
}

const weightOf = (id: MessageId.MessageId): Fingerprint.Fingerprint => Fingerprint.add(Fingerprint.empty, id)

/** What a digest, or the partial of a day, says of the events it counts. */
export interface Counted extends InputSet.Summary {
  readonly removed: ReadonlyArray<MessageId.MessageId>
  /** Of both counts, what has no name. */
  readonly nameless: Fingerprint.Nameless
  /** Injection-Date of its newest event, in milliseconds. */
  readonly newestMillis: number
}

/** What is here of the same inputs, and what may be looked at to make up the difference. */
export interface Here {
  readonly part: Pick<Part.Part<unknown>, "events" | "removals" | "fingerprint" | "removed">
  /** Whether a removed event may be one that the part lacks. */
  readonly mayLack: (id: MessageId.MessageId) => boolean
  /** Inputs that may not have been counted, the newest first: all of the newest few, or any single one. */
  readonly lackable: ReadonlyArray<MessageId.MessageId>
}

/**
 * The removed events that a digest counts and that are not here; `undefined` where none are known to make the difference. A
 * set whose removals are too many to be named cannot be compared.
 */
export const find = (lost: Lost, counted: Counted, here: Here): Ids | undefined => seek(lost, counted, here).ids

/** What a search has found, and how many sums it took. */
export interface Sought {
  readonly ids: Ids | undefined
  readonly looks: number
}

const incomparable: Sought = { ids: undefined, looks: 0 }

/** The same, with what it took. */
export const seek = (lost: Lost, counted: Counted, { lackable, mayLack, part }: Here): Sought => {
  const target = Fingerprint.head(counted.fingerprint)
  if (target === undefined) return incomparable
  if (counted.removed.length !== counted.removals - counted.nameless.count) return incomparable
  if (part.removed.length !== part.removals) return incomparable
  const known = new Set(part.removed)
  if (!counted.removed.every((id) => known.has(id))) return incomparable
  const told = new Set(counted.removed)
  const later = part.removed.filter((id) => !told.has(id))
  const before = Fingerprint.subtract(part.fingerprint, later.reduce(Fingerprint.addRemoval, Fingerprint.empty))
  const from = Fingerprint.addNameless(before, counted.nameless)
  const search = new Search(lost, target, mayLack)
  let ids: Ids | undefined
  for (const lacked of lacks(lackable.filter((id) => !told.has(id)))) {
    const missing = counted.events - counted.nameless.count - part.events + lacked.length
    ids = search.find(lacked.reduce(Fingerprint.remove, from), missing)
    if (ids !== undefined || search.looks >= looksMax) break
  }
  return { ids, looks: search.looks }
}

/** What a digest may lack: nothing, the newest few, or any other one. */
function* lacks(lackable: ReadonlyArray<MessageId.MessageId>): IterableIterator<ReadonlyArray<MessageId.MessageId>> {
  for (let count = 0; count <= Math.min(lackedMax, lackable.length); count++) yield lackable.slice(0, count)
  for (const id of lackable.slice(1)) yield [id]
}

const headModulus = 1n << BigInt(8 * Fingerprint.textOctets)

type Ids = ReadonlyArray<MessageId.MessageId>
type Weigh = (id: MessageId.MessageId) => Fingerprint.Fingerprint
/** Gives the id whose weight has that head. */
type At = (head: bigint) => MessageId.MessageId | undefined

/** Looks for removed events whose hashes make one fingerprint another one, of which the head alone is known. */
class Search {
  /** Sums looked up so far. */
  looks = 0
  readonly #lost: Lost
  readonly #target: bigint
  readonly #mayLack: (id: MessageId.MessageId) => boolean
  #candidates: Ids | undefined

  constructor(lost: Lost, target: bigint, mayLack: (id: MessageId.MessageId) => boolean) {
    this.#lost = lost
    this.#target = target
    this.#mayLack = mayLack
  }

  /** So many of them, that make `sum` the target. One needs no look at the others; of many the few are chosen that are left out. */
  find(sum: Fingerprint.Fingerprint, count: number): Ids | undefined {
    if (count < 1) return undefined
    const weigh = (id: MessageId.MessageId) => this.#lost.weightOf(id)
    if (count === 1) return this.#last(sum, weigh, (head) => this.#lost.at(head))
    const ids = (this.#candidates ??= [...this.#lost.ids].filter(this.#mayLack))
    if (count > ids.length) return undefined
    if (count <= ids.length / 2) return this.#choose(ids, 0, sum, count, weigh, (head) => this.#lost.at(head))
    const lack = new Map(ids.map((id) => [id, Fingerprint.subtract(Fingerprint.empty, weigh(id))]))
    const negated = (id: MessageId.MessageId) => lack.get(id) ?? Fingerprint.empty
    const byHead = new Map([...lack].map(([id, weight]) => [Fingerprint.headOf(weight), id]))
    const all = ids.reduce(Fingerprint.add, sum)
    const out = this.#choose(ids, 0, all, ids.length - count, negated, (head) => byHead.get(head))
    return out === undefined ? undefined : ids.filter((id) => !out.includes(id))
  }

  /** So many of those that stand at a place or behind it. */
  #choose(ids: Ids, from: number, sum: Fingerprint.Fingerprint, count: number, weigh: Weigh, at: At): Ids | undefined {
    if (count === 0) return Fingerprint.headOf(sum) === this.#target ? [] : undefined
    if (count === 1) return this.#last(sum, weigh, at)
    for (let place = from; place < ids.length && this.looks < looksMax; place++) {
      const id = ids[place]
      if (id === undefined) return undefined
      const rest = this.#choose(ids, place + 1, Fingerprint.merge(sum, weigh(id)), count - 1, weigh, at)
      if (rest !== undefined && !rest.includes(id)) return [id, ...rest]
    }
    return undefined
  }

  #last(sum: Fingerprint.Fingerprint, weigh: Weigh, at: At): Ids | undefined {
    this.looks += 1
    const difference = this.#target - Fingerprint.headOf(sum) + headModulus
    // What is cut off may carry one over.
    for (const head of [difference, difference - 1n]) {
      const id = at(head % headModulus)
      if (id === undefined || !this.#mayLack(id)) continue
      if (Fingerprint.headOf(Fingerprint.merge(sum, weigh(id))) === this.#target) return [id]
    }
    return undefined
  }
}
