/**
 * What touches files or index, and what these say where they fail, in our own words.
 */
import { Effect, Exit } from "effect"
import { SpoolUnavailable } from "../Spool.ts"

/** Runs when the effect does. */
export const later = <A>(act: () => A): Effect.Effect<A, SpoolUnavailable> =>
  Effect.try({ try: act, catch: unavailable })

/** Runs now, so that whoever asks for what is there need not wake for it. */
export const now = <A>(act: () => A): Exit.Exit<A, SpoolUnavailable> => {
  try {
    return Exit.succeed(act())
  } catch (error) {
    return Exit.fail(unavailable(error))
  }
}

export const unavailable = (error: unknown): SpoolUnavailable =>
  new SpoolUnavailable({ reason: error instanceof Error ? error.message : String(error) })
