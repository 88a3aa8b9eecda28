import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import * as IdleWatch from "../src/IdleWatch.ts"

const idleMillis = 8_000

const watched = (atMillis: number) => {
  const seen = { expiries: 0 }
  const entry: IdleWatch.Watched = { atMillis, expire: Effect.sync(() => void seen.expiries++) }
  return { entry, seen }
}

describe("IdleWatch", () => {
  it.effect("ends a silent connection once, at most an eighth of the idle time late", () =>
    Effect.gen(function* () {
      const watch = yield* IdleWatch.make(() => idleMillis)
      const { entry, seen } = watched(0)
      watch.enter(entry)
      yield* TestClock.adjust(idleMillis - 1)
      expect(seen.expiries).toBe(0)
      yield* TestClock.adjust(idleMillis / 8 + 1)
      expect(seen.expiries).toBe(1)
      yield* TestClock.adjust(idleMillis * 10)
      expect(seen.expiries).toBe(1)
    })
  )

  it.effect("knows who completes one thing after the other while nobody else does", () =>
    Effect.gen(function* () {
      const watch = yield* IdleWatch.make(() => idleMillis)
      const [one, other] = [watched(0), watched(0)]
      for (const { entry } of [one, other]) watch.enter(entry)
      const turns = [one, one, other, one, other, other].map(({ entry }, at) => watch.progress(entry, at))
      expect(turns).toEqual([false, true, false, false, false, true])
      expect([one.entry.atMillis, other.entry.atMillis]).toEqual([3, 5])
      watch.leave(other.entry)
      expect(watch.progress(other.entry, 6)).toBe(false)
    })
  )

  it.effect("goes by a new limit from its next look on", () =>
    Effect.gen(function* () {
      let limit = 80 * idleMillis
      const watch = yield* IdleWatch.make(() => limit)
      const { entry, seen } = watched(0)
      watch.enter(entry)
      yield* TestClock.adjust(idleMillis)
      limit = idleMillis
      yield* TestClock.adjust(30_000)
      expect(seen.expiries).toBe(1)
    })
  )

  it.effect("leaves alone what completes something now and then, and what has left", () =>
    Effect.gen(function* () {
      const watch = yield* IdleWatch.make(() => idleMillis)
      const [busy, gone, silent] = [watched(0), watched(0), watched(0)]
      for (const { entry } of [busy, gone, silent]) watch.enter(entry)
      watch.leave(gone.entry)
      for (let turn = 1; turn <= 20; turn++) {
        yield* TestClock.adjust(idleMillis / 2)
        busy.entry.atMillis = (turn * idleMillis) / 2
      }
      expect([busy, gone, silent].map(({ seen }) => seen.expiries)).toEqual([0, 0, 1])
    })
  )
})
