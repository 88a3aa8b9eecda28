/**
 * What a flood of articles came to: how often they were sent and asked about, and how far and how long they went.
 */

export interface Figures {
  /** Articles and live sites at which they did not arrive, that of the post left out. */
  readonly missing: number
  /** Of each article at each other live site: the sites it had passed. */
  readonly hops: ReadonlyArray<number>
  readonly latenciesMillis: ReadonlyArray<number>
  /** Articles sent, and CHECK commands, for each article posted: on all links, and on those between places. */
  readonly bodies: number
  readonly wideBodies: number
  readonly checks: number
  readonly wideChecks: number
  /** Flushed writes on connections for each article posted, answers and heartbeats included. */
  readonly writes: number
  /** Articles that each live zone sends for each article posted. */
  readonly zoneBodies: ReadonlyArray<number>
}

/** The figure that a share of all are at most; 0 of none. */
export const quantile = (figures: ReadonlyArray<number>, share: number): number => {
  const sorted = figures.toSorted((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
