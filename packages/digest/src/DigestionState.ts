/**
 * Everything one digestion knows in one zone: the inputs of each key, the digests seen, and what is due.
 *
 * Time is given by the caller, and nothing here is told of disk or network.
 */
import type * as DayPartial from "@lupin/core/DayPartial"
import * as DigestArticle from "@lupin/core/DigestArticle"
import * as Digestion from "@lupin/core/Digestion"
import type * as MessageId from "@lupin/core/MessageId"
import type * as Recoveries from "@lupin/core/Recoveries"
import * as Calendar from "./Calendar.ts"
import * as Days from "./Days.ts"
import * as Homes from "./Homes.ts"
import * as KeyTotal from "./KeyTotal.ts"
import * as Lost from "./Lost.ts"
import * as Unlike from "./Unlike.ts"
import * as Turn from "./Turn.ts"

interface Entry {
  readonly key: string
  readonly total: KeyTotal.KeyTotal
  readonly policy: Turn.Policy
  stage: Turn.Stage
  /** When its stage may change if nothing comes before; -Infinity where something has come. */
  wakeMillis: number
  seen: Turn.Seen | undefined
  /** -Infinity where nothing was seen. */
  seenMillis: number
  /** Events that a digest, ours or a seen one, was known to count. */
  counted: number
}

/** A digest, or the partial of a day, that is to be injected now. */
export interface Emission {
  readonly key: string
  /** Of a partial: when its day began. */
  readonly day?: number
  readonly octets: Uint8Array
  /** The key has its home elsewhere. */
  readonly isStandIn: boolean
}

/** What is due, and when to ask again if nothing comes before. */
export interface Round {
  readonly emissions: ReadonlyArray<Emission>
  readonly wakeMillis: number | undefined
  /** When the next day is due, or to be closed. */
  readonly dayMillis: number
  /** A digest counts what is not here: this site has to compare itself with the others before more can be said. */
  readonly isInDoubt: boolean
}

export interface Options {
  readonly calendar?: Calendar.Calendar
  /** Told of each way to recover that is taken. */
  readonly note?: Recoveries.Counting["note"]
  /** What was removed before it could be read, shared by the digestions of an app. */
  readonly lost?: Lost.Lost
}

const untold = (): void => {}

export class DigestionState {
  readonly digestion: Digestion.Digestion
  readonly #zone: string
  readonly #zones: ReadonlyArray<string>
  readonly #entries = new Map<string, Entry>()
  readonly #keys = new Map<MessageId.MessageId, string>()
  /** Keys that are not settled. */
  readonly #open = new Set<Entry>()
  readonly #days: Days.Days
  readonly #lost: Lost.Lost
  readonly #note: Recoveries.Counting["note"]
  /** Keys whose digest of highest rank is of other events than are here. */
  readonly #unlike = new Unlike.Unlike<Entry>()

  constructor(
    digestion: Digestion.Digestion,
    zone: string,
    zones: ReadonlyArray<string>,
    { calendar = Calendar.production, lost = new Lost.Lost(), note = untold }: Options = {}
  ) {
    this.digestion = digestion
    this.#zone = zone
    this.#zones = zones
    const placeOf = (key: string): number => this.#entry(key).policy.place
    this.#days = new Days.Days({ digestion, calendar, placeOf, lost, note })
    this.#lost = lost
    this.#note = note
  }

  get keys(): number {
    return this.#entries.size
  }

  /** Takes an event; says whether it counts for a key here and was new. */
  add(input: Digestion.Input, nowMillis: number): boolean {
    const key = Digestion.keyOf(this.digestion, input)
    if (key === undefined) return false
    const entry = this.#entry(key)
    if (!this.#days.add(entry.total, input, nowMillis)) return false
    this.#keys.set(input.messageId, key)
    this.#gather(entry, nowMillis)
    return true
  }

  /** Takes the removal of an event. */
  remove(id: MessageId.MessageId, nowMillis: number): boolean {
    const key = this.#keys.get(id)
    const entry = key === undefined ? undefined : this.#entries.get(key)
    if (entry === undefined || !this.#days.remove(entry.total, id, nowMillis)) return false
    this.#gather(entry, nowMillis)
    return true
  }

  /** Takes note of a digest of this digestion, whoever emitted it; says whether it told of removals that were not known. */
  see(digest: Omit<DigestArticle.Read, "state" | "view">, nowMillis: number): boolean {
    const entry = this.#entry(digest.key)
    const hasTold = digest.version === this.digestion.version && this.#learn(entry, digest, nowMillis)
    const { version, events, removals, fingerprint } = digest
    const seen = { version, events, removals, fingerprint }
    if (entry.seen !== undefined && !Turn.outranks(seen, entry.seen)) return hasTold
    entry.seen = seen
    entry.seenMillis = nowMillis
    entry.wakeMillis = -Infinity
    if (version === this.digestion.version) this.#unlike.see(entry, digest, nowMillis)
    else this.#unlike.forget(entry)
    this.#count(entry)
    return hasTold
  }

  /** Takes note of the partial of a day; says whether it is of another set than ours, and may still be reconciled. */
  seeDay(partial: DayPartial.Read, nowMillis: number): boolean {
    const entry = this.#entry(partial.key)
    const { isChanged, isOther } = this.#days.see(entry.total, partial, nowMillis)
    if (isChanged) this.#gather(entry, nowMillis)
    return isOther
  }

  /** What a digest says of events that are gone; says whether any of it is new here. */
  #learn(entry: Entry, { nameless, removed }: Lost.Counted, nowMillis: number): boolean {
    const isNew = entry.total.addNameless(nameless)
    if (isNew) this.#gather(entry, nowMillis)
    return this.#adopt(entry, removed, nowMillis) || isNew
  }

  /** Removed events that another set has are of this one too: what was removed before we looked is known only so. */
  #adopt(entry: Entry, removed: ReadonlyArray<MessageId.MessageId>, nowMillis: number): boolean {
    let isNew = false
    for (const id of removed) {
      if (!this.#days.addRemoved(entry.total, id, nowMillis)) continue
      this.#keys.set(id, entry.key)
      isNew = true
    }
    if (isNew) this.#gather(entry, nowMillis)
    return isNew
  }

  /** Whether an event that counts here is in a digest; `undefined` where it counts for nothing. */
  isCounted(id: MessageId.MessageId): boolean | undefined {
    const key = this.#keys.get(id)
    const entry = key === undefined ? undefined : this.#entries.get(key)
    const ordinal = entry?.total.ordinalOf(id)
    return entry === undefined || ordinal === undefined ? undefined : ordinal <= entry.counted
  }

  /**
   * Moves every open key on to `nowMillis`. An emission that fails is given back by `retry`. What the site has `compared` with others
   * tells what has gone from what is on its way.
   */
  advance(nowMillis: number, compared: Unlike.Compared = Unlike.uncompared): Round {
    const { isInDoubt: isTotalInDoubt, wakeMillis: lostMillis } = this.#recover(nowMillis, compared)
    const days = this.#days.advance(nowMillis, compared)
    for (const { key } of days.changed) this.#gather(this.#entry(key), nowMillis)
    for (const id of days.dropped) this.#keys.delete(id)
    const emissions: Array<Emission> = [...days.emissions]
    let wakeMillis = lostMillis === Infinity ? undefined : lostMillis
    for (const entry of this.#open) {
      if (entry.wakeMillis > nowMillis) {
        if (wakeMillis === undefined || entry.wakeMillis < wakeMillis) wakeMillis = entry.wakeMillis
        continue
      }
      const { seen, seenMillis, total } = entry
      const here = { set: total.summary, version: this.digestion.version, seen, seenMillis }
      const [stage, action] = Turn.step(entry.stage, here, entry.policy, nowMillis)
      entry.stage = stage
      if (stage._tag === "Settled") this.#open.delete(entry)
      if (action._tag === "Emit")
        emissions.push({ key: entry.key, octets: this.#article(entry), isStandIn: entry.policy.place > 0 })
      if (action._tag === "Wake") {
        entry.wakeMillis = action.atMillis
        if (wakeMillis === undefined || action.atMillis < wakeMillis) wakeMillis = action.atMillis
      }
    }
    return { emissions, wakeMillis, dayMillis: days.wakeMillis, isInDoubt: isTotalInDoubt || days.isInDoubt }
  }

  /** The emission did not come through: it is due again. */
  retry({ day, key }: Pick<Emission, "day" | "key">, nowMillis: number): void {
    const entry = this.#entry(key)
    if (day === undefined) this.#gather(entry, nowMillis)
    else this.#days.retry(entry.total, day, nowMillis)
  }

  /** Takes what digests count and what is gone as removed. */
  #recover(nowMillis: number, compared: Unlike.Compared): Unlike.Looked {
    const looking: Unlike.Looking<Entry> = {
      lost: this.#lost,
      summaryOf: ({ total }) => total.summary,
      hereOf: ({ total }) => ({
        part: total.part,
        mayLack: (id) => !this.#keys.has(id),
        lackable: total.open.newest
      }),
      found: (entry, ids) => {
        if (this.#adopt(entry, ids, nowMillis)) this.#note("digest-loss-found", ids.length)
      },
      givenUp: (entry, counted) => {
        entry.total.outrank(counted)
        this.#note("digest-loss-given-up")
        this.#gather(entry, nowMillis)
      }
    }
    return this.#unlike.look(looking, nowMillis, compared)
  }

  #article({ key, total }: Entry): Uint8Array {
    const { nameless, summary } = total
    const { removed, state, ...part } = total.part
    const newestMillis = Math.max(part.newestMillis, nameless.newestMillis)
    return DigestArticle.toArticle({
      digestion: this.digestion,
      key,
      ...summary,
      state,
      newestMillis,
      removed,
      nameless
    })
  }

  #gather(entry: Entry, nowMillis: number): void {
    entry.stage = Turn.gathered(entry.stage, nowMillis)
    entry.wakeMillis = -Infinity
    this.#open.add(entry)
  }

  #count(entry: Entry): void {
    if (Turn.covers(entry.seen, this.digestion.version, entry.total.summary)) entry.counted = entry.total.taken
  }

  #entry(key: string): Entry {
    const known = this.#entries.get(key)
    if (known !== undefined) return known
    const { due, turnMillis, fold, target } = this.digestion
    const entry: Entry = {
      key,
      total: new KeyTotal.KeyTotal(key, fold),
      policy: { restMillis: 0, ...due, turnMillis, place: Homes.placeOf(this.#zone, target(key), this.#zones) },
      stage: Turn.Stage.Settled(),
      wakeMillis: -Infinity,
      seen: undefined,
      seenMillis: -Infinity,
      counted: 0
    }
    this.#entries.set(key, entry)
    return entry
  }
}
