/**
 * A checker of one promise: a fold over what happens in a simulated fleet that says where the promise was broken.
 */
import type { Evidence } from "../Evidence.ts"

/** Shown each piece of evidence in order; gives a line for each breach that it shows. */
export type Watch = (evidence: Evidence) => ReadonlyArray<string>

export interface Checker {
  /** The number of the promise in docs/invariants.md. */
  readonly promise: number
  /** Begins a new history. */
  readonly watch: () => Watch
}

/** A promise that was broken: which, when, and how. */
export interface Violation {
  readonly promise: number
  readonly atMillis: number
  readonly text: string
}

/** Breaches of one promise that are kept; what follows the first ones seldom tells more. */
export const breachesMax = 20

/** Watches over several promises at once. */
export const watchAll = (checkers: ReadonlyArray<Checker>): ((evidence: Evidence) => ReadonlyArray<Violation>) => {
  const watches = checkers.map(({ promise, watch }) => ({ promise, watch: watch() }))
  return (evidence) =>
    watches.flatMap(({ promise, watch }) =>
      watch(evidence).map((text): Violation => ({ promise, atMillis: evidence.atMillis, text }))
    )
}

const none: ReadonlyArray<string> = []

/** Nothing is wrong. */
export const isKept = (): ReadonlyArray<string> => none
