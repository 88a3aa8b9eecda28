import { assert, it } from "@effect/vitest"
import type * as Article from "@lupin/core/Article"
import * as Limits from "@lupin/core/Limits"
import * as MessageId from "@lupin/core/MessageId"
import * as Tree from "@lupin/core/ReconciliationTree"
import * as Sha256 from "@lupin/core/Sha256"
import * as Uuid from "@lupin/core/Uuid"
import * as Wildmat from "@lupin/core/Wildmat"
import { article, digest, digestId, group, id } from "@lupin/testing/SampleArticles"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { follow, HistoryTree, idsAt } from "../src/HistoryTree.ts"
import { SiteIdentity } from "../src/SiteIdentity.ts"
import { Spool } from "../src/Spool.ts"

const identity = SiteIdentity.layer({ name: "test", path: "test.example", kind: "central", apps: "any" })
const spool = Spool.layerMemory.pipe(Layer.provide(identity))

/** When the sample articles were injected. */
const sampleMillis = Date.UTC(2026, 0, 1)
const sampleSecond = sampleMillis / 1000
const misc = group("misc.test")
const alt = group("alt.test")

const client = (millis: number): MessageId.MessageId =>
  MessageId.MessageId.make(`<${Uuid.v7(millis, new Uint8Array(10))}.${"k".repeat(26)}@app.client.lupin>`)

const treeOf = Effect.fnUntraced(function* (wildmat = "*", max?: number) {
  const history = new HistoryTree(Wildmat.compile(wildmat) ?? Wildmat.nothing, max)
  yield* follow(yield* Spool, history)
  return history
})

/** Seconds and marks, by id. */
const told = (history: HistoryTree) =>
  Effect.gen(function* () {
    const items = history.tree.items(Tree.key(0), Tree.key(2 ** 32 - 1), 1_000)
    const named = yield* idsAt(
      yield* Spool,
      items.map(({ ref }) => ref)
    )
    return new Map(
      items.map(({ key, mark, ref }): readonly [MessageId.MessageId | undefined, ReadonlyArray<number | Tree.Mark>] => [
        named.get(ref)?.id,
        [Tree.secondOf(key), mark]
      ])
    )
  })

const store = (...articles: ReadonlyArray<Article.Article>) => Effect.flatMap(Spool, (served) => served.store(articles))

const start = TestClock.setTime(sampleMillis + 60_000)

it.layer(spool)("a history", (test) => {
  test.effect("knows what was filed, expired and removed, also what never came", () =>
    Effect.gen(function* () {
      yield* start
      const served = yield* Spool
      const [mine, other] = [client(sampleMillis + 1_500), client(sampleMillis + 7_000)]
      yield* store(article(id("a"), [misc]), article(id("b"), [misc]), article(id("c"), [misc]), article(mine, [misc]))
      const living = yield* treeOf()
      yield* served.remove([id("b")], "expired")
      yield* served.remove([id("c"), other, id("never")], "cancelled")
      yield* follow(served, living)
      const expected = new Map<MessageId.MessageId | undefined, ReadonlyArray<number | Tree.Mark>>([
        [id("a"), [sampleSecond, "live"]],
        [id("b"), [sampleSecond, "expired"]],
        [id("c"), [sampleSecond, "removed"]],
        [mine, [sampleSecond + 1, "live"]],
        [other, [sampleSecond + 7, "removed"]]
      ])
      const anew = yield* treeOf()
      for (const history of [living, anew]) assert.deepStrictEqual(yield* told(history), expected)
      assert.isFalse(anew.date(sampleSecond, Sha256.hashText(id("a"))))
      assert.isTrue(anew.date(sampleSecond + 3, Sha256.hashText(id("never")).subarray(0, 16)))
      expected.set(id("never"), [sampleSecond + 3, "removed"])
      assert.deepStrictEqual(yield* told(anew), expected)
      // An id that was erased: the log names it no more.
      anew.agree(sampleSecond + 5, Sha256.hashText(id("erased")), "live")
      assert.strictEqual(anew.tree.size, expected.size)
      anew.agree(sampleSecond + 5, Sha256.hashText(id("erased")), "removed")
      assert.strictEqual(anew.tree.size, expected.size + 1)
    })
  )
})

it.layer(spool)("a history of some groups", (test) => {
  test.effect("leaves out what a feed of them would not take", () =>
    Effect.gen(function* () {
      yield* start
      yield* store(article(id("a"), [misc]), article(id("b"), [alt]), article(id("c"), [misc, alt]))
      const ids = (wildmat: string) =>
        Effect.map(Effect.flatMap(treeOf(wildmat), told), (known) => new Set(known.keys()))
      assert.deepStrictEqual(yield* ids("misc.*"), new Set([id("a"), id("c")]))
      assert.deepStrictEqual(yield* ids("misc.*,@alt.*"), new Set([id("a")]))
      assert.deepStrictEqual(yield* ids("*,!misc.*"), new Set([id("b"), id("c")]))
    })
  )
})

it.layer(spool)("a history of digests", (test) => {
  test.effect("holds the newest of a key alone: it says all that the others said", () =>
    Effect.gen(function* () {
      yield* start
      yield* store(digest(digestId("a"), "k", 1), digest(digestId("c"), "k", 3))
      yield* store(digest(digestId("b"), "k", 2))
      assert.deepStrictEqual([...(yield* told(yield* treeOf())).keys()], [digestId("c")])
    })
  )
})

it.layer(spool)("a history that grows", (test) => {
  test.effect("lets go of the oldest hours, by age and by number, and says from when on it knows all", () =>
    Effect.gen(function* () {
      yield* start
      const hours = Array.from({ length: 10 }, (_, at) => client(sampleMillis + at * 3_600_000))
      yield* store(...hours.map((messageId) => article(messageId, [misc])))
      const bounded = yield* treeOf("*", 4)
      assert.deepStrictEqual([...(yield* told(bounded)).keys()], hours.slice(6))
      assert.strictEqual(bounded.floor, sampleSecond + 6 * 3_600)
      const whole = yield* treeOf()
      assert.strictEqual(whole.tree.size, 10)
      yield* TestClock.setTime(sampleMillis + Limits.historyMillis + 2 * 3_600_000 + 1_000)
      yield* follow(yield* Spool, whole)
      assert.strictEqual(whole.floor, sampleSecond + 3 * 3_600)
      assert.deepStrictEqual([...(yield* told(whole)).keys()], hours.slice(3))
    })
  )
})
