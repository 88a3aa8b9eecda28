import { describe, expect, it } from "@effect/vitest"
import * as MessageId from "@lupin/core/MessageId"
import { Effect, type Scope } from "effect"
import { TestClock } from "effect/testing"
import * as FeedPosition from "../src/FeedPosition.ts"
import * as FeedProgress from "../src/FeedProgress.ts"
import * as PeerStats from "../src/PeerStats.ts"

/** A feed that stores its position here, and runs as long as the test. */
const running = Effect.gen(function* () {
  const stored: Array<readonly [string, number]> = []
  const progress = FeedProgress.begun()
  const { state } = progress
  progress.follower = "feed:far"
  const stats = (yield* PeerStats.PeerStats).of("far")
  const spool = {
    savePosition: (follower: string, position: number) => Effect.sync(() => void stored.push([follower, position]))
  }
  const place = FeedPosition.make({ spool, stats, progress })
  yield* Effect.forkScoped(place.keep)
  yield* TestClock.adjust(0)
  return { place, progress, spool, state, stats, stored }
})

const test = <A, E>(effect: Effect.Effect<A, E, PeerStats.PeerStats | Scope.Scope>) =>
  effect.pipe(Effect.scoped, Effect.provide(PeerStats.PeerStats.layer))

describe("FeedPosition", () => {
  it.effect("tells at once how far a feed has come, and stores it once a while", () =>
    test(
      Effect.gen(function* () {
        const { place, state, stats, stored } = yield* running
        for (const position of [1, 2, 3]) {
          state.scan(position)
          place.note()
          expect(stats.position).toBe(position)
          yield* TestClock.adjust(FeedPosition.saveMillis / 4)
        }
        expect(stored).toEqual([])
        yield* TestClock.adjust(FeedPosition.saveMillis)
        expect(stored).toEqual([["feed:far", 3]])
        yield* TestClock.adjust(10 * FeedPosition.saveMillis)
        expect(stored).toHaveLength(1)
      })
    )
  )

  it.effect("stores nothing beyond what the peer has answered", () =>
    test(
      Effect.gen(function* () {
        const { place, state, stored } = yield* running
        const id = MessageId.parse("<open@far.test>")
        const entry = id && state.add(id, 2, 0)
        state.scan(9)
        place.note()
        yield* TestClock.adjust(FeedPosition.saveMillis)
        expect(stored).toEqual([["feed:far", 1]])
        if (entry !== undefined) state.settle(entry)
        place.note()
        yield* TestClock.adjust(FeedPosition.saveMillis)
        expect(stored).toEqual([
          ["feed:far", 1],
          ["feed:far", 9]
        ])
      })
    )
  )

  it.effect("stores at the end of a connection what is not stored", () =>
    test(
      Effect.gen(function* () {
        const { place, progress, spool, state, stored } = yield* running
        state.scan(5)
        place.note()
        yield* FeedPosition.save({ progress, spool })
        yield* TestClock.adjust(FeedPosition.saveMillis)
        expect(stored).toEqual([["feed:far", 5]])
      })
    )
  )
})
