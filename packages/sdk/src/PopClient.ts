/**
 * Speaks to one POP over HTTP, by the contract that the POP itself is made from; knows no app.
 *
 * Keeps the routing key of the last answer and sends it with the next request, so that a balancer finds the host that
 * already holds what this user reads.
 */
import { Clock, Effect, MutableRef, Schedule, Schema } from "effect"
import { Headers, HttpClient, HttpClientError, HttpClientRequest } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import type * as Answer from "@lupin/api/Answer"
import * as EventId from "@lupin/api/EventId"
import * as EventsParameters from "@lupin/api/EventsParameters"
import * as PopApi from "@lupin/api/PopApi"
import type * as PopOperations from "@lupin/api/PopOperations"
import type * as Problem from "@lupin/api/Problem"
import type * as Receipt from "@lupin/api/Receipt"
import * as RoutingKey from "@lupin/api/RoutingKey"
import type * as MessageId from "@lupin/core/MessageId"

/** Milliseconds an answer may take, unless the caller says otherwise. */
export const requestMillisDefault = 10_000

/** A clock that differs by less from that of a POP is taken for right, in milliseconds. */
export const clockSlackMillis = 60_000

/** Times a request is sent again after a passing failure, unless the caller says otherwise. */
export const retriesDefault = 2

/** No answer of the contract came: the network, a time-out, or something else than a POP. Try again, or another POP. */
export class Unreachable extends Schema.TaggedError<Unreachable>()("Unreachable", {
  baseUrl: Schema.String,
  reason: Schema.String,
  status: Schema.optionalKey(Schema.Int)
}) {
  override get message(): string {
    return `${this.baseUrl}: ${this.reason}`
  }
}

/** Troubles that any request may have. */
export type Trouble =
  | Unreachable
  | Problem.InvalidRequest
  | Problem.MalformedJson
  | Problem.BodyTooLarge
  | Problem.UnsupportedMediaType
  | Problem.InternalFault

export interface PopClient {
  readonly baseUrl: string
  /** Key of the host that answered last. */
  readonly routingKey: Effect.Effect<RoutingKey.RoutingKey | undefined>
  /**
   * How far the POP's clock is ahead of this one, in milliseconds, by the Date of its last answer to a post; 0 where no
   * answer told, or where they differ by less than `clockSlackMillis`.
   */
  readonly aheadMillis: Effect.Effect<number>
  /** Mints an id where the event has none, so that every retry is safe. */
  readonly postEvent: (
    post: PopOperations.PostEvent
  ) => Effect.Effect<PopOperations.PostOutcome, PopOperations.PostProblem | Trouble>
  /** Withdraws an event. Safe to send again, here or to another POP. */
  readonly cancelEvent: (
    cancel: PopOperations.CancelEvent
  ) => Effect.Effect<Answer.Cancelled, PopOperations.CancelProblem | Trouble>
  readonly events: (
    query: PopOperations.EventsQuery
  ) => Effect.Effect<Answer.EventsAnswer, PopOperations.EventsProblem | Trouble>
  readonly digest: (
    query: PopOperations.DigestQuery
  ) => Effect.Effect<Answer.DigestAnswer, PopOperations.DigestProblem | Trouble>
  readonly article: (id: MessageId.MessageId) => Effect.Effect<Uint8Array, PopOperations.ArticleProblem | Trouble>
  readonly receipt: (id: MessageId.MessageId) => Effect.Effect<Receipt.Receipt, PopOperations.ArticleProblem | Trouble>
}

export interface Options {
  /** Where the POP's JSON face is, as `https://boi.pop.example`. */
  readonly baseUrl: string
  readonly requestMillisMax?: number
  /** 0 for callers that retry by themselves, as the outbox does. */
  readonly retries?: number
}

/** A client of the POP at `baseUrl`. */
export const make = Effect.fnUntraced(function* (options: Options) {
  const { baseUrl, requestMillisMax = requestMillisDefault, retries = retriesDefault } = options
  const key = MutableRef.make<RoutingKey.RoutingKey | undefined>(undefined)
  const ahead = MutableRef.make(0)
  const client = yield* HttpApiClient.make(PopApi.PopApi, {
    baseUrl,
    transformClient: (http) =>
      http.pipe(
        keepingKey(key),
        keepingAhead(ahead),
        HttpClient.retryTransient({ times: retries, schedule: retrySchedule })
      )
  })
  const settle = <A, E>(
    request: Effect.Effect<A, E | HttpClientError.HttpClientError | Schema.SchemaError>
  ): Effect.Effect<A, Exclude<E, HttpClientError.HttpClientError | Schema.SchemaError> | Unreachable> =>
    request.pipe(
      Effect.catchIf(isForeign, (error) => Effect.fail(unreachable(baseUrl, error))),
      Effect.timeoutOrElse({
        duration: requestMillisMax,
        orElse: () => Effect.fail(new Unreachable({ baseUrl, reason: `no answer within ${requestMillisMax} ms` }))
      })
    )
  const self: PopClient = {
    baseUrl,
    routingKey: Effect.sync(() => MutableRef.get(key)),
    aheadMillis: Effect.sync(() => MutableRef.get(ahead)),
    postEvent: Effect.fnUntraced(function* ({ app, kind, ...body }) {
      const payload = { ...body, id: body.id ?? (yield* EventId.mintAhead(MutableRef.get(ahead))) }
      const request = { params: { app, kind }, payload, responseMode: "decoded-and-response" as const }
      const [posted, response] = yield* settle(client.postEvent(request))
      return { posted, isNew: response.status === 201 }
    }),
    cancelEvent: ({ key, ...params }) => settle(client.cancelEvent({ params, headers: { "cancel-key": key } })),
    events: (query) => settle(client.events({ params: { app: query.app }, query: EventsParameters.ofQuery(query) })),
    digest: ({ staleMillisMax, whileScraping, ...params }) =>
      settle(
        client.digest({
          params,
          query: { stale: staleMillisMax, ...(whileScraping === undefined ? {} : { whileScraping }) }
        })
      ),
    article: (messageId) => settle(client.article({ params: { messageId } })),
    receipt: (messageId) => settle(client.receipt({ params: { messageId } }))
  }
  return self
})

/** A tenth of a second, doubled, with jitter: many phones lose a POP at the same instant. */
const retrySchedule = Schedule.jittered(Schedule.exponential("100 millis"))

const keepingKey =
  (key: MutableRef.MutableRef<RoutingKey.RoutingKey | undefined>) =>
  (http: HttpClient.HttpClient): HttpClient.HttpClient =>
    http.pipe(
      HttpClient.mapRequest((request) => {
        const held = MutableRef.get(key)
        return held === undefined
          ? request
          : HttpClientRequest.setHeader(request, RoutingKey.headerName, RoutingKey.format(held))
      }),
      HttpClient.tap((response) =>
        Effect.sync(() => {
          const text = Headers.get(response.headers, RoutingKey.headerName)
          const told = text._tag === "None" ? undefined : RoutingKey.parse(text.value)
          if (told !== undefined) MutableRef.set(key, told)
        })
      )
    )

/** Of answers to posts alone: no cache keeps one, so that its Date (RFC 9110, section 6.6.1) is of now. */
const keepingAhead = (ahead: MutableRef.MutableRef<number>) =>
  HttpClient.tap((response) =>
    Effect.map(Clock.currentTimeMillis, (nowMillis) => {
      const date = Headers.get(response.headers, "date")
      const told = response.request.method !== "POST" || date._tag === "None" ? Number.NaN : Date.parse(date.value)
      if (Number.isNaN(told)) return
      MutableRef.set(ahead, Math.abs(told - nowMillis) < clockSlackMillis ? 0 : told - nowMillis)
    })
  )

const isForeign = (error: unknown): error is HttpClientError.HttpClientError | Schema.SchemaError =>
  HttpClientError.isHttpClientError(error) || Schema.isSchemaError(error)

const unreachable = (baseUrl: string, error: HttpClientError.HttpClientError | Schema.SchemaError): Unreachable => {
  const status = HttpClientError.isHttpClientError(error) ? error.response?.status : undefined
  return new Unreachable({ baseUrl, reason: error.message, ...(status === undefined ? {} : { status }) })
}
