import * as Sha256 from "@lupin/core/Sha256"
import * as fc from "fast-check"
import { createHash } from "node:crypto"
import { describe, expect, it } from "vitest"

describe("Sha256", () => {
  it("agrees with another implementation on any octets", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        const expected = [...createHash("sha256").update(octets).digest()]
        expect([...Sha256.hash(octets)]).toEqual(expected)
        expect([...Sha256.portable(octets)]).toEqual(expected)
      })
    )
  })

  it("hashes a text as its UTF-8", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "é", "\u{1F426}", "\ud83d"), maxLength: 500 }), (text) => {
        const expected = Sha256.hash(new TextEncoder().encode(text))
        expect(Sha256.hashText(text)).toEqual(expected)
        expect(Sha256.portable(text)).toEqual(expected)
      })
    )
  })
})
