/**
 * Counts the ways to recover that were taken while something ran, for tests of single services.
 */
import * as Recoveries from "@lupin/core/Recoveries"
import { Effect } from "effect"

export interface Recovered {
  readonly times: (what: Recoveries.Recovery) => number
  /** Waits until a way was taken once, now or earlier. */
  readonly taken: (what: Recoveries.Recovery) => Effect.Effect<void>
  /** Runs with these counters instead of the metrics of the process. */
  readonly counting: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  readonly service: Recoveries.Counting
}

export const make = (): Recovered => {
  const counts = new Map<Recoveries.Recovery, number>()
  const waiting = new Set<() => void>()
  const times = (what: Recoveries.Recovery): number => counts.get(what) ?? 0
  const service: Recoveries.Counting = {
    note: (what, more = 1) => {
      counts.set(what, times(what) + more)
      for (const look of waiting) look()
    }
  }
  const taken = (what: Recoveries.Recovery): Effect.Effect<void> =>
    Effect.callback((resume) => {
      const look = (): void => {
        if (times(what) === 0) return
        waiting.delete(look)
        resume(Effect.void)
      }
      waiting.add(look)
      look()
      return Effect.sync(() => void waiting.delete(look))
    })
  return {
    times,
    taken,
    counting: Effect.provideService(Recoveries.Recoveries, service),
    service
  }
}
