import { assert, it } from "@effect/vitest"
import * as Recoveries from "@lupin/core/Recoveries"
import { Effect, Metric } from "effect"
import { PrometheusMetrics } from "effect/observability"

it.effect("shows operators each way to recover, also those that were never taken", () =>
  Effect.gen(function* () {
    // The counters are those of the process, in which other files may have run.
    const registry = yield* Metric.MetricRegistry
    registry.clear()
    Recoveries.show()
    const { note } = yield* Recoveries.Recoveries
    note("refilled")
    note("refilled", 2)
    note("log-tail-cut", 0)
    const shown = yield* PrometheusMetrics.format()
    assert.include(shown, 'lupin_recoveries_total{recovery="refilled"} 3')
    for (const what of Object.keys(Recoveries.recoveries)) {
      assert.include(shown, `lupin_recoveries_total{recovery="${what}"}`)
    }
    assert.include(shown, 'lupin_recoveries_total{recovery="log-tail-cut"} 0')
  })
)
