import { assert, layer } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { TestClock } from "effect/testing"
import * as EventId from "@lupin/api/EventId"
import * as MemoryPop from "@lupin/api/MemoryPop"
import * as PopOperations from "@lupin/api/PopOperations"
import * as Limits from "@lupin/core/Limits"
import * as PopContract from "@lupin/testing/PopContract"

const live = MemoryPop.layer({ apps: [PopContract.contractApp] })

layer(live, { excludeTestServices: true })("MemoryPop", (it) => {
  for (const promise of PopContract.popContract) it.effect(promise.name, () => promise.check)

  it.effect("answers a repeat that comes days later, and refuses what is new by then", () =>
    Effect.gen(function* () {
      const operations = yield* PopOperations.PopOperations
      const later = yield* TestClock.make()
      yield* later.setTime((yield* Clock.currentTimeMillis) + Limits.injectAgeMillisMax + 60_000)
      const post = { app: "contract", kind: "note", id: yield* EventId.mint, payload: "held" }
      const first = yield* operations.postEvent(post)
      const postLater = (again: PopOperations.PostEvent) =>
        Effect.provideService(operations.postEvent(again), Clock.Clock, later)
      assert.deepStrictEqual(yield* postLater(post), { ...first, isNew: false })
      const fresh = yield* Effect.flip(postLater({ ...post, id: yield* EventId.mint }))
      assert.strictEqual(fresh._tag === "EventRefused" && fresh.reason, "TooOld")
    })
  )
})
