import { assert, describe, it } from "@effect/vitest"
import { PeerStats } from "@lupin/nntp/PeerStats"
import * as SiteMetrics from "@lupin/site/SiteMetrics"
import { Effect } from "effect"
import { PrometheusMetrics } from "effect/observability"
import { directory, site } from "./sites.ts"

describe("the metrics of a site", () => {
  it.live("tell when the last trouble of a feed was, once there was some", () =>
    Effect.gen(function* () {
      const running = yield* site("sea", yield* directory)
      const lines = yield* Effect.gen(function* () {
        const stats = yield* PeerStats
        stats.of("calm")
        stats.of("cape").lastTrouble = { reason: "refused", atMillis: 1_795_219_200_500 }
        yield* Effect.flatten(SiteMetrics.make)
        return (yield* PrometheusMetrics.format()).split("\n")
      }).pipe(Effect.provide(running))
      const told = lines.filter((line) => line.startsWith("lupin_feed_last_trouble_timestamp_seconds{"))
      assert.deepStrictEqual(told, [`lupin_feed_last_trouble_timestamp_seconds{peer="cape"} 1795219200.5`])
      assert.isTrue(lines.some((line) => line.startsWith(`lupin_feed_connected{peer="calm"}`)))
    }).pipe(Effect.scoped)
  )

  it.live("forget a peer that the configuration names no more", () =>
    Effect.gen(function* () {
      const running = yield* site("sea", yield* directory)
      yield* Effect.gen(function* () {
        const stats = yield* PeerStats
        const collect = yield* SiteMetrics.make
        const shown = Effect.gen(function* () {
          yield* collect
          return (yield* PrometheusMetrics.format()).split("\n").filter((line) => line.includes(`peer="gone"`)).length
        })
        stats.of("gone").lastTrouble = { reason: "refused", atMillis: 1 }
        assert.isAbove(yield* shown, 10)
        stats.forget("gone")
        assert.strictEqual(yield* shown, 0)
        stats.of("gone")
        assert.isAbove(yield* shown, 9)
      }).pipe(Effect.provide(running))
    }).pipe(Effect.scoped)
  )
})
