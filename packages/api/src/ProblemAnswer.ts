/**
 * Renders whatever goes wrong behind an HTTP face as an RFC 9457 problem, and never as anything else.
 *
 * Two parts: a pure reading of causes and of foreign answers, and the middleware that applies it to every route.
 */
import { Cause, Effect, type Schema } from "effect"
import { HttpServerError, type HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApiError } from "effect/http-api"
import * as AllowedMethods from "./AllowedMethods.ts"
import * as FieldFaults from "./FieldFaults.ts"
import * as Problem from "./Problem.ts"

/** What a reading needs to know of the request and its face. */
export interface Asked {
  readonly method: string
  /** Path with or without query, as it came. */
  readonly url: string
  readonly routes: ReadonlyArray<AllowedMethods.Route>
  readonly bodyBytesMax: number
  /** Where the paths of the face are told, as a sentence. */
  readonly listing: string
}

/** What a face tells the guard of itself. */
export interface Face extends Omit<Asked, "method" | "url"> {
  /** Paths whose answers are left as they are, whatever their status. */
  readonly keeps?: (url: string) => boolean
}

/** The problem of a failed request; `undefined` where the request was given up by its client. */
const ofCause = (cause: Cause.Cause<unknown>, asked: Asked): Problem.Problem | undefined => {
  if (Cause.hasInterruptsOnly(cause)) return undefined
  for (const reason of cause.reasons) {
    if (reason._tag === "Interrupt") continue
    const trouble = reason._tag === "Fail" ? reason.error : reason.defect
    const problem = ofTrouble(trouble, asked)
    if (problem !== undefined) return problem
  }
  return new Problem.InternalFault({})
}

/** The problem of a request that does not fit the contract's schemas, or of an answer of ours that does not. */
export const ofSchemaError = (
  error: HttpApiError.HttpApiSchemaError
): Problem.InvalidRequest | Problem.MalformedJson | Problem.InternalFault => {
  const issue = error.cause.issue
  switch (error.kind) {
    case "Payload":
      return isBrokenJson(error.cause)
        ? new Problem.MalformedJson({
            detail: "The body is not valid JSON.",
            errors: [{ pointer: "#", detail: "not valid JSON" }]
          })
        : Problem.invalidRequest(FieldFaults.inBody(issue))
    case "Params":
    case "Query":
    case "Headers":
      return Problem.invalidRequest(FieldFaults.inParameters(issue))
    case "Body":
    case "ResponseHeaders":
      return new Problem.InternalFault({})
  }
}

/** The answer of a problem, with the headers its status asks for (RFC 9110, sections 10.2.1 and 10.2.3). */
export const toResponse = (problem: Problem.Problem): HttpServerResponse.HttpServerResponse =>
  withHeaders(
    HttpServerResponse.jsonUnsafe(Problem.encode(problem), {
      status: problem.status,
      contentType: Problem.contentType
    }),
    problem._tag === "MethodNotAllowed" ? problem.allow : undefined,
    problem._tag === "Unavailable" ? problem.retryAfterSeconds : undefined
  )

/** Makes every answer of a face one of its contract: problems for failures and for foreign 4xx and 5xx answers. */
export const guard =
  (face: Face) =>
  <E, R>(
    request: HttpServerRequest.HttpServerRequest,
    app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>
  ) => {
    const asked: Asked = { ...face, method: request.method, url: request.url }
    return app.pipe(
      Effect.map((response) => (face.keeps?.(request.url) === true ? response : mend(response, asked))),
      Effect.catchCause((cause) => {
        const problem = ofCause(cause, asked)
        if (problem === undefined) return Effect.failCause(cause)
        const answer = Effect.succeed(toResponse(problem))
        return problem.status < 500 ? answer : Effect.andThen(Effect.logError("request failed", cause), answer)
      })
    )
  }

/** Gives a 4xx or 5xx answer that is no problem yet the shape of one. */
const mend = (response: HttpServerResponse.HttpServerResponse, asked: Asked): HttpServerResponse.HttpServerResponse => {
  if (response.status < 400) return response
  const isProblem = response.headers["content-type"]?.startsWith(Problem.contentType) === true
  return isProblem ? response : toResponse(ofStatus(response.status, asked))
}

const withHeaders = (
  response: HttpServerResponse.HttpServerResponse,
  allow: ReadonlyArray<string> | undefined,
  retryAfterSeconds: number | undefined
): HttpServerResponse.HttpServerResponse => {
  const allowed = allow === undefined ? response : HttpServerResponse.setHeader(response, "allow", allow.join(", "))
  return retryAfterSeconds === undefined
    ? allowed
    : HttpServerResponse.setHeader(allowed, "retry-after", String(retryAfterSeconds))
}

const ofTrouble = (trouble: unknown, asked: Asked): Problem.Problem | undefined => {
  if (HttpApiError.HttpApiSchemaError.is(trouble)) return ofSchemaError(trouble)
  if (HttpApiError.HttpApiPayloadTooLarge.is(trouble)) return Problem.bodyTooLarge(asked.bodyBytesMax)
  if (HttpServerError.isHttpServerError(trouble)) return ofServerError(trouble, asked)
  return undefined
}

const ofServerError = (error: HttpServerError.HttpServerError, asked: Asked): Problem.Problem | undefined => {
  switch (error.reason._tag) {
    case "RouteNotFound":
      return ofStatus(404, asked)
    case "RequestParseError":
      return ofStatus(error.reason.reason === "BodyTooLarge" ? 413 : 400, asked)
    default:
      return undefined
  }
}

const ofStatus = (status: number, asked: Asked): Problem.Problem => {
  switch (status) {
    case 404:
      return ofUnknownRoute(asked)
    case 413:
      return Problem.bodyTooLarge(asked.bodyBytesMax)
    case 415:
      return new Problem.UnsupportedMediaType({
        detail: "Send the body as application/json.",
        errors: [{ parameter: "content-type", detail: "not application/json" }]
      })
    case 503:
      return Problem.unavailable("host")
    default:
      return status < 500
        ? new Problem.InvalidRequest({ detail: "The request cannot be read." })
        : new Problem.InternalFault({})
  }
}

const ofUnknownRoute = (asked: Asked): Problem.Problem => {
  const path = asked.url.split("?", 1)[0] ?? "/"
  const allow = AllowedMethods.of(asked.routes, path)
  if (allow.length > 0 && !allow.includes(asked.method)) {
    return new Problem.MethodNotAllowed({ allow, detail: `This path takes ${allow.join(", ")}.` })
  }
  return new Problem.NoSuchRoute({ detail: asked.listing })
}

/** The builder reports broken JSON as an invalid value at the root; no schema of ours does. */
const isBrokenJson = (error: Schema.SchemaError): boolean =>
  error.issue._tag === "InvalidValue" && error.message.includes("valid JSON")
