/**
 * Calls back after some time by the clock: a fiber for each alarm, unless a simulation has alarms of its own.
 */
import { Context, Effect } from "effect"

/** Calls `ring` once in so many milliseconds, in a turn of its own; gives what calls it off. */
export type Set = (millis: number, ring: () => void) => () => void

/** Alarms that need no fiber. */
export const Alarms = Context.Reference<Set | undefined>("@lupin/core/Alarms", { defaultValue: () => undefined })

/** Alarms by the clock of the fiber that asks for them. */
export const make: Effect.Effect<Set> = Effect.gen(function* () {
  const given = yield* Alarms
  if (given !== undefined) return given
  const run = Effect.runForkWith(yield* Effect.context())
  return (millis, ring) => {
    const fiber = run(Effect.andThen(Effect.sleep(millis), Effect.sync(ring)))
    return () => fiber.interruptUnsafe()
  }
})
