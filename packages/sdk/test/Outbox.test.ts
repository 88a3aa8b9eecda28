import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Scope, Stream } from "effect"
import { KeyValueStore } from "effect/persistence"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import * as Outbox from "@lupin/sdk/Outbox"
import * as EventCancel from "@lupin/core/EventCancel"
import * as Limits from "@lupin/core/Limits"
import * as OutboxStore from "@lupin/sdk/OutboxStore"
import * as FlakyPop from "./FlakyPop.ts"
import { trails } from "./TrailApp.ts"

const review = (rating: number) => ({ payload: { trail: "sawtooth-lake", rating } })

const zones = [
  { site: "lupin-us-sea", zone: "sea" },
  { site: "lupin-uk-mk", zone: "mk" }
]

/** Waits, with the clock running, until the outbox is as asked; a minute of the test's clock at a time. */
const until = (outbox: Outbox.Outbox<typeof trails>, isSo: (count: number, aside: number) => boolean) =>
  Effect.gen(function* () {
    for (let minutes = 0; minutes < 60; minutes++) {
      const entries = yield* outbox.entries
      if (isSo(entries.length, entries.filter(({ phase }) => phase === "SetAside").length)) return entries
      yield* TestClock.adjust("1 minute")
    }
    return assert.fail("the outbox did not get there within an hour")
  })

const isEmpty = (count: number) => count === 0

const withMemory = Effect.provide(OutboxStore.OutboxStore.layerMemory)

describe("Outbox", () => {
  it.effect("holds an event until two zones have it", () =>
    Effect.gen(function* () {
      const pop = yield* FlakyPop.make("boi1")
      const outbox = yield* Outbox.make({ app: trails, pops: [pop.client] })
      yield* outbox.write("review", review(5))
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual((yield* outbox.entries)[0]?.phase, "Accepted")
      yield* pop.controls.addHolder(zones[0]!)
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual((yield* outbox.entries).length, 1)
      yield* pop.controls.addHolder(zones[1]!)
      yield* until(outbox, isEmpty)
      assert.strictEqual(pop.posts.length, 1)
    }).pipe(withMemory)
  )

  it.effect("locks events by the author's secret, so that its key withdraws them", () =>
    Effect.gen(function* () {
      const pop = yield* FlakyPop.make("boi1", ["answerLost"])
      const secret = new TextEncoder().encode("the author's own")
      const outbox = yield* Outbox.make({ app: trails, pops: [pop.client], secret })
      yield* outbox.write("review", review(5))
      yield* TestClock.adjust("1 minute")
      const { id = "", messageId } = (yield* outbox.entries)[0] ?? {}
      if (messageId === undefined) return assert.fail("the event was not accepted")
      const wrong = { app: trails.name, messageId, key: EventCancel.keyOf(secret, "another") }
      assert.strictEqual((yield* Effect.flip(pop.client.cancelEvent(wrong)))._tag, "WrongKey")
      const answer = yield* pop.client.cancelEvent({ ...wrong, key: EventCancel.keyOf(secret, id) })
      return assert.strictEqual(answer.state, "cancelled")
    }).pipe(withMemory)
  )

  it.effect("mints an id at the first attempt while online, and none before", () =>
    Effect.gen(function* () {
      const pop = yield* FlakyPop.make("boi1", ["requestLost"])
      const outbox = yield* Outbox.make({ app: trails, pops: [pop.client], isOnline: false })
      yield* outbox.write("review", review(5))
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* outbox.entries)[0]?.id, undefined)
      yield* outbox.setOnline(true)
      yield* TestClock.adjust("1 minute")
      const id = (yield* outbox.entries)[0]?.id
      assert.match(id ?? "", /^[0-9a-f]{8}-[0-9a-f]{4}-7/)
      assert.deepStrictEqual(pop.posts, [id, id])
    }).pipe(withMemory)
  )

  it.effect("posts again under the same id after a restart and after a wipe of the POP", () =>
    Effect.gen(function* () {
      const pop = yield* FlakyPop.make("boi1", ["answerLost"])
      const first = yield* Scope.make()
      const before = yield* Scope.provide(Outbox.make({ app: trails, pops: [pop.client], isOnline: true }), first)
      yield* before.write("review", review(4))
      yield* Stream.runHead(Stream.filter(before.changes, (entries) => entries[0]?.attempts === 1))
      yield* Scope.close(first, Exit.void)
      yield* pop.controls.wipe
      const outbox = yield* Outbox.make({ app: trails, pops: [pop.client] })
      yield* TestClock.adjust("1 second")
      yield* pop.controls.wipe
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual((yield* pop.controls.held).length, 1)
      yield* Effect.forEach(zones, pop.controls.addHolder)
      yield* until(outbox, isEmpty)
      assert.isAtLeast(pop.posts.length, 3)
      assert.strictEqual(new Set(pop.posts).size, 1)
    }).pipe(withMemory)
  )

  it.effect("sets a refused event aside with its problem, sends the others, and lets the author decide", () =>
    Effect.gen(function* () {
      const pop = yield* FlakyPop.make("boi1")
      yield* Effect.forEach(zones, pop.controls.addHolder)
      const outbox = yield* Outbox.make({ app: trails, pops: [pop.client], routing: 9 })
      const slot = yield* outbox.write("review", review(1))
      const entries = yield* until(outbox, (_, aside) => aside === 1)
      assert.strictEqual(entries[0]?.refusal?.type, "/problems/invalid-request")
      assert.strictEqual(entries[0]?.refusal?.errors?.[0]?.pointer, "#/routing")
      yield* outbox.revive(slot)
      yield* until(outbox, (_, aside) => aside === 1)
      assert.strictEqual(new Set(pop.posts).size, 1)
      yield* outbox.discard(slot)
      assert.deepStrictEqual(yield* outbox.entries, [])
    }).pipe(withMemory)
  )

  it.effect("dates an event by the POP's clock where the phone's is wrong", () =>
    Effect.forEach([-Limits.dayMillis, 4 * Limits.dayMillis], (aheadMillis) =>
      Effect.gen(function* () {
        yield* TestClock.setTime(100 * Limits.dayMillis)
        const pop = yield* FlakyPop.make("boi1", [], aheadMillis)
        yield* Effect.forEach(zones, pop.controls.addHolder)
        const outbox = yield* Outbox.make({ app: trails, pops: [pop.client] })
        yield* outbox.write("review", review(5))
        yield* until(outbox, isEmpty)
        yield* outbox.write("review", review(4))
        yield* until(outbox, isEmpty)
        assert.strictEqual(new Set(pop.posts).size, 3)
        assert.strictEqual((yield* pop.controls.held).length, 2)
      }).pipe(Effect.scoped)
    ).pipe(withMemory)
  )

  it.effect("leaves it to the author whether an event that may be held is posted anew", () =>
    Effect.gen(function* () {
      const pop = yield* FlakyPop.make("boi1", ["requestLost"])
      yield* Effect.forEach(zones, pop.controls.addHolder)
      const outbox = yield* Outbox.make({ app: trails, pops: [pop.client] })
      const slot = yield* outbox.write("review", review(5))
      yield* Stream.runHead(Stream.filter(outbox.changes, (entries) => entries[0]?.attempts === 1))
      yield* outbox.setOnline(false)
      yield* TestClock.adjust("4 days")
      yield* outbox.setOnline(true)
      const [entry] = yield* until(outbox, (_, aside) => aside === 1)
      assert.strictEqual(entry?.refusal?.type, "/problems/event-refused")
      assert.isTrue(entry?.mayBeHeld)
      assert.strictEqual(new Set(pop.posts).size, 1)
      yield* outbox.renew(slot)
      yield* until(outbox, isEmpty)
      assert.strictEqual(new Set(pop.posts).size, 2)
    }).pipe(withMemory)
  )

  it.effect("finds an event that a POP has taken, though its answer was lost and days have passed", () =>
    Effect.gen(function* () {
      const pop = yield* FlakyPop.make("boi1", ["answerLost"])
      yield* Effect.forEach(zones, pop.controls.addHolder)
      const outbox = yield* Outbox.make({ app: trails, pops: [pop.client] })
      yield* outbox.write("review", review(5))
      yield* Stream.runHead(Stream.filter(outbox.changes, (entries) => entries[0]?.attempts === 1))
      yield* outbox.setOnline(false)
      yield* TestClock.adjust("4 days")
      yield* outbox.setOnline(true)
      yield* until(outbox, isEmpty)
      assert.strictEqual((yield* pop.controls.held).length, 1)
    }).pipe(withMemory)
  )

  it.effect("tries at once when the phone is back online, and says what waits", () =>
    Effect.gen(function* () {
      const pop = yield* FlakyPop.make(
        "boi1",
        Array.from({ length: 8 }, () => "requestLost" as const)
      )
      const outbox = yield* Outbox.make({ app: trails, pops: [pop.client] })
      yield* outbox.write("review", review(5))
      yield* Stream.runHead(
        Stream.filter(outbox.changes, (entries) => (entries[0]?.attempts ?? 0) >= 8).pipe(
          Stream.interruptWhen(Effect.forever(TestClock.adjust("1 minute")))
        )
      )
      assert.deepStrictEqual(yield* outbox.counts, { writing: 1, accepted: 0, setAside: 0 })
      yield* outbox.setOnline(false)
      yield* outbox.setOnline(true)
      yield* Stream.runHead(Stream.filter(outbox.changes, (entries) => entries[0]?.phase === "Accepted"))
      assert.strictEqual(pop.posts.length, 9)
      assert.deepStrictEqual(yield* outbox.counts, { writing: 0, accepted: 1, setAside: 0 })
    }).pipe(withMemory)
  )

  it.effect("tells the author what its own schema refuses, and when it is full", () =>
    Effect.gen(function* () {
      const pop = yield* FlakyPop.make("boi1")
      const outbox = yield* Outbox.make({ app: trails, pops: [pop.client], isOnline: false, limits: { eventsMax: 1 } })
      const wrong = yield* Effect.flip(outbox.write("review", review(6)))
      assert.strictEqual(wrong._tag, "InvalidPayload")
      yield* outbox.write("review", review(5))
      const full = yield* Effect.flip(outbox.write("review", review(4)))
      assert.strictEqual(full._tag, "OutboxFull")
    }).pipe(withMemory)
  )

  it.effect("does not send what its store has not kept", () =>
    Effect.gen(function* () {
      const pop = yield* FlakyPop.make("boi1")
      let isAway = false
      const store = yield* OutboxStore.OutboxStore
      const failing = OutboxStore.OutboxStore.of({
        ...store,
        put: (kept) =>
          Effect.suspend(() =>
            isAway ? Effect.fail(new OutboxStore.StoreUnavailable({ reason: "quota" })) : store.put(kept)
          )
      })
      const outbox = yield* Effect.provideService(
        Outbox.make({ app: trails, pops: [pop.client], isOnline: false }),
        OutboxStore.OutboxStore,
        failing
      )
      yield* outbox.write("review", review(5))
      isAway = true
      assert.strictEqual((yield* Effect.flip(outbox.write("review", review(4))))._tag, "StoreUnavailable")
      yield* outbox.setOnline(true)
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(pop.posts, [])
      isAway = false
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(pop.posts.length, 1)
    }).pipe(withMemory)
  )

  it("brings every event to the POPs exactly once, whatever the connections lose", async () => {
    const fates = fc.array(fc.constantFrom<FlakyPop.Fate>("through", "requestLost", "answerLost", "spoolAway"), {
      maxLength: 12
    })
    await fc.assert(
      fc.asyncProperty(fates, fates, fc.integer({ min: 1, max: 6 }), (near, far, count) =>
        Effect.gen(function* () {
          const pops = [yield* FlakyPop.make("boi1", near), yield* FlakyPop.make("lhr1", far)] as const
          for (const { controls } of pops) yield* Effect.forEach(zones, controls.addHolder)
          const outbox = yield* Outbox.make({ app: trails, pops: [pops[0].client, pops[1].client] })
          for (let event = 0; event < count; event++) yield* outbox.write("review", review((event % 5) + 1))
          yield* until(outbox, isEmpty)
          const held = new Set([...(yield* pops[0].controls.held), ...(yield* pops[1].controls.held)])
          assert.strictEqual(held.size, count)
        }).pipe(withMemory, Effect.scoped, Effect.provide(TestClock.layer()), Effect.runPromise)
      ),
      { numRuns: 60 }
    )
  })
})

const stores: ReadonlyArray<readonly [string, Layer.Layer<OutboxStore.OutboxStore>]> = [
  ["memory", OutboxStore.OutboxStore.layerMemory],
  ["key-value", Layer.provide(OutboxStore.OutboxStore.layerKeyValue(), KeyValueStore.layerMemory)]
]

describe.each(stores)("OutboxStore over %s", (_, layer) => {
  const draft = {
    app: "trails",
    kind: "review",
    version: 2,
    at: { lat: 1, lon: 2 },
    payload: { trail: "x", rating: 5 }
  }

  it.effect("loads what was put last under each slot and not removed", () =>
    Effect.gen(function* () {
      const store = yield* OutboxStore.OutboxStore
      const refusal = { type: "/problems/event-refused", status: 422, title: "no", errors: [{ detail: "old" }] }
      for (const slot of [1, 2, 10]) yield* store.put({ slot, draft })
      yield* store.put({ slot: 10, draft, id: "u", refusal })
      yield* store.remove(1)
      yield* store.remove(1)
      const { damaged, kept } = yield* store.load
      assert.deepStrictEqual(damaged, [])
      assert.deepStrictEqual(
        kept.toSorted((left, right) => left.slot - right.slot),
        [
          { slot: 2, draft },
          { slot: 10, draft, id: "u", refusal }
        ]
      )
    }).pipe(Effect.provide(layer))
  )
})

describe("OutboxStore over key-value", () => {
  it.effect("leaves a record it cannot read where it is, and others' keys alone", () =>
    Effect.gen(function* () {
      const keyValue = yield* KeyValueStore.KeyValueStore
      const store = yield* OutboxStore.OutboxStore
      yield* keyValue.set("lupin-outbox-7", '{"slot":7}')
      yield* keyValue.set("lupin-outbox-notes", "mine")
      const { damaged, kept } = yield* store.load
      assert.deepStrictEqual(kept, [])
      assert.deepStrictEqual(
        damaged.map(({ key }) => key),
        ["lupin-outbox-7"]
      )
      const pop = yield* FlakyPop.make("boi1")
      const outbox = yield* Outbox.make({ app: trails, pops: [pop.client], isOnline: false })
      assert.strictEqual(yield* outbox.write("review", review(5)), 8)
      assert.strictEqual(yield* keyValue.get("lupin-outbox-7"), '{"slot":7}')
    }).pipe(Effect.provide(Layer.provideMerge(OutboxStore.OutboxStore.layerKeyValue(), KeyValueStore.layerMemory)))
  )
})
