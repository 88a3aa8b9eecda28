/**
 * What a POP host does for its clients: the operations of the API over its injector, spool, cache and zones.
 */
import * as CancelOutcome from "@lupin/api/CancelOutcome"
import * as EventId from "@lupin/api/EventId"
import * as InjectionFault from "@lupin/api/InjectionFault"
import * as PopOperations from "@lupin/api/PopOperations"
import * as Posting from "@lupin/api/Posting"
import * as Problem from "@lupin/api/Problem"
import * as Receipt from "@lupin/api/Receipt"
import type * as RoutingKey from "@lupin/api/RoutingKey"
import * as GroupCache from "@lupin/cache/GroupCache"
import * as App from "@lupin/core/App"
import * as Article from "@lupin/core/Article"
import * as CancelLock from "@lupin/core/CancelLock"
import * as Event from "@lupin/core/Event"
import * as EventCancel from "@lupin/core/EventCancel"
import * as Filing from "@lupin/core/Filing"
import * as GroupName from "@lupin/core/GroupName"
import type * as MessageId from "@lupin/core/MessageId"
import * as Xref from "@lupin/core/Xref"
import * as Injector from "@lupin/spool/Injector"
import * as SiteIdentity from "@lupin/spool/SiteIdentity"
import * as Spool from "@lupin/spool/Spool"
import { Effect, Layer, Result } from "effect"
import * as Searching from "./Searching.ts"
import * as Zones from "./Zones.ts"

const unavailable = (part: "spool" | "cache") => (error: { readonly reason: string }) =>
  Effect.andThen(Effect.logWarning(`${part} is unavailable`, error.reason), Effect.fail(Problem.unavailable(part)))
const spoolDown = unavailable("spool")
const cacheDown = unavailable("cache")

const appOf = (apps: ReadonlyArray<App.App>, name: string) =>
  Effect.mapError(Effect.fromResult(App.find(apps, name)), () => Problem.unknownApp(name))

const notOfApp = { parameter: "messageId", detail: "is no event of this app" }

const make = Effect.fn("Operations.make")(function* (apps: ReadonlyArray<App.App>) {
  const identity = yield* SiteIdentity.SiteIdentity
  const spool = yield* Spool.Spool
  const injector = yield* Injector.Injector
  const cache = yield* GroupCache.GroupCache
  const zones = yield* Zones.Zones

  const refuseTaken = Effect.fnUntraced(function* ({ event, messageId }: Posting.Prepared) {
    const known = yield* spool.findUuid(event.id)
    if (known === undefined || known === messageId) return
    return yield* Problem.idConflict(event.id, known)
  })

  /** A repeat is one however late it comes: the id tells it for as long as history does. */
  const late = Effect.fnUntraced(function* (refused: Injector.InjectionRefused, id: MessageId.MessageId) {
    if (!InjectionFault.isTooOld(refused)) return yield* InjectionFault.toProblem(refused)
    const [status] = yield* spool.status([id])
    if (status !== "held" && status !== "removed") return yield* InjectionFault.toProblem(refused)
    return { id, isHeld: status === "held", isNew: false }
  })

  const postEvent = Effect.fn("Operations.postEvent")(
    function* (post: PopOperations.PostEvent) {
      const prepared = yield* Effect.fromResult(Posting.prepare(apps, post, yield* EventId.mint))
      yield* refuseTaken(prepared)
      const { id, isHeld, isNew } = yield* Effect.catchTag(
        injector.inject(prepared.proto, { writer: "client" }),
        "InjectionRefused",
        (refused) => late(refused, prepared.messageId)
      )
      if (!isHeld) return yield* InjectionFault.toProblem(InjectionFault.removed)
      const receipt = Receipt.of({ messageId: id, holders: [{ site: identity.name }], isDigested: false })
      return { isNew, posted: { messageId: id, groups: prepared.groups, receipt } }
    },
    (effect) => Effect.catchTag(effect, "SpoolUnavailable", spoolDown)
  )

  const cancelEvent = Effect.fn("Operations.cancelEvent")(
    function* ({ app, key, messageId }: PopOperations.CancelEvent) {
      const { name } = yield* appOf(apps, app)
      const proto = Event.parseMessageId(messageId)?.app === name ? EventCancel.toProto(messageId, key) : undefined
      if (proto === undefined) return yield* Problem.invalidRequest([notOfApp])
      const [before = "unknown"] = yield* spool.status([messageId])
      const held = yield* spool.find(messageId)
      const article = held === undefined ? undefined : Article.read(held.article)
      if (article !== undefined && !Article.isMalformed(article)) {
        if (!CancelLock.opens([key], Filing.owners(article))) return yield* Problem.wrongKey(messageId)
      }
      yield* Effect.catchTag(injector.inject(proto, { writer: "client" }), "InjectionRefused", (refused) =>
        Effect.fail(InjectionFault.toProblem(refused))
      )
      const [after = "unknown"] = yield* spool.status([messageId])
      const state = CancelOutcome.of(before, after)
      return state === "wrongKey" ? yield* Problem.wrongKey(messageId) : { messageId, state }
    },
    (effect) => Effect.catchTag(effect, "SpoolUnavailable", spoolDown)
  )

  const events = Effect.fn("Operations.events")(
    function* (query: PopOperations.EventsQuery) {
      const app = yield* appOf(apps, query.app)
      const { cursor, kind, limit, staleMillisMax, whileScraping } = query
      if (kind !== undefined && Result.isFailure(App.kindOf(app, kind)))
        return yield* Problem.unknownKind(app.name, kind)
      const search = yield* Effect.fromResult(Searching.subtreesOf(app.name, query.where))
      const page = yield* cache.events({
        app: app.name,
        ...search,
        limit,
        staleMillisMax,
        ...(whileScraping === undefined ? {} : { whileScraping }),
        ...(kind === undefined ? {} : { kind }),
        ...(cursor === undefined ? {} : { cursor })
      })
      return {
        events: page.events.map((event) => Searching.eventAnswer(app, event)),
        freshness: page.freshness,
        ...(page.cursor === undefined ? {} : { cursor: page.cursor })
      }
    },
    (effect) => Effect.catchTag(effect, "CacheUnavailable", cacheDown),
    (effect) =>
      Effect.catchTag(effect, "CursorMalformed", () =>
        Effect.fail(Problem.invalidRequest([{ parameter: "cursor", detail: "is none that was given out" }]))
      )
  )

  const digest = Effect.fn("Operations.digest")(
    function* (query: PopOperations.DigestQuery) {
      const app = yield* appOf(apps, query.app)
      const digestion = app.digestions.find(({ name }) => name === query.digestion)
      if (digestion === undefined) return yield* Problem.unknownDigestion(app.name, query.digestion)
      const answer = yield* cache.digest({
        ...query,
        group: GroupName.GroupName.make(`digests.${app.name}.${digestion.name}`)
      })
      const { digestion: name, key } = query
      if (answer.digest === undefined) return { digestion: name, key, freshness: [answer.freshness] }
      return { digestion: name, key, digest: answer.digest, freshness: [answer.freshness] }
    },
    (effect) => Effect.catchTag(effect, "CacheUnavailable", cacheDown)
  )

  const article = Effect.fn("Operations.article")(
    function* (id: MessageId.MessageId) {
      const held = yield* spool.find(id)
      if (held === undefined) return yield* Problem.noSuchArticle(id)
      const read = Article.read(held.article)
      if (Article.isMalformed(read)) return held.article
      return Article.withFields(read, [["Xref", Xref.format(identity.path, held.numbers)]], ["Xref"])
    },
    (effect) => Effect.catchTag(effect, "SpoolUnavailable", spoolDown)
  )

  const receipt = Effect.fn("Operations.receipt")(
    function* (messageId: MessageId.MessageId) {
      const [[here], said] = yield* Effect.all([spool.status([messageId]), zones.ask(messageId)], { concurrency: 2 })
      const holders: Array<Receipt.Holder> = said
        .filter(({ isHeld }) => isHeld)
        .map(({ site, zone }) => ({ site, zone }))
      if (here === "held") holders.push({ site: identity.name })
      if (holders.length === 0) return yield* Problem.noSuchArticle(messageId)
      return Receipt.of({ messageId, holders, isDigested: said.some(({ isDigested }) => isDigested) })
    },
    (effect) => Effect.catchTag(effect, "SpoolUnavailable", spoolDown)
  )

  const routingKey: Effect.Effect<RoutingKey.RoutingKey> = Effect.sync(() => ({
    host: identity.name,
    cacheGeneration: cache.generation
  }))
  return PopOperations.PopOperations.of({ routingKey, postEvent, cancelEvent, events, digest, article, receipt })
})

/** The operations of this host, for the apps it serves. */
export const layer = (
  apps: ReadonlyArray<App.App>
): Layer.Layer<
  PopOperations.PopOperations,
  never,
  SiteIdentity.SiteIdentity | Spool.Spool | Injector.Injector | GroupCache.GroupCache | Zones.Zones
> => Layer.effect(PopOperations.PopOperations, make(apps))
