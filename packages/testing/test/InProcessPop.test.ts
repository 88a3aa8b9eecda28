import { assert, describe, it } from "@effect/vitest"
import * as PopOperations from "@lupin/api/PopOperations"
import * as EventId from "@lupin/api/EventId"
import * as EventCancel from "@lupin/core/EventCancel"
import * as MemoryPop from "@lupin/api/MemoryPop"
import { Effect } from "effect"
import * as InProcessPop from "../src/InProcessPop.ts"
import { contractApp, popContract } from "../src/PopContract.ts"

const host = InProcessPop.layer({ apps: [contractApp] })
const app = contractApp.name
const sighted = (
  what: string,
  own: { readonly id?: string; readonly lock?: string } = {}
): PopOperations.PostEvent => ({
  app,
  kind: "sighting",
  version: 2,
  payload: { what, count: 3 },
  ...own
})
const secret = new Uint8Array(32).fill(7)
const digestOf = (key: string) =>
  Effect.flatMap(PopOperations.PopOperations, (pop) =>
    pop.digest({ app, digestion: "sightings", key, staleMillisMax: 0 })
  )

describe("a POP for tests of apps", () => {
  for (const { name, check } of popContract) it.live(name, () => check.pipe(Effect.provide(host)))

  it.live("digests at once what was posted, and no more what was withdrawn", () =>
    Effect.gen(function* () {
      const pop = yield* PopOperations.PopOperations
      assert.isUndefined((yield* digestOf("gull")).digest)
      yield* pop.postEvent(sighted("gull"))
      const id = yield* EventId.mint
      const [lock, key] = [EventCancel.lockOf(secret, id), EventCancel.keyOf(secret, id)]
      const { posted } = yield* pop.postEvent(sighted("gull", { id, lock }))
      yield* pop.postEvent(sighted("tern"))
      assert.strictEqual((yield* digestOf("gull")).digest?.view, 2)
      yield* pop.cancelEvent({ app, messageId: posted.messageId, key })
      assert.strictEqual((yield* digestOf("gull")).digest?.view, 1)
    }).pipe(Effect.provide(host))
  )

  it.live("answers no digest while its cache is away", () =>
    Effect.gen(function* () {
      yield* (yield* MemoryPop.Controls).setAway("cache", true)
      assert.strictEqual((yield* Effect.flip(digestOf("gull")))._tag, "Unavailable")
    }).pipe(Effect.provide(host))
  )
})
