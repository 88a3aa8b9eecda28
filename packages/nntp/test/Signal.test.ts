import { describe, expect, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
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
      yield* others
      for (const dueMillis of [500, 200, 300, Infinity]) signal.at(dueMillis)
      yield* TestClock.adjust(199)
      expect(seen.times).toBe(0)
      yield* TestClock.adjust(1)
      expect(seen.times).toBe(1)
      yield* TestClock.adjust(1_000)
      expect(seen.times).toBe(1)
    }).pipe(Effect.scoped)
  )

  it.effect("wakes once for all that comes at one moment, in a turn of its own", () =>
    Effect.gen(function* () {
      const signal = yield* Signal.make
      const seen = yield* woken(signal)
      for (let times = 0; times < 3; times += 1) signal.give()
      expect(seen.times).toBe(0)
      yield* others
      expect(seen.times).toBe(1)
      signal.give()
      yield* others
      expect(seen.times).toBe(2)
    }).pipe(Effect.scoped)
  )

  it.effect("rings no more once its scope is closed", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const signal = yield* Scope.provide(Signal.make, scope)
      const seen = yield* woken(signal)
      yield* others
      signal.at(100)
      yield* Scope.close(scope, Exit.void)
      yield* TestClock.adjust(200)
      expect([seen.times, signal.isGiven()]).toEqual([0, false])
    })
  )
})
