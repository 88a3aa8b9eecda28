import { assert, describe, it } from "@effect/vitest"
import * as Limits from "@lupin/core/Limits"
import * as Expiry from "@lupin/spool/Expiry"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool } from "@lupin/spool/Spool"
import { article, digest, digestId, group, id } from "@lupin/testing/SampleArticles"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"

const site = SiteIdentity.layer({ name: "boi1", path: "h1.boi.pop.lupin", kind: "pop", apps: "any" })
const live = Spool.layerMemory.pipe(Layer.provideMerge(site))
const misc = group("misc.test")

const test = (name: string, body: (spool: Spool["Service"]) => Effect.Effect<void, unknown, Spool>) =>
  it.effect(name, () => Effect.flatMap(Spool, body).pipe(Effect.provide(Layer.fresh(live))))

describe("Expiry", () => {
  test("removes articles at the age of history, and not before", (spool) =>
    Effect.gen(function* () {
      yield* spool.store([article(id("1"), [misc])])
      yield* TestClock.adjust("1 day")
      yield* spool.store([article(id("2"), [misc])])
      yield* TestClock.setTime(Limits.historyMillis - 1)
      assert.deepStrictEqual(yield* Expiry.sweep(), {
        expired: 0,
        forgotten: 0,
        next: { _tag: "At", millis: Limits.historyMillis }
      })
      yield* TestClock.adjust(1)
      assert.strictEqual((yield* Expiry.sweep()).expired, 1)
      assert.deepStrictEqual(yield* spool.status([id("1"), id("2")]), ["removed", "held"])
    }))

  test("forgets an id as long after its removal", (spool) =>
    Effect.gen(function* () {
      yield* spool.remove([id("1")], "cancelled")
      yield* TestClock.adjust(Limits.historyMillis - 1)
      yield* Expiry.sweep()
      assert.deepStrictEqual(yield* spool.status([id("1")]), ["removed"])
      yield* TestClock.adjust(1)
      assert.strictEqual((yield* Expiry.sweep()).forgotten, 1)
      assert.deepStrictEqual(yield* spool.status([id("1")]), ["unknown"])
    }))

  test("keeps the newest digest of a key", (spool) =>
    Effect.gen(function* () {
      yield* spool.store([digest(digestId("a"), "lake", 1), digest(digestId("b"), "lake", 2)])
      yield* TestClock.adjust(Limits.historyMillis)
      yield* Expiry.sweep()
      assert.deepStrictEqual(yield* spool.status([digestId("a"), digestId("b")]), ["unknown", "held"])
    }))

  test("takes a bounded slice at a time, and goes on where it stopped", (spool) =>
    Effect.gen(function* () {
      const batch = Array.from({ length: Expiry.sliceMax + 3 }, (_, at) => article(id(`${at}`), [misc]))
      yield* spool.store(batch)
      yield* TestClock.adjust(Limits.historyMillis)
      assert.deepStrictEqual(yield* Expiry.sweep(), { expired: Expiry.sliceMax, forgotten: 0, next: { _tag: "Now" } })
      assert.strictEqual((yield* Expiry.sweep()).expired, 3)
      assert.strictEqual((yield* spool.group(misc))?.count, 0)
    }))

  test("runs by itself when the time has come", (spool) =>
    Effect.gen(function* () {
      yield* Layer.build(Expiry.layer())
      yield* Effect.yieldNow
      yield* spool.store([article(id("1"), [misc])])
      yield* Effect.yieldNow
      for (let slept = 0; slept < Limits.historyMillis; slept += Expiry.sleepMillisMax) {
        yield* TestClock.adjust(Expiry.sleepMillisMax)
      }
      yield* spool.changed(1)
      assert.deepStrictEqual(yield* spool.status([id("1")]), ["removed"])
    }).pipe(Effect.scoped))
})
