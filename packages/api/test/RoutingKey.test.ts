import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as RoutingKey from "@lupin/api/RoutingKey"

const host = fc.stringMatching(/^[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?$/)
const cacheGeneration = fc.stringMatching(/^[a-z2-7]{1,26}$/)
const key = fc.record({ host, cacheGeneration })

describe("RoutingKey", () => {
  it("reads back what it writes, also for hosts with dots", () => {
    fc.assert(fc.property(key, (key) => assert.deepStrictEqual(RoutingKey.parse(RoutingKey.format(key)), key)))
  })

  it("takes any text, and writes back what it took", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        const read = RoutingKey.parse(text)
        if (read !== undefined) assert.strictEqual(RoutingKey.format(read), text)
      })
    )
  })

  it("refuses what no header could carry", () => {
    for (const text of ["", ".", "boi1", "boi1.", ".g1", "boi1.g1\r\nx: y", "a b.g1", `${"a".repeat(300)}.g1`]) {
      assert.strictEqual(RoutingKey.parse(text), undefined, text)
    }
  })
})
