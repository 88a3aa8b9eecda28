/**
 * How long to wait before trying again: doubling from a base to a bound, with jitter.
 */

export interface Backoff {
  readonly baseMillis: number
  readonly millisMax: number
}

/** Milliseconds before attempt `failures + 1`. `chance` in [0, 1) spreads it over the upper half of the step. */
export const delayMillis = ({ baseMillis, millisMax }: Backoff, failures: number, chance: number): number => {
  const step = Math.min(millisMax, baseMillis * 2 ** Math.min(Math.max(failures - 1, 0), 30))
  return Math.round(step / 2 + (step / 2) * chance)
}
