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
})
