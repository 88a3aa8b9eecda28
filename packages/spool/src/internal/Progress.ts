/**
 * How far an index has taken in its log; committed with it.
 */
export interface Progress {
  readonly position: number
  /** Where the next record begins. */
  readonly address: number
  /** Where the latest record begins; 0 before the first. */
  readonly latestAddress: number
  readonly latestMillis: number
  /** Removals of before this time are forgotten. */
  readonly forgottenMillis: number
  /** Events of the log that could not be read. */
  readonly lost: number
}

/** Before the first record. */
export const nothing = (start: number): Progress => ({
  position: 0,
  address: start,
  latestAddress: 0,
  latestMillis: 0,
  forgottenMillis: 0,
  lost: 0
})

/** Once a record has been taken in, and events before it that could not be read. `last`: the last event of the record. */
export const after = (
  progress: Progress,
  last: Pick<Progress, "position"> & { readonly atMillis: number },
  address: number,
  next: number,
  lost: number
): Progress => ({
  position: last.position,
  address: next,
  latestAddress: address,
  latestMillis: Math.max(progress.latestMillis, last.atMillis),
  forgottenMillis: progress.forgottenMillis,
  lost: progress.lost + lost
})
