import { describe, expect, it } from "@effect/vitest"
import { Deferred, Effect } from "effect"
import { TestClock } from "effect/testing"
import * as Signal from "../src/Signal.ts"

/** Counts how often a waiting fiber is woken. */
const woken = Effect.fnUntraced(function* (signal: Signal.Signal) {
  const state = { times: 0 }
  yield* Effect.forkChild(
    Effect.gen(function* () {
      for (;;) {
        signal.take()
        yield* signal.given
        state.times += 1
      }
    }),
    { startImmediately: true }
  )
  return state
})

/** Lets everybody run who can. */
const others = TestClock.adjust(0)

describe("Signal", () => {
  it.effect("does not lose what is given before somebody waits", () =>
    Effect.gen(function* () {
      const signal = yield* Signal.make
      signal.give()
      yield* signal.given
      signal.take()
      expect(signal.isGiven()).toBe(false)
    }).pipe(Effect.scoped)
  )

  it.effect("comes at the earliest time it was asked for, once", () =>
    Effect.gen(function* () {
      const signal = yield* Signal.make
      const seen = yield* woken(signal)
      for (const dueMillis of [500, 200, 300, Infinity]) yield* signal.at(dueMillis)
      yield* TestClock.adjust(199)
      expect(seen.times).toBe(0)
      yield* TestClock.adjust(1)
      expect(seen.times).toBe(1)
      yield* TestClock.adjust(1_000)
      expect(seen.times).toBe(1)
    }).pipe(Effect.scoped)
  )

  it.effect("comes so long after a change, or at once where that is asked for later", () =>
    Effect.gen(function* () {
      const signal = yield* Signal.make
      const seen = yield* woken(signal)
      const change = yield* Deferred.make<void>()
      yield* signal.after(Deferred.await(change), 250)
      yield* others
      expect(signal.isExpecting()).toBe(true)
      yield* Deferred.succeed(change, undefined)
      yield* TestClock.adjust(249)
      expect(seen.times).toBe(0)
      yield* signal.after(Deferred.await(change), 0)
      yield* others
      expect([seen.times, signal.isExpecting()]).toEqual([1, false])
    }).pipe(Effect.scoped)
  )
})
