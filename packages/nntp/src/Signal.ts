/**
 * Wakes one fiber that waits for any of several things, in a turn of its own: what comes at one moment wakes it once.
 *
 * A signal may come too often, never too seldom: whoever is woken looks again.
 */
import { Clock, Effect, type Fiber, Scheduler, type Scope } from "effect"

export interface Signal {
  readonly give: () => void
  readonly isGiven: () => boolean
  /** From now on it is not given. */
  readonly take: () => void
  /** Returns once it is given; for one fiber. */
  readonly given: Effect.Effect<void>
  /** Gives it at this time at the latest, by the clock; one timer, however often it is asked for. */
  readonly at: (dueMillis: number) => void
}

/** Nothing is armed at first; all ends with the scope. */
export const make: Effect.Effect<Signal, never, Scope.Scope> = Effect.gen(function* () {
  const clock = yield* Clock.Clock
  const run = Effect.runForkWith(yield* Effect.context())
  const dispatcher = (yield* Scheduler.Scheduler).makeDispatcher()
  let isGiven = false
  /** Set while a fiber waits and is not woken yet. */
  let wake: (() => void) | undefined
  const waken = (): void => {
    const resume = wake
    wake = undefined
    if (resume !== undefined) dispatcher.scheduleTask(resume, 0)
  }
  const give = (): void => {
    isGiven = true
    waken()
  }

  let armedMillis = Infinity
  let timer: Fiber.Fiber<void> | undefined
  const ring = Effect.sync(() => {
    armedMillis = Infinity
    timer = undefined
    give()
  })
  yield* Effect.addFinalizer(() => Effect.sync(() => timer?.interruptUnsafe()))

  return {
    give,
    isGiven: () => isGiven,
    take: () => {
      isGiven = false
    },
    given: Effect.callback<void>((resume) => {
      wake = () => resume(Effect.void)
      if (isGiven) waken()
      return Effect.sync(() => {
        wake = undefined
      })
    }),
    at: (dueMillis) => {
      if (dueMillis >= armedMillis) return
      timer?.interruptUnsafe()
      armedMillis = dueMillis
      timer = run(Effect.andThen(Effect.sleep(Math.max(0, dueMillis - clock.currentTimeMillisUnsafe())), ring))
    }
  }
})
