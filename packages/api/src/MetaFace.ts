/**
 * The meta face of a site, for inside only: `GET /health` as JSON, `GET /metrics` for Prometheus.
 *
 * Health answers 200 while the site is ok or degraded and 503 when it is failing, with the same body.
 */
import { Effect, Layer, Schema } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { PrometheusMetrics } from "effect/observability"
import * as Health from "./Health.ts"
import * as ProblemAnswer from "./ProblemAnswer.ts"

const healthPath = "/health"
const metricsPath = "/metrics"

/** Status pages a site adds to the face, by path: each answers JSON. */
export type Pages = { readonly [path: `/${string}`]: Effect.Effect<Schema.Json> }

/** Text format of Prometheus, version 0.0.4. */
const metricsType = "text/plain; version=0.0.4; charset=utf-8"

const encodeReport = Schema.encodeSync(Health.Report)

const health = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const { report } = yield* Health.Health
    const answer = Effect.map(report, (found) =>
      HttpServerResponse.jsonUnsafe(encodeReport(found), {
        status: found.status === "failing" ? 503 : 200,
        headers: { "cache-control": "no-store" }
      })
    )
    yield* router.add("GET", healthPath, answer)
  })
)

const metrics = (collect: Effect.Effect<void>) =>
  HttpRouter.add(
    "GET",
    metricsPath,
    Effect.map(Effect.andThen(collect, PrometheusMetrics.format()), (text) =>
      HttpServerResponse.text(text, { contentType: metricsType })
    )
  )

const page = (path: `/${string}`, content: Effect.Effect<Schema.Json>) =>
  HttpRouter.add(
    "GET",
    path,
    Effect.map(content, (json) => HttpServerResponse.jsonUnsafe(json, { headers: { "cache-control": "no-store" } }))
  )

/** Everything but the health report itself, which keeps its body at 503. */
const answering = (paths: ReadonlyArray<string>) => {
  const guard = ProblemAnswer.guard({
    routes: paths.map((path) => ({ method: "GET", path })),
    bodyBytesMax: 0,
    listing: `Paths here are ${paths.join(", ")}.`,
    keeps: (url) => url.startsWith(healthPath)
  })
  return HttpRouter.middleware(
    (app) => Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => guard(request, app)),
    { global: true }
  )
}

export interface Options {
  /** Brings gauges up to date before they are shown. */
  readonly collect?: Effect.Effect<void>
  readonly pages?: Pages
}

/** The routes alone, for a router of the caller's. */
const routes = ({ collect = Effect.void, pages = {} }: Options = {}) => {
  const added = Object.entries(pages) as ReadonlyArray<[`/${string}`, Effect.Effect<Schema.Json>]>
  const answered = answering([healthPath, metricsPath, ...added.map(([path]) => path)])
  return Layer.mergeAll(health, metrics(collect), answered, ...added.map(([path, content]) => page(path, content)))
}

/** Serves the face on the HTTP server that the caller provides, until its scope ends. */
export const layer = (options: Options = {}) =>
  HttpRouter.serve(routes(options), { disableLogger: true, disableListenLog: true })
