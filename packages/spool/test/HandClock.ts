import { type Clock, Effect } from "effect"

/** A clock that stands still until somebody moves it. */
export class HandClock implements Clock.Clock {
  millis = 0
  currentTimeMillisUnsafe = (): number => this.millis
  currentTimeMillis = Effect.sync(this.currentTimeMillisUnsafe)
  currentTimeNanosUnsafe = (): bigint => BigInt(this.millis) * 1_000_000n
  currentTimeNanos = Effect.sync(this.currentTimeNanosUnsafe)
  monotonicTimeNanosUnsafe = this.currentTimeNanosUnsafe
  monotonicTimeNanos = this.currentTimeNanos
  sleep = (): Effect.Effect<void> => Effect.never
}
