import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Metric } from "effect"
import * as Health from "@lupin/api/Health"
import * as MetaFace from "@lupin/api/MetaFace"
import { FaceClient, serve } from "./FaceClient.ts"

const gauge = Metric.gauge("lupin_test_spool_head", { description: "newest position" })

const withStatus = (finding: Health.Finding) =>
  serve(MetaFace.layer({ collect: Metric.update(gauge, 42) })).pipe(
    Layer.provide(Health.Health.layer([{ name: "spool", run: Effect.succeed(finding) }]))
  )

const asked = (finding: Health.Finding, path: string) =>
  Effect.provide(
    Effect.flatMap(FaceClient, ({ ask }) => ask(path)),
    withStatus(finding)
  )

describe("MetaFace", () => {
  it.effect("shows each check, with 503 only while the site is failing", () =>
    Effect.gen(function* () {
      for (const [finding, status] of [
        [Health.ok, 200],
        [Health.degraded("one zone silent"), 200],
        [Health.failing("disk full"), 503]
      ] as const) {
        const answered = yield* asked(finding, "/health")
        assert.strictEqual(answered.status, status)
        assert.deepStrictEqual(answered.json, { status: finding.status, checks: [{ name: "spool", ...finding }] })
      }
    })
  )

  it.effect("shows metrics in the text format of Prometheus, brought up to date first", () =>
    Effect.gen(function* () {
      const answered = yield* asked(Health.ok, "/metrics")
      assert.strictEqual(answered.type, "text/plain; version=0.0.4; charset=utf-8")
      assert.match(answered.text, /^# TYPE lupin_test_spool_head gauge$/m)
      assert.match(answered.text, /^lupin_test_spool_head 42$/m)
    })
  )

  it.effect("answers other paths and methods with problems", () =>
    Effect.gen(function* () {
      const { ask, post } = yield* FaceClient
      const nowhere = (yield* ask("/nope")).json
      assert.strictEqual(nowhere["type"], "/problems/no-such-route")
      assert.match(String(nowhere["detail"]), /\/health, \/metrics/)
      assert.strictEqual((yield* post("/health", {})).json["type"], "/problems/method-not-allowed")
    }).pipe(Effect.provide(withStatus(Health.ok)))
  )
})
