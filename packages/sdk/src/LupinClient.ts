/**
 * The typed client of one app at one POP: payloads in the app's own types, older versions upcast on reading.
 */
import { Effect, Result, Schema } from "effect"
import type * as Answer from "@lupin/api/Answer"
import * as AppFault from "@lupin/api/AppFault"
import * as EventsParameters from "@lupin/api/EventsParameters"
import * as FieldFaults from "@lupin/api/FieldFaults"
import type * as PopOperations from "@lupin/api/PopOperations"
import * as Problem from "@lupin/api/Problem"
import type * as Receipt from "@lupin/api/Receipt"
import * as App from "@lupin/core/App"
import type * as GeoPoint from "@lupin/core/GeoPoint"
import type * as GroupName from "@lupin/core/GroupName"
import type * as MessageId from "@lupin/core/MessageId"
import * as PopClient from "./PopClient.ts"

/** Version of the routing rules that a client binds its events to; hosts keep all versions. */
export const routingDefault = 1

/** The names of an app's kinds. */
export type Kind<A extends App.App> = keyof A["events"] & string

/** An event to write: its payload in the app's type, and where it happened. `id` only for one that was minted before. */
export interface Draft<A extends App.App, K extends Kind<A>> {
  readonly payload: App.Payload<A, K>
  readonly at?: GeoPoint.GeoPoint
  readonly id?: string
  /** What the author's key opens, see `EventCancel.lockOf`; without one nobody can withdraw the event. */
  readonly lock?: string
}

/** An event that was read, its payload in the newest version of its kind. */
export type Event<A extends App.App> = {
  [K in Kind<A>]: Omit<Answer.EventAnswer, "kind" | "payload"> & {
    readonly kind: K
    readonly payload: App.Payload<A, K>
  }
}[Kind<A>]

/** An event this definition cannot read, for instance of a newer version: update the app. */
export interface Unread {
  readonly event: Answer.EventAnswer
  readonly problem: AppFault.AppProblem
}

/** A page of events; nothing that came is left out. */
export interface Page<A extends App.App> {
  readonly events: ReadonlyArray<Event<A>>
  readonly unread: ReadonlyArray<Unread>
  readonly cursor?: string
  readonly freshness: ReadonlyArray<Answer.Freshness>
}

/** A digest that was read, its view in the digestion's own type. */
export interface Digest<View> extends Omit<Answer.Digest, "view"> {
  readonly view: View
}

/** The newest digest of a key, or neither where nothing is digested for it yet. */
export interface DigestOf<View> extends Omit<Answer.DigestAnswer, "digest"> {
  readonly digest?: Digest<View>
  /** One of another version than this definition's digestion, whose view may look otherwise: update the app. */
  readonly unread?: Answer.Digest
}

/** What to read: a circle or a group, one kind or all. Defaults stand in `EventsParameters`. */
export interface Search<A extends App.App> extends Partial<PopOperations.Tolerance> {
  readonly near?: { readonly lat: number; readonly lon: number; readonly radiusMetres?: number }
  readonly group?: GroupName.GroupName
  readonly kind?: Kind<A>
  readonly limit?: number
  readonly cursor?: string
}

export interface LupinClient<A extends App.App> {
  readonly app: A
  readonly pop: PopClient.PopClient
  /** Sends an event now. For one that must survive a lost connection use `Outbox`. */
  readonly post: <K extends Kind<A>>(
    kind: K,
    draft: Draft<A, K>
  ) => Effect.Effect<PopOperations.PostOutcome, PopOperations.PostProblem | PopClient.Trouble>
  /** Withdraws an event by the key to its lock, see `EventCancel.keyOf`. */
  readonly cancel: (
    id: MessageId.MessageId,
    key: string
  ) => Effect.Effect<Answer.Cancelled, PopOperations.CancelProblem | PopClient.Trouble>
  readonly events: (search: Search<A>) => Effect.Effect<Page<A>, PopOperations.EventsProblem | PopClient.Trouble>
  readonly digest: <N extends App.DigestionName<A>>(
    digestion: N,
    key: string,
    options?: Partial<PopOperations.Tolerance>
  ) => Effect.Effect<DigestOf<App.View<A, N>>, PopOperations.DigestProblem | PopClient.Trouble>
  readonly receipt: (
    id: MessageId.MessageId
  ) => Effect.Effect<Receipt.Receipt, PopOperations.ArticleProblem | PopClient.Trouble>
}

/** A client of `app` at the POP of the options; `routing` only where an app must bind older rules. */
export const make = Effect.fnUntraced(function* <const A extends App.App>(
  app: A,
  options: PopClient.Options & { readonly routing?: number }
) {
  const pop = yield* PopClient.make(options)
  const routing = options.routing ?? routingDefault
  const self: LupinClient<A> = {
    app,
    pop,
    post: (kind, draft) =>
      Effect.flatMap(Effect.fromResult(toPost(app, kind, draft, routing)), (post) => pop.postEvent(post)),
    cancel: (messageId, key) => pop.cancelEvent({ app: app.name, messageId, key }),
    events: Effect.fnUntraced(function* (search) {
      const query = yield* Effect.fromResult(toQuery(app, search))
      return toPage(app, yield* pop.events(query))
    }),
    digest: (digestion, key, options) => {
      const tolerance = { staleMillisMax: EventsParameters.staleMillisDefault, ...options }
      return Effect.map(pop.digest({ app: app.name, digestion, key, ...tolerance }), (answer) => toDigest(app, answer))
    },
    receipt: pop.receipt
  }
  return self
})

/** Encodes a draft for the wire, with the versions that bind its id; a payload its own schema refuses never leaves. */
export const toPost = <A extends App.App, K extends Kind<A>>(
  app: A,
  kind: K,
  draft: Draft<A, K>,
  routing: number = routingDefault
): Result.Result<PopOperations.PostEvent, Problem.UnknownKind | Problem.InvalidPayload> => {
  const found = App.kindOf(app, kind)
  if (Result.isFailure(found)) return Result.fail(Problem.unknownKind(app.name, kind))
  const { schema, version } = found.success
  return Result.mapBoth(Schema.encodeUnknownResult(schema, { errors: "all" })(draft.payload), {
    onFailure: (error) => Problem.invalidPayload(FieldFaults.inBody(error.issue, ["payload"])),
    onSuccess: (payload) => ({
      app: app.name,
      kind,
      version,
      routing,
      payload,
      ...(draft.at === undefined ? {} : { at: draft.at }),
      ...(draft.lock === undefined ? {} : { lock: draft.lock }),
      ...(draft.id === undefined ? {} : { id: draft.id })
    })
  })
}

const toQuery = <A extends App.App>(app: A, search: Search<A>) => {
  const { near, staleMillisMax, ...rest } = search
  return EventsParameters.toQuery(app.name, {
    ...rest,
    ...(staleMillisMax === undefined ? {} : { stale: staleMillisMax }),
    ...(near === undefined ? {} : { near: { lat: near.lat, lon: near.lon } }),
    ...(near?.radiusMetres === undefined ? {} : { radius: near.radiusMetres })
  })
}

const toPage = <A extends App.App>(app: A, answer: Answer.EventsAnswer): Page<A> => {
  const events: Array<Event<A>> = []
  const unread: Array<Unread> = []
  for (const event of answer.events) {
    const decoded = App.decodePayload(app, event.kind, event.version, event.payload)
    if (Result.isSuccess(decoded)) {
      // The kind's schema has just decoded this payload.
      events.push({ ...event, payload: decoded.success.payload })
    } else {
      unread.push({ event, problem: AppFault.toProblem(app.name, decoded.failure) })
    }
  }
  const { cursor, freshness } = answer
  return { events, unread, freshness, ...(cursor === undefined ? {} : { cursor }) }
}

const toDigest = <View>(app: App.App, { digest, ...answer }: Answer.DigestAnswer): DigestOf<View> => {
  if (digest === undefined) return answer
  const known = app.digestions.find(({ name }) => name === answer.digestion)
  if (known?.version !== digest.version) return { ...answer, unread: digest }
  // The digestion of this version has made this view.
  return { ...answer, digest: { ...digest, view: digest.view as View } }
}
