import * as Limits from "@lupin/core/Limits"
import * as Place from "@lupin/core/Place"
import * as S2 from "@lupin/core/S2"
import * as Places from "@lupin/testing/Places"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

const isRead = (cover: ReadonlyArray<string>, point: S2.Point): boolean => {
  const leaf = S2.groupSuffix(point)
  return cover.some((suffix) => leaf === suffix || leaf.startsWith(`${suffix}.`))
}

const missed = (area: Place.Area, points: ReadonlyArray<S2.Point>): ReadonlyArray<S2.Point> => {
  const cover = Place.cover(area)
  return points.filter((point) => Place.contains(area, point) && !isRead(cover, point))
}

const areaOf = (cover: ReadonlyArray<string>): number =>
  cover.reduce((sum, suffix) => sum + S2.cell(suffix).areaSquareMetres, 0)

const areaWithPoints = (areas: fc.Arbitrary<Place.Area>) =>
  areas.chain((area) =>
    fc.record({ area: fc.constant(area), points: fc.array(Places.pointIn(area), { minLength: 20, maxLength: 20 }) })
  )

describe("Place.cover", () => {
  it.each([
    ["circles up to 100 km", Places.circleUpTo(100_000), 500],
    ["circles of any size", Places.circle, 500],
    ["boxes of any size", Places.box, 1_000]
  ] as const)("misses no point inside %s", (_, areas, runs) => {
    fc.assert(
      fc.property(areaWithPoints(areas), ({ area, points }) => {
        expect(missed(area, points)).toEqual([])
      }),
      { numRuns: runs }
    )
  })

  it("misses no point of the neighbourhood that containment, not construction, puts inside", () => {
    fc.assert(
      fc.property(Places.area, fc.array(Places.point, { minLength: 30, maxLength: 30 }), (area, points) => {
        expect(missed(area, points)).toEqual([])
      }),
      { numRuns: 500 }
    )
  })

  it("holds the very point of a circle of no radius and of a box of no size", () => {
    fc.assert(
      fc.property(Places.point, ({ lat, lon }) => {
        expect(isRead(Place.cover(Place.circle({ lat, lon }, 0)), { lat, lon })).toBe(true)
        expect(isRead(Place.cover(Place.box({ south: lat, north: lat, west: lon, east: lon })), { lat, lon })).toBe(
          true
        )
      })
    )
  })

  it("takes at most eight subtrees, none within another", () => {
    fc.assert(
      fc.property(Places.area, (area) => {
        const cover = Place.cover(area)
        expect(cover.length).toBeGreaterThan(0)
        expect(cover.length).toBeLessThanOrEqual(Limits.subtreesMax)
        expect(cover.every(S2.isSuffix)).toBe(true)
        for (const suffix of cover) {
          expect(cover.filter((other) => `${suffix}.`.startsWith(`${other}.`))).toEqual([suffix])
        }
      })
    )
  })

  it("reads no more than the stated bound", () => {
    fc.assert(
      fc.property(Places.circle, (circle) => {
        const slack = 1.03
        expect(areaOf(Place.cover(circle))).toBeLessThanOrEqual(slack * Place.overReadBound(circle.radiusMetres))
      }),
      { numRuns: 500 }
    )
  })

  it("reads at most four leaves for a walk of ten kilometres, and less than sixteen discs for a drive of a hundred", () => {
    fc.assert(
      fc.property(Places.point, (center) => {
        expect(Place.cover(Place.circle(center, 10_000)).length).toBeLessThanOrEqual(4)
        const disc = Math.PI * 100_000 ** 2
        expect(areaOf(Place.cover(Place.circle(center, 100_000)))).toBeLessThan(16 * disc)
      }),
      { numRuns: 300 }
    )
  })

  it("covers the globe by its six faces", () => {
    expect(Place.cover(Place.box({ south: -90, west: -180, north: 90, east: 180 }))).toEqual(S2.faces)
    expect(Place.cover(Place.circle({ lat: 10, lon: 20 }, 20_040_000))).toEqual(S2.faces)
  })

  it("needs one leaf for a town and reads past the antimeridian", () => {
    expect(Place.cover(Place.circle({ lat: 47.6, lon: -122.33 }, 1_000))).toEqual([
      S2.groupSuffix({ lat: 47.6, lon: -122.33 })
    ])
    const cover = Place.cover(Place.box({ south: -18, west: 179.5, north: -16, east: -179.5 }))
    expect(isRead(cover, { lat: -17, lon: 179.9 })).toBe(true)
    expect(isRead(cover, { lat: -17, lon: -179.9 })).toBe(true)
  })
})

describe("Place.contains", () => {
  it("measures a degree of a meridian as 111.2 km", () => {
    expect(Place.distanceMetres({ lat: 10, lon: 5 }, { lat: 11, lon: 5 })).toBeCloseTo(111_195.08, 1)
  })

  it("sees the same place on both sides of the antimeridian and from every side of a pole", () => {
    fc.assert(
      fc.property(fc.double({ min: -90, max: 90, noNaN: true }), (degrees) => {
        expect(Place.distanceMetres({ lat: degrees, lon: 180 }, { lat: degrees, lon: -180 })).toBeLessThan(0.01)
        expect(Place.distanceMetres({ lat: 90, lon: degrees }, { lat: 90, lon: 0 })).toBeLessThan(0.01)
        expect(Place.contains(Place.box({ south: 80, west: 10, north: 90, east: 20 }), { lat: 90, lon: degrees })).toBe(
          true
        )
      })
    )
  })

  it("puts the edges of a box inside it", () => {
    const box = Place.box({ south: -10, west: 170, north: 10, east: -170 })
    expect(Place.contains(box, { lat: 10, lon: 170 })).toBe(true)
    expect(Place.contains(box, { lat: -10, lon: -170 })).toBe(true)
    expect(Place.contains(box, { lat: 0, lon: 180 })).toBe(true)
    expect(Place.contains(box, { lat: 0, lon: 169.9 })).toBe(false)
  })
})
