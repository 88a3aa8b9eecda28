import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as Receipt from "@lupin/api/Receipt"
import * as MessageId from "@lupin/core/MessageId"

const messageId = MessageId.MessageId.make("<a@b.example>")
const holder: fc.Arbitrary<Receipt.Holder> = fc.oneof(
  fc.record({ site: fc.constantFrom("boi1", "boi2", "lhr1") }),
  fc.constantFrom("sea", "mk", "cape").map((zone) => ({ site: `lupin-${zone}`, zone }))
)
const known = fc.record({
  messageId: fc.constant(messageId),
  holders: fc.array(holder, { maxLength: 8 }),
  isDigested: fc.boolean()
})

describe("Receipt", () => {
  it("is durable exactly when two different zones hold the article", () => {
    fc.assert(
      fc.property(known, (known) => {
        const zones = new Set(known.holders.flatMap(({ zone }) => zone ?? []))
        assert.strictEqual(Receipt.isDurable(Receipt.of(known)), zones.size >= 2)
      })
    )
  })

  it("names each site once, whatever the order of the holders", () => {
    fc.assert(
      fc.property(known, (known) => {
        const receipt = Receipt.of(known)
        assert.deepStrictEqual(receipt, Receipt.of({ ...known, holders: known.holders.toReversed() }))
        assert.strictEqual(new Set(receipt.heldBy).size, receipt.heldBy.length)
      })
    )
  })

  it("never loses a stage when one more site holds the article", () => {
    fc.assert(
      fc.property(known, holder, (known, more) => {
        const before = Receipt.of(known).stages
        const after = Receipt.of({ ...known, holders: [...known.holders, more] }).stages
        assert.isTrue(before.every((stage) => after.includes(stage)))
      })
    )
  })
})
