/**
 * The reference POP in memory: the operations of one host that keeps its events in a map and has no peers.
 *
 * For tests of apps, of the SDK and of the faces, and the other side of the contract suite. Its controls take parts of it
 * away and say which sites hold what.
 */
import { Clock, Context, Effect, Layer, Result } from "effect"
import * as App from "@lupin/core/App"
import * as CancelLock from "@lupin/core/CancelLock"
import * as Event from "@lupin/core/Event"
import * as EventArticle from "@lupin/core/EventArticle"
import * as GroupName from "@lupin/core/GroupName"
import * as Injection from "@lupin/core/Injection"
import type * as MessageId from "@lupin/core/MessageId"
import * as Place from "@lupin/core/Place"
import * as Uuid from "@lupin/core/Uuid"
import type * as Answer from "./Answer.ts"
import * as EventId from "./EventId.ts"
import * as InjectionFault from "./InjectionFault.ts"
import * as PopOperations from "./PopOperations.ts"
import * as Posting from "./Posting.ts"
import * as Problem from "./Problem.ts"
import * as Receipt from "./Receipt.ts"
import type * as RoutingKey from "./RoutingKey.ts"

/** What a test does to the host behind its back. */
export class Controls extends Context.Service<
  Controls,
  {
    /** Takes a part away, or gives it back. */
    readonly setAway: (part: "spool" | "cache", isAway: boolean) => Effect.Effect<void>
    /** A site (of a zone) says from now on that it holds all that this host accepted. */
    readonly addHolder: (holder: Receipt.Holder) => Effect.Effect<void>
    /** Forgets everything and begins a new cache generation. */
    readonly wipe: Effect.Effect<void>
    /** Message-IDs held, in the order in which they came. */
    readonly held: Effect.Effect<ReadonlyArray<MessageId.MessageId>>
  }
>()("@lupin/api/MemoryPop/Controls") {}

export interface Options {
  readonly apps: ReadonlyArray<App.App>
  /** Name of the host, "memory" where it is absent. */
  readonly host?: string
}

/** The host and its controls. */
export const layer = (options: Options): Layer.Layer<PopOperations.PopOperations | Controls> =>
  Layer.effectContext(
    Effect.sync(() => {
      const state = empty(options)
      return Context.make(PopOperations.PopOperations, operationsOf(state)).pipe(
        Context.add(Controls, controlsOf(state))
      )
    })
  )

interface Kept {
  readonly event: Event.Event
  readonly messageId: MessageId.MessageId
  readonly groups: ReadonlyArray<GroupName.GroupName>
  readonly octets: Uint8Array
  readonly lock: ReadonlyArray<CancelLock.Lock>
}

interface State {
  readonly apps: ReadonlyArray<App.App>
  readonly host: string
  readonly away: Set<string>
  readonly holders: Array<Receipt.Holder>
  readonly byUuid: Map<string, Kept>
  readonly cancelled: Set<MessageId.MessageId>
  /** Keys of cancels that came before their events. */
  readonly waiting: Map<MessageId.MessageId, ReadonlyArray<string>>
  generation: number
}

const empty = (options: Options): State => ({
  apps: options.apps,
  host: options.host ?? "memory",
  away: new Set(),
  holders: [],
  byUuid: new Map(),
  cancelled: new Set(),
  waiting: new Map(),
  generation: 1
})

const controlsOf = (state: State): Controls["Service"] => ({
  setAway: (part, isAway) => Effect.sync(() => void (isAway ? state.away.add(part) : state.away.delete(part))),
  addHolder: (holder) => Effect.sync(() => void state.holders.push(holder)),
  wipe: Effect.sync(() => {
    state.byUuid.clear()
    state.cancelled.clear()
    state.waiting.clear()
    state.generation += 1
  }),
  held: Effect.sync(() => heldIn(state).map(({ messageId }) => messageId))
})

const operationsOf = (state: State): PopOperations.PopOperations["Service"] => ({
  routingKey: Effect.sync((): RoutingKey.RoutingKey => ({ host: state.host, cacheGeneration: `g${state.generation}` })),
  postEvent: Effect.fnUntraced(function* (post) {
    yield* needs(state, "spool")
    const prepared = yield* Effect.fromResult(Posting.prepare(state.apps, post, yield* EventId.mint))
    const known = state.byUuid.get(prepared.event.id)
    if (known !== undefined && known.messageId !== prepared.messageId) {
      return yield* Problem.idConflict(prepared.event.id, known.messageId)
    }
    const kept = known ?? (yield* Effect.fromResult(inject(state, prepared, post.lock, yield* Clock.currentTimeMillis)))
    state.byUuid.set(kept.event.id, kept)
    const { lock, messageId, groups } = kept
    if (CancelLock.opens(state.waiting.get(messageId) ?? [], lock)) state.cancelled.add(messageId)
    if (state.cancelled.has(messageId)) return yield* InjectionFault.toProblem(InjectionFault.removed)
    return { posted: { messageId, groups, receipt: receiptOf(state, messageId) }, isNew: known === undefined }
  }),
  cancelEvent: Effect.fnUntraced(function* ({ app, key, messageId }) {
    yield* needs(state, "spool")
    const { name } = yield* Effect.fromResult(find(state, app))
    const parsed = Event.parseMessageId(messageId)
    if (parsed?.app !== name) {
      return yield* Problem.invalidRequest([{ parameter: "messageId", detail: "is no event of this app" }])
    }
    const kept = state.byUuid.get(parsed.uuid)
    if (kept?.messageId !== messageId) {
      state.waiting.set(messageId, [...(state.waiting.get(messageId) ?? []), key])
      return { messageId, state: "waiting" as const }
    }
    if (state.cancelled.has(messageId)) return { messageId, state: "removed" as const }
    if (!CancelLock.opens([key], kept.lock)) return yield* Problem.wrongKey(messageId)
    state.cancelled.add(messageId)
    return { messageId, state: "cancelled" as const }
  }),
  events: Effect.fnUntraced(function* (query) {
    yield* needs(state, "cache")
    const app = yield* Effect.fromResult(find(state, query.app))
    if (query.kind !== undefined && !Object.hasOwn(app.events, query.kind)) {
      return yield* Problem.unknownKind(app.name, query.kind)
    }
    const fits = heldIn(state)
      .filter((kept) => isAsked(query, kept))
      .sort(newestFirst)
    const after = query.cursor === undefined ? 0 : fits.findIndex((kept) => kept.messageId === query.cursor) + 1
    if (query.cursor !== undefined && after === 0) {
      return yield* Problem.invalidRequest([{ parameter: "cursor", detail: "is none that this host gave out" }])
    }
    const page = fits.slice(after, after + query.limit)
    const last = page.at(-1)
    const root = GroupName.GroupName.make(`clientposts.${app.name}`)
    return {
      events: page.map((kept) => answerOf(kept)),
      freshness: [{ group: root, scrapedAtMillis: yield* Clock.currentTimeMillis, articles: fits.length }],
      ...(last === undefined || after + page.length >= fits.length ? {} : { cursor: last.messageId })
    }
  }),
  digest: Effect.fnUntraced(function* (query) {
    yield* needs(state, "cache")
    const app = yield* Effect.fromResult(find(state, query.app))
    if (!app.digestions.some(({ name }) => name === query.digestion)) {
      return yield* Problem.unknownDigestion(app.name, query.digestion)
    }
    return { digestion: query.digestion, key: query.key, freshness: [] }
  }),
  article: (id) => Effect.map(keptAs(state, id), ({ octets }) => octets),
  receipt: (id) => Effect.map(keptAs(state, id), ({ messageId }) => receiptOf(state, messageId))
})

const needs = (state: State, part: string): Effect.Effect<void, Problem.Unavailable> =>
  Effect.suspend(() => (state.away.has(part) ? Effect.fail(Problem.unavailable(part)) : Effect.void))

const find = (state: State, name: string) => Result.mapError(App.find(state.apps, name), () => Problem.unknownApp(name))

/** What a host stores of an event, or why its injector refuses it. */
const inject = (
  state: State,
  { event, groups, messageId, proto }: Posting.Prepared,
  lock: string | undefined,
  nowMillis: number
): Result.Result<Kept, Problem.EventRefused> => {
  const injected = Injection.inject(proto, {
    site: `${state.host}.example`,
    writer: "client",
    nowMillis,
    apps: new Set(state.apps.map(({ name }) => name)),
    mintId: () => messageId,
    verify: EventArticle.verify
  })
  return injected._tag === "Refused"
    ? Result.fail(InjectionFault.toProblem(injected))
    : Result.succeed({ event, messageId, groups, octets: injected.article.octets, lock: CancelLock.parse(lock ?? "") })
}

const heldIn = (state: State): Array<Kept> =>
  [...state.byUuid.values()].filter(({ messageId }) => !state.cancelled.has(messageId))

const receiptOf = (state: State, messageId: MessageId.MessageId): Receipt.Receipt =>
  Receipt.of({ messageId, holders: [{ site: state.host }, ...state.holders], isDigested: false })

const keptAs = (state: State, id: MessageId.MessageId) =>
  Effect.andThen(
    needs(state, "spool"),
    Effect.suspend(() => {
      const kept = state.byUuid.get(Event.parseMessageId(id)?.uuid ?? "")
      return kept?.messageId === id && !state.cancelled.has(id)
        ? Effect.succeed(kept)
        : Effect.fail(Problem.noSuchArticle(id))
    })
  )

const isAsked = (query: PopOperations.EventsQuery, { event, groups }: Kept): boolean => {
  if (event.app !== query.app || (query.kind !== undefined && event.kind !== query.kind)) return false
  const { where } = query
  if (where._tag === "Within") return groups.some((group) => GroupName.isWithin(group, where.group))
  const circle = Place.circle({ lat: where.lat, lon: where.lon }, where.radiusMetres)
  return event.at !== undefined && Place.contains(circle, event.at)
}

const newestFirst = (left: Kept, right: Kept): number =>
  left.event.id < right.event.id ? 1 : left.event.id > right.event.id ? -1 : 0

const answerOf = ({ event, messageId, groups }: Kept): Answer.EventAnswer => ({
  messageId,
  kind: event.kind,
  version: event.version,
  payload: event.payload,
  groups,
  postedMillis: Uuid.parse(event.id)?.millis ?? 0,
  ...(event.at === undefined ? {} : { at: event.at })
})
