import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert, layer } from "@effect/vitest"
import { Context, DateTime, Effect, Fiber, Layer, Schema } from "effect"
import { FetchHttpClient, HttpServer } from "effect/http"
import { createServer } from "node:http"
import * as EventId from "@lupin/api/EventId"
import * as JsonFace from "@lupin/api/JsonFace"
import * as MemoryPop from "@lupin/api/MemoryPop"
import * as GroupName from "@lupin/core/GroupName"
import * as Routing from "@lupin/core/Routing"
import * as App from "@lupin/sdk/App"
import * as Digestion from "@lupin/sdk/Digestion"
import * as Fold from "@lupin/sdk/Fold"
import * as LupinClient from "@lupin/sdk/LupinClient"
import * as InProcessPop from "@lupin/testing/InProcessPop"
import { oldTrails, trails } from "./TrailApp.ts"

/** Where the POP listens, and the routing keys that its clients sent so far. */
class Wire extends Context.Service<Wire, { readonly baseUrl: string; readonly keysSent: Array<string | null> }>()(
  "@lupin/sdk/test/Wire"
) {}

const keysSent: Array<string | null> = []

const listening: typeof globalThis.fetch = (input, init) => {
  keysSent.push(new Headers(init?.headers).get("lupin-routing-key"))
  return globalThis.fetch(input, init)
}

const wire = Layer.effect(
  Wire,
  Effect.map(HttpServer.HttpServer, ({ address }) => ({ baseUrl: HttpServer.formatAddress(address), keysSent }))
)

const live = Layer.mergeAll(wire, JsonFace.layer).pipe(
  Layer.provide(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
  Layer.provideMerge(MemoryPop.layer({ apps: [trails], host: "boi1" })),
  Layer.provideMerge(FetchHttpClient.layer),
  Layer.provideMerge(Layer.succeed(FetchHttpClient.Fetch, listening))
)

const at = { lat: 44.1612, lon: -115.0593 }
const near = { ...at, radiusMetres: 1_000 }

layer(live, { excludeTestServices: true })("LupinClient", (it) => {
  it.effect("posts and reads an app's events in the app's own types", () =>
    Effect.gen(function* () {
      const client = yield* LupinClient.make(trails, yield* Wire)
      const hiked = DateTime.makeUnsafe("2026-11-20T00:00:00Z")
      const { isNew, posted } = yield* client.post("review", {
        at,
        payload: { trail: "sawtooth-lake", rating: 5, hiked }
      })
      assert.isTrue(isNew)
      const { events, unread } = yield* client.events({ near, kind: "review" })
      const read = events.find(({ messageId }) => messageId === posted.messageId)
      assert.strictEqual(read?.kind, "review")
      if (read?.kind === "review") assert.isTrue(DateTime.isDateTime(read.payload.hiked))
      assert.deepStrictEqual(unread, [])
    })
  )

  it.effect("gives the same answer for the same event again", () =>
    Effect.gen(function* () {
      const client = yield* LupinClient.make(trails, yield* Wire)
      const draft = { id: yield* EventId.mint, payload: { trail: "x", rating: 1 } }
      const first = yield* client.post("review", draft)
      const again = yield* client.post("review", draft)
      assert.deepStrictEqual(again, { ...first, isNew: false })
      const conflict = yield* Effect.flip(client.post("review", { ...draft, payload: { trail: "x", rating: 2 } }))
      assert.strictEqual(conflict._tag, "IdConflict")
    })
  )

  it.effect("upcasts what an older phone wrote, and hands on what an older phone cannot read", () =>
    Effect.gen(function* () {
      const newer = yield* LupinClient.make(trails, yield* Wire)
      const older = yield* LupinClient.make(oldTrails, yield* Wire)
      const group = GroupName.GroupName.make("clientposts.trails.topic")
      yield* older.post("review", { payload: { trail: "old-trail", stars: 3 } })
      yield* newer.post("partner", { payload: { trail: "new-trail" } })
      const { events } = yield* newer.events({ group })
      const read = events.find((event) => event.kind === "review" && event.version === 1)
      assert.deepStrictEqual(read?.payload, { trail: "old-trail", rating: 3 })
      const { unread } = yield* older.events({ group })
      assert.includeMembers(
        unread.map(({ problem }) => problem._tag),
        ["UnknownKind"]
      )
    })
  )

  it.effect("keeps the routing key of an answer and sends it with the next request", () =>
    Effect.gen(function* () {
      const { baseUrl, keysSent } = yield* Wire
      const controls = yield* MemoryPop.Controls
      const client = yield* LupinClient.make(trails, { baseUrl })
      keysSent.length = 0
      yield* client.events({ near })
      yield* client.events({ near })
      yield* controls.wipe
      yield* client.events({ near })
      yield* client.events({ near })
      assert.deepStrictEqual(keysSent, [null, "boi1.g1", "boi1.g1", "boi1.g2"])
      assert.deepStrictEqual(yield* client.pop.routingKey, { host: "boi1", cacheGeneration: "g2" })
    })
  )

  it.effect("fails with the problem of the POP, by its tag", () =>
    Effect.gen(function* () {
      const client = yield* LupinClient.make(trails, { ...(yield* Wire), retries: 0 })
      const controls = yield* MemoryPop.Controls
      yield* controls.setAway("spool", true)
      const away = yield* Effect.flip(client.post("partner", { payload: { trail: "x" } }))
      yield* controls.setAway("spool", false)
      assert.strictEqual(away._tag, "Unavailable")
      const unknown = yield* Effect.flip(
        client.pop.digest({ app: "trails", digestion: "nope", key: "x", staleMillisMax: 0 })
      )
      assert.strictEqual(unknown._tag, "UnknownDigestion")
      const wrong = yield* Effect.flip(client.events({}))
      assert.strictEqual(wrong._tag, "InvalidRequest")
    })
  )

  it.effect("tries again under the same id until the POP is back", () =>
    Effect.gen(function* () {
      const controls = yield* MemoryPop.Controls
      const client = yield* LupinClient.make(trails, { ...(yield* Wire), retries: 8 })
      const before = (yield* controls.held).length
      keysSent.length = 0
      yield* controls.setAway("spool", true)
      const posting = yield* Effect.forkChild(client.post("partner", { payload: { trail: "x" } }))
      yield* Effect.yieldNow.pipe(Effect.repeat({ until: () => keysSent.length > 0 }))
      yield* controls.setAway("spool", false)
      assert.isTrue((yield* Fiber.join(posting)).isNew)
      assert.strictEqual((yield* controls.held).length, before + 1)
    })
  )

  it.effect("says so when no POP answers", () =>
    Effect.gen(function* () {
      const client = yield* LupinClient.make(trails, { baseUrl: "http://127.0.0.1:9", retries: 0 })
      assert.strictEqual((yield* Effect.flip(client.events({ near })))._tag, "Unreachable")
    })
  )

  it("binds events to the routing rules that hosts have now", () => {
    assert.strictEqual(LupinClient.routingDefault, Routing.version)
  })
})

/** An app whose digestion changes what it shows from one version to the next. */
const counting = <View extends Schema.Json>(version: number, view: (count: number) => View) => {
  const bird = App.defineEvent({ schema: Schema.Struct({ species: Schema.String }) })
  const seen = Digestion.define({
    app: "birds",
    name: "seen",
    version,
    events: { bird },
    key: ({ payload }) => payload.species,
    fold: Fold.count,
    view
  })
  return App.defineApp({ name: "birds", events: { bird }, digestions: [seen] })
}
const birds = counting(2, (count) => ({ often: count > 1, count }))

const digesting = Layer.merge(JsonFace.layer, wire).pipe(
  Layer.provide(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
  Layer.provide(InProcessPop.layer({ apps: [birds] })),
  Layer.provideMerge(FetchHttpClient.layer)
)

layer(digesting, { excludeTestServices: true })("LupinClient, of digests", (it) => {
  it.effect("reads a view in the digestion's own type, and sets one of another version aside", () =>
    Effect.gen(function* () {
      const client = yield* LupinClient.make(birds, yield* Wire)
      assert.isUndefined((yield* client.digest("seen", "osprey")).digest)
      yield* client.post("bird", { payload: { species: "osprey" } })
      const { digest, unread } = yield* client.digest("seen", "osprey")
      const often: boolean | undefined = digest?.view.often
      assert.deepStrictEqual([often, digest?.view.count, unread], [false, 1, undefined])
      const older = yield* LupinClient.make(
        counting(1, (count) => count),
        yield* Wire
      )
      const newer = yield* older.digest("seen", "osprey")
      const count: number | undefined = newer.digest?.view
      assert.isUndefined(count)
      assert.deepStrictEqual(newer.unread?.view, { often: false, count: 1 })
    })
  )
})
