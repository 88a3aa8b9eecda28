/**
 * The HTTP contract of a POP: paths, parameters, bodies and problems, from which the JSON face, its OpenAPI page and the
 * typed client are made.
 *
 * No server code, so that phones and browsers can import it.
 */
import { Effect, Schema, SchemaIssue, SchemaTransformation } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiMiddleware, HttpApiSchema, OpenApi } from "effect/http-api"
import * as CancelLock from "@lupin/core/CancelLock"
import * as Event from "@lupin/core/Event"
import * as GeoPoint from "@lupin/core/GeoPoint"
import * as MessageId from "@lupin/core/MessageId"
import * as Answer from "./Answer.ts"
import * as EventsParameters from "./EventsParameters.ts"
import * as JsonBound from "./JsonBound.ts"
import * as Problem from "./Problem.ts"
import * as Receipt from "./Receipt.ts"

/** Longest name of an app, kind or digestion, and longest key, in characters. */
export const nameLengthMax = 100
export const keyLengthMax = 200

const uuidV7Pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i

const name = Schema.String.check(Schema.isMaxLength(nameLengthMax))

/** A Message-ID in a path, with its angle brackets or without: shells and browsers mangle them. */
const messageId = Schema.String.pipe(
  Schema.decodeTo(
    MessageId.MessageId,
    SchemaTransformation.transformEffect({
      decode: (text: string) => {
        const id = MessageId.parse(text.startsWith("<") ? text : `<${text}>`)
        return id === undefined
          ? Effect.fail(new SchemaIssue.InvalidValue({ message: "Expected a Message-ID, as <id@domain>" }))
          : Effect.succeed(id)
      },
      encode: (id: string) => Effect.succeed(id)
    })
  )
)

/** The body of a post. */
export const EventBody = Schema.Struct({
  id: Schema.optionalKey(
    Schema.String.check(Schema.isPattern(uuidV7Pattern, { expected: "a UUIDv7" })).annotate({
      description: "UUIDv7, minted once per event and kept over all retries"
    })
  ),
  version: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: Event.versionMax }))),
  routing: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: Event.versionMax }))),
  at: Schema.optionalKey(GeoPoint.GeoPoint),
  lock: Schema.optionalKey(
    Schema.String.check(
      Schema.makeFilter((text: string) => CancelLock.isWellFormed(text) || "must be a Cancel-Lock")
    ).annotate({
      description: "Cancel-Lock (RFC 8315), as sha256:…; its key withdraws the event"
    })
  ),
  payload: Schema.Unknown.check(
    Schema.makeFilter((value: unknown) => {
      const fault = JsonBound.find(value)
      return fault === undefined ? undefined : { path: fault.path, issue: fault.detail }
    })
  ).annotate({ description: "what the kind's schema asks for" })
}).annotate({ identifier: "EventBody" })
export type EventBody = typeof EventBody.Type

/** Problems any operation may answer before it is asked: the request's shape, and our own faults. */
export class RequestProblems extends HttpApiMiddleware.Service<RequestProblems>()("@lupin/api/RequestProblems", {
  error: [
    Problem.InvalidRequest,
    Problem.MalformedJson,
    Problem.BodyTooLarge,
    Problem.UnsupportedMediaType,
    Problem.InternalFault
  ]
}) {}

const postEvent = HttpApiEndpoint.post("postEvent", "/v1/apps/:app/events/:kind", {
  params: { app: name, kind: name },
  payload: EventBody,
  success: [
    Answer.Posted.annotate({ description: "The event is new here." }).pipe(HttpApiSchema.status(201)),
    Answer.Posted.annotate({ description: "A repeat: same id, same groups." }).pipe(HttpApiSchema.status(200))
  ],
  error: [
    Problem.UnknownApp,
    Problem.UnknownKind,
    Problem.InvalidPayload,
    Problem.IdConflict,
    Problem.EventRefused,
    Problem.Unavailable
  ]
}).annotateMerge(
  OpenApi.annotations({
    summary: "Post an event",
    description: "Answers once the event is on disk. With an id a retry is safe here and at any other POP."
  })
)

const cancelEvent = HttpApiEndpoint.delete("cancelEvent", "/v1/apps/:app/articles/:messageId", {
  params: { app: name, messageId },
  headers: {
    "cancel-key": Schema.String.check(
      Schema.makeFilter((text: string) => CancelLock.isWellFormed(text) || "must be a Cancel-Key, as sha256:…")
    )
  },
  success: Answer.Cancelled,
  error: [Problem.UnknownApp, Problem.WrongKey, Problem.EventRefused, Problem.Unavailable]
}).annotateMerge(
  OpenApi.annotations({
    summary: "Withdraw an event",
    description:
      "By the key to the lock it was posted with (RFC 8315). May be sent again, here or at any other POP: the answer then is " +
      "`removed`, as it is to any key once the event is gone (withdrawn, expired or erased). The cancel travels all the same, " +
      "and where the event is still held, its lock decides."
  })
)

const events = HttpApiEndpoint.get("events", "/v1/apps/:app/events", {
  params: { app: name },
  query: EventsParameters.parameters,
  success: Answer.EventsAnswer,
  error: [Problem.UnknownApp, Problem.UnknownKind, Problem.Unavailable]
}).annotateMerge(
  OpenApi.annotations({
    summary: "Read events near a place or within a group",
    description:
      "Newest first, at most `stale` milliseconds old; `freshness` says how old each part is. With `whileScraping=serve` " +
      "an older copy is answered at once, and a newer one scraped for the next query."
  })
)

const digest = HttpApiEndpoint.get("digest", "/v1/apps/:app/digests/:digestion/:key", {
  params: { app: name, digestion: name, key: Schema.String.check(Schema.isMaxLength(keyLengthMax)) },
  query: {
    stale: Schema.optionalKey(EventsParameters.Stale),
    whileScraping: Schema.optionalKey(EventsParameters.WhileScraping)
  },
  success: Answer.DigestAnswer,
  error: [Problem.UnknownApp, Problem.UnknownDigestion, Problem.Unavailable]
}).annotateMerge(
  OpenApi.annotations({
    summary: "Read the newest digest of a key",
    description: "Without `digest` in the answer nothing is digested for the key yet."
  })
)

const article = HttpApiEndpoint.get("article", "/v1/articles/:messageId", {
  params: { messageId },
  success: Schema.Uint8Array.pipe(HttpApiSchema.asUint8Array({ contentType: "message/rfc822" })),
  error: [Problem.NoSuchArticle, Problem.Unavailable]
}).annotateMerge(OpenApi.annotations({ summary: "Read an article as it stands on the wire" }))

const receipt = HttpApiEndpoint.get("receipt", "/v1/receipts/:messageId", {
  params: { messageId },
  success: Receipt.Receipt,
  error: [Problem.NoSuchArticle, Problem.Unavailable]
}).annotateMerge(
  OpenApi.annotations({
    summary: "Read how far an article has come",
    description: "accepted, durable (two zones hold it), digested; and the sites that hold it."
  })
)

/** Nobody logs in here, which readable docs take an empty list of ways to do so for the contrary of. */
const withoutSecurity = ({ components, ...spec }: Record<string, unknown>): Record<string, unknown> => {
  if (typeof components !== "object" || components === null) return spec
  const { securitySchemes: _, ...others } = components as Record<string, unknown>
  return { ...spec, components: others }
}

/** The one group; its endpoints stand at the top of the client. */
export class Pop extends HttpApiGroup.make("pop", { topLevel: true })
  .add(postEvent, cancelEvent, events, digest, article, receipt)
  .middleware(RequestProblems) {}

export class PopApi extends HttpApi.make("lupin-pop")
  .add(Pop)
  // Whoever mends a request learns of all its faults at once.
  .annotate(HttpApi.ParseOptions, { errors: "all" })
  // A field that is not known would be dropped in silence: a place that is misspelt, or a lock that only newer hosts have.
  .annotate(HttpApi.PayloadParseOptions, { errors: "all", onExcessProperty: "error" })
  .annotate(HttpApi.QueryParseOptions, { errors: "all", onExcessProperty: "error" })
  .annotateMerge(
    OpenApi.annotations({
      title: "Lupin POP",
      version: "1",
      description:
        "Post events, read them back near a place, read digests. Every trouble is an RFC 9457 problem. " +
        "Keep the `Lupin-Routing-Key` of an answer and send it with the next request.",
      transform: withoutSecurity
    })
  ) {}
