import * as CanonicalJson from "@lupin/core/CanonicalJson"
import * as Events from "@lupin/testing/Events"
import canonicalize from "canonicalize"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

const reversed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, inner]) => [name, reversed(inner)])
  )
}

describe("CanonicalJson", () => {
  it("spells the sample of RFC 8785 §3.2.3 as it is printed there", () => {
    const sample = {
      numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"/",
      literals: [null, true, false]
    }
    expect(CanonicalJson.encode(sample)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
  })

  it("spells a value one way, whatever the order of its names", () => {
    fc.assert(
      fc.property(Events.payload, (value) => {
        expect(CanonicalJson.encode(reversed(value))).toBe(CanonicalJson.encode(value))
      })
    )
  })

  it("spells every value as the canonicalizer does, whether its names come in order or not", () => {
    const names = fc.constantFrom("a", "b", "B", "10", "9", "ä", "\ud83d\ude00", "\\ud800", "toString")
    const { value: anything } = fc.letrec((tie) => ({
      leaf: fc.oneof(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.string({ unit: "binary" }),
        fc.constantFrom(null, true, "\\udead", -0)
      ),
      value: fc.oneof(
        { maxDepth: 4 },
        tie("leaf"),
        fc.array(tie("value"), { maxLength: 4 }),
        fc.dictionary(names, tie("value"), { maxKeys: 4 })
      )
    }))
    fc.assert(
      fc.property(anything, (value) => {
        expect(CanonicalJson.encode(value)).toBe(canonicalize(value))
      })
    )
  })

  it("reads its own spelling and no other", () => {
    fc.assert(
      fc.property(Events.payload, (value) => {
        const text = CanonicalJson.encode(value)
        const read = CanonicalJson.decode(text)
        expect(read).toBeDefined()
        expect(CanonicalJson.encode(read?.value)).toBe(text)
        expect(CanonicalJson.decode(` ${text}`)).toBeUndefined()
      })
    )
    expect(CanonicalJson.decode('{"b":1,"a":2}')).toBeUndefined()
    expect(CanonicalJson.decode("1.0")).toBeUndefined()
    expect(CanonicalJson.decode('{"a":1,"a":2}')).toBeUndefined()
    expect(CanonicalJson.decode("{")).toBeUndefined()
  })

  it.each([["\ud800"], [Number.POSITIVE_INFINITY], [Number.NaN], [undefined], [{ a: ["\udc00"] }], [{ "\ud800": 1 }]])(
    "has no spelling for %j",
    (value) => {
      expect(CanonicalJson.tryEncode(value)).toBeUndefined()
      expect(() => CanonicalJson.encode(value)).toThrow()
    }
  )
})
