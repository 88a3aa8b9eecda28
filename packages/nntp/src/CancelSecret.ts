/**
 * The secret by which a site locks the articles of users who have logged in, so that each may cancel their own.
 */
import { Context, Effect } from "effect"

/** Nothing where a site has none: articles get no lock of it. Asked at each post of a user. */
export const CancelSecret = Context.Reference<{ readonly current: Effect.Effect<Uint8Array | undefined> }>(
  "@lupin/nntp/CancelSecret",
  { defaultValue: () => ({ current: Effect.succeed(undefined) }) }
)
