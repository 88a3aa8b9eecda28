/**
 * Whether a spool refuses, for whoever asks often and brings nothing: a disk that has refused is looked at again now and then.
 */
import { Clock, Effect, Exit } from "effect"

/** The least time between two looks at a disk that refuses, each of which may take as long as a write does. */
export const lookMillis = 1_000

const well = Exit.succeed(undefined)

/** `trouble`: why nothing is stored, as far as is known. `look`: tries whether that has passed. A spool that is well says so at once. */
export const make = (
  trouble: () => string | undefined,
  look: Effect.Effect<void>
): (() => Effect.Effect<string | undefined>) => {
  let lookedMillis = -Infinity
  const again = Clock.clockWith((clock) => {
    const nowMillis = clock.currentTimeMillisUnsafe()
    // A clock that was set back holds up nothing.
    if (Math.abs(nowMillis - lookedMillis) < lookMillis) return Effect.sync(trouble)
    lookedMillis = nowMillis
    return Effect.map(look, trouble)
  })
  return () => (trouble() === undefined ? well : again)
}
