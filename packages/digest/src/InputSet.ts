/**
 * The set of inputs that one digest of one key is made of.
 *
 * Grow-only: events, and removals seen of them. Which order they came in, how often, and in what batches leaves no
 * trace: the count, the fingerprint and the folded state are functions of the set.
 */
import * as Fingerprint from "@lupin/core/Fingerprint"
import type * as Fold from "@lupin/core/Fold"
import * as MessageId from "@lupin/core/MessageId"
import type * as Part from "./Part.ts"

/** What tells one input set from another, and ranks them. */
export interface Summary {
  readonly events: number
  readonly removals: number
  readonly fingerprint: string
}

/** `ordinal` is 1 for the first event taken, in the order of arrival. */
type Input<In> =
  | { readonly isRemoved: false; readonly ordinal: number; readonly injectedMillis: number; readonly value: In }
  | { readonly isRemoved: true; readonly ordinal: number; readonly injectedMillis: number }

/** How many events were taken, by sets that share the count. */
export interface Arrivals {
  taken: number
}

/** The Injection-Date of an event, by its id alone: whole seconds, in milliseconds; 0 where the id does not tell. */
export const mintedMillis = (id: MessageId.MessageId): number =>
  Math.floor((MessageId.mintedMillis(id) ?? 0) / 1000) * 1000

/** The summary of so many events and removals. Mostly the counts tell enough, and the fingerprint is spelt where it is asked for. */
export const summarize = (events: number, removals: number, sum: Fingerprint.Fingerprint): Summary => {
  let text: string | undefined
  return {
    events,
    removals,
    get fingerprint() {
      return (text ??= Fingerprint.text(sum))
    }
  }
}

/** Inputs that wait to be folded, at most: a zone that stood by folds them at once when it is its turn, in some milliseconds. */
export const unfoldedMax = 1_000

export class InputSet<In, S> {
  readonly #fold: Fold.Fold<In, S>
  readonly #arrivals: Arrivals
  readonly #inputs = new Map<MessageId.MessageId, Input<In>>()
  /** What the inputs come to that are folded. */
  #state: S
  /** The others: most zones stand by, and nobody asks for their states. `undefined`: all, one by one. */
  #unfolded: Array<In> | undefined = []
  #events = 0
  #removals = 0
  #fingerprint = Fingerprint.empty
  #newestMillis = 0
  /** As long as nothing has come since. */
  #summary: Summary | undefined

  constructor(fold: Fold.Fold<In, S>, arrivals: Arrivals = { taken: 0 }) {
    this.#fold = fold
    this.#arrivals = arrivals
    this.#state = fold.empty
  }

  /** Takes an event once; says whether it was new. */
  add(id: MessageId.MessageId, value: In, injectedMillis: number): boolean {
    if (this.#inputs.has(id)) return false
    this.#summary = undefined
    this.#events += 1
    this.#inputs.set(id, { value, ordinal: (this.#arrivals.taken += 1), injectedMillis, isRemoved: false })
    this.#fingerprint = Fingerprint.add(this.#fingerprint, id)
    this.#newestMillis = Math.max(this.#newestMillis, injectedMillis)
    this.#take(value)
    return true
  }

  /** Takes the removal of an event it holds once; says whether it was new. */
  remove(id: MessageId.MessageId): boolean {
    const input = this.#inputs.get(id)
    if (input === undefined || input.isRemoved) return false
    this.#summary = undefined
    this.#inputs.set(id, { ordinal: input.ordinal, injectedMillis: input.injectedMillis, isRemoved: true })
    this.#removals += 1
    this.#fingerprint = Fingerprint.addRemoval(this.#fingerprint, id)
    const { invert } = this.#fold
    if (invert === undefined) this.#unfolded = undefined
    else this.#state = this.#fold.combine(this.state, invert(this.#fold.of(input.value)))
    return true
  }

  /** Takes an event with its removal, of which nothing else is known any more; says whether any of it was new. */
  addRemoved(id: MessageId.MessageId, injectedMillis: number): boolean {
    if (this.#inputs.has(id)) return this.remove(id)
    this.#summary = undefined
    this.#events += 1
    this.#removals += 1
    this.#inputs.set(id, { ordinal: (this.#arrivals.taken += 1), injectedMillis, isRemoved: true })
    this.#fingerprint = Fingerprint.addRemoval(Fingerprint.add(this.#fingerprint, id), id)
    this.#newestMillis = Math.max(this.#newestMillis, injectedMillis)
    return true
  }

  /** Takes the inputs of a time out of this set, and gives them as a set of their own. The end is not part of it. */
  split(fromMillis: number, untilMillis: number): InputSet<In, S> {
    const part = new InputSet<In, S>(this.#fold, this.#arrivals)
    let newestMillis = 0
    for (const [id, input] of this.#inputs) {
      const { injectedMillis } = input
      if (injectedMillis >= fromMillis && injectedMillis < untilMillis) {
        part.#put(id, input)
        this.#inputs.delete(id)
      } else newestMillis = Math.max(newestMillis, injectedMillis)
    }
    if (part.#events === 0) return part
    this.#summary = undefined
    this.#events -= part.#events
    this.#removals -= part.#removals
    this.#fingerprint = Fingerprint.subtract(this.#fingerprint, part.#fingerprint)
    this.#newestMillis = newestMillis
    const { invert } = this.#fold
    if (invert === undefined) this.#unfolded = undefined
    else this.#state = this.#fold.combine(this.state, invert(part.state))
    return part
  }

  /** The ids of all its events, removed ones too. */
  get ids(): Iterable<MessageId.MessageId> {
    return this.#inputs.keys()
  }

  /** The ids of all its events, removed ones too, the newest first. */
  get newest(): ReadonlyArray<MessageId.MessageId> {
    const inputs = [...this.#inputs].toSorted(([, one], [, other]) => other.injectedMillis - one.injectedMillis)
    return inputs.map(([id]) => id)
  }

  /** What it comes to now. */
  get part(): Part.Part<S> {
    const { fingerprint, newestMillis, removed, state } = this
    const nameless = Fingerprint.noneNameless
    return { events: this.#events, removals: this.#removals, fingerprint, state, newestMillis, removed, nameless }
  }

  /** How many events had been taken with this one; `undefined` for an event that is not here. */
  ordinalOf(id: MessageId.MessageId): number | undefined {
    return this.#inputs.get(id)?.ordinal
  }

  /** Events that were removed, in the order of their ids. */
  get removed(): ReadonlyArray<MessageId.MessageId> {
    if (this.#removals === 0) return []
    return [...this.#inputs].flatMap(([id, { isRemoved }]) => (isRemoved ? [id] : [])).toSorted()
  }

  get state(): S {
    const unfolded = this.#unfolded
    if (unfolded?.length === 0) return this.#state
    const fold = this.#fold
    let state = unfolded === undefined ? fold.empty : this.#state
    for (const value of unfolded ?? this.#values()) state = fold.combine(state, fold.of(value))
    this.#unfolded = []
    return (this.#state = state)
  }

  /** Injection time of the newest event, in milliseconds since the epoch. */
  get newestMillis(): number {
    return this.#newestMillis
  }

  get fingerprint(): Fingerprint.Fingerprint {
    return this.#fingerprint
  }

  get summary(): Summary {
    return (this.#summary ??= summarize(this.#events, this.#removals, this.#fingerprint))
  }

  /** An input of another set, as it is there. */
  #put(id: MessageId.MessageId, input: Input<In>): void {
    this.#inputs.set(id, input)
    this.#events += 1
    this.#fingerprint = Fingerprint.add(this.#fingerprint, id)
    this.#newestMillis = Math.max(this.#newestMillis, input.injectedMillis)
    if (input.isRemoved) {
      this.#removals += 1
      this.#fingerprint = Fingerprint.addRemoval(this.#fingerprint, id)
    } else this.#take(input.value)
  }

  /** Takes a value that is among the inputs; it is folded once somebody asks for the state. */
  #take(value: In): void {
    const unfolded = this.#unfolded
    if (unfolded === undefined) return
    unfolded.push(value)
    if (unfolded.length >= unfoldedMax) void this.state
  }

  *#values(): Iterable<In> {
    for (const input of this.#inputs.values()) if (!input.isRemoved) yield input.value
  }
}
