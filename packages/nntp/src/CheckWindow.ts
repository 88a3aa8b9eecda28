/**
 * How many articles a feed keeps under way at a time: grows while answers come promptly, shrinks when the peer puts off
 * or slows down.
 *
 * Pure: a value that each answer turns into the next one. A flight shrinks it once, however many of its answers are bad.
 */
import * as Limits from "@lupin/core/Limits"

/** Articles. */
export interface Bounds {
  readonly min: number
  readonly max: number
}

export interface CheckWindow {
  /** Articles that may wait for an answer. */
  readonly size: number
  /** The quickest answer lately; Infinity before the first. */
  readonly shortestMillis: number
  /** When that was measured. */
  readonly measuredMillis: number
  /** Answers to what departed before then say nothing new: the window has shrunk since. */
  readonly shrunkMillis: number
}

/** One answer of the peer, to CHECK, TAKETHIS or IHAVE. */
export interface Answer {
  /** 431 or 436. */
  readonly isPutOff: boolean
  readonly departedMillis: number
  /** Articles under way when it came, this one included. */
  readonly inFlight: number
}

/** Those of design §9; `max` below the usual least bounds both. */
export const boundsOf = (max: number): Bounds => ({
  min: Math.min(Limits.checkWindowMin, max),
  max: Math.min(Limits.checkWindowMax, max)
})

/** Before the first answer. */
export const initial = (bounds: Bounds): CheckWindow => ({
  size: Math.max(bounds.min, Math.min(bounds.max, sizeAtFirst)),
  shortestMillis: Infinity,
  measuredMillis: 0,
  shrunkMillis: -Infinity
})

/** The window after an answer that came at `nowMillis`. */
export const answered = (window: CheckWindow, answer: Answer, bounds: Bounds, nowMillis: number): CheckWindow => {
  if (answer.isPutOff) return shrunk(window, answer, bounds, nowMillis, putOffFactor)
  const latencyMillis = Math.max(0, nowMillis - answer.departedMillis)
  const measured = measure(window, latencyMillis, nowMillis)
  const promptMillis = 2 * measured.shortestMillis + slackMillis
  if (latencyMillis > 2 * promptMillis) return shrunk(measured, answer, bounds, nowMillis, slowFactor)
  // A window that is hardly used learns nothing about a larger one.
  const isUsed = answer.inFlight * 2 >= measured.size
  return isUsed && latencyMillis <= promptMillis && measured.size < bounds.max
    ? { ...measured, size: measured.size + 1 }
    : measured
}

/** Articles under way before a peer is known. */
const sizeAtFirst = 100
/** What a flight that was put off, or has become slow, leaves of the window. */
const putOffFactor = 1 / 2
const slowFactor = 3 / 4
/** Twice the quickest answer and this is still prompt: peers that gather articles before they sync take some milliseconds. */
const slackMillis = 50
/** How long the quickest answer stands: routes change. */
const measureMillisMax = 300_000

const measure = (window: CheckWindow, latencyMillis: number, nowMillis: number): CheckWindow =>
  latencyMillis < window.shortestMillis || nowMillis - window.measuredMillis > measureMillisMax
    ? { ...window, shortestMillis: latencyMillis, measuredMillis: nowMillis }
    : window

const shrunk = (
  window: CheckWindow,
  { departedMillis }: Answer,
  { min }: Bounds,
  nowMillis: number,
  factor: number
): CheckWindow =>
  departedMillis < window.shrunkMillis
    ? window
    : { ...window, size: Math.max(min, Math.floor(window.size * factor)), shrunkMillis: nowMillis }
