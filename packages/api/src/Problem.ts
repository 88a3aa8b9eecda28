/**
 * The typed troubles of a POP, each an RFC 9457 problem with a status, a title and the fields at fault.
 *
 * Operations fail with these classes, every face renders them, and typed clients get them back by `_tag`.
 * `type` is a full-path relative reference (RFC 9457, section 3.1.1) that every JSON face answers with a page.
 */
import { Effect, Schema } from "effect"
import { HttpApiError } from "effect/http-api"

/** Media type of a problem (RFC 9457, section 6.1). */
export const contentType = "application/problem+json"

/** One fault: `pointer` into the JSON body (RFC 6901, as a URI fragment), or `parameter` of the path, query or header. */
export const FieldFault = Schema.Struct({
  pointer: Schema.optionalKey(Schema.String),
  parameter: Schema.optionalKey(Schema.String),
  detail: Schema.String
})
export type FieldFault = typeof FieldFault.Type

const errors = Schema.optionalKey(Schema.Array(FieldFault))

/** `errors` of a problem that is always about the same field, unless whoever finds it says more. */
const errorsAt = (fault: FieldFault) => errors.pipe(Schema.withConstructorDefault(Effect.succeed([fault])))

/** The request does not have the shape of the contract; mend it before sending again. */
export class InvalidRequest extends HttpApiError.Problem<InvalidRequest>()(
  "InvalidRequest",
  { type: "/problems/invalid-request", status: 400, title: "The request is not valid." },
  { errors }
) {}

/** The body is no JSON (RFC 8259). */
export class MalformedJson extends HttpApiError.Problem<MalformedJson>()(
  "MalformedJson",
  { type: "/problems/malformed-json", status: 400, title: "The body is not valid JSON." },
  { errors }
) {}

/** The payload fails its kind's schema; `errors` names each field. */
export class InvalidPayload extends HttpApiError.Problem<InvalidPayload>()(
  "InvalidPayload",
  { type: "/problems/invalid-payload", status: 422, title: "The payload does not fit its kind." },
  { errors }
) {}

/** No site configuration here names this app. */
export class UnknownApp extends HttpApiError.Problem<UnknownApp>()(
  "UnknownApp",
  { type: "/problems/unknown-app", status: 404, title: "No such app." },
  { app: Schema.String, errors: errorsAt({ parameter: "app", detail: "unknown" }) }
) {}

/** The app defines no such kind of event. */
export class UnknownKind extends HttpApiError.Problem<UnknownKind>()(
  "UnknownKind",
  { type: "/problems/unknown-kind", status: 404, title: "The app has no such kind of event." },
  { app: Schema.String, kind: Schema.String, errors: errorsAt({ parameter: "kind", detail: "unknown" }) }
) {}

/** The app defines no such digestion. */
export class UnknownDigestion extends HttpApiError.Problem<UnknownDigestion>()(
  "UnknownDigestion",
  { type: "/problems/unknown-digestion", status: 404, title: "The app has no such digestion." },
  { app: Schema.String, digestion: Schema.String, errors: errorsAt({ parameter: "digestion", detail: "unknown" }) }
) {}

/** The key opens no lock of the event, or the event has none: nobody but its author can withdraw it. */
export class WrongKey extends HttpApiError.Problem<WrongKey>()(
  "WrongKey",
  { type: "/problems/wrong-key", status: 403, title: "The key does not open this event's lock." },
  { messageId: Schema.String, errors: errorsAt({ parameter: "cancel-key", detail: "opens no lock of the event" }) }
) {}

/** Neither this host nor the zones it could ask hold the article. A client that posted it posts it again. */
export class NoSuchArticle extends HttpApiError.Problem<NoSuchArticle>()(
  "NoSuchArticle",
  { type: "/problems/no-such-article", status: 404, title: "No such article." },
  { messageId: Schema.String, errors: errorsAt({ parameter: "messageId", detail: "not held" }) }
) {}

/** Nothing is served at this path. */
export class NoSuchRoute extends HttpApiError.Problem<NoSuchRoute>()("NoSuchRoute", {
  type: "/problems/no-such-route",
  status: 404,
  title: "Nothing is served at this path."
}) {}

/** The path is served, but not with this method; the `Allow` header lists those that are. */
export class MethodNotAllowed extends HttpApiError.Problem<MethodNotAllowed>()(
  "MethodNotAllowed",
  { type: "/problems/method-not-allowed", status: 405, title: "The path does not take this method." },
  { allow: Schema.Array(Schema.String) }
) {}

/** The same id is known here with other content. A new event needs a new id. */
export class IdConflict extends HttpApiError.Problem<IdConflict>()(
  "IdConflict",
  { type: "/problems/id-conflict", status: 409, title: "The id is taken by another event." },
  {
    id: Schema.String,
    messageId: Schema.String,
    errors: errorsAt({ pointer: "#/id", detail: "taken by another event" })
  }
) {}

/** The body is larger than a post may be. */
export class BodyTooLarge extends HttpApiError.Problem<BodyTooLarge>()(
  "BodyTooLarge",
  { type: "/problems/body-too-large", status: 413, title: "The body is too large." },
  { limitBytes: Schema.Int, errors }
) {}

/** The request's head is longer than the server reads. */
export class HeadTooLarge extends HttpApiError.Problem<HeadTooLarge>()("HeadTooLarge", {
  type: "/problems/head-too-large",
  status: 431,
  title: "The head of the request is too large."
}) {}

/** The request did not come in whole in time. */
export class RequestTimeout extends HttpApiError.Problem<RequestTimeout>()("RequestTimeout", {
  type: "/problems/request-timeout",
  status: 408,
  title: "The request did not come in whole in time."
}) {}

/** The body is of a media type this path does not read. */
export class UnsupportedMediaType extends HttpApiError.Problem<UnsupportedMediaType>()(
  "UnsupportedMediaType",
  { type: "/problems/unsupported-media-type", status: 415, title: "The body's media type is not read here." },
  { errors }
) {}

/** The injector turned the event down for its own content: too old, from the future, too large as an article. */
export class EventRefused extends HttpApiError.Problem<EventRefused>()(
  "EventRefused",
  { type: "/problems/event-refused", status: 422, title: "The event was refused." },
  { reason: Schema.String, errors }
) {}

/** A part of the host cannot answer now. Nothing was accepted; the same request may be sent again, here or elsewhere. */
export class Unavailable extends HttpApiError.Problem<Unavailable>()(
  "Unavailable",
  { type: "/problems/unavailable", status: 503, title: "The host cannot answer this now." },
  { part: Schema.String, retryAfterSeconds: Schema.Int }
) {}

/** A fault of ours. What it is stands in the host's log, not in the answer. */
export class InternalFault extends HttpApiError.Problem<InternalFault>()("InternalFault", {
  type: "/problems/internal-fault",
  status: 500,
  title: "The host failed at this request."
}) {}

/** Every class, for decoding and for the pages at `/problems/…`. */
export const all = [
  InvalidRequest,
  MalformedJson,
  InvalidPayload,
  UnknownApp,
  UnknownKind,
  UnknownDigestion,
  WrongKey,
  NoSuchArticle,
  NoSuchRoute,
  MethodNotAllowed,
  IdConflict,
  BodyTooLarge,
  HeadTooLarge,
  RequestTimeout,
  UnsupportedMediaType,
  EventRefused,
  Unavailable,
  InternalFault
] as const

export type Problem = InstanceType<(typeof all)[number]>

const encodeMembers = Schema.encodeSync(Schema.Union(all))

/** The JSON members of a problem, the standard ones first. */
export const encode = (problem: Problem): object => {
  const { type, title, status, detail, instance, ...extensions } = encodeMembers(problem)
  return {
    type,
    title,
    status,
    ...(detail === undefined ? {} : { detail }),
    ...(instance === undefined ? {} : { instance }),
    ...extensions
  }
}

/** Seconds a client waits before it asks a host again that said 503. */
export const retryAfterSecondsDefault = 1

/** Names an app that no configuration here has. */
export const unknownApp = (app: string): UnknownApp => new UnknownApp({ app, detail: `No app "${app}" here.` })

export const unknownKind = (app: string, kind: string): UnknownKind =>
  new UnknownKind({
    app,
    kind,
    detail: `The app "${app}" has no kind "${kind}".`
  })

export const unknownDigestion = (app: string, digestion: string): UnknownDigestion =>
  new UnknownDigestion({
    app,
    digestion,
    detail: `The app "${app}" has no digestion "${digestion}".`
  })

export const wrongKey = (messageId: string): WrongKey =>
  new WrongKey({ messageId, detail: `The key opens no lock of ${messageId}.` })

export const noSuchArticle = (messageId: string): NoSuchArticle =>
  new NoSuchArticle({
    messageId,
    detail: `No article ${messageId} is held.`
  })

/** `messageId` is that of the event already known under the id. */
export const idConflict = (id: string, messageId: string): IdConflict =>
  new IdConflict({
    id,
    messageId,
    detail: `The id ${id} belongs to ${messageId}, which has other content.`
  })

export const bodyTooLarge = (limitBytes: number): BodyTooLarge =>
  new BodyTooLarge({
    limitBytes,
    detail: `A body may have ${limitBytes} bytes.`,
    errors: [{ pointer: "#", detail: `longer than ${limitBytes} bytes` }]
  })

/** `part` is "spool" or "cache": what of the host is away. */
export const unavailable = (part: string, retryAfterSeconds: number = retryAfterSecondsDefault): Unavailable =>
  new Unavailable({ part, retryAfterSeconds, detail: `The ${part} of this host does not answer.` })

/** A request whose fields are at fault; the first fault is the detail. */
export const invalidRequest = (faults: ReadonlyArray<FieldFault>): InvalidRequest =>
  new InvalidRequest({ detail: describe(faults, "The request is not valid."), errors: faults })

export const invalidPayload = (faults: ReadonlyArray<FieldFault>): InvalidPayload =>
  new InvalidPayload({ detail: describe(faults, "The payload is not valid."), errors: faults })

/** `reason` is a short word of the injector's; the faults name the field where there is one. */
export const eventRefused = (reason: string, detail: string, faults: ReadonlyArray<FieldFault> = []): EventRefused =>
  new EventRefused({ reason, detail, errors: faults })

const describe = (faults: ReadonlyArray<FieldFault>, otherwise: string): string => {
  const first = faults[0]
  return first === undefined ? otherwise : `${first.pointer ?? first.parameter ?? "request"}: ${first.detail}`
}

/** The URI fragment of a JSON pointer (RFC 6901, section 6). */
export const pointerOf = (path: ReadonlyArray<PropertyKey>): string =>
  "#" + path.map((step) => "/" + encodeURIComponent(escapeStep(String(step)))).join("")

const escapeStep = (step: string): string => step.replaceAll("~", "~0").replaceAll("/", "~1").toWellFormed()
