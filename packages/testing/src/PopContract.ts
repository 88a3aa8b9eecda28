/**
 * What the operations of every POP promise, as checks to run on each implementation and through each face.
 *
 * `for (const promise of popContract) it.effect(promise.name, () => promise.check.pipe(Effect.provide(layer)))`, with a
 * layer that serves `contractApp` and the real clock. The checks share nothing, so that one host may serve them all.
 */
import * as EventId from "@lupin/api/EventId"
import * as PopOperations from "@lupin/api/PopOperations"
import type * as Problem from "@lupin/api/Problem"
import * as RoutingKey from "@lupin/api/RoutingKey"
import * as App from "@lupin/core/App"
import * as Article from "@lupin/core/Article"
import * as CanonicalJson from "@lupin/core/CanonicalJson"
import * as Digestion from "@lupin/core/Digestion"
import * as Event from "@lupin/core/Event"
import * as EventArticle from "@lupin/core/EventArticle"
import * as EventCancel from "@lupin/core/EventCancel"
import * as Fold from "@lupin/core/Fold"
import * as GroupName from "@lupin/core/GroupName"
import * as Limits from "@lupin/core/Limits"
import * as MessageId from "@lupin/core/MessageId"
import * as Routing from "@lupin/core/Routing"
import * as Uuid from "@lupin/core/Uuid"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"

export interface Promised {
  /** The fact it states, to name a test. */
  readonly name: string
  /** Dies with what was seen where the implementation breaks it. */
  readonly check: Effect.Effect<void, Problem.Problem, PopOperations.PopOperations>
}

const sighting = App.defineEvent({
  version: 2,
  schema: Schema.Struct({ what: Schema.String, count: Schema.Int }),
  upcasts: { 1: App.upcast(Schema.Struct({ what: Schema.String }), ({ what }) => ({ what, count: 1 })) }
})

/** Any JSON is a note. */
const note = App.defineEvent({ schema: Schema.Unknown })

/** The app that the host under test serves. */
export const contractApp = App.defineApp({
  name: "contract",
  events: { sighting, note },
  digestions: [
    Digestion.define({
      app: "contract",
      name: "sightings",
      events: { sighting },
      key: ({ payload }) => payload.what,
      fold: Fold.count,
      view: (count) => count
    })
  ]
})

const promise = (
  name: string,
  check: (
    pop: PopOperations.PopOperations["Service"]
  ) => Effect.fn.Return<void, Problem.Problem, PopOperations.PopOperations>
): Promised => ({
  name,
  check: Effect.flatMap(PopOperations.PopOperations, (pop) => Effect.gen(() => check(pop)))
})

const equal = (what: string, seen: unknown, wanted: unknown): void => {
  const [left, right] = [CanonicalJson.encode(seen), CanonicalJson.encode(wanted)]
  if (left !== right) throw new Error(`${what}: ${left} is not ${right}`)
}

const holds = (what: string, isSo: boolean): void => {
  if (!isSo) throw new Error(`not so: ${what}`)
}

const app = contractApp.name

/** A post of a sighting under a fresh id. */
const sighted = (what: string, at?: PopOperations.PostEvent["at"]) =>
  Effect.map(EventId.mint, (id) => ({
    app,
    kind: "sighting",
    id,
    version: 2,
    routing: Routing.version,
    payload: { what, count: 3 },
    ...(at === undefined ? {} : { at })
  }))

/** The operation fails with this problem, which names the field. */
const refused = Effect.fnUntraced(function* <A, E extends Problem.Problem>(
  operation: Effect.Effect<A, E>,
  tag: E["_tag"],
  field: string
) {
  const problem = yield* Effect.flip(Effect.mapError(operation, (problem): Problem.Problem => problem)).pipe(
    Effect.catch(() => Effect.die(new Error(`${tag} was expected, and it succeeded`)))
  )
  equal("problem", problem._tag, tag)
  const faults = "errors" in problem ? (problem.errors ?? []) : []
  const named = faults.map(({ parameter, pointer }) => pointer ?? parameter ?? "")
  if (!named.includes(field)) throw new Error(`${tag} names ${named.join(", ") || "no field"}, not ${field}`)
})

const absent = MessageId.MessageId.make("<nobody-posted-this@contract.example>")

/** A place of its own for each check, far from the others. */
const places = {
  near: { lat: 47.5, lon: -121.5 },
  beside: { lat: 47.5, lon: -121.4 },
  paged: { lat: -41.3, lon: 174.8 }
}

const search = (where: PopOperations.Where): PopOperations.EventsQuery => ({
  app,
  where,
  limit: 100,
  staleMillisMax: 0
})

const circle = ({ lat, lon }: { readonly lat: number; readonly lon: number }, radiusMetres: number) =>
  search({ _tag: "Near", lat, lon, radiusMetres })

export const popContract: ReadonlyArray<Promised> = [
  promise("gives an event the id and groups that it has everywhere", function* (pop) {
    const post = yield* sighted("osprey", places.near)
    const { isNew, posted } = yield* pop.postEvent(post)
    holds("the first is new", isNew)
    equal("messageId", posted.messageId, Event.messageId(post))
    equal("groups", posted.groups, Routing.route(post))
    equal("receipt", posted.receipt.messageId, posted.messageId)
    holds("it is accepted", posted.receipt.stages.includes("accepted"))
  }),
  promise("takes the same event again as a repeat, also with its versions left to the host", function* (pop) {
    const post = yield* sighted("heron")
    const first = yield* pop.postEvent(post)
    const { routing: _, version: __, ...unversioned } = post
    for (const again of [post, unversioned, { ...post, payload: { count: 3, what: "heron" } }]) {
      const { isNew, posted } = yield* pop.postEvent(again)
      holds("a repeat is not new", !isNew)
      equal("messageId", posted.messageId, first.posted.messageId)
      equal("groups", posted.groups, first.posted.groups)
    }
  }),
  promise("refuses other content under a known id, and names the id", function* (pop) {
    const post = yield* sighted("crane")
    yield* pop.postEvent(post)
    yield* refused(pop.postEvent({ ...post, payload: { what: "crane", count: 4 } }), "IdConflict", "#/id")
  }),
  promise("refuses an event that was minted too long ago or ahead of time, and names the id", function* (pop) {
    const post = yield* sighted("dodo")
    const now = yield* Clock.currentTimeMillis
    for (const millis of [now - 2 * Limits.injectAgeMillisMax, now + 2 * Limits.injectAheadMillisMax]) {
      const id = Uuid.v7(Math.floor(millis), new Uint8Array(Uuid.randomOctets))
      yield* refused(pop.postEvent({ ...post, id }), "EventRefused", "#/id")
    }
  }),
  promise("mints an id where there is none", function* (pop) {
    const { id: _, ...post } = yield* sighted("stork")
    const [first, second] = [yield* pop.postEvent(post), yield* pop.postEvent(post)]
    holds("both are new", first.isNew && second.isNew)
    holds("ids differ", first.posted.messageId !== second.posted.messageId)
  }),
  promise("names what an app, its kinds or its schemas do not have", function* (pop) {
    const post = yield* sighted("gull")
    yield* refused(pop.postEvent({ ...post, app: "nobody" }), "UnknownApp", "app")
    yield* refused(pop.postEvent({ ...post, kind: "nothing" }), "UnknownKind", "kind")
    yield* refused(pop.postEvent({ ...post, payload: { what: 7, count: 1 } }), "InvalidPayload", "#/payload/what")
    yield* refused(pop.postEvent({ ...post, payload: { what: "gull" } }), "InvalidPayload", "#/payload/count")
    yield* refused(pop.postEvent({ ...post, version: 3 }), "InvalidRequest", "#/version")
    yield* refused(pop.events({ ...circle(places.near, 1), app: "nobody" }), "UnknownApp", "app")
    yield* refused(pop.events({ ...circle(places.near, 1), kind: "nothing" }), "UnknownKind", "kind")
    const query = { app, digestion: "sightings", key: "gull", staleMillisMax: 0 }
    yield* refused(pop.digest({ ...query, app: "nobody" }), "UnknownApp", "app")
    yield* refused(pop.digest({ ...query, digestion: "nothing" }), "UnknownDigestion", "digestion")
  }),
  promise("takes payloads of older versions", function* (pop) {
    const post = { ...(yield* sighted("swift")), version: 1, payload: { what: "swift" } }
    const { posted } = yield* pop.postEvent(post)
    equal("messageId", posted.messageId, Event.messageId(post))
  }),
  promise("keeps any JSON as it was sent, in an article that its id binds", function* (pop) {
    const values = fc.sample(fc.jsonValue({ maxDepth: 4 }), { numRuns: 40, seed: 1 })
    for (const payload of values) {
      const { posted } = yield* pop.postEvent({ app, kind: "note", payload })
      const octets = yield* pop.article(posted.messageId)
      const article = Article.read(octets)
      if (Article.isMalformed(article)) throw new Error(`the article is malformed: ${article.reason}`)
      holds("the id binds the article", EventArticle.verify(article))
      const event = EventArticle.read(article)
      if (EventArticle.isNotAnEvent(event)) throw new Error(`the article is no event: ${event.reason}`)
      equal("payload", event.payload, payload)
    }
  }),
  promise("says how far an event has come, and that it does not hold others", function* (pop) {
    const { posted } = yield* pop.postEvent(yield* sighted("wren"))
    const receipt = yield* pop.receipt(posted.messageId)
    equal("messageId", receipt.messageId, posted.messageId)
    holds("it is accepted", receipt.stages.includes("accepted"))
    holds("a site holds it", receipt.heldBy.length > 0)
    yield* refused(pop.receipt(absent), "NoSuchArticle", "messageId")
    yield* refused(pop.article(absent), "NoSuchArticle", "messageId")
  }),
  promise(
    "shows what it has accepted to a query that takes nothing stale, and nothing outside of its circle",
    function* (pop) {
      const inside = yield* pop.postEvent(yield* sighted("eagle", places.near))
      const outside = yield* pop.postEvent(yield* sighted("eagle", places.beside))
      const { events, freshness } = yield* pop.events({ ...circle(places.near, 2_000), kind: "sighting" })
      const found = events.map(({ messageId }) => messageId)
      holds("the one inside is found", found.includes(inside.posted.messageId))
      holds("the one outside is not", !found.includes(outside.posted.messageId))
      holds("freshness is stated", freshness.length > 0)
      const notes = yield* pop.events({ ...circle(places.near, 2_000), kind: "note" })
      equal("other kinds", notes.events, [])
    }
  ),
  promise("reads a group with all below it", function* (pop) {
    const { posted } = yield* pop.postEvent({ app, kind: "note", payload: "in a topic" })
    const group = GroupName.GroupName.make("clientposts.contract.topic")
    const { events } = yield* pop.events({ ...search({ _tag: "Within", group }), limit: 500 })
    holds(
      "it is there",
      events.some(({ messageId }) => messageId === posted.messageId)
    )
  }),
  promise("pages through events without a gap or a repeat, and refuses a cursor it never gave", function* (pop) {
    const wanted = new Set<string>()
    for (let count = 0; count < 7; count++) {
      const { posted } = yield* pop.postEvent(yield* sighted(`tui ${count}`, places.paged))
      wanted.add(posted.messageId)
    }
    const seen: Array<string> = []
    let cursor: string | undefined
    do {
      const query = { ...circle(places.paged, 1_000), limit: 3, ...(cursor === undefined ? {} : { cursor }) }
      const page: { readonly events: ReadonlyArray<{ readonly messageId: string }>; readonly cursor?: string } =
        yield* pop.events(query)
      holds("a page has its limit", page.events.length <= 3)
      seen.push(...page.events.map(({ messageId }) => messageId))
      cursor = page.cursor
    } while (cursor !== undefined && seen.length < 20)
    equal("each once", seen.toSorted(), [...wanted].toSorted())
    yield* refused(pop.events({ ...circle(places.paged, 1), cursor: "never given" }), "InvalidRequest", "cursor")
  }),
  promise("withdraws an event for whoever has the key to its lock, and for nobody else", function* (pop) {
    const secret = new TextEncoder().encode("the author's own")
    const post = yield* sighted("kiwi", places.near)
    const key = EventCancel.keyOf(secret, post.id)
    const { posted } = yield* pop.postEvent({ ...post, lock: EventCancel.lockOf(secret, post.id) })
    const { messageId } = posted
    const wrong = EventCancel.keyOf(secret, "another")
    yield* refused(pop.cancelEvent({ app, messageId, key: wrong }), "WrongKey", "cancel-key")
    yield* pop.article(messageId)
    equal("answer", yield* pop.cancelEvent({ app, messageId, key }), { messageId, state: "cancelled" })
    for (const any of [key, wrong]) {
      const again = yield* pop.cancelEvent({ app, messageId, key: any })
      equal("again, whatever the key", again, { messageId, state: "removed" })
    }
    yield* refused(pop.article(messageId), "NoSuchArticle", "messageId")
    const { events } = yield* pop.events({ ...circle(places.near, 2_000), limit: 500 })
    holds("no query shows it", !events.some((event) => event.messageId === messageId))
    yield* refused(pop.postEvent(post), "EventRefused", "#/id")
    yield* refused(pop.article(messageId), "NoSuchArticle", "messageId")
  }),
  promise("lets a cancel wait for its event, and judges it by the event's lock", function* (pop) {
    const secret = new TextEncoder().encode("the author's own")
    const [post, other] = [yield* sighted("moa"), yield* sighted("huia")]
    const cancel = (of: typeof post, key: string) => pop.cancelEvent({ app, messageId: Event.messageId(of), key })
    equal("state", (yield* cancel(post, EventCancel.keyOf(secret, post.id))).state, "waiting")
    equal("state", (yield* cancel(other, EventCancel.keyOf(secret, post.id))).state, "waiting")
    yield* refused(pop.postEvent({ ...post, lock: EventCancel.lockOf(secret, post.id) }), "EventRefused", "#/id")
    yield* pop.postEvent({ ...other, lock: EventCancel.lockOf(secret, other.id) })
    yield* refused(pop.article(Event.messageId(post)), "NoSuchArticle", "messageId")
    yield* pop.article(Event.messageId(other))
    const unlocked = yield* pop.postEvent(yield* sighted("weka"))
    const key = EventCancel.keyOf(secret, "any")
    yield* refused(pop.cancelEvent({ app, messageId: unlocked.posted.messageId, key }), "WrongKey", "cancel-key")
    yield* refused(pop.cancelEvent({ app, messageId: absent, key }), "InvalidRequest", "messageId")
    yield* refused(pop.cancelEvent({ app: "nobody", messageId: absent, key }), "UnknownApp", "app")
  }),
  promise("answers for a key that nothing was digested for yet", function* (pop) {
    const answer = yield* pop.digest({ app, digestion: "sightings", key: "nobody saw this", staleMillisMax: 0 })
    equal("key", answer.key, "nobody saw this")
    holds("there is no digest", answer.digest === undefined)
  }),
  promise("has a routing key that can stand in a header", function* (pop) {
    holds("the key is valid", RoutingKey.isValid(yield* pop.routingKey))
  })
]
