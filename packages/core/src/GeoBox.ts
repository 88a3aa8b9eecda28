/**
 * A box between two parallels and two meridians, and what it holds or meets.
 *
 * It runs eastwards from `west` to `east`, so a box over the antimeridian has west > east. All four edges belong to it.
 */
import type * as S2 from "./S2.ts"

/** Degrees; south <= north, longitudes in -180..180. West -180 and east 180 is all the way around. */
export interface GeoBox {
  readonly south: number
  readonly west: number
  readonly north: number
  readonly east: number
}

/** Whether a point is in the box; a pole is in every box that reaches its latitude. */
export const contains = (box: GeoBox, point: S2.Point): boolean =>
  point.lat >= box.south &&
  point.lat <= box.north &&
  (Math.abs(point.lat) === 90 || spans(box, point.lon) || (Math.abs(point.lon) === 180 && spans(box, -point.lon)))

const spans = (box: GeoBox, lon: number): boolean =>
  box.west <= box.east ? lon >= box.west && lon <= box.east : lon >= box.west || lon <= box.east

/** The box and everything within the given angle of it (degrees, small); all the way around where it reaches a pole. */
export const widen = (box: GeoBox, degrees: number): GeoBox => {
  const south = Math.max(-90, box.south - degrees)
  const north = Math.min(90, box.north + degrees)
  const steepest = Math.max(Math.abs(south), Math.abs(north))
  const sine = Math.sin(radians(degrees)) / Math.cos(radians(steepest))
  const sideways = steepest > 90 - 2 * degrees ? 360 : (Math.asin(sine) * 180) / Math.PI
  if (eastwards(box) + 2 * sideways >= 360) return { south, north, west: -180, east: 180 }
  return { south, north, west: wrap(box.west - sideways), east: wrap(box.east + sideways) }
}

/**
 * Whether a box and a cell have a point in common. They have when one holds a corner of the other or their edges cross;
 * a touch may count or not, so callers widen the box first.
 */
export const meets = (box: GeoBox, cell: S2.Cell): boolean =>
  cell.corners.some((corner) => contains(box, toPoint(corner))) ||
  boxCorners(box).some((corner) => cellHolds(cell, corner)) ||
  cell.corners.some((corner, index) => edgeCrosses(box, corner, cell.corners[(index + 1) % 4] ?? corner))

const boxCorners = ({ south, west, north, east }: GeoBox): ReadonlyArray<S2.Vector> => [
  toVector(south, west),
  toVector(south, east),
  toVector(north, east),
  toVector(north, west)
]

const cellHolds = (cell: S2.Cell, point: S2.Vector): boolean =>
  cell.corners.every((corner, index) => dot(cross(corner, cell.corners[(index + 1) % 4] ?? corner), point) >= -slack)

const edgeCrosses = (box: GeoBox, a: S2.Vector, b: S2.Vector): boolean => {
  const normal = cross(a, b)
  const onEdge = (point: S2.Vector) => dot(cross(a, point), normal) >= -slack && dot(cross(point, b), normal) >= -slack
  return (
    [box.west, box.east].some((lon) => {
      const lat = latitudeAt(normal, lon)
      return lat >= box.south && lat <= box.north && onEdge(toVector(lat, lon))
    }) ||
    [box.south, box.north].some((lat) =>
      longitudesAt(normal, lat).some((lon) => spans(box, lon) && onEdge(toVector(lat, lon)))
    )
  )
}

// Where a great circle meets the half meridian of a longitude: at a pole, or nowhere (NaN), when it is a meridian itself.
const latitudeAt = ([x, y, z]: S2.Vector, lon: number): number =>
  degrees(Math.atan(-(x * Math.cos(radians(lon)) + y * Math.sin(radians(lon))) / z))

// Where a great circle meets a parallel: none, one or two longitudes.
const longitudesAt = ([x, y, z]: S2.Vector, lat: number): ReadonlyArray<number> => {
  const cosine = (-z * Math.tan(radians(lat))) / Math.hypot(x, y)
  if (!(Math.abs(cosine) <= 1)) return []
  const middle = degrees(Math.atan2(y, x))
  const aside = degrees(Math.acos(cosine))
  return [wrap(middle - aside), wrap(middle + aside)]
}

// Rounding of products of unit vectors: 1e-12 radians is 6 micrometres.
const slack = 1e-12

const eastwards = (box: GeoBox): number => (box.west <= box.east ? box.east - box.west : box.east - box.west + 360)
const wrap = (lon: number): number => (lon < -180 ? lon + 360 : lon > 180 ? lon - 360 : lon)
const radians = (angle: number): number => (angle * Math.PI) / 180
const degrees = (angle: number): number => (angle * 180) / Math.PI

const toPoint = ([x, y, z]: S2.Vector): S2.Point => ({
  lat: degrees(Math.atan2(z, Math.hypot(x, y))),
  lon: degrees(Math.atan2(y, x))
})
const toVector = (lat: number, lon: number): S2.Vector => {
  const ring = Math.cos(radians(lat))
  return [ring * Math.cos(radians(lon)), ring * Math.sin(radians(lon)), Math.sin(radians(lat))]
}
const dot = (a: S2.Vector, b: S2.Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
const cross = (a: S2.Vector, b: S2.Vector): S2.Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0]
]
