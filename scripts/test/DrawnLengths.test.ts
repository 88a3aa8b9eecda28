import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

describe("properties of every suite", () => {
  it("draw lists and texts up to the length that they name", () => {
    const lengths = { maxLength: 300 }
    const drawn = { numRuns: 200, seed: 1 }
    for (const sized of [fc.array(fc.nat(), lengths), fc.string(lengths), fc.uint8Array(lengths)]) {
      const longest = Math.max(...fc.sample<{ readonly length: number }>(sized, drawn).map(({ length }) => length))
      expect(longest).toBeGreaterThan(250)
    }
  })
})
