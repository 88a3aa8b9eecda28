import { assert, describe, it } from "@effect/vitest"
import * as Fanout from "@lupin/fanout/Fanout"
import * as Recovered from "@lupin/testing/Recovered"
import * as InProcessFanout from "@lupin/fanout/InProcessFanout"
import * as GroupName from "@lupin/core/GroupName"
import * as MessageId from "@lupin/core/MessageId"
import * as Wildmat from "@lupin/core/Wildmat"
import { fanoutContract } from "@lupin/testing/FanoutContract"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"

const everything = Wildmat.compile("*") ?? assert.fail("no wildmat")
const message = (n: number): Fanout.Message => ({
  id: MessageId.MessageId.make(`<m${n}@test.invalid>`),
  subject: GroupName.GroupName.make("clientposts.app.topic.note"),
  octets: Uint8Array.of(n),
  isRemoval: false,
  position: n
})
const consumerOptions = { name: "all", subjects: everything, inFlightMax: 10, acknowledgeMillisMax: 1_000 }

describe("the contract of a fan-out, in process", () => {
  for (const { name, check } of fanoutContract)
    it.effect(name, () => check.pipe(Effect.provide(InProcessFanout.layer())))
})

describe("InProcessFanout", () => {
  it.effect("hands out again what was not acknowledged in time", () => {
    const recovered = Recovered.make()
    return Effect.gen(function* () {
      const fanout = yield* Fanout.Fanout
      const consumer = yield* fanout.consumer(consumerOptions)
      yield* fanout.publish([message(1)])
      yield* consumer.pull(1)
      const waiting = yield* Effect.forkChild(consumer.pull(1))
      yield* TestClock.adjust("999 millis")
      assert.isUndefined(waiting.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      const [again] = yield* Fiber.join(waiting)
      assert.strictEqual(again?.attempt, 2)
      assert.strictEqual(recovered.times("fanout-redelivered"), 1)
    }).pipe(Effect.provide(InProcessFanout.layer()), recovered.counting)
  })

  it.effect("makes a publisher wait while a consumer is too far behind", () =>
    Effect.gen(function* () {
      const fanout = yield* Fanout.Fanout
      const consumer = yield* fanout.consumer(consumerOptions)
      yield* fanout.publish([message(1), message(2)])
      const publishing = yield* Effect.forkChild(fanout.publish([message(3)]))
      yield* Effect.yieldNow
      assert.isUndefined(publishing.pollUnsafe())
      const [first] = yield* consumer.pull(1)
      yield* consumer.acknowledge([first?.sequence ?? 0])
      assert.strictEqual(yield* Fiber.join(publishing), 1)
    }).pipe(Effect.provide(InProcessFanout.layer({ pendingMax: 2 })))
  )

  it.effect("remembers only so many repeats", () =>
    Effect.gen(function* () {
      const fanout = yield* Fanout.Fanout
      assert.strictEqual(yield* fanout.publish([message(1), message(2), message(3)]), 3)
      assert.strictEqual(yield* fanout.publish([message(3), message(1)]), 1)
    }).pipe(Effect.provide(InProcessFanout.layer({ repeatsMax: 2 })))
  )
})
