/**
 * Ends connections that complete no command or article for too long: one fiber looks at all of them, now and then.
 *
 * A connection costs an entry here, and neither a fiber nor a timer.
 */
import { Clock, Effect, type Scope } from "effect"

/** A connection as the watch sees it. */
export interface Watched {
  /** When it last completed something. */
  atMillis: number
  /** Says goodbye and closes; run at most once. */
  readonly expire: Effect.Effect<void>
}

export interface IdleWatch {
  readonly enter: (watched: Watched) => void
  readonly leave: (watched: Watched) => void
  /** Notes that a connection has completed something at a time; says whether it is the one that did so before, too. */
  readonly progress: (watched: Watched, atMillis: number) => boolean
}

/** Looks are at most so far apart. */
const lookMillisMax = 30_000

/** Looks in one idle time: a silent connection is ended at most an eighth of it late. */
const looksPerIdle = 8

/** Watches as long as its scope is open. The limit is asked before each look, as it may change. */
export const make = Effect.fnUntraced(function* (
  idleMillisMax: () => number
): Effect.fn.Return<IdleWatch, never, Scope.Scope> {
  const clock = yield* Clock.Clock
  const entries = new Set<Watched>()
  let latest: Watched | undefined
  const look = Effect.suspend(() => {
    const latestMillis = clock.currentTimeMillisUnsafe() - idleMillisMax()
    const silent = [...entries].filter(({ atMillis }) => atMillis <= latestMillis)
    for (const watched of silent) entries.delete(watched)
    return Effect.forEach(silent, ({ expire }) => Effect.forkScoped(expire), { discard: true })
  })
  const pause = Effect.suspend(() => Effect.sleep(Math.max(1, Math.min(lookMillisMax, idleMillisMax() / looksPerIdle))))
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(pause, look)))
  return {
    enter: (watched) => void entries.add(watched),
    leave: (watched) => {
      entries.delete(watched)
      if (latest === watched) latest = undefined
    },
    progress: (watched, atMillis) => {
      const isAlone = latest === watched
      latest = watched
      watched.atMillis = atMillis
      return isAlone
    }
  }
})
