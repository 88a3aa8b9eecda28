/**
 * Lets go of what is older than history: articles by arrival, and ids by the time of their removal.
 *
 * A follower of the log like others, a bounded slice at a time. Arrivals and removals come in order of time, so it never
 * looks further than what is due. The newest digest of each key is kept: totals outlive their inputs.
 */
import * as Limits from "@lupin/core/Limits"
import { Clock, Effect, Layer } from "effect"
import { type Change, Spool, type SpoolUnavailable } from "./Spool.ts"

export interface Options {
  /** Age at which articles and removed ids go. */
  readonly keepMillis?: number
}

/** Changes that one slice deals with. */
export const sliceMax = 500
/** Left to others between two slices. */
export const pauseMillis = 20
/** The longest sleep: a clock that was set is noticed after it. */
export const sleepMillisMax = 60 * 60 * 1000
/** How long to wait when the spool takes no removals. */
export const retryMillis = 60 * 1000

const follower = "expiry"

/** What a slice has done. `next`: there may be more to do at once, at a time, or after a change. */
export interface Swept {
  readonly expired: number
  readonly forgotten: number
  readonly next:
    | { readonly _tag: "Now" }
    | { readonly _tag: "At"; readonly millis: number }
    | { readonly _tag: "After"; readonly position: number }
}

/** One slice. Safe to repeat: what is gone already stays gone. */
export const sweep = Effect.fn("Expiry.sweep")(function* (
  options: Options = {}
): Effect.fn.Return<Swept, SpoolUnavailable, Spool> {
  const spool = yield* Spool
  const keepMillis = options.keepMillis ?? Limits.historyMillis
  const nowMillis = yield* Clock.currentTimeMillis
  const after = (yield* spool.readPosition(follower)) ?? 0
  const page = yield* spool.changes(after, sliceMax)
  const isDue = (change: Change): boolean => timeOf(change) + keepMillis <= nowMillis
  const undue = page.changes.find((change) => !isDue(change))
  const due = page.changes.filter(isDue)
  const expired = due.flatMap((change) => (change._tag === "Filed" && change.slot === undefined ? [change.id] : []))
  const forgotten = due.flatMap((change) => (change._tag === "Removed" ? [change.removedMillis] : []))
  if (expired.length > 0) yield* spool.remove(expired, "expired")
  if (forgotten.length > 0) yield* spool.forget(Math.max(...forgotten) + 1)
  const position = undue === undefined ? page.next : undue.position - 1
  if (position > after) yield* spool.savePosition(follower, position)
  const counts = { expired: expired.length, forgotten: forgotten.length }
  if (undue !== undefined) return { ...counts, next: { _tag: "At", millis: timeOf(undue) + keepMillis } }
  return { ...counts, next: position < page.head ? { _tag: "Now" } : { _tag: "After", position } }
})

/** Sweeps in the background as long as the layer lives. */
export const layer = (options: Options = {}): Layer.Layer<never, never, Spool> =>
  Layer.effectDiscard(
    Effect.forkScoped(
      Effect.forever(
        sweep(options).pipe(
          Effect.flatMap(rest),
          Effect.catchTag("SpoolUnavailable", ({ reason }) =>
            Effect.andThen(Effect.logWarning(`expiry waits: ${reason}`), Effect.sleep(retryMillis))
          )
        )
      )
    )
  )

const rest = Effect.fnUntraced(function* ({ next }: Swept) {
  switch (next._tag) {
    case "Now":
      return yield* Effect.sleep(pauseMillis)
    case "At": {
      const nowMillis = yield* Clock.currentTimeMillis
      return yield* Effect.sleep(Math.min(Math.max(next.millis - nowMillis, 0), sleepMillisMax))
    }
    case "After":
      return yield* (yield* Spool).changed(next.position)
  }
})

const timeOf = (change: Change): number => (change._tag === "Filed" ? change.arrivedMillis : change.removedMillis)
