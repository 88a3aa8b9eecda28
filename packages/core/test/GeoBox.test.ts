import * as GeoBox from "@lupin/core/GeoBox"
import * as S2 from "@lupin/core/S2"
import * as Places from "@lupin/testing/Places"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

const globe = { south: -90, west: -180, north: 90, east: 180 }
const metre = 9e-6

describe("GeoBox", () => {
  it("holds the points of its edges and corners", () => {
    fc.assert(
      fc.property(Places.box, ({ south, west, north, east }) => {
        const box = { south, west, north, east }
        for (const lat of [south, north])
          for (const lon of [west, east]) {
            expect(GeoBox.contains(box, { lat, lon })).toBe(true)
          }
      })
    )
  })

  it("holds everything when it is the globe, under both names of the antimeridian", () => {
    fc.assert(
      fc.property(Places.point, (point) => {
        expect(GeoBox.contains(globe, point)).toBe(true)
      })
    )
    const line = { south: -10, west: 170, north: 10, east: 180 }
    expect(GeoBox.contains(line, { lat: 0, lon: -180 })).toBe(true)
  })

  it("widens to hold all that it held and every point beside that", () => {
    fc.assert(
      fc.property(
        Places.box.chain((box) => fc.tuple(fc.constant(box), Places.pointIn(box))),
        fc.constantFrom(-0.9, 0, 0.9),
        ([box, { lat, lon }], aside) => {
          fc.pre(GeoBox.contains(box, { lat, lon }))
          const wide = GeoBox.widen(box, metre)
          expect(GeoBox.contains(wide, { lat, lon })).toBe(true)
          expect(GeoBox.contains(wide, { lat: Math.max(-90, Math.min(90, lat + aside * metre)), lon })).toBe(true)
        }
      )
    )
  })

  it("meets the cell of every point that it holds", () => {
    fc.assert(
      fc.property(
        Places.box.chain((box) => fc.tuple(fc.constant(box), Places.pointIn(box))),
        fc.constantFrom(0, 2, 4, 6, 8),
        ([box, point], level) => {
          fc.pre(GeoBox.contains(box, point))
          expect(GeoBox.meets(GeoBox.widen(box, metre), S2.cell(S2.cellLetters(point, level)))).toBe(true)
        }
      ),
      { numRuns: 1_000 }
    )
  })

  it("meets a cell that only bulges or runs through it, with no corner of one in the other", () => {
    const northEdgeAt45 = S2.cell("a")
    expect(GeoBox.meets({ south: 44, west: -40, north: 50, east: 40 }, northEdgeAt45)).toBe(true)
    expect(GeoBox.meets({ south: 45.1, west: -40, north: 50, east: 40 }, northEdgeAt45)).toBe(false)
    expect(GeoBox.meets({ south: -60, west: -1, north: 60, east: 1 }, northEdgeAt45)).toBe(true)
    expect(GeoBox.meets({ south: -1, west: -60, north: 1, east: 60 }, northEdgeAt45)).toBe(true)
  })

  it("meets no cell on the other side of the globe", () => {
    fc.assert(
      fc.property(Places.point, ({ lat, lon }) => {
        const box = GeoBox.widen({ south: lat, north: lat, west: lon, east: lon }, 0.01)
        const antipode = S2.cell(S2.cellLetters({ lat: -lat, lon: lon > 0 ? lon - 180 : lon + 180 }, 2))
        expect(GeoBox.meets(box, antipode)).toBe(false)
      })
    )
  })
})
