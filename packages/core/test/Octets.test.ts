import * as Octets from "@lupin/core/Octets"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

describe("Octets", () => {
  it("gives every caller octets of its own, zero at first", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9_000 }), { maxLength: 30 }), (sizes) => {
        const taken = sizes.map((bytes, index) => {
          const octets = Octets.take(bytes)
          const wasZero = octets.every((octet) => octet === 0)
          octets.fill(index + 1)
          return { octets, wasZero, bytes }
        })
        taken.forEach(({ bytes, octets, wasZero }, index) => {
          expect(wasZero).toBe(true)
          expect(octets.length).toBe(bytes)
          expect(octets.every((octet) => octet === index + 1)).toBe(true)
        })
      }),
      { numRuns: 30 }
    )
  })

  it("joins pieces in order and copies a part", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), (pieces) => {
        const whole = Octets.concat(pieces)
        expect([...whole]).toEqual(pieces.flatMap((piece) => [...piece]))
        const half = Math.floor(whole.length / 2)
        expect([...Octets.copy(whole, half, whole.length)]).toEqual([...whole].slice(half))
      })
    )
  })

  it("writes text and says where it ends", () => {
    const octets = Octets.take(5)
    expect(Octets.write(octets, 1, "abc")).toBe(4)
    expect([...octets]).toEqual([0, 97, 98, 99, 0])
  })
})
