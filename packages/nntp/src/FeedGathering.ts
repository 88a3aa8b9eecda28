/**
 * What a feed is about to say: articles to be sent without asking, paced, and others, gathered to be asked about together.
 *
 * Plain state without I/O. Where the clock is set back nobody knows how long something waits: then it has waited enough.
 */
import type { Opened } from "./FeedReading.ts"
import type { Entry } from "./FeedWindow.ts"
import type * as PeerFeed from "./PeerFeed.ts"

/** A feed sends without asking what is no older; what waited longer is asked about first, as the peer may have it. */
export const eagerAgeMillisMax = 60_000

export interface Delays {
  /** How long articles that are asked about are gathered. */
  readonly gatherMillis: number
  /** How long after articles that were sent at once the next ones are. */
  readonly paceMillis: number
}

export class FeedGathering {
  readonly #delays: Delays
  readonly #beganPosition: number
  // Both with the oldest first.
  #toAsk: Array<Entry> = []
  #toSend: Array<Entry> = []
  #gatheredMillis = 0
  #sentMillis = -Infinity

  /** What stands up to `beganPosition` may have been sent before: it is asked about. */
  constructor(delays: Delays, beganPosition = 0) {
    this.#delays = delays
    this.#beganPosition = beganPosition
  }

  get size(): number {
    return this.#toAsk.length + this.#toSend.length
  }

  /** Whether anything waits to be asked about. */
  get isGathering(): boolean {
    return this.#toAsk.length > 0
  }

  add({ entry, path }: Opened, eager: PeerFeed.Part["eager"], nowMillis: number): void {
    const isNew = entry.position > this.#beganPosition && nowMillis - entry.arrivedMillis <= eagerAgeMillisMax
    if (isNew && (typeof eager === "string" ? eager === "all" : eager(path))) {
      this.#toSend.push(entry)
      return
    }
    if (this.#toAsk.length === 0) this.#gatheredMillis = Math.min(entry.arrivedMillis, nowMillis)
    this.#toAsk.push(entry)
  }

  /** When something is to be said; Infinity where nothing waits. */
  dueMillis(): number {
    const askMillis = this.#toAsk.length === 0 ? Infinity : this.#gatheredMillis + this.#delays.gatherMillis
    return this.#toSend.length === 0 ? askMillis : Math.min(askMillis, this.#sentMillis + this.#delays.paceMillis)
  }

  isDue(nowMillis: number): boolean {
    return this.#isToAsk(nowMillis) || this.#isToSend(nowMillis)
  }

  /** What is to be asked about now; `all` of it where there is no time to gather more. */
  takeToAsk(nowMillis: number, all: boolean): ReadonlyArray<Entry> {
    if (this.#toAsk.length === 0 || !(all || this.#isToAsk(nowMillis))) return nothing
    const taken = this.#toAsk
    this.#toAsk = []
    return taken
  }

  /** What is to be sent now without asking. */
  takeToSend(nowMillis: number, all: boolean): ReadonlyArray<Entry> {
    if (this.#toSend.length === 0 || !(all || this.#isToSend(nowMillis))) return nothing
    const taken = this.#toSend
    this.#toSend = []
    this.#sentMillis = nowMillis
    return taken
  }

  /** Everything, in whatever way it was to be said. */
  takeAll(): ReadonlyArray<Entry> {
    if (this.size === 0) return nothing
    const taken = [...this.#toSend, ...this.#toAsk]
    this.#toSend = []
    this.#toAsk = []
    return taken
  }

  #isToAsk(nowMillis: number): boolean {
    return this.#toAsk.length > 0 && hasPassed(this.#gatheredMillis, this.#delays.gatherMillis, nowMillis)
  }

  #isToSend(nowMillis: number): boolean {
    return this.#toSend.length > 0 && hasPassed(this.#sentMillis, this.#delays.paceMillis, nowMillis)
  }
}

const nothing: ReadonlyArray<never> = []

/** Whether something that began then has lasted so long. */
export const hasPassed = (sinceMillis: number, millis: number, nowMillis: number): boolean =>
  nowMillis >= sinceMillis + millis || nowMillis < sinceMillis
