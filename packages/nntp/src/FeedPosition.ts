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

/** How often it is stored until it is stored for other rules too. */
const savesForAll = 20

export interface FeedPosition {
  /** To be called whenever the feed may have come further: tells it in `PeerState`, and has it stored. */
  readonly note: () => void
  /** Runs beside the feed; no timer where nothing is to be stored. */
  readonly keep: Effect.Effect<never, SpoolUnavailable>
}

/** Stores it now, if it is not. */
export const save = ({ progress, spool }: Omit<Options, "stats">): Effect.Effect<void, SpoolUnavailable> =>
  Effect.suspend(() => {
    const { follower, ofRule, saved, state } = progress
    if (follower === undefined || state.position === saved) return Effect.void
    progress.saved = state.position
    return spool.savePosition(ofRule ?? follower, state.position)
  })

/** Stores it for other rules too: a feed with another one would begin there. */
export const saveForAll = (options: Omit<Options, "stats">): Effect.Effect<void, SpoolUnavailable> =>
  Effect.suspend(() => {
    const { follower, state } = options.progress
    if (follower === undefined) return Effect.void
    return Effect.andThen(save(options), options.spool.savePosition(follower, state.position))
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
  let times = 0
  const saved = Effect.suspend(() => ((times += 1) % savesForAll === 0 ? saveForAll(options) : save(options)))
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
    keep: Effect.forever(Effect.andThen(moved, Effect.andThen(Effect.sleep(saveMillis), saved)))
  }
}
