import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { PeerStats } from "../src/PeerStats.ts"

describe("PeerStats", () => {
  it.effect("tells a change once to everybody who waits, also to who waits again at once", () =>
    Effect.gen(function* () {
      const links = yield* PeerStats
      const peer = links.of("sea")
      let told = 0
      const waiter = Effect.gen(function* () {
        for (;;) {
          yield* links.linkChanged(links.linkChanges())
          told += 1
        }
      })
      const fibers = yield* Effect.forEach([1, 2, 3], () => Effect.forkChild(waiter, { startImmediately: true }))
      for (const link of ["up", "up", "silent", "up"] as const) {
        links.note(peer, link)
        yield* Effect.yieldNow
      }
      expect(links.linkChanges()).toBe(3)
      expect(told).toBe(9)
      yield* Fiber.interruptAll(fibers)
    }).pipe(Effect.provide(PeerStats.layer))
  )

  it.effect("does not let a change be missed that comes before the waiting", () =>
    Effect.gen(function* () {
      const links = yield* PeerStats
      const before = links.linkChanges()
      links.note(links.of("sea"), "down")
      yield* links.linkChanged(before)
      expect(links.of("sea").link).toBe("down")
    }).pipe(Effect.provide(PeerStats.layer))
  )
})
