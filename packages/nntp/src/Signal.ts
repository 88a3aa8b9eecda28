/**
 * Wakes one fiber that waits for any of several things, without a fiber for each turn: what is waited for stays armed.
 *
 * A signal may come too often, never too seldom: whoever is woken looks again.
 */
import { Clock, Effect, Fiber, Scope } from "effect"

export interface Signal {
  readonly give: () => void
  readonly isGiven: () => boolean
  /** From now on it is not given. */
  readonly take: () => void
  /** Returns once it is given; for one fiber. */
  readonly given: Effect.Effect<void>
  /** Gives it at this time at the latest, by the clock; one timer, however often it is asked for. */
  readonly at: (dueMillis: number) => Effect.Effect<void>
  /** Gives it so long after `change` has come. Asked for again before that, the first one stays, unless it would wait longer. */
  readonly after: (change: Effect.Effect<void>, delayMillis: number) => Effect.Effect<void>
  /** Whether that change is still waited for, or its delay. */
  readonly isExpecting: () => boolean
}

interface Armed {
  readonly millis: number
  fiber: Fiber.Fiber<void> | undefined
}

/** Nothing is armed at first; all ends with the scope. */
export const make: Effect.Effect<Signal, never, Scope.Scope> = Effect.gen(function* () {
  const scope = yield* Scope.Scope
  const clock = yield* Clock.Clock
  let isGiven = false
  let wake = (): void => {}
  const give = (): void => {
    isGiven = true
    wake()
  }

  /** One fiber that waits for something; a new one takes its place where `isBetter`. */
  const slot = () => {
    let armed: Armed | undefined
    const arm = Effect.fnUntraced(function* (waiting: Effect.Effect<void>, millis: number) {
      if (armed !== undefined) {
        if (armed.millis <= millis) return
        const { fiber } = armed
        armed = undefined
        if (fiber !== undefined) yield* Fiber.interrupt(fiber)
      }
      const own: Armed = { millis, fiber: undefined }
      armed = own
      const done = Effect.sync(() => {
        if (armed === own) armed = undefined
        give()
      })
      own.fiber = yield* Effect.forkIn(Effect.andThen(waiting, done), scope)
    })
    return { arm, isArmed: (): boolean => armed !== undefined }
  }
  const timer = slot()
  const change = slot()

  return {
    give,
    isGiven: () => isGiven,
    take: () => {
      isGiven = false
    },
    given: Effect.callback<void>((resume) => {
      wake = () => {
        wake = () => {}
        resume(Effect.void)
      }
      if (isGiven) wake()
      return Effect.sync(() => {
        wake = () => {}
      })
    }),
    at: (dueMillis) =>
      dueMillis === Infinity
        ? Effect.void
        : timer.arm(Effect.sleep(Math.max(0, dueMillis - clock.currentTimeMillisUnsafe())), dueMillis),
    after: (changed, delayMillis) =>
      change.arm(delayMillis === 0 ? changed : Effect.andThen(changed, Effect.sleep(delayMillis)), delayMillis),
    isExpecting: change.isArmed
  }
})
