/**
 * The head of the log, and those who wait for it to move.
 */
import { Effect } from "effect"
import type { Change } from "../Spool.ts"

/** Called with the new head, and the changes between the old one and it. */
export type OnMove = (head: number, changes: ReadonlyArray<Change>) => void

export interface HeadSignal {
  readonly head: () => number
  /** Moves the head, tells all who watch of all changes since the last move, and wakes everyone who waited for less. */
  readonly move: (head: number, changes: ReadonlyArray<Change>) => void
  readonly changed: (after: number) => Effect.Effect<void>
  readonly watch: (onMove: OnMove) => () => void
  /** Whether anybody does. */
  readonly isWatched: () => boolean
}

interface Waiter {
  readonly after: number
  readonly wake: () => void
}

export const make = (start: number): HeadSignal => {
  let head = start
  const waiters = new Set<Waiter>()
  const watchers = new Set<OnMove>()
  return {
    head: () => head,
    move: (next, changes) => {
      if (next === head) return
      head = next
      for (const onMove of watchers) onMove(head, changes)
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
      }),
    watch: (onMove) => {
      // The same function may watch twice.
      const own: OnMove = (at, changes) => onMove(at, changes)
      watchers.add(own)
      return () => void watchers.delete(own)
    },
    isWatched: () => watchers.size > 0
  }
}
