/**
 * Arbitraries of points, circles and boxes on the globe, where geometry goes wrong: poles, antimeridian, edges of cells.
 *
 * Degrees and metres. Every point is one that `GeoPoint` takes; few of them lie in the open country between the edges.
 */
import * as fc from "fast-check"
import * as Place from "@lupin/core/Place"
import * as S2 from "@lupin/core/S2"

// Evenly: fast-check's doubles are as often below 1e-100 as above.
const steps = 2 ** 40
const within = (min: number, max: number): fc.Arbitrary<number> =>
  fc.integer({ min: 0, max: steps }).map((step) => min + ((max - min) * step) / steps)

/** From nothing over a millimetre to far, every size as likely as the next. */
const nudge: fc.Arbitrary<number> = fc
  .tuple(fc.constantFrom(-1, 0, 1), within(-9, 0))
  .map(([sign, exponent]) => sign * 10 ** exponent)

/** The suffix of a cell of any level. */
export const suffix: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(...S2.faces), fc.array(fc.nat(15), { maxLength: S2.lettersMax }))
  .map(([face, indexes]) => indexes.reduce((above, index) => S2.children(above)[index] ?? above, face))

const anywhere: fc.Arbitrary<S2.Point> = fc
  .tuple(within(-1, 1), within(-180, 180))
  .map(([height, lon]) => ({ lat: degrees(Math.asin(height)), lon }))

const pole = fc.tuple(fc.constantFrom(-90, 90), within(-180, 180)).map(([lat, lon]) => ({ lat, lon }))
const antimeridian = fc.tuple(within(-90, 90), fc.constantFrom(-180, 180)).map(([lat, lon]) => ({ lat, lon }))

// Where three faces of the cube meet, and the meridians along which four of them do.
const cubeLatitude = degrees(Math.atan(Math.SQRT1_2))
const cubeLongitude = fc.constantFrom(-135, -45, 45, 135)
const cubeCorner = fc
  .tuple(fc.constantFrom(-cubeLatitude, cubeLatitude), cubeLongitude)
  .map(([lat, lon]) => ({ lat, lon }))
const cubeEdge = fc.tuple(within(-cubeLatitude, cubeLatitude), cubeLongitude).map(([lat, lon]) => ({ lat, lon }))

const cellCorner = fc.tuple(suffix, fc.nat(3)).map(([suffix, index]) => {
  const [x, y, z] = S2.cell(suffix).corners[index] ?? [1, 0, 0]
  return { lat: degrees(Math.atan2(z, Math.hypot(x, y))), lon: degrees(Math.atan2(y, x)) }
})

/** A point, most often at or beside a pole, the antimeridian, an edge of the cube or the corner of a cell. */
export const point: fc.Arbitrary<S2.Point> = fc
  .tuple(fc.oneof(anywhere, pole, antimeridian, cubeCorner, cubeEdge, cellCorner), nudge, nudge)
  .map(([{ lat, lon }, north, east]) => ({ lat: clampLatitude(lat + north), lon: wrapLongitude(lon + east) }))

const radiusMetres = (max: number): fc.Arbitrary<number> =>
  fc.oneof(
    fc.constant(0),
    within(-1, Math.log10(max)).map((exponent) => 10 ** exponent)
  )

/** A circle of at most so many metres, often of none. */
export const circleUpTo = (metres: number): fc.Arbitrary<Place.Circle> =>
  fc.tuple(point, radiusMetres(metres)).map(([center, radiusMetres]) => Place.circle(center, radiusMetres))

/** A circle of any size up to the whole globe. */
export const circle: fc.Arbitrary<Place.Circle> = fc.oneof(circleUpTo(100_000), circleUpTo(20_040_000))

const extent = (max: number): fc.Arbitrary<number> =>
  fc.oneof(
    fc.constant(0),
    fc.constant(max),
    within(-6, Math.log10(max)).map((exponent) => 10 ** exponent)
  )

/** A box of any size: lines and points, over the antimeridian, up to a pole, all the way around. */
export const box: fc.Arbitrary<Place.Box> = fc.tuple(point, extent(180), extent(360)).map(([corner, height, width]) =>
  Place.box({
    south: corner.lat,
    north: Math.min(90, corner.lat + height),
    ...(width === 360 ? { west: -180, east: 180 } : { west: corner.lon, east: wrapLongitude(corner.lon + width) })
  })
)

export const area: fc.Arbitrary<Place.Area> = fc.oneof(circle, box)

// Ends are tried as often as all that lies between them.
const share: fc.Arbitrary<number> = fc.oneof(within(0, 1), fc.constantFrom(0, 0.5, 1))

/** A point of the area, as often on its edge as inside; rounding may leave it a hair outside. */
export const pointIn = (area: Place.Area): fc.Arbitrary<S2.Point> =>
  fc
    .tuple(share, share)
    .map(([along, across]) =>
      area._tag === "Circle"
        ? destination(area.center, Math.sqrt(along) * area.radiusMetres, 360 * across)
        : { lat: area.south + along * (area.north - area.south), lon: wrapLongitude(area.west + across * width(area)) }
    )

const width = ({ west, east }: Place.Box): number => (west <= east ? east - west : east - west + 360)

// Along a great circle from a point, the bearing in degrees clockwise from north.
const destination = (from: S2.Point, metres: number, bearing: number): S2.Point => {
  const angle = Math.min(Math.PI, metres / S2.earthRadiusMetres)
  const [lat, course] = [radians(from.lat), radians(bearing)]
  const sine = Math.sin(lat) * Math.cos(angle) + Math.cos(lat) * Math.sin(angle) * Math.cos(course)
  const east = Math.atan2(Math.sin(course) * Math.sin(angle) * Math.cos(lat), Math.cos(angle) - Math.sin(lat) * sine)
  return { lat: degrees(Math.asin(Math.max(-1, Math.min(1, sine)))), lon: wrapLongitude(from.lon + degrees(east)) }
}

const clampLatitude = (lat: number): number => Math.max(-90, Math.min(90, lat))
const wrapLongitude = (lon: number): number => (lon > 180 ? lon - 360 : lon < -180 ? lon + 360 : lon)
function radians(angle: number): number {
  return (angle * Math.PI) / 180
}
function degrees(angle: number): number {
  return (angle * 180) / Math.PI
}
