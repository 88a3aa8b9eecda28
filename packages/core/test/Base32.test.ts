import * as Base32 from "@lupin/core/Base32"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

describe("Base32", () => {
  it.each([
    ["", ""],
    ["f", "my"],
    ["fo", "mzxq"],
    ["foo", "mzxw6"],
    ["foob", "mzxw6yq"],
    ["fooba", "mzxw6ytb"],
    ["foobar", "mzxw6ytboi"]
  ])("writes %j as RFC 4648 §10 has it", (plain, text) => {
    expect(Base32.encode(new TextEncoder().encode(plain))).toBe(text)
  })

  it("reads what it wrote", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (octets) => {
        expect(Base32.decode(Base32.encode(octets))).toEqual(octets)
      })
    )
  })

  it("reads no second spelling of the same octets", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-zA-Z2-9=]{0,9}$/), (text) => {
        const octets = Base32.decode(text)
        if (octets !== undefined) expect(Base32.encode(octets)).toBe(text)
      }),
      { numRuns: 1_000 }
    )
  })
})
