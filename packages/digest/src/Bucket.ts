/**
 * The inputs of one key and one day, from the day's seal instant on: what this zone has of them, and what counts.
 *
 * Until it is sealed its own inputs count. From then on the partial counts that was taken at the deadline, whatever else
 * comes, and only removals change it.
 */
import type * as Digestion from "@lupin/core/Digestion"
import * as Fingerprint from "@lupin/core/Fingerprint"
import type * as MessageId from "@lupin/core/MessageId"
import * as InputSet from "./InputSet.ts"
import type * as Lost from "./Lost.ts"
import * as Unlike from "./Unlike.ts"
import * as Part from "./Part.ts"
import * as Turn from "./Turn.ts"

export type Inputs = InputSet.InputSet<Digestion.Input, unknown>

/** What became of a partial that was seen. */
export type Sight =
  | "kept"
  /** It ranks highest so far; the day is not sealed. */
  | "ranked"
  /** The day was sealed, and an event was removed since. */
  | "revised"
  /** The day was sealed over other events, and this one ranks higher. */
  | "outranked"

/** What became of an event; one that is known may have changed what is known to be removed. */
export type Taken = "counted" | "known" | "left out"

export class Bucket {
  /** When its day began, in milliseconds. */
  readonly day: number
  own: Inputs
  stage: Turn.Stage = Turn.Stage.Settled()
  /** When its stage may change if nothing comes before; -Infinity where something has come. */
  wakeMillis = -Infinity
  /** The partial of highest rank, whatever its version. */
  seen: Turn.Seen | undefined
  /** -Infinity where none was. */
  seenMillis = -Infinity
  /** The one of highest rank of our version, while the day is not sealed. */
  #best: Part.Part<unknown> | undefined
  #sealed: Part.Part<unknown> | undefined
  /** What was sealed is what this zone has: only then it knows of which events it is. */
  #isOwn = false
  #isAhead = false
  #nameless = Fingerprint.noneNameless

  constructor(day: number, own: Inputs) {
    this.day = day
    this.own = own
  }

  get isSealed(): boolean {
    return this.#sealed !== undefined
  }

  /** It was sealed over other events than this zone has, which so has nothing to state of it. */
  get isOthers(): boolean {
    return this.isSealed && !this.#isOwn
  }

  /** More was removed of the sealed set than the partial says that was taken. */
  get isAhead(): boolean {
    return this.#isAhead
  }

  /** Whether there is a partial to take at the deadline. */
  get isStated(): boolean {
    return this.#best !== undefined
  }

  /** What the total counts of this day. */
  get part(): Part.Part<unknown> {
    return this.#sealed ?? this.ownPart
  }

  /** What this zone has of it, with what is gone. */
  get ownPart(): Part.Part<unknown> {
    return Part.withNameless(this.own.part, this.#nameless)
  }

  get ownSummary(): InputSet.Summary {
    return this.#nameless.count === 0 ? this.own.summary : Part.summaryOf(this.ownPart)
  }

  /** Takes an event. A sealed day is full, but one that was sealed over more than is known here may still be learned. */
  add(input: Digestion.Input): Taken {
    const isNew = !this.#isOwn && this.own.add(input.messageId, input, input.injectedMillis)
    if (this.#sealed === undefined) return isNew ? "counted" : "known"
    if (!isNew) return this.own.ordinalOf(input.messageId) === undefined ? "left out" : "known"
    const { events } = this.ownSummary
    if (events > this.#sealed.events) return "left out"
    if (events === this.#sealed.events) this.#take(this.#sealed)
    return this.#isAhead ? "counted" : "known"
  }

  /** Takes the removal of an event; says whether the part has changed by it. */
  remove(id: MessageId.MessageId): boolean {
    if (!this.own.remove(id)) return false
    if (!this.isSealed) return true
    if (this.#isOwn) this.#sealed = this.ownPart
    return this.#isOwn
  }

  /** Takes an event with its removal, of which nothing else is known; says whether the part has changed by it. */
  addRemoved(id: MessageId.MessageId, injectedMillis: number): boolean {
    return this.isSealed ? this.remove(id) : this.own.addRemoved(id, injectedMillis)
  }

  /** Takes removed events that the partial is known to count, and of which nothing else is known; says whether the part has changed by it. */
  addLost(ids: ReadonlyArray<MessageId.MessageId>): boolean {
    for (const id of ids) this.own.addRemoved(id, InputSet.mintedMillis(id))
    if (this.#sealed === undefined) return true
    this.#take(this.#sealed)
    return this.#isAhead
  }

  /** What the partial counts more is gone, whatever it was: what this zone has is all that is left. */
  giveUp(counted: Lost.Counted): void {
    this.#nameless = Unlike.namelessOver(this.ownSummary, this.#nameless, counted)
    if (this.#sealed === undefined) return
    this.#sealed = this.ownPart
    this.#isOwn = true
    this.#isAhead = true
  }

  /** Takes note of a partial of our version. */
  see(seen: Turn.Seen, part: Part.Part<unknown>, nowMillis: number): Sight {
    this.#rank(seen, nowMillis)
    const before = this.#sealed ?? this.#best
    if (before !== undefined && !Turn.outranks(seen, { ...Part.summaryOf(before), version: seen.version }))
      return "kept"
    if (this.#sealed === undefined) {
      this.#best = part
      this.#learn(part.nameless)
      return "ranked"
    }
    const isRevision = Part.isOfSameEvents(this.#sealed, part) !== false
    this.#take(part)
    return isRevision ? "revised" : "outranked"
  }

  /** Takes note of a partial of another version: it may make ours needless, but is not to be merged. */
  seeOther(seen: Turn.Seen, nowMillis: number): void {
    this.#rank(seen, nowMillis)
  }

  /** The deadline has passed: the partial of highest rank counts, our own where there is none. Says whether it is our own. */
  seal(): boolean {
    this.#take(this.#best ?? this.ownPart)
    this.#best = undefined
    return this.#isOwn
  }

  /** Its inputs have expired; what is sealed stays, or the partial of highest rank. */
  drop(): Inputs {
    if (!this.isSealed) this.seal()
    const dropped = this.own
    this.own = dropped.split(Infinity, Infinity)
    this.#isOwn = false
    this.#nameless = Fingerprint.noneNameless
    return dropped
  }

  #rank(seen: Turn.Seen, nowMillis: number): void {
    if (this.seen === undefined || Turn.outranks(seen, this.seen)) {
      this.seen = seen
      this.seenMillis = nowMillis
    }
    this.wakeMillis = -Infinity
  }

  /**
   * What was removed of the sealed set before we looked is known from the partial alone; what is known to be removed of it
   * here counts, whatever the partial says.
   */
  #take(part: Part.Part<unknown>): void {
    for (const id of part.removed) this.own.addRemoved(id, InputSet.mintedMillis(id))
    this.#learn(part.nameless)
    const own = this.ownPart
    this.#isOwn = Part.isSame(own, part) || Part.isOfSameEvents(own, part) === true
    this.#sealed = this.#isOwn ? own : part
    this.#isAhead = own.removals > part.removals && this.#isOwn
  }

  #learn(nameless: Fingerprint.Nameless): void {
    if (nameless.count > this.#nameless.count) this.#nameless = nameless
  }
}
