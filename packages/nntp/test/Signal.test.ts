import { describe, expect, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope } from "effect"
import { TestClock } from "effect/testing"
import * as Signal from "../src/Signal.ts"

/** Counts the turns that are taken. */
const woken = Effect.fnUntraced(function* (signal: Signal.Signal) {
  const state = { times: 0 }
  const turn = (): undefined => {
    signal.take()
    state.times += 1
  }
  yield* Effect.forkChild(signal.each(turn), { startImmediately: true })
  return state
})

/** Lets everybody run who can. */
const others = TestClock.adjust(0)

describe("Signal", () => {
  it.effect("does not lose what is given before somebody waits", () =>
    Effect.gen(function* () {
      const signal = yield* Signal.make
      signal.give()
      const seen = yield* woken(signal)
      yield* others
      expect([seen.times, signal.isGiven()]).toEqual([1, false])
    }).pipe(Effect.scoped)
  )

  it.effect("does what a turn has left to be done, and returns", () =>
    Effect.gen(function* () {
      const signal = yield* Signal.make
      let done = 0
      const rests = [undefined, Effect.sync(() => void (done += 1)), undefined]
      const fiber = yield* Effect.forkChild(
        signal.each(() => {
          signal.take()
          return rests.shift()
        }),
        { startImmediately: true }
      )
      for (let times = 0; times < 3; times += 1) {
        signal.give()
        yield* others
      }
      yield* Fiber.join(fiber)
      expect([done, rests.length, signal.isGiven()]).toEqual([1, 1, true])
    }).pipe(Effect.scoped)
  )

  it.effect("takes no turn for one who waits no more", () =>
    Effect.gen(function* () {
      const signal = yield* Signal.make
      let times = 0
      const fiber = yield* Effect.forkChild(
        signal.each(() => void (times += 1)),
        { startImmediately: true }
      )
      signal.give()
      yield* Fiber.interrupt(fiber)
      yield* others
      expect(times).toBe(0)
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
