/**
 * The counties of the United States with their outlines, and which of them a point belongs to.
 *
 * Source: us-atlas 3 (Census Bureau's cartographic boundaries of 2017, public domain), simplified: a county line
 * may be a few kilometres off. A line between two counties is one arc to both, so no point there is in both or in neither.
 */
import atlas from "us-atlas/counties-10m.json" with { type: "json" }
import * as GeoBox from "./GeoBox.ts"
import * as S2 from "./S2.ts"

export interface County {
  readonly state: string
  readonly county: string
}

/** How far from the simplified coast a beach, a boat or a bay still belongs to the nearest county. */
export const offshoreMetresMax = 100_000

/** The county that holds a point, else the nearest within `offshoreMetresMax`, else `undefined`. */
export const find = (point: S2.Point): County | undefined => {
  outlines ??= decode()
  return outlines.find((outline) => holds(outline, point)) ?? nearest(outlines, point)
}

interface Outline extends County {
  readonly arcs: ReadonlyArray<Float64Array>
  readonly bounds: GeoBox.GeoBox
  /** The bounds and what is less than `offshoreMetresMax` away from them. */
  readonly waters: GeoBox.GeoBox
}

// Decoded at the first question: most processes that load this module never ask.
let outlines: ReadonlyArray<Outline> | undefined

const decode = (): ReadonlyArray<Outline> => {
  const arcs = atlas.arcs.map(decodeArc)
  const states = new Map(atlas.objects.states.geometries.map(({ id, properties }) => [id, properties.name]))
  const names = atlas.objects.counties.geometries.map(({ id, properties }) => `${id.slice(0, 2)}${properties.name}`)
  const repeated = new Set(names.filter((name, index) => names.indexOf(name) !== index))
  return atlas.objects.counties.geometries.map((geometry, index) => {
    const mine = geometry.arcs.flat(2).flatMap((arc) => arcs[arc < 0 ? ~arc : arc] ?? [])
    const bounds = boundsOf(mine)
    return {
      state: states.get(geometry.id.slice(0, 2)) ?? "",
      county: geometry.properties.name + (repeated.has(names[index] ?? "") && isCity(geometry.id) ? " city" : ""),
      arcs: mine,
      bounds,
      waters: GeoBox.widen(bounds, offshoreMetresMax / metresPerDegree)
    }
  })
}

// Longitude, latitude, longitude, … in degrees, from steps on a grid (TopoJSON 1.0 §2.1.2).
const decodeArc = (steps: ReadonlyArray<ReadonlyArray<number>>): Float64Array => {
  const { scale, translate } = atlas.transform
  const arc = new Float64Array(2 * steps.length)
  const at = [0, 0]
  steps.forEach((step, index) => {
    for (let axis = 0; axis < 2; axis++) {
      at[axis]! += step[axis]!
      arc[2 * index + axis] = at[axis]! * scale[axis]! + translate[axis]!
    }
  })
  return arc
}

// No outline crosses the antimeridian: the Aleutians are cut there into two parts, and their bounds are wide.
const boundsOf = (arcs: ReadonlyArray<Float64Array>): GeoBox.GeoBox => {
  const bounds = { south: 90, west: 180, north: -90, east: -180 }
  for (const arc of arcs) {
    for (let at = 1; at < arc.length; at += 2) {
      bounds.west = Math.min(bounds.west, arc[at - 1]!)
      bounds.east = Math.max(bounds.east, arc[at - 1]!)
      bounds.south = Math.min(bounds.south, arc[at]!)
      bounds.north = Math.max(bounds.north, arc[at]!)
    }
  }
  return bounds
}

// A city outside of every county has a number from 510 on (FIPS 6-4): Baltimore has a county of the same name beside it.
const isCity = (id: string): boolean => Number(id.slice(2)) >= 510

// Even-odd: a ray to the east crosses the outlines of what holds its start an odd number of times.
const holds = (outline: Outline, point: S2.Point): boolean => {
  if (!GeoBox.contains(outline.bounds, point)) return false
  const { lat, lon } = point
  let odd = false
  eachSegment(outline, (x1, y1, x2, y2) => {
    if (y1 > lat !== y2 > lat && lon < ((x2 - x1) * (lat - y1)) / (y2 - y1) + x1) odd = !odd
  })
  return odd
}

const nearest = (outlines: ReadonlyArray<Outline>, point: S2.Point): Outline | undefined => {
  let best: Outline | undefined
  let least = offshoreMetresMax / metresPerDegree
  for (const outline of outlines) {
    if (!GeoBox.contains(outline.waters, point)) continue
    const away = degreesAway(outline, point)
    if (away >= least) continue
    least = away
    best = outline
  }
  return best
}

// On a plane that touches the globe at the point: good to a percent at these distances.
const degreesAway = (outline: Outline, { lat, lon }: S2.Point): number => {
  const narrowing = Math.cos((lat * Math.PI) / 180)
  let least = Infinity
  eachSegment(outline, (x1, y1, x2, y2) => {
    const ax = shortWay(x1 - lon) * narrowing
    const ay = y1 - lat
    const bx = shortWay(x2 - lon) * narrowing - ax
    const by = y2 - lat - ay
    const length = bx * bx + by * by
    const along = length === 0 ? 0 : Math.min(1, Math.max(0, -(ax * bx + ay * by) / length))
    least = Math.min(least, Math.hypot(ax + along * bx, ay + along * by))
  })
  return least
}

const eachSegment = (outline: Outline, visit: (x1: number, y1: number, x2: number, y2: number) => void): void => {
  for (const arc of outline.arcs) {
    for (let at = 3; at < arc.length; at += 2) visit(arc[at - 3]!, arc[at - 2]!, arc[at - 1]!, arc[at]!)
  }
}

const metresPerDegree = (Math.PI * S2.earthRadiusMetres) / 180
const shortWay = (degrees: number): number => (degrees > 180 ? degrees - 360 : degrees < -180 ? degrees + 360 : degrees)
