/**
 * Seals the days of one digestion in one zone: states what a day has come to, agrees with other zones, and closes it.
 *
 * From a day's seal instant to its deadline zones state partials by their turns, as they do digests, and each may still learn
 * of inputs. After the deadline all take the partial of highest rank. Time is given by the caller.
 */
import * as DayPartial from "@lupin/core/DayPartial"
import type * as Digestion from "@lupin/core/Digestion"
import * as Fold from "@lupin/core/Fold"
import type * as MessageId from "@lupin/core/MessageId"
import type * as Recoveries from "@lupin/core/Recoveries"
import { Result } from "effect"
import type * as Bucket from "./Bucket.ts"
import * as Calendar from "./Calendar.ts"
import * as InputSet from "./InputSet.ts"
import type * as KeyTotal from "./KeyTotal.ts"
import type * as Lost from "./Lost.ts"
import * as Unlike from "./Unlike.ts"
import * as Part from "./Part.ts"
import * as Turn from "./Turn.ts"

export interface Options {
  readonly digestion: Digestion.Digestion
  readonly calendar: Calendar.Calendar
  /** The place of this zone among the homes of a key. */
  readonly placeOf: (key: string) => number
  readonly lost: Lost.Lost
  readonly note: Recoveries.Counting["note"]
}

/** A partial that is to be injected now. */
export interface Emission {
  readonly key: string
  readonly day: number
  readonly octets: Uint8Array
  readonly isStandIn: boolean
}

export interface Round {
  readonly emissions: ReadonlyArray<Emission>
  /** Totals that have changed. */
  readonly changed: ReadonlyArray<KeyTotal.KeyTotal>
  /** Events that are over, and need not be known any more. */
  readonly dropped: ReadonlyArray<MessageId.MessageId>
  /** When to ask again if nothing comes before. */
  readonly wakeMillis: number
  /** A partial counts what is not here: this site has to compare itself with the others before more can be said. */
  readonly isInDoubt: boolean
}

/** What a partial that was seen has led to. */
export interface Seen {
  readonly isChanged: boolean
  /** It is of another set than ours, and there is time to reconcile. */
  readonly isOther: boolean
}

const none: ReadonlyArray<MessageId.MessageId> = []
const unmoved: Seen = { isChanged: false, isOther: false }

type Buckets = Map<Bucket.Bucket, KeyTotal.KeyTotal>

export class Days {
  readonly #options: Options
  /** The first day that was not due when we last looked: inputs of earlier ones go into buckets. */
  #undueDay = -Infinity
  /** Days that were not due, with the totals that have inputs of them. */
  readonly #coming = new Map<number, Set<KeyTotal.KeyTotal>>()
  /** Buckets by their days, until nothing changes these any more. */
  readonly #kept = new Map<number, Buckets>()
  /** Those about which something is to be done. */
  readonly #active: Buckets = new Map()
  /** Those whose partial is of other events than are here. */
  readonly #unlike = new Unlike.Unlike<Bucket.Bucket>()

  constructor(options: Options) {
    this.#options = options
  }

  /** Takes an event into the total of its key; says whether it counts and was new. */
  add(total: KeyTotal.KeyTotal, input: Digestion.Input, nowMillis: number): boolean {
    const day = Calendar.dayOf(this.#options.calendar, input.injectedMillis)
    if (day < this.#undueDay) return this.#addLate(total, day, input, nowMillis)
    if (!total.open.add(input.messageId, input, input.injectedMillis)) return false
    this.#expect(total, day)
    return true
  }

  /** Takes a removal; says whether the total has changed by it. */
  remove(total: KeyTotal.KeyTotal, id: MessageId.MessageId, nowMillis: number): boolean {
    if (total.open.remove(id)) return true
    for (const bucket of total.buckets) {
      if (bucket.own.ordinalOf(id) === undefined) continue
      if (!bucket.remove(id)) return false
      this.#changed(total, bucket, nowMillis)
      return true
    }
    return false
  }

  /** Takes an event that is known only by its removal; says whether the total has changed by it. */
  addRemoved(total: KeyTotal.KeyTotal, id: MessageId.MessageId, nowMillis: number): boolean {
    const injectedMillis = InputSet.mintedMillis(id)
    const day = Calendar.dayOf(this.#options.calendar, injectedMillis)
    if (day >= this.#undueDay) {
      if (!total.open.addRemoved(id, injectedMillis)) return false
      this.#expect(total, day)
      return true
    }
    // Nobody has inputs of such a day any more: its partial tells what was removed.
    const isPast = Calendar.pastMillis(this.#options.calendar, day) <= nowMillis
    const bucket = isPast ? total.bucket(day) : this.#ensure(total, day)
    if (bucket === undefined || !bucket.addRemoved(id, injectedMillis)) return false
    this.#changed(total, bucket, nowMillis)
    return true
  }

  /** Takes note of a partial of this digestion, whoever emitted it. */
  see(total: KeyTotal.KeyTotal, partial: DayPartial.Read, nowMillis: number): Seen {
    const { calendar, digestion, note } = this.#options
    const { dayMillis: day, events, fingerprint, nameless, newestMillis, removals, removed, sum, version } = partial
    if (Calendar.dayOf(calendar, day) !== day) return unmoved
    const bucket = this.#ensure(total, day)
    if (bucket === undefined) return unmoved
    const seen = { version, events, removals, fingerprint }
    this.#activate(total, bucket)
    if (version !== digestion.version) {
      bucket.seeOther(seen, nowMillis)
      return unmoved
    }
    const state = Fold.decodeJson(digestion.fold, partial.state)
    if (Result.isFailure(state)) return unmoved
    const part = { events, removals, fingerprint: sum, state: state.success, newestMillis, removed, nameless }
    const sight = bucket.see(seen, part, nowMillis)
    const isChanged = sight === "revised" || sight === "outranked"
    if (isChanged) total.touch()
    if (isChanged && bucket.isAhead) this.#gather(total, bucket, nowMillis)
    if (sight === "revised") note("seal-revised")
    if (sight === "outranked") note("seal-outranked")
    const isTold = !isChanged && this.#learn(total, removed, nowMillis)
    if (bucket.seen?.fingerprint === fingerprint)
      this.#unlike.see(bucket, { ...seen, removed, newestMillis, nameless }, nowMillis)
    const isOpen = day < this.#undueDay && nowMillis < Calendar.deadlineMillis(calendar, day)
    return { isChanged: isChanged || isTold, isOther: isOpen && !Part.isSame(bucket.ownPart, part) }
  }

  /** Moves every bucket on to `nowMillis`. */
  advance(nowMillis: number, compared: Unlike.Compared): Round {
    const changed: Array<KeyTotal.KeyTotal> = []
    const emissions: Array<Emission> = []
    const dropped = this.#turnDays(nowMillis, changed)
    const { isInDoubt, wakeMillis: lookMillis } = this.#recover(nowMillis, compared, changed)
    let wakeMillis = lookMillis
    for (const day of this.#coming.keys())
      wakeMillis = Math.min(wakeMillis, Calendar.dueMillis(this.#options.calendar, day))
    for (const [bucket, total] of this.#active) {
      if (bucket.wakeMillis <= nowMillis) {
        if (this.#seal(total, bucket, nowMillis)) changed.push(total)
        const emission = this.#step(total, bucket, nowMillis)
        if (emission !== undefined) emissions.push(emission)
      }
      wakeMillis = Math.min(wakeMillis, bucket.wakeMillis)
    }
    return { emissions, changed, dropped, wakeMillis, isInDoubt }
  }

  /** The emission for this key and day did not come through: it is due again. */
  retry(total: KeyTotal.KeyTotal, day: number, nowMillis: number): void {
    const bucket = total.bucket(day)
    if (bucket !== undefined) this.#gather(total, bucket, nowMillis)
  }

  #addLate(total: KeyTotal.KeyTotal, day: number, input: Digestion.Input, nowMillis: number): boolean {
    const bucket = this.#ensure(total, day)
    if (bucket === undefined) return false
    const taken = bucket.add(input)
    if (taken === "left out") this.#options.note("seal-left-out")
    if (taken !== "counted") return false
    this.#changed(total, bucket, nowMillis)
    return true
  }

  #learn(total: KeyTotal.KeyTotal, removed: ReadonlyArray<MessageId.MessageId>, nowMillis: number): boolean {
    let isNew = false
    for (const id of removed) isNew = this.addRemoved(total, id, nowMillis) || isNew
    return isNew
  }

  #expect(total: KeyTotal.KeyTotal, day: number): void {
    if (day === total.lastDay) return
    total.lastDay = day
    const totals = this.#coming.get(day)
    if (totals === undefined) this.#coming.set(day, new Set([total]))
    else totals.add(total)
  }

  #ensure(total: KeyTotal.KeyTotal, day: number): Bucket.Bucket | undefined {
    const known = total.bucket(day)
    const bucket = known ?? total.ensure(day)
    if (bucket === undefined || known !== undefined) return bucket
    const kept: Buckets = this.#kept.get(day) ?? new Map()
    this.#kept.set(day, kept.set(bucket, total))
    return bucket
  }

  #changed(total: KeyTotal.KeyTotal, bucket: Bucket.Bucket, nowMillis: number): void {
    if (bucket.isSealed) this.#options.note("seal-revised")
    total.touch()
    this.#gather(total, bucket, nowMillis)
  }

  #gather(total: KeyTotal.KeyTotal, bucket: Bucket.Bucket, nowMillis: number): void {
    bucket.stage = Turn.gathered(bucket.stage, nowMillis)
    this.#activate(total, bucket)
  }

  #activate(total: KeyTotal.KeyTotal, bucket: Bucket.Bucket): void {
    bucket.wakeMillis = -Infinity
    this.#active.set(bucket, total)
  }

  /** Days that have become due get buckets, and old ones lose them; `changed` gets the totals that are others by it. */
  #turnDays(nowMillis: number, changed: Array<KeyTotal.KeyTotal>): ReadonlyArray<MessageId.MessageId> {
    const { calendar } = this.#options
    const undueDay = Calendar.undueDay(calendar, nowMillis)
    if (undueDay <= this.#undueDay) return none
    this.#undueDay = undueDay
    for (const [day, totals] of this.#coming) {
      if (day >= undueDay) continue
      this.#coming.delete(day)
      const isLate = nowMillis >= Calendar.deadlineMillis(calendar, day)
      const sinceMillis = isLate ? nowMillis : Calendar.dueMillis(calendar, day)
      for (const total of totals) {
        const bucket = this.#ensure(total, day)
        if (bucket === undefined) continue
        total.collect(bucket, calendar.dayMillis)
        this.#gather(total, bucket, sinceMillis + Calendar.spreadMillis(calendar, total.key))
      }
    }
    const dropped: Array<MessageId.MessageId> = []
    for (const [day, kept] of this.#kept) {
      if (Calendar.pastMillis(calendar, day) > nowMillis) continue
      const isClosed = Calendar.closedMillis(calendar, day) <= nowMillis
      for (const [bucket, total] of kept) {
        // What no partial tells is kept until one does.
        if (!bucket.isSealed && !bucket.isStated) continue
        if (!bucket.isSealed) changed.push(total)
        for (const id of bucket.drop().ids) dropped.push(id)
        this.#unlike.forget(bucket)
        total.touch()
        if (!isClosed) continue
        total.close(bucket)
        kept.delete(bucket)
        this.#active.delete(bucket)
      }
      if (kept.size === 0) this.#kept.delete(day)
    }
    return dropped
  }

  /** Seals a bucket whose deadline has passed, if there is a partial to take. Says whether its total has changed by it. */
  #seal(total: KeyTotal.KeyTotal, bucket: Bucket.Bucket, nowMillis: number): boolean {
    const { calendar, note } = this.#options
    if (bucket.isSealed || !bucket.isStated || nowMillis < Calendar.deadlineMillis(calendar, bucket.day)) return false
    const isOwn = bucket.seal()
    if (bucket.isAhead) this.#gather(total, bucket, nowMillis)
    if (isOwn) return false
    bucket.stage = Turn.Stage.Settled()
    total.touch()
    note("seal-taken-over", bucket.own.summary.events > 0 ? 1 : 0)
    return true
  }

  /** Takes what partials count and what is gone as removed; `changed` gets the totals that are others by it. */
  #recover(nowMillis: number, compared: Unlike.Compared, changed: Array<KeyTotal.KeyTotal>): Unlike.Looked {
    const { calendar, lost, note } = this.#options
    const looking: Unlike.Looking<Bucket.Bucket> = {
      lost,
      summaryOf: ({ ownSummary }) => ownSummary,
      hereOf: ({ day, isSealed, own }) => ({
        part: own.part,
        mayLack: (id) => Calendar.dayOf(calendar, InputSet.mintedMillis(id)) === day && own.ordinalOf(id) === undefined,
        lackable: isSealed ? none : own.newest
      }),
      found: (bucket, ids) => {
        const total = this.#kept.get(bucket.day)?.get(bucket)
        if (total === undefined || !bucket.addLost(ids)) return
        note("digest-loss-found", ids.length)
        this.#changed(total, bucket, nowMillis)
        changed.push(total)
      },
      givenUp: (bucket, counted) => {
        const total = this.#kept.get(bucket.day)?.get(bucket)
        // More than was sealed: what came too late is among it, and cannot be told from what was in time.
        const isMore = bucket.own.summary.events > counted.events
        const hasExpired = bucket.day + calendar.keepMillis <= nowMillis
        if (total === undefined || isMore || hasExpired) return
        bucket.giveUp(counted)
        note("digest-loss-given-up")
        this.#changed(total, bucket, nowMillis)
        changed.push(total)
      }
    }
    return this.#unlike.look(looking, nowMillis, compared)
  }

  #step(total: KeyTotal.KeyTotal, bucket: Bucket.Bucket, nowMillis: number): Emission | undefined {
    const { calendar, digestion, placeOf } = this.#options
    const dueMillis = Calendar.dueMillis(calendar, bucket.day)
    const deadlineMillis = Calendar.deadlineMillis(calendar, bucket.day)
    if (nowMillis < dueMillis) {
      bucket.wakeMillis = dueMillis
      return undefined
    }
    if (bucket.isOthers) {
      bucket.stage = Turn.Stage.Settled()
      bucket.wakeMillis = Infinity
      this.#active.delete(bucket)
      return undefined
    }
    const { stage } = bucket
    // Whoever is late gives a partial that is on its way the time to come.
    const isLate = !bucket.isSealed && stage._tag === "Gathering" && stage.sinceMillis >= deadlineMillis
    const due = isLate ? { quietMillis: calendar.agreeMillis, atMostMillis: calendar.agreeMillis } : digestion.due
    const policy = { ...due, restMillis: 0, turnMillis: digestion.turnMillis, place: placeOf(total.key) }
    const { seen, seenMillis } = bucket
    const here = { set: bucket.ownSummary, version: digestion.version, seen, seenMillis }
    const [next, action] = Turn.step(stage, here, policy, nowMillis)
    bucket.stage = next
    const turnMillis = action._tag === "Wake" ? action.atMillis : Infinity
    bucket.wakeMillis =
      bucket.isSealed || nowMillis >= deadlineMillis ? turnMillis : Math.min(turnMillis, deadlineMillis)
    if (bucket.isSealed && next._tag === "Settled") this.#active.delete(bucket)
    return action._tag === "Emit" ? this.#emission(total, bucket, policy.place > 0) : undefined
  }

  #emission(total: KeyTotal.KeyTotal, bucket: Bucket.Bucket, isStandIn: boolean): Emission {
    const { calendar, digestion } = this.#options
    const { key } = total
    const { day } = bucket
    const sealedMillis = Calendar.dueMillis(calendar, day)
    const octets = DayPartial.toArticle({ digestion, key, dayMillis: day, sealedMillis, part: bucket.ownPart })
    return { key, day, octets, isStandIn }
  }
}
