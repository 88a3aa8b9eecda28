import * as ControlOctets from "@lupin/core/ControlOctets"
import * as fc from "fast-check"
import { afterEach, describe, expect, it } from "vitest"

/** Letters mostly, so that controls are rare as in articles. */
const octets = fc
  .array(fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 14, max: 255 }) }, fc.integer({ min: 0, max: 13 })), {
    maxLength: 60
  })
  .map((values) => Uint8Array.from(values))

const found = (all: Uint8Array): ReadonlyArray<number> => {
  const places: Array<number> = []
  for (let at = ControlOctets.next(0); at < all.length; at = ControlOctets.next(at + 1)) {
    if ((all[at] ?? 0) <= 13) places.push(at)
  }
  return places
}

const expected = (all: Uint8Array): ReadonlyArray<number> => Array.from(all.keys()).filter((at) => (all[at] ?? 0) <= 13)

describe("ControlOctets", () => {
  afterEach(() => ControlOctets.close())

  it("passes over no control, wherever it begins to look", () => {
    fc.assert(
      fc.property(octets, (all) => {
        ControlOctets.open(all)
        expect(found(all)).toEqual(expected(all))
        for (let from = 0; from <= all.length; from += 1) {
          const next = ControlOctets.next(from)
          expect(next).toBeGreaterThanOrEqual(from)
          expect(expected(all).find((at) => at >= from) ?? all.length).toBeGreaterThanOrEqual(next)
        }
      }),
      { numRuns: 1_000 }
    )
  })

  it("finds what lies behind its first block, and at the border of two", () => {
    const all = new Uint8Array(200_000).fill(120)
    for (const at of [0, 65_535, 65_536, 131_071, 131_073, 199_999]) all[at] = 13
    ControlOctets.open(all)
    expect(found(all)).toEqual([0, 65_535, 65_536, 131_071, 131_073, 199_999])
  })

  it("finds the first octet of its second block from within the first", () => {
    const all = new Uint8Array(70_000).fill(120)
    all[65_536] = 13
    ControlOctets.open(all)
    expect(found(all)).toEqual([65_536])
  })

  it("finds where the name of a field ends, also behind the border of two blocks", () => {
    const name = fc.array(fc.constantFrom(120, 45, 58, 32, 128, 10), { maxLength: 8 })
    fc.assert(
      fc.property(fc.constantFrom(0, 65_530, 65_536, 131_070), name, fc.boolean(), (from, rest, isLong) => {
        const all = new Uint8Array(200_000).fill(120)
        const at = isLong ? from + 66_000 : from
        all.set(rest, at)
        ControlOctets.open(all)
        const stop = all.findIndex((octet, place) => place >= from && (octet === 58 || octet <= 32 || octet > 126))
        const end = stop > from && all[stop] === 58 ? stop + 1 : -1
        expect(ControlOctets.nameEnd(from)).toBe(end)
      })
    )
  })

  it("never calls octets ASCII that are not", () => {
    fc.assert(
      fc.property(octets, (all) => {
        ControlOctets.open(all)
        found(all)
        return !ControlOctets.isAscii() || all.every((octet) => octet < 128)
      })
    )
  })

  it("calls a plain header ASCII, whatever was looked at before", () => {
    for (const length of [24, 25, 26, 27]) {
      const before = new Uint8Array(40).fill(255)
      ControlOctets.open(before)
      found(before)
      const all = Buffer.from(`${"Subject: x\r\nFrom:".padEnd(length - 4, "y")}\r\n\r\n`)
      expect(all.length).toBe(length)
      ControlOctets.open(all)
      found(all)
      expect(ControlOctets.isAscii()).toBe(true)
    }
  })
})
