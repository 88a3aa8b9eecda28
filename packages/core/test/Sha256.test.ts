import * as Sha256 from "@lupin/core/Sha256"
import * as fc from "fast-check"
import { createHash } from "node:crypto"
import { describe, expect, it } from "vitest"

describe("Sha256", () => {
  it("agrees with another implementation on any octets", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        expect([...Sha256.hash(octets)]).toEqual([...createHash("sha256").update(octets).digest()])
      })
    )
  })

  it("hashes a text as its UTF-8", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(Sha256.hashText(text)).toEqual(Sha256.hash(new TextEncoder().encode(text)))
      })
    )
  })
})
