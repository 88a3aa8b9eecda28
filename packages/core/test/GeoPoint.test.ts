import * as GeoPoint from "@lupin/core/GeoPoint"
import * as Events from "@lupin/testing/Events"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

describe("GeoPoint", () => {
  it("writes a URI that RFC 5870 §3.3 allows, and reads the same place from it", () => {
    fc.assert(
      fc.property(Events.geoPoint, (point) => {
        const uri = GeoPoint.toUri(point)
        expect(uri).toMatch(/^geo:-?\d+(\.\d*[1-9])?,-?\d+(\.\d*[1-9])?(;u=\d+(\.\d*[1-9])?)?$/)
        expect(GeoPoint.fromUri(uri)).toEqual(GeoPoint.normalise(point))
      }),
      { numRuns: 500 }
    )
  })

  it("normalises once and for all, and moves nothing by more than half a millionth of a degree", () => {
    fc.assert(
      fc.property(Events.geoPoint, (point) => {
        const once = GeoPoint.normalise(point)
        expect(GeoPoint.normalise(once)).toEqual(once)
        expect(Schema.is(GeoPoint.GeoPoint)(once)).toBe(true)
        expect(Math.abs(once.lat - point.lat)).toBeLessThanOrEqual(5.1e-7)
        if (Math.abs(once.lat) < 90 && once.lon < 180) {
          expect(Math.abs(once.lon - point.lon)).toBeLessThanOrEqual(5.1e-7)
        }
      })
    )
  })

  it("is numbers within their bounds in JSON, and nothing else", () => {
    const { schema } = Schema.toJsonSchemaDocument(GeoPoint.GeoPoint)
    expect(schema["properties"]).toEqual({
      lat: { type: "number", minimum: -90, maximum: 90 },
      lon: { type: "number", minimum: -180, maximum: 180 },
      uncertainty: { type: "number", minimum: 0, maximum: GeoPoint.uncertaintyMetresMax }
    })
    for (const lat of ["NaN", "1", NaN, Infinity]) expect(Schema.is(GeoPoint.GeoPoint)({ lat, lon: 0 })).toBe(false)
  })

  it("reads from a URI the points that the schema has, and no others", () => {
    const beside = fc.integer({ min: -1_000, max: 1_000 })
    const about = (most: number) =>
      fc.tuple(fc.constantFrom(-most, 0, most), beside).map(([degrees, millionths]) => degrees + millionths / 1e6)
    fc.assert(
      fc.property(about(90), about(180), (lat, lon) => {
        const read = GeoPoint.fromUri(`geo:${lat.toFixed(6)},${lon.toFixed(6)}`)
        expect(read !== undefined).toBe(Schema.is(GeoPoint.GeoPoint)({ lat, lon }))
      })
    )
  })

  it("has one spelling for a pole and one for the antimeridian", () => {
    expect(GeoPoint.toUri({ lat: 90, lon: 50 })).toBe("geo:90,0")
    expect(GeoPoint.toUri({ lat: -0, lon: -180 })).toBe("geo:0,180")
    expect(GeoPoint.toUri({ lat: -0.0000001, lon: 10 })).toBe("geo:0,10")
    expect(GeoPoint.toUri({ lat: 44.1612, lon: -115.0593, uncertainty: 30 })).toBe("geo:44.1612,-115.0593;u=30")
  })

  it.each([
    "geo:91,0",
    "geo:0,180.1",
    "geo:0,0,12",
    "geo:0,0;u=-1",
    "geo:0,0;crs=moon",
    "geo:1e1,0",
    "geo:0",
    "0,0",
    "geo:0,0;u=99999999"
  ])("reads no place from %j", (uri) => {
    expect(GeoPoint.fromUri(uri)).toBeUndefined()
  })
})
