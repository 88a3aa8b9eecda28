import { assert, describe, it } from "@effect/vitest"
import * as Limits from "@lupin/core/Limits"
import * as Wildmat from "@lupin/core/Wildmat"
import * as Expiry from "@lupin/spool/Expiry"
import * as RetentionRule from "@lupin/spool/RetentionRule"
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
      yield* Expiry.sweep()
      assert.deepStrictEqual(yield* spool.status([id("1")]), ["removed"])
      yield* TestClock.adjust(Expiry.forgetStrideMillis)
      yield* Expiry.sweep()
      assert.deepStrictEqual(yield* spool.status([id("1")]), ["unknown"])
    }))

  test("keeps the newest digest of a key", (spool) =>
    Effect.gen(function* () {
      yield* spool.store([digest(digestId("a"), "lake", 1), digest(digestId("b"), "lake", 2)])
      yield* TestClock.adjust(Limits.historyMillis)
      yield* Expiry.sweep()
      assert.deepStrictEqual(yield* spool.status([digestId("a"), digestId("b")]), ["removed", "held"])
    }))

  const rule = { ...RetentionRule.last, keepMillis: 1_000, keepMillisMin: 100, keepMillisMax: 5_000 }
  const short = Wildmat.compile("misc.short") ?? Wildmat.ofSubtrees([])
  const other = group("misc.short")

  test("keeps articles of a group as long as its rule says, and the rest as long as history", (spool) =>
    Effect.gen(function* () {
      const rules = [{ ...rule, groups: short }]
      yield* spool.store([article(id("1"), [misc]), article(id("2"), [misc, other]), article(id("3"), [misc])])
      yield* TestClock.adjust(999)
      // The walk of the shortest age has come to the end.
      const next = { _tag: "At", millis: 1_000, orAfter: 3 } as const
      assert.deepStrictEqual(yield* Expiry.sweep({ rules }), { expired: 0, next })
      yield* TestClock.adjust(1)
      assert.strictEqual((yield* Expiry.sweep({ rules })).expired, 1)
      assert.deepStrictEqual(yield* spool.status([id("1"), id("2"), id("3")]), ["held", "removed", "held"])
      yield* TestClock.setTime(Limits.historyMillis)
      assert.strictEqual((yield* Expiry.sweep({ rules })).expired, 2)
    }))

  test("honours Expires within the limits of the rule", (spool) =>
    Effect.gen(function* () {
      const expiring = (name: string, millis: number) =>
        article(id(name), [misc], "words\r\n", [["Expires", new Date(millis).toUTCString().replace("GMT", "+0000")]])
      const start = Date.UTC(2026, 0, 1)
      yield* TestClock.setTime(start)
      const second = 1_000
      const rules = [{ ...rule, keepMillis: 10 * second, keepMillisMin: 2 * second, keepMillisMax: 20 * second }]
      const asked = { past: -5, soon: 5, late: 15, never: 1_000 }
      yield* spool.store([
        ...Object.entries(asked).map(([name, seconds]) => expiring(name, start + seconds * second)),
        article(id("plain"), [misc])
      ])
      const goneAt: Record<string, number> = {}
      for (let seconds = 1; seconds <= 22; seconds++) {
        yield* TestClock.adjust(second)
        yield* Expiry.sweep({ rules })
        for (const name of [...Object.keys(asked), "plain"]) {
          const [status] = yield* spool.status([id(name)])
          if (status === "removed") goneAt[name] ??= seconds
        }
      }
      assert.deepStrictEqual(goneAt, { past: 2, soon: 5, plain: 10, late: 15, never: 20 })
    }))

  test("leaves a group no more articles than its rule says, the newest ones", (spool) =>
    Effect.gen(function* () {
      const rules = [{ ...RetentionRule.last, groups: short, countMax: 3 }]
      for (const name of ["1", "2", "3", "4", "5"]) yield* spool.store([article(id(name), [other])])
      yield* spool.store([article(id("6"), [misc])])
      assert.strictEqual((yield* Expiry.sweep({ rules })).expired, 2)
      const { numberBase } = spool.generation
      assert.deepStrictEqual(
        yield* spool.numbers(other, 0, Infinity, 9),
        [3, 4, 5].map((number) => numberBase + number)
      )
      assert.strictEqual((yield* spool.group(other))?.low, numberBase + 3)
      assert.deepStrictEqual((yield* Expiry.sweep({ rules })).next, { _tag: "At", millis: Expiry.lookMillis })
    }))

  test("counts a crosspost that went from all groups that had too many", (spool) =>
    Effect.gen(function* () {
      const rules = [{ ...RetentionRule.last, countMax: 1 }]
      for (const name of ["1", "2"]) yield* spool.store([article(id(name), [misc, other])])
      assert.strictEqual((yield* Expiry.sweep({ rules })).expired, 1)
      assert.deepStrictEqual(yield* spool.status([id("1"), id("2")]), ["removed", "held"])
    }))

  test("leaves a class no more octets than its rule says, the newest ones", (spool) =>
    Effect.gen(function* () {
      for (const name of ["1", "2", "3", "4"]) yield* spool.store([article(id(name), [misc])])
      const [usage] = yield* spool.usage
      assert.strictEqual(usage?.articles, 4)
      const rules = [{ ...RetentionRule.last, bytesMax: Math.ceil(((usage?.bytes ?? 0) * 3) / 4) }]
      yield* Expiry.sweep({ rules })
      assert.deepStrictEqual(yield* spool.status([id("1"), id("2"), id("4")]), ["removed", "held", "held"])
    }))

  test("lets no more go for their octets than are too many", (spool) =>
    Effect.gen(function* () {
      const names = Array.from({ length: 20 }, (_, at) => `${10 + at}`)
      yield* spool.store(names.map((name) => article(id(name), [misc])))
      const [usage] = yield* spool.usage
      const rules = [{ ...RetentionRule.last, bytesMax: Math.ceil((usage?.bytes ?? 0) / 2) }]
      while ((yield* Expiry.sweep({ rules })).next._tag === "Now");
      assert.strictEqual((yield* spool.usage)[0]?.articles, 10)
    }))

  test("takes a bounded slice at a time, and goes on where it stopped", (spool) =>
    Effect.gen(function* () {
      const batch = Array.from({ length: Expiry.sliceMax + 3 }, (_, at) => article(id(`${at}`), [misc]))
      yield* spool.store(batch)
      yield* TestClock.adjust(Limits.historyMillis)
      assert.deepStrictEqual(yield* Expiry.sweep(), { expired: Expiry.sliceMax, next: { _tag: "Now" } })
      assert.strictEqual((yield* Expiry.sweep()).expired, 3)
      assert.strictEqual((yield* spool.group(misc))?.count, 0)
    }))

  test("sees what comes while it sleeps, where that is due before all else", (spool) =>
    Effect.gen(function* () {
      yield* spool.store([article(id("1"), [misc])])
      yield* Layer.build(Expiry.layer({ rules: [{ ...rule, groups: short }] }))
      yield* TestClock.adjust("1 minute")
      yield* spool.store([article(id("2"), [other])])
      yield* TestClock.adjust(rule.keepMillis)
      assert.deepStrictEqual(yield* spool.status([id("1"), id("2")]), ["held", "removed"])
    }).pipe(Effect.scoped))

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
