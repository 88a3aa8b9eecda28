import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as JsonBound from "@lupin/api/JsonBound"
import * as CanonicalJson from "@lupin/core/CanonicalJson"

const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])

describe("JsonBound", () => {
  it("takes JSON of moderate depth", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (text) => {
        assert.strictEqual(JsonBound.find(JSON.parse(text)), undefined)
      })
    )
  })

  it("takes nothing that has no canonical form", () => {
    const text = fc.oneof(fc.string(), fc.constantFrom("\ud800", "a\udfff"))
    const value = fc.letrec((tie) => ({
      any: fc.oneof({ maxDepth: 4 }, tie("leaf"), fc.array(tie("any")), fc.dictionary(text, tie("any"))),
      leaf: fc.oneof(text, fc.double(), fc.boolean(), fc.constant(null))
    })).any
    fc.assert(
      fc.property(value, (value) => {
        if (JsonBound.find(value) === undefined) assert.notStrictEqual(CanonicalJson.tryEncode(value), undefined)
      })
    )
  })

  it("points at the fault, in the order of the body", () => {
    const value = { a: [1, { "b/c": Infinity }], z: "\ud800" }
    assert.deepStrictEqual(JsonBound.find(value), { path: ["a", "1", "b/c"], detail: "is no finite number" })
    assert.deepStrictEqual(JsonBound.find({ z: "\ud800" }), { path: ["z"], detail: "has a lone surrogate" })
  })

  it("stops at its depth, and survives any depth", () => {
    assert.strictEqual(JsonBound.find(nested(JsonBound.payloadDepthMax)), undefined)
    assert.include(JsonBound.find(nested(JsonBound.payloadDepthMax + 1))?.detail, "nests deeper")
    let deep: unknown = 1
    for (let level = 0; level < 200_000; level++) deep = [deep]
    assert.include(JsonBound.find(deep)?.detail, "nests deeper")
  })
})
