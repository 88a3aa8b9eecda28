import * as GeoPoint from "@lupin/core/GeoPoint"
import * as S2 from "@lupin/core/S2"
import * as Places from "@lupin/testing/Places"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

describe("S2", () => {
  it("names the leaves of known places, which no release of a library may change", () => {
    const leaves = [
      [44.1612, -115.0593],
      [51.5, -0.12],
      [-33.92, 18.42],
      [0, 0],
      [90, 0],
      [-90, 0],
      [-17, 180]
    ].map(([lat = 0, lon = 0]) => S2.groupSuffix({ lat, lon }))
    expect(leaves).toMatchInlineSnapshot(`
      [
        "c.k.f.e.h",
        "c.e.d.l.a",
        "a.o.o.g.d",
        "a.i.a.a.a",
        "c.i.a.a.a",
        "f.i.a.a.a",
        "d.h.a.p.o",
      ]
    `)
  })

  it("gives every point a face and four letters, each level a prefix of the next", () => {
    fc.assert(
      fc.property(Places.point, (point) => {
        const leaf = S2.groupSuffix(point)
        expect(leaf).toMatch(/^[a-f](\.[a-p]){4}$/)
        for (const level of [0, 2, 4, 6, 8]) {
          const suffix = S2.cellLetters(point, level)
          expect(suffix).toHaveLength(1 + level)
          expect(`${leaf}.`.startsWith(`${suffix}.`)).toBe(true)
        }
      })
    )
  })

  it("names a place the same from both sides of the antimeridian, round a pole, and when read back from its article", () => {
    fc.assert(
      fc.property(Places.point, (point) => {
        const { lat, lon } = point
        expect(S2.groupSuffix({ lat, lon: 180 })).toBe(S2.groupSuffix({ lat, lon: -180 }))
        expect(S2.groupSuffix({ lat: 90, lon })).toBe(S2.groupSuffix({ lat: 90, lon: 0 }))
        expect(S2.groupSuffix(GeoPoint.fromUri(GeoPoint.toUri(point)) ?? point)).toBe(S2.groupSuffix(point))
      })
    )
  })

  it("puts a point into the cell that its suffix names, to the rounding of six decimals", () => {
    fc.assert(
      fc.property(Places.point, fc.constantFrom(0, 2, 4, 6, 8), (point, level) => {
        expect(S2.cell(S2.cellLetters(point, level)).distanceMetres(point)).toBeLessThan(0.3)
      })
    )
  })

  it("splits a cell into sixteen of the same area together, each named below it", () => {
    fc.assert(
      fc.property(Places.suffix, (suffix) => {
        const children = S2.children(suffix)
        expect(children).toHaveLength(S2.depth(suffix) === S2.lettersMax ? 0 : 16)
        if (children.length === 0) return
        const sum = children.reduce((total, child) => total + S2.cell(child).areaSquareMetres, 0)
        expect(sum / S2.cell(suffix).areaSquareMetres).toBeCloseTo(1, 1)
        for (const child of children) expect(child.startsWith(`${suffix}.`)).toBe(true)
      })
    )
  })

  it("has no cell larger or narrower than its level allows", () => {
    fc.assert(
      fc.property(Places.suffix, (suffix) => {
        const { areaSquareMetres, corners } = S2.cell(suffix)
        const level = 2 * S2.depth(suffix)
        expect(areaSquareMetres).toBeLessThanOrEqual(1.001 * S2.areaSquareMetresMax(level))
        const [a, b] = corners
        const side = S2.earthRadiusMetres * Math.acos(a[0] * b[0] + a[1] * b[1] + a[2] * b[2])
        expect(side).toBeGreaterThanOrEqual(S2.widthMetresMin(level))
      })
    )
  })

  it("refuses text that is no suffix", () => {
    for (const text of ["", "g", "a.q", "a.", "a.b.c.d.e.f", "A", "ab"]) {
      expect(S2.isSuffix(text)).toBe(false)
      expect(() => S2.cell(text)).toThrow(RangeError)
    }
  })
})
