/**
 * Wakes one that waits for any of several things, in a turn of its own: what comes at one moment wakes it once.
 *
 * A signal may come too often, never too seldom: whoever is woken looks again.
 */
import * as Alarms from "@lupin/core/Alarms"
import type * as Prompt from "@lupin/core/Prompt"
import { Clock, Effect, Scheduler, type Scope } from "effect"

export interface Signal {
  readonly give: () => void
  readonly isGiven: () => boolean
  /** From now on it is not given. */
  readonly take: () => void
  /** Takes a turn each time that it is given, until one has something to be done first; does it, and returns. For one fiber. */
  readonly each: <E>(turn: () => Prompt.Rest<E>) => Effect.Effect<void, E>
  /** Gives it at this time at the latest, by the clock; one timer, however often it is asked for. */
  readonly at: (dueMillis: number) => void
}

/** Nothing is armed at first; all ends with the scope. */
export const make: Effect.Effect<Signal, never, Scope.Scope> = Effect.gen(function* () {
  const clock = yield* Clock.Clock
  const set = yield* Alarms.make
  const dispatcher = (yield* Scheduler.Scheduler).makeDispatcher()
  let isGiven = false
  /** Set while somebody waits and is not woken yet. */
  let wake: (() => void) | undefined
  const waken = (): void => {
    const woken = wake
    wake = undefined
    if (woken !== undefined) dispatcher.scheduleTask(woken, 0)
  }
  const give = (): void => {
    isGiven = true
    waken()
  }

  let armedMillis = Infinity
  let callOff: (() => void) | undefined
  const ring = (): void => {
    armedMillis = Infinity
    callOff = undefined
    give()
  }
  yield* Effect.addFinalizer(() => Effect.sync(() => callOff?.()))

  return {
    give,
    isGiven: () => isGiven,
    take: () => {
      isGiven = false
    },
    each: <E>(turn: () => Prompt.Rest<E>) =>
      Effect.callback<void, E>((resume) => {
        let isOver = false
        const woken = (): void => {
          if (isOver) return
          const rest = tried(turn)
          if (rest !== undefined) {
            isOver = true
            return resume(rest)
          }
          wait()
        }
        const wait = (): void => {
          wake = woken
          if (isGiven) waken()
        }
        wait()
        return Effect.sync(() => {
          isOver = true
          wake = undefined
        })
      }),
    at: (dueMillis) => {
      if (dueMillis >= armedMillis) return
      callOff?.()
      armedMillis = dueMillis
      callOff = set(Math.max(0, dueMillis - clock.currentTimeMillisUnsafe()), ring)
    }
  }
})

const tried = <E>(turn: () => Prompt.Rest<E>): Prompt.Rest<E> => {
  try {
    return turn()
  } catch (defect) {
    return Effect.die(defect)
  }
}
