/**
 * Keeps the pulse of one connection of a feed: notes when the peer falls silent and when it speaks again, asks it for a sign
 * where that is wanted, and gives it up.
 *
 * A connection that is being opened owes an answer from its beginning.
 */
import { Clock, Effect } from "effect"
import * as FeedPulse from "./FeedPulse.ts"
import type { NntpClient } from "./NntpClient.ts"
import { NntpDisconnected } from "./NntpError.ts"

export interface FeedWatch {
  /** Something was said that has an answer. */
  readonly said: () => void
  /** An answer came. */
  readonly heard: () => void
  /** No answer is due: what was to be said is no more. */
  readonly settled: () => void
  /** `limits` may be others now. */
  readonly recheck: () => void
  /** Runs beside the feed; fails when the peer is given up. Sets one timer while an answer or a sign is due, else none. */
  readonly keep: Effect.Effect<never, NntpDisconnected>
}

export interface Options {
  readonly client: NntpClient
  readonly nowMillis: () => number
  readonly limits: () => FeedPulse.Limits
  /** Whether articles wait for an answer. */
  readonly isOwed: () => boolean
  readonly onLink: (link: "up" | "silent") => void
  readonly onGivenUp: () => void
}

/**
 * Opens a connection: calls `onSilent` once where the peer says nothing for `silentMillisMax` (milliseconds) in the meantime, and goes on
 * waiting. `open` is given what it has to call at each sign of life.
 */
export const opening = Effect.fnUntraced(function* <A, E, R>(
  open: (heard: () => void) => Effect.Effect<A, E, R>,
  { onSilent, silentMillisMax }: { readonly silentMillisMax: number; readonly onSilent: () => void }
): Effect.fn.Return<A, E, R> {
  const clock = yield* Clock.Clock
  let heardMillis = clock.currentTimeMillisUnsafe()
  const keep = Effect.gen(function* () {
    for (;;) {
      const leftMillis = heardMillis + silentMillisMax - clock.currentTimeMillisUnsafe()
      if (leftMillis <= 0) break
      yield* Effect.sleep(leftMillis)
    }
    onSilent()
    return yield* Effect.never
  })
  const heard = (): void => {
    heardMillis = clock.currentTimeMillisUnsafe()
  }
  return yield* Effect.raceFirst(open(heard), keep)
})

/** The connection has just opened. */
export const make = ({ client, isOwed, limits, nowMillis, onGivenUp, onLink }: Options): FeedWatch => {
  let pulse = FeedPulse.opened(nowMillis())
  let isBeating = false
  let wake = (): void => {}

  const heard = (): void => {
    pulse = FeedPulse.heard(isOwed() || isBeating, nowMillis())
    onLink("up")
  }

  /** Returns as soon as something may be due. */
  const parked = Effect.callback<void>((resume) => {
    wake = () => {
      if (FeedPulse.next(pulse, limits()) === undefined) return
      wake = () => {}
      resume(Effect.void)
    }
    wake()
  })

  const keep = Effect.gen(function* () {
    for (;;) {
      const next = FeedPulse.next(pulse, limits())
      if (next === undefined) {
        yield* parked
        continue
      }
      const leftMillis = next.atMillis - nowMillis()
      if (leftMillis > 0) {
        yield* Effect.sleep(leftMillis)
        continue
      }
      switch (next.due) {
        case "lost":
          onGivenUp()
          return yield* new NntpDisconnected({ server: client.server, reason: "gave no answer in time" })
        case "silent":
          pulse = FeedPulse.noted(pulse)
          onLink("silent")
          break
        case "beat":
          isBeating = true
          pulse = FeedPulse.said(pulse, nowMillis())
          yield* client.send([{ line: "DATE" }], () => {
            isBeating = false
            heard()
          })
      }
    }
  })
  return {
    said: () => {
      pulse = FeedPulse.said(pulse, nowMillis())
      wake()
    },
    heard,
    recheck: () => wake(),
    settled: () => {
      if (!isBeating) pulse = FeedPulse.settled(pulse)
    },
    keep
  }
}
