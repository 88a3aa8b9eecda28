import { assert, describe, it } from "@effect/vitest"
import * as MessageId from "@lupin/core/MessageId"
import * as FastCheck from "fast-check"
import * as PageCursor from "../src/PageCursor.ts"

const cursor: FastCheck.Arbitrary<PageCursor.PageCursor> = FastCheck.record({
  postedMillis: FastCheck.oneof(FastCheck.integer({ min: -5, max: 5 }), FastCheck.integer({ min: 0, max: 2 ** 45 })),
  messageId: FastCheck.stringMatching(/^<[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,20}@[a-z0-9]{1,9}>$/).filter(
    (text): text is MessageId.MessageId => MessageId.parse(text) !== undefined
  )
})

describe("PageCursor", () => {
  it("reads what it wrote", () => {
    FastCheck.assert(
      FastCheck.property(cursor, (written) => {
        assert.deepStrictEqual(PageCursor.decode(PageCursor.encode(written)), written)
      })
    )
  })

  it("reads of any text a cursor or nothing", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.string(), (text) => {
        const read = PageCursor.decode(text)
        return read === undefined || PageCursor.decode(PageCursor.encode(read)) !== undefined
      })
    )
    for (const text of ["", ".", "1.", "1.x", "1.<a@b>", "1e9.a@b", "99999999999999999.a@b", "1.a@b\n"]) {
      assert.isUndefined(PageCursor.decode(text), text)
    }
  })

  it("orders newest first, and totally", () => {
    FastCheck.assert(
      FastCheck.property(cursor, cursor, (a, b) => {
        const order = Math.sign(PageCursor.compare(a, b))
        assert.strictEqual(order + Math.sign(PageCursor.compare(b, a)), 0)
        assert.strictEqual(order === 0, a.postedMillis === b.postedMillis && a.messageId === b.messageId)
        if (a.postedMillis > b.postedMillis) assert.strictEqual(order, -1)
      })
    )
  })
})
