/**
 * What every fan-out promises, as checks to run on each layer of it.
 *
 * `for (const promise of fanoutContract) it.effect(promise.name, () => promise.check.pipe(Effect.provide(layer)))`.
 */
import * as GroupName from "@lupin/core/GroupName"
import * as MessageId from "@lupin/core/MessageId"
import * as Wildmat from "@lupin/core/Wildmat"
import * as Fanout from "@lupin/fanout/Fanout"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"

export interface Promised {
  /** The fact it states, to name a test. */
  readonly name: string
  /** Dies with what was seen where the layer breaks it. Needs a layer of its own. */
  readonly check: Effect.Effect<void, Fanout.FanoutUnavailable, Fanout.Fanout | Scope.Scope>
}

const everything = Wildmat.compile("*")
const ratings = Wildmat.compile("digests.*")
if (everything === undefined || ratings === undefined) throw new Error("the contract's own wildmats are wrong")

const message = (n: number, subject = "clientposts.app.topic.note"): Fanout.Message => ({
  id: MessageId.MessageId.make(`<m${n}@test.invalid>`),
  subject: GroupName.GroupName.make(subject),
  octets: Uint8Array.of(n),
  isRemoval: false,
  position: n
})

const options = (name: string, subjects: Wildmat.Wildmat, inFlightMax = 100): Fanout.ConsumerOptions => ({
  name,
  subjects,
  inFlightMax,
  acknowledgeMillisMax: 60_000
})

const equal = (what: string, seen: unknown, wanted: unknown) => {
  const [left, right] = [JSON.stringify(seen), JSON.stringify(wanted)]
  if (left !== right) throw new Error(`${what}: ${left} is not ${right}`)
}

const positions = (deliveries: ReadonlyArray<Fanout.Delivery>) => deliveries.map(({ position }) => position)
const sequences = (deliveries: ReadonlyArray<Fanout.Delivery>) => deliveries.map(({ sequence }) => sequence)

const promise = (
  name: string,
  check: () => Effect.fn.Return<void, Fanout.FanoutUnavailable, Fanout.Fanout | Scope.Scope>
): Promised => ({ name, check: Effect.gen(check) })

export const fanoutContract: ReadonlyArray<Promised> = [
  promise("delivers what is published, oldest first, to each consumer that wants it", function* () {
    const fanout = yield* Fanout.Fanout
    const all = yield* fanout.consumer(options("all", everything))
    const some = yield* fanout.consumer(options("some", ratings))
    yield* fanout.publish([message(1), message(2, "digests.app.ratings.x"), message(3)])
    equal("all", positions(yield* all.pull(10)), [1, 2, 3])
    equal("some", positions(yield* some.pull(10)), [2])
  }),
  promise("takes a repeat of a Message-ID once, and its removal as a message of its own", function* () {
    const fanout = yield* Fanout.Fanout
    const consumer = yield* fanout.consumer(options("all", everything))
    const removal = { ...message(1), isRemoval: true }
    equal("first", yield* fanout.publish([message(1), message(1)]), 1)
    equal("again", yield* fanout.publish([message(1), removal, removal]), 1)
    const deliveries = yield* consumer.pull(10)
    equal(
      "removals",
      deliveries.map(({ isRemoval }) => isRemoval),
      [false, true]
    )
  }),
  promise("waits for a message where there is none", function* () {
    const fanout = yield* Fanout.Fanout
    const consumer = yield* fanout.consumer(options("all", everything))
    const waiting = yield* Effect.forkChild(consumer.pull(1))
    yield* Effect.yieldNow
    yield* fanout.publish([message(7)])
    equal("late", positions(yield* Fiber.join(waiting)), [7])
  }),
  promise("hands a released message out again, before later ones and with its attempt counted", function* () {
    const fanout = yield* Fanout.Fanout
    const consumer = yield* fanout.consumer(options("all", everything))
    yield* fanout.publish([message(1), message(2), message(3)])
    const first = yield* consumer.pull(2)
    yield* consumer.release(sequences(first))
    const second = yield* consumer.pull(10)
    equal("order", positions(second), [1, 2, 3])
    equal(
      "attempts",
      second.map(({ attempt }) => attempt),
      [2, 2, 1]
    )
  }),
  promise("keeps at most the agreed number in flight, and goes on once some are acknowledged", function* () {
    const fanout = yield* Fanout.Fanout
    const consumer = yield* fanout.consumer(options("narrow", everything, 2))
    yield* fanout.publish([message(1), message(2), message(3)])
    const first = yield* consumer.pull(10)
    equal("first", positions(first), [1, 2])
    const waiting = yield* Effect.forkChild(consumer.pull(10))
    yield* Effect.yieldNow
    yield* consumer.acknowledge(sequences(first.slice(0, 1)))
    equal("then", positions(yield* Fiber.join(waiting)), [3])
    equal("pending", yield* consumer.pending, 2)
  }),
  promise("shares the work of one consumer between its handles", function* () {
    const fanout = yield* Fanout.Fanout
    const one = yield* fanout.consumer(options("shared", everything))
    const other = yield* fanout.consumer(options("shared", everything))
    yield* fanout.publish([message(1), message(2)])
    const seen = [...(yield* one.pull(1)), ...(yield* other.pull(1))]
    equal("once each", positions(seen), [1, 2])
    yield* one.acknowledge(sequences(seen))
    equal("pending", yield* other.pending, 0)
  })
]
