/**
 * Stores how far a feed has come, some time behind it: a restart offers again what was answered in between.
 */
import type { Spool, SpoolUnavailable } from "@lupin/spool/Spool"
import { Effect } from "effect"
import type { Progress } from "./FeedProgress.ts"
import type { PeerState } from "./PeerStats.ts"

export interface Options {
  readonly spool: Pick<Spool["Service"], "savePosition">
  readonly stats: PeerState
  readonly progress: Progress
}

/** How far behind it is stored: what a busy peer answers meanwhile costs one line in the file of positions. */
export const saveMillis = 3_000

export interface FeedPosition {
  /** To be called whenever the feed may have come further: tells it in `PeerState`, and has it stored. */
  readonly note: () => void
  /** Runs beside the feed; no timer where nothing is to be stored. */
  readonly keep: Effect.Effect<never, SpoolUnavailable>
}

/** Stores it now, if it is not. */
export const save = ({ progress, spool }: Omit<Options, "stats">): Effect.Effect<void, SpoolUnavailable> =>
  Effect.suspend(() => {
    const {
      follower,
      ofRule,
      saved,
      state: { position }
    } = progress
    if (follower === undefined || position === saved) return Effect.void
    progress.saved = position
    const all = spool.savePosition(follower, position)
    // The rule's own first: where it lags behind, another rule was in force.
    return ofRule === undefined ? all : Effect.andThen(spool.savePosition(ofRule, position), all)
  })

export const make = (options: Options): FeedPosition => {
  const { progress, stats } = options
  let wake: (() => void) | undefined
  const moved = Effect.callback<void>((resume) => {
    if (progress.state.position !== progress.saved) return resume(Effect.void)
    wake = () => resume(Effect.void)
    return Effect.sync(() => {
      wake = undefined
    })
  })
  return {
    note: () => {
      const { deferred, inFlight, position } = progress.state
      stats.inFlight = inFlight
      stats.deferred = deferred
      stats.position = position
      if (wake === undefined || position === progress.saved) return
      const resume = wake
      wake = undefined
      resume()
    },
    keep: Effect.forever(Effect.andThen(moved, Effect.andThen(Effect.sleep(saveMillis), save(options))))
  }
}
