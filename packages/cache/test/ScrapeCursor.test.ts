import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "fast-check"
import * as ScrapeCursor from "../src/ScrapeCursor.ts"

const whole = FastCheck.nat(2 ** 31 - 1)
const cursor: FastCheck.Arbitrary<ScrapeCursor.ScrapeCursor> = FastCheck.oneof(
  FastCheck.record({ _tag: FastCheck.constant("Changes" as const), generation: FastCheck.string(), after: whole }),
  FastCheck.record({
    _tag: FastCheck.constant("Groups" as const),
    source: FastCheck.string(),
    groups: FastCheck.dictionary(
      FastCheck.stringMatching(/^[a-z0-9+_-]{1,9}(\.[a-z0-9+_-]{1,9}){0,3}$/).filter((name) => name !== "__proto__"),
      FastCheck.record({ low: whole, high: whole, count: whole }),
      { noNullPrototype: true }
    )
  })
)

describe("ScrapeCursor", () => {
  it("reads what it wrote", () => {
    FastCheck.assert(
      FastCheck.property(cursor, (written) => {
        assert.deepStrictEqual(ScrapeCursor.decode(ScrapeCursor.encode(written)), written)
      })
    )
  })

  it("is nothing in any other text, so that the subtree is read anew", () => {
    FastCheck.assert(FastCheck.property(FastCheck.json(), (text) => ScrapeCursor.decode(text) === undefined))
    assert.isUndefined(ScrapeCursor.decode(`{"_tag":"Changes","generation":"g","after":1.5}`))
    assert.isUndefined(ScrapeCursor.decode("{"))
  })
})
