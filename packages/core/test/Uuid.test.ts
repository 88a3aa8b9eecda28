import * as Uuid from "@lupin/core/Uuid"
import * as Events from "@lupin/testing/Events"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

const random = fc.uint8Array({ minLength: Uuid.randomOctets, maxLength: Uuid.randomOctets })

describe("Uuid", () => {
  it("reads the time of the sample of RFC 9562 §A.6, in either case", () => {
    const millis = 0x017f22e279b0
    expect(Uuid.parse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F")).toEqual({
      text: "017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
      millis
    })
  })

  it("mints the sample of RFC 9562 §A.6", () => {
    const octets = Uint8Array.of(0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f)
    expect(Uuid.v7(0x017f22e279b0, octets)).toBe("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
  })

  it("keeps the time it was minted at", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Uuid.millisMax }), random, (millis, random) => {
        const text = Uuid.v7(millis, random)
        expect(Uuid.parse(text)).toEqual({ text, millis })
      })
    )
  })

  it("sorts as text by its time", () => {
    fc.assert(
      fc.property(Events.millis, Events.millis, random, random, (a, b, left, right) => {
        fc.pre(a < b)
        expect(Uuid.v7(a, left) < Uuid.v7(b, right)).toBe(true)
      })
    )
  })

  it.each([
    "",
    "017f22e2-79b0-4cc3-98c4-dc0c0c07398f",
    "017f22e2-79b0-7cc3-c8c4-dc0c0c07398f",
    "017f22e279b07cc398c4dc0c0c07398f",
    "017f22e2-79b0-7cc3-98c4-dc0c0c07398f "
  ])("does not take %j for a UUID of version 7", (text) => {
    expect(Uuid.parse(text)).toBeUndefined()
  })

  it("mints nothing outside its time", () => {
    for (const millis of [-1, 0.5, Uuid.millisMax + 1, Number.NaN]) {
      expect(() => Uuid.v7(millis, new Uint8Array(Uuid.randomOctets))).toThrow(RangeError)
    }
  })
})
