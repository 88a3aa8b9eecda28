import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert, layer } from "@effect/vitest"
import { Clock, Effect, Layer } from "effect"
import { FetchHttpClient, HttpServer } from "effect/http"
import { TestClock } from "effect/testing"
import { createServer } from "node:http"
import * as JsonFace from "@lupin/api/JsonFace"
import * as MemoryPop from "@lupin/api/MemoryPop"
import * as PopOperations from "@lupin/api/PopOperations"
import * as Limits from "@lupin/core/Limits"
import * as PopClient from "@lupin/sdk/PopClient"
import * as PopContract from "@lupin/testing/PopContract"

const served = JsonFace.layer.pipe(
  Layer.provide(MemoryPop.layer({ apps: [PopContract.contractApp] })),
  Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
  Layer.orDie
)

/** The operations of a POP as they come through its JSON face and the client, where troubles of the wire are defects. */
const throughFace = Layer.effect(
  PopOperations.PopOperations,
  Effect.gen(function* () {
    const { address } = yield* HttpServer.HttpServer
    const client = yield* PopClient.make({ baseUrl: HttpServer.formatAddress(address), retries: 0 })
    const key = Effect.flatMap(client.routingKey, (known) => Effect.orDie(Effect.fromNullishOr(known)))
    return PopOperations.PopOperations.of({
      routingKey: key,
      postEvent: (post) => dieOfTrouble(client.postEvent(post)),
      cancelEvent: (cancel) => dieOfTrouble(client.cancelEvent(cancel)),
      events: (query) => dieOfTrouble(client.events(query)),
      digest: (query) => dieOfTrouble(client.digest(query)),
      article: (id) => dieOfTrouble(Effect.catchTag(client.article(id), "InvalidRequest", Effect.die)),
      receipt: (id) => dieOfTrouble(Effect.catchTag(client.receipt(id), "InvalidRequest", Effect.die))
    })
  })
).pipe(Layer.provide(served), Layer.provide(FetchHttpClient.layer))

type Foreign = Exclude<PopClient.Trouble, { readonly _tag: "InvalidRequest" }>

const foreign: ReadonlySet<string> = new Set([
  "Unreachable",
  "MalformedJson",
  "BodyTooLarge",
  "UnsupportedMediaType",
  "InternalFault"
] satisfies ReadonlyArray<Foreign["_tag"]>)

const dieOfTrouble = <A, E extends { readonly _tag: string }>(
  request: Effect.Effect<A, E>
): Effect.Effect<A, Exclude<E, Foreign>> =>
  Effect.catch(request, (error) =>
    foreign.has(error._tag) ? Effect.die(error) : Effect.fail(error as Exclude<E, Foreign>)
  )

layer(throughFace, { excludeTestServices: true })("a POP through its JSON face and the client", (it) => {
  for (const promise of PopContract.popContract) it.effect(promise.name, () => promise.check)
})

const ownHost = Layer.merge(served, FetchHttpClient.layer)

layer(ownHost, { excludeTestServices: true })("the clock of a POP", (it) => {
  it.effect("is learnt from its answer to a post, and dates the next one", () =>
    Effect.gen(function* () {
      const { address } = yield* HttpServer.HttpServer
      const client = yield* PopClient.make({ baseUrl: HttpServer.formatAddress(address), retries: 0 })
      const in1970 = yield* TestClock.make()
      const post = { app: "contract", kind: "note", payload: "from a phone that begins in 1970" }
      const sent = Effect.provideService(client.postEvent(post), Clock.Clock, in1970)
      const wrong = yield* Effect.flip(sent)
      assert.strictEqual(wrong._tag === "EventRefused" && wrong.reason, "TooOld")
      assert.isAbove(yield* client.aheadMillis, 50 * 365 * Limits.dayMillis)
      assert.isTrue((yield* sent).isNew)
    })
  )
})
