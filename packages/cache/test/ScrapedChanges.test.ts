import { assert, describe, it } from "@effect/vitest"
import * as MessageId from "@lupin/core/MessageId"
import * as FastCheck from "fast-check"
import * as GroupScrape from "../src/GroupScrape.ts"
import * as ScrapedChanges from "../src/ScrapedChanges.ts"
import type * as Source from "../src/Source.ts"

const messageId = FastCheck.nat(9).map((serial) => MessageId.MessageId.make(`<${serial}@example.invalid>`))
const bytes = FastCheck.oneof(FastCheck.nat(2_000), FastCheck.nat(3 * ScrapedChanges.batchBytesMax))

const change: FastCheck.Arbitrary<Source.Change> = FastCheck.oneof(
  FastCheck.record({ _tag: FastCheck.constant("Filed" as const), messageId, bytes }),
  FastCheck.record({ _tag: FastCheck.constant("Removed" as const), messageId })
)

describe("ScrapedChanges", () => {
  it("comes to what a reader who took one change after the other would hold", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(change), (changes) => {
        const held = new Set<string>()
        for (const { _tag, messageId } of changes) {
          if (_tag === "Filed") held.add(messageId)
          else held.delete(messageId)
        }
        const { filed, removed } = ScrapedChanges.net(changes)
        assert.deepStrictEqual(new Set(filed.map((article) => article.messageId)), held as Set<MessageId.MessageId>)
        assert.strictEqual(filed.length + removed.length, new Set(changes.map((each) => each.messageId)).size)
        assert.isFalse(removed.some((id) => held.has(id)))
      })
    )
  })

  it("cuts into batches that keep the order, and each limit unless one article alone is larger", () => {
    const announced = FastCheck.array(FastCheck.record({ messageId, bytes }), { maxLength: 500 })
    FastCheck.assert(
      FastCheck.property(announced, (articles) => {
        const cut = ScrapedChanges.batches(articles)
        assert.deepStrictEqual(cut.flat(), articles)
        for (const batch of cut) {
          assert.isAtLeast(batch.length, 1)
          assert.isAtMost(batch.length, ScrapedChanges.batchArticlesMax)
          const size = batch.reduce((sum, article) => sum + article.bytes, 0)
          assert.isTrue(size <= ScrapedChanges.batchBytesMax || batch.length === 1)
        }
      })
    )
  })
})

describe("GroupScrape", () => {
  it("asks for every number between two marks once, in stretches that a server answers", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.integer({ min: 1, max: 2 ** 31 - 9_000 }), FastCheck.nat(5_000), (low, more) => {
        const ranges = GroupScrape.ranges(low, low + more - 1)
        let next = low
        for (const [first, last] of ranges) {
          assert.strictEqual(first, next)
          assert.isAtMost(last - first + 1, GroupScrape.overviewNumbersMax)
          next = last + 1
        }
        assert.strictEqual(next, low + more)
      })
    )
  })
})
