/**
 * Counts the ways to recover that were taken while something ran, for tests of single services.
 */
import * as Recoveries from "@lupin/core/Recoveries"
import { Effect } from "effect"

export interface Recovered {
  readonly times: (what: Recoveries.Recovery) => number
  /** Runs with these counters instead of the metrics of the process. */
  readonly counting: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  readonly service: Recoveries.Counting
}

export const make = (): Recovered => {
  const counts = new Map<Recoveries.Recovery, number>()
  const service: Recoveries.Counting = {
    note: (what, times = 1) => void counts.set(what, (counts.get(what) ?? 0) + times)
  }
  return {
    times: (what) => counts.get(what) ?? 0,
    counting: Effect.provideService(Recoveries.Recoveries, service),
    service
  }
}
