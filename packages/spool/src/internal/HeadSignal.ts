/**
 * The head of the log, and those who wait for it to move.
 */
import { Effect } from "effect"

export interface HeadSignal {
  readonly head: () => number
  /** Moves the head and wakes everyone who waited for less. */
  readonly move: (head: number) => void
  readonly changed: (after: number) => Effect.Effect<void>
}

interface Waiter {
  readonly after: number
  readonly wake: () => void
}

export const make = (start: number): HeadSignal => {
  let head = start
  const waiters = new Set<Waiter>()
  return {
    head: () => head,
    move: (next) => {
      head = next
      for (const waiter of waiters) {
        if (waiter.after >= head) continue
        waiters.delete(waiter)
        waiter.wake()
      }
    },
    changed: (after) =>
      Effect.callback<void>((resume) => {
        if (head > after) return resume(Effect.void)
        const waiter: Waiter = { after, wake: () => resume(Effect.void) }
        waiters.add(waiter)
        return Effect.sync(() => {
          waiters.delete(waiter)
        })
      })
  }
}
