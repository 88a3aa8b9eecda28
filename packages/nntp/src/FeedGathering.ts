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

/** Articles that wait for each other, the oldest first; each knows where it waits, and since when. */
class Gathered {
  /** How long they wait. */
  millis: number
  /** Those that were dropped stay in their places until all are taken, or they are too many. */
  #entries: Array<Entry> = []
  #size = 0
  /** Before it, all were dropped. */
  #first = 0

  constructor(millis: number) {
    this.millis = millis
  }

  get size(): number {
    return this.#size
  }

  /** Since when the oldest waits; undefined where none does. */
  get #sinceMillis(): number | undefined {
    if (this.#size === 0) return undefined
    for (; ; this.#first += 1) {
      const entry = this.#entries[this.#first]
      if (entry === undefined || entry.waitsIn === this) return entry?.waitsMillis
    }
  }

  get dueMillis(): number {
    return (this.#sinceMillis ?? Infinity) + this.millis
  }

  add(entry: Entry, nowMillis: number): void {
    entry.waitsIn = this
    entry.waitsMillis = Math.min(entry.arrivedMillis, nowMillis)
    this.#entries.push(entry)
    this.#size += 1
  }

  drop(entry: Entry): void {
    if (entry.waitsIn !== this) return
    entry.waitsIn = undefined
    this.#size -= 1
    if (this.#size === 0) this.#entries = []
    else if (this.#entries.length > droppedMax + 2 * this.#size) this.#entries = this.#entries.filter(this.#isHere)
    else return
    this.#first = 0
  }

  isDue(nowMillis: number): boolean {
    const sinceMillis = this.#sinceMillis
    return sinceMillis !== undefined && hasPassed(sinceMillis, this.millis, nowMillis)
  }

  /** Adds all of them to `taken`. */
  takeTo(taken: Array<Entry>): void {
    this.takeAfter(-Infinity, Infinity, taken)
  }

  /** Adds those to `taken` that have waited for so long. */
  takeAfter(millis: number, nowMillis: number, taken: Array<Entry>): void {
    if (this.#size === 0) return
    const left: Array<Entry> = []
    for (const entry of this.#entries) {
      if (entry.waitsIn !== this) continue
      if (!hasPassed(entry.waitsMillis, millis, nowMillis)) left.push(entry)
      else {
        entry.waitsIn = undefined
        taken.push(entry)
      }
    }
    this.#entries = left
    this.#size = left.length
    this.#first = 0
  }

  readonly #isHere = (entry: Entry): boolean => entry.waitsIn === this
}

/** Places of those that were dropped, beside twice as many as wait. */
const droppedMax = 64

type Asking = Pick<PeerFeed.Part, "eager" | "asks" | "turn">

export class FeedGathering {
  readonly #delays: Delays
  readonly #openedPosition: number
  readonly #toAsk: Gathered
  readonly #toAskAfter: Gathered
  readonly #toAskLate: Gathered
  readonly #toSend = new Gathered(0)
  #sentMillis = -Infinity

  /** What stood in the log before the connection, up to `openedPosition`, may be with the peer by now: it is asked about. */
  constructor(delays: Delays, openedPosition = 0) {
    this.#delays = delays
    this.#openedPosition = openedPosition
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
    const isNew = entry.position > this.#openedPosition && nowMillis - entry.arrivedMillis <= eagerAgeMillisMax
    if (isNew && (typeof eager === "string" ? eager === "all" : eager(path))) this.#toSend.add(entry, nowMillis)
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
    this.#toSend.drop(entry)
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
    const taken: Array<Entry> = []
    this.#toAsk.takeTo(taken)
    if (all) this.#toAskAfter.takeTo(taken)
    else this.#toAskAfter.takeAfter(this.#delays.headStartMillis, nowMillis, taken)
    if (all || isLate) this.#toAskLate.takeTo(taken)
    return taken
  }

  /** What is to be sent now without asking. */
  takeToSend(nowMillis: number, all: boolean): ReadonlyArray<Entry> {
    if (this.#toSend.size === 0 || !(all || this.#isToSend(nowMillis))) return nothing
    const taken: Array<Entry> = []
    this.#toSend.takeTo(taken)
    this.#sentMillis = nowMillis
    return taken
  }

  /** Everything, in whatever way it was to be said. */
  takeAll(): ReadonlyArray<Entry> {
    if (this.size === 0) return nothing
    const taken: Array<Entry> = []
    for (const gathered of [this.#toSend, this.#toAsk, this.#toAskAfter, this.#toAskLate]) gathered.takeTo(taken)
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
