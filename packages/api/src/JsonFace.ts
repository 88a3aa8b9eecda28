/**
 * The JSON face of a POP: the contract `PopApi` answered from `PopOperations`, with its OpenAPI document and readable docs.
 *
 * Every answer carries the host's routing key; every 4xx and 5xx is an RFC 9457 problem. The HTTP server is the app's.
 */
import { ByteSize, Effect, Layer, Schema } from "effect"
import { HttpIncomingMessage, HttpMiddleware, HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApi, HttpApiBuilder, HttpApiMiddleware, HttpApiSwagger } from "effect/http-api"
import * as Limits from "@lupin/core/Limits"
import type * as AllowedMethods from "./AllowedMethods.ts"
import * as Answer from "./Answer.ts"
import * as EventsParameters from "./EventsParameters.ts"
import * as FaceMetrics from "./FaceMetrics.ts"
import * as PopApi from "./PopApi.ts"
import * as PopOperations from "./PopOperations.ts"
import type * as Problem from "./Problem.ts"
import * as ProblemAnswer from "./ProblemAnswer.ts"
import * as ProblemPages from "./ProblemPages.ts"
import * as RoutingKey from "./RoutingKey.ts"

/** Octets of a post's body: an article holds no more. */
export const bodyBytesMax = Limits.articleBytesMax

/** Characters of one step of a path: a Message-ID with every octet percent-encoded. */
export const pathStepLengthMax = 3 * Limits.messageIdBytesMax

const openapiPath = "/openapi.json"
const docsPath = "/docs"

const encodePosted = Schema.encodeSync(Answer.Posted)

const handlers = HttpApiBuilder.group(
  PopApi.PopApi,
  "pop",
  Effect.fnUntraced(function* (group) {
    const operations = yield* PopOperations.PopOperations
    return group.handleAll({
      postEvent: ({ params, payload: { id, ...body } }) =>
        operations
          .postEvent({ ...params, ...body, ...(id === undefined ? {} : { id: id.toLowerCase() }) })
          .pipe(Effect.map(answerPosted), orProblem),
      cancelEvent: ({ headers, params }) =>
        orProblem(operations.cancelEvent({ ...params, key: headers["cancel-key"] })),
      events: ({ params, query }) =>
        Effect.fromResult(EventsParameters.toQuery(params.app, query)).pipe(
          Effect.flatMap(operations.events),
          orProblem
        ),
      digest: ({ params, query }) =>
        orProblem(
          operations.digest({
            ...params,
            staleMillisMax: query.stale ?? EventsParameters.staleMillisDefault,
            ...(query.whileScraping === undefined ? {} : { whileScraping: query.whileScraping })
          })
        ),
      article: ({ params }) => orProblem(operations.article(params.messageId)),
      receipt: ({ params }) => orProblem(operations.receipt(params.messageId))
    })
  })
)

/** 201 with where the article is, or 200 for a repeat. */
const answerPosted = ({ isNew, posted }: PopOperations.PostOutcome): HttpServerResponse.HttpServerResponse => {
  const answer = HttpServerResponse.jsonUnsafe(encodePosted(posted), { status: isNew ? 201 : 200 })
  const location = `/v1/articles/${encodeURIComponent(posted.messageId)}`
  return isNew ? HttpServerResponse.setHeader(answer, "location", location) : answer
}

/** Renders a problem here and not by the builder, which knows no headers. */
const orProblem = <A, E extends Problem.Problem, R>(operation: Effect.Effect<A, E, R>) =>
  Effect.catch(operation, (problem) => Effect.succeed(ProblemAnswer.toResponse(problem)))

const requestProblems = HttpApiMiddleware.layerSchemaErrorTransform(PopApi.RequestProblems, (error) =>
  Effect.succeed(ProblemAnswer.toResponse(ProblemAnswer.ofSchemaError(error)))
)

const pages = HttpRouter.addAll(
  ProblemPages.pages.map(({ path, html }) => HttpRouter.route("GET", path, HttpServerResponse.html(html)))
)

/** What the contract and the pages serve, for telling a wrong method from an unknown path. */
export const served: ReadonlyArray<AllowedMethods.Route> = [
  ...endpointsOf(),
  ...[openapiPath, docsPath, ...ProblemPages.pages.map(({ path }) => path)].map((path) => ({ method: "GET", path }))
]

/** Phones' web views and browsers of any origin may read and post; nothing here goes by cookies. */
const cors = HttpMiddleware.cors({
  allowedMethods: ["GET", "HEAD", "POST", "DELETE"],
  exposedHeaders: [RoutingKey.headerName, "location", "retry-after", "allow", "date"],
  maxAge: 600
})

const answering = HttpRouter.middleware(
  Effect.gen(function* () {
    const operations = yield* PopOperations.PopOperations
    const guard = ProblemAnswer.guard({
      routes: served,
      bodyBytesMax,
      listing: `Paths are listed at ${docsPath} and ${openapiPath}.`
    })
    const withKey = (response: HttpServerResponse.HttpServerResponse) =>
      Effect.match(Effect.catchCause(operations.routingKey, Effect.fail), {
        onFailure: () => response,
        onSuccess: (key) => HttpServerResponse.setHeader(response, RoutingKey.headerName, RoutingKey.format(key))
      })
    return (app) =>
      Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => guard(request, cors(app))).pipe(
        Effect.tap((response) => FaceMetrics.count("json", response.status)),
        FaceMetrics.timed("json"),
        Effect.flatMap(withKey),
        Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.fromInputUnsafe(bodyBytesMax))
      )
  }),
  { global: true }
)

/** The routes alone, for a router of the caller's. */
export const routes = Layer.mergeAll(
  HttpApiBuilder.layer(PopApi.PopApi, { openapiPath }),
  HttpApiSwagger.layer(PopApi.PopApi, { path: docsPath }),
  pages,
  answering
).pipe(Layer.provide(handlers), Layer.provide(requestProblems))

/** Serves the face on the HTTP server that the caller provides, until its scope ends. */
export const layer = HttpRouter.serve(routes, {
  disableLogger: true,
  disableListenLog: true,
  routerConfig: { maxParamLength: pathStepLengthMax }
})

function endpointsOf(): ReadonlyArray<AllowedMethods.Route> {
  const found: Array<AllowedMethods.Route> = []
  HttpApi.reflect(PopApi.PopApi, {
    onGroup: () => {},
    onEndpoint: ({ endpoint }) => found.push({ method: endpoint.method, path: endpoint.path })
  })
  return found
}
