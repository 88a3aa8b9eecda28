/**
 * What a feed is about to say: articles to be sent without asking, paced, and others, gathered to be asked about together.
 *
 * Plain state without I/O. Where the clock is set back nobody knows how long something waits: then it has waited enough.
 */
import type { Entry } from "./FeedWindow.ts"
import type * as PeerFeed from "./PeerFeed.ts"

/** A feed sends without asking what is no older; what waited longer is asked about first, as the peer may have it. */
export const eagerAgeMillisMax = 60_000

export interface Delays {
  /** How long articles that are asked about are gathered. */
  readonly gatherMillis: number
  /** How long what another site is about to send is held back, at least. */
  readonly headStartMillis: number
  /** How long articles are gathered that are asked about late; what is shorter than `gatherMillis` counts as that. */
  readonly lateMillis: number
  /** How long after articles that were sent at once the next ones are. */
  readonly paceMillis: number
}

/** Articles that wait for each other, the oldest first, with the time since when each waits. */
class Gathered {
  /** How long they wait. */
  millis: number
  readonly #since = new Map<Entry, number>()

  constructor(millis: number) {
    this.millis = millis
  }

  get size(): number {
    return this.#since.size
  }

  /** Since when the oldest waits; undefined where none does. */
  get #sinceMillis(): number | undefined {
    for (const sinceMillis of this.#since.values()) return sinceMillis
    return undefined
  }

  get dueMillis(): number {
    return (this.#sinceMillis ?? Infinity) + this.millis
  }

  add(entry: Entry, nowMillis: number): void {
    this.#since.set(entry, Math.min(entry.arrivedMillis, nowMillis))
  }

  drop(entry: Entry): void {
    this.#since.delete(entry)
  }

  isDue(nowMillis: number): boolean {
    const sinceMillis = this.#sinceMillis
    return sinceMillis !== undefined && hasPassed(sinceMillis, this.millis, nowMillis)
  }

  take(): ReadonlyArray<Entry> {
    if (this.size === 0) return nothing
    const taken = [...this.#since.keys()]
    this.#since.clear()
    return taken
  }

  /** Those that have waited for so long. */
  takeAfter(millis: number, nowMillis: number): ReadonlyArray<Entry> {
    if (this.size === 0) return nothing
    const taken: Array<Entry> = []
    for (const [entry, sinceMillis] of this.#since) if (hasPassed(sinceMillis, millis, nowMillis)) taken.push(entry)
    for (const entry of taken) this.#since.delete(entry)
    return taken
  }
}

type Asking = Pick<PeerFeed.Part, "eager" | "asks" | "turn">

export class FeedGathering {
  readonly #delays: Delays
  readonly #beganPosition: number
  readonly #toAsk: Gathered
  readonly #toAskAfter: Gathered
  readonly #toAskLate: Gathered
  /** The oldest first. */
  readonly #toSend = new Set<Entry>()
  #sentMillis = -Infinity

  /** What stands up to `beganPosition` may have been sent before: it is asked about. */
  constructor(delays: Delays, beganPosition = 0) {
    this.#delays = delays
    this.#beganPosition = beganPosition
    this.#toAsk = new Gathered(delays.gatherMillis)
    this.#toAskAfter = new Gathered(Math.max(delays.gatherMillis, delays.headStartMillis))
    this.#toAskLate = new Gathered(delays.lateMillis)
  }

  get size(): number {
    return this.#asking + this.#toSend.size
  }

  /** Whether anything waits to be asked about. */
  get isGathering(): boolean {
    return this.#asking > 0
  }

  add(entry: Entry, path: string, { asks, eager, turn }: Asking, nowMillis: number): void {
    const isNew = entry.position > this.#beganPosition && nowMillis - entry.arrivedMillis <= eagerAgeMillisMax
    if (isNew && (typeof eager === "string" ? eager === "all" : eager(path))) this.#toSend.add(entry)
    else this.#ask(entry, asks === "soon" ? asks : asks(path), turn, nowMillis)
  }

  #ask(entry: Entry, when: PeerFeed.When, turn: number, nowMillis: number): void {
    switch (when) {
      case "soon":
        return this.#toAsk.add(entry, nowMillis)
      case "after":
        return this.#toAskAfter.add(entry, nowMillis)
      case "late":
        this.#toAskLate.millis = Math.max(this.#delays.gatherMillis, turn * this.#delays.lateMillis)
        return this.#toAskLate.add(entry, nowMillis)
    }
  }

  get #asking(): number {
    return this.#toAsk.size + this.#toAskAfter.size + this.#toAskLate.size
  }

  /** Nothing is to be said of it any more. */
  drop(entry: Entry): void {
    this.#toSend.delete(entry)
    this.#toAsk.drop(entry)
    this.#toAskAfter.drop(entry)
    this.#toAskLate.drop(entry)
  }

  /** When something is to be said; Infinity where nothing waits. */
  dueMillis(): number {
    const askMillis = Math.min(this.#toAsk.dueMillis, this.#toAskAfter.dueMillis, this.#toAskLate.dueMillis)
    return this.#toSend.size === 0 ? askMillis : Math.min(askMillis, this.#sentMillis + this.#delays.paceMillis)
  }

  isDue(nowMillis: number): boolean {
    return this.#isToAskSoon(nowMillis) || this.#toAskLate.isDue(nowMillis) || this.#isToSend(nowMillis)
  }

  /** What is to be asked about now; `all` of it where there is no time to gather more. */
  takeToAsk(nowMillis: number, all: boolean): ReadonlyArray<Entry> {
    const isLate = this.#toAskLate.isDue(nowMillis)
    if (!(all || isLate || this.#isToAskSoon(nowMillis))) return nothing
    const after = all ? this.#toAskAfter.take() : this.#toAskAfter.takeAfter(this.#delays.headStartMillis, nowMillis)
    return [...this.#toAsk.take(), ...after, ...(all || isLate ? this.#toAskLate.take() : nothing)]
  }

  /** What is to be sent now without asking. */
  takeToSend(nowMillis: number, all: boolean): ReadonlyArray<Entry> {
    if (this.#toSend.size === 0 || !(all || this.#isToSend(nowMillis))) return nothing
    const taken = [...this.#toSend]
    this.#toSend.clear()
    this.#sentMillis = nowMillis
    return taken
  }

  /** Everything, in whatever way it was to be said. */
  takeAll(): ReadonlyArray<Entry> {
    if (this.size === 0) return nothing
    const taken = [...this.#toSend, ...this.#toAsk.take(), ...this.#toAskAfter.take(), ...this.#toAskLate.take()]
    this.#toSend.clear()
    return taken
  }

  #isToAskSoon(nowMillis: number): boolean {
    return this.#toAsk.isDue(nowMillis) || this.#toAskAfter.isDue(nowMillis)
  }

  #isToSend(nowMillis: number): boolean {
    return this.#toSend.size > 0 && hasPassed(this.#sentMillis, this.#delays.paceMillis, nowMillis)
  }
}

const nothing: ReadonlyArray<never> = []

/** Whether something that began then has lasted so long. */
export const hasPassed = (sinceMillis: number, millis: number, nowMillis: number): boolean =>
  nowMillis >= sinceMillis + millis || nowMillis < sinceMillis
