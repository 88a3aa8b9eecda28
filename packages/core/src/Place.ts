/**
 * The area that a query asks about, and the few subtrees of S2 groups that hold everything in it.
 *
 * A cover may read more than the area, within a stated bound, and never less: exact filtering follows where the rows are.
 */
import * as GeoBox from "./GeoBox.ts"
import * as Limits from "./Limits.ts"
import * as S2 from "./S2.ts"

export interface Circle {
  readonly _tag: "Circle"
  readonly center: S2.Point
  /** Along the surface; 0 is the centre alone. */
  readonly radiusMetres: number
}

export interface Box extends GeoBox.GeoBox {
  readonly _tag: "Box"
}

export type Area = Circle | Box

export const circle = (center: S2.Point, radiusMetres: number): Circle => ({ _tag: "Circle", center, radiusMetres })

/** Degrees; eastwards from west to east, so west > east runs over the antimeridian. */
export const box = (bounds: GeoBox.GeoBox): Box => ({ _tag: "Box", ...bounds })

/** Metres along a great circle of the sphere that `S2.earthRadiusMetres` names (haversine). */
export const distanceMetres = (a: S2.Point, b: S2.Point): number => {
  const sineLat = Math.sin(radians(b.lat - a.lat) / 2)
  const sineLon = Math.sin(radians(b.lon - a.lon) / 2)
  const half = sineLat ** 2 + Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * sineLon ** 2
  return 2 * S2.earthRadiusMetres * Math.asin(Math.min(1, Math.sqrt(half)))
}

/** Whether a point is in the area, edges included. */
export const contains = (area: Area, point: S2.Point): boolean =>
  area._tag === "Circle" ? distanceMetres(area.center, point) <= area.radiusMetres : GeoBox.contains(area, point)

/**
 * Suffixes of at most eight subtrees (after `clientposts.<app>.s2.`) that hold the leaf of every point in the area: those
 * that read the least surface, and of equals the fewest. Large areas get coarse cells, the globe its six faces.
 */
export const cover = (area: Area): ReadonlyArray<string> => {
  const meets = meeting(area)
  const cheapest = cheapestWithin(S2.faces.filter(meets), Limits.subtreesMax, meets)
  return cheapest[Limits.subtreesMax]?.suffixes ?? S2.faces
}

/**
 * No cover of a circle reads more square metres than this. A disc thinner than the narrowest cell of a level meets at most
 * two rows and two columns of it, so four cells; the four are one of the covers that `cover` chooses from.
 */
export const overReadBound = (radiusMetres: number): number => {
  const reach = 2 * (radiusMetres + marginMetres)
  const level = [8, 6, 4, 2, 0].find((level) => reach < S2.widthMetresMin(level))
  return level === undefined ? 4 * Math.PI * S2.earthRadiusMetres ** 2 : 4 * S2.areaSquareMetresMax(level)
}

// A group holds points rounded to six decimals (8 cm aside at most), and S2 measures to 20 cm.
const marginMetres = 1

const meeting = (area: Area): ((suffix: string) => boolean) => {
  if (area._tag === "Circle") {
    return (suffix) => S2.cell(suffix).distanceMetres(area.center) <= area.radiusMetres + marginMetres
  }
  const wide = GeoBox.widen(area, degrees(marginMetres / S2.earthRadiusMetres))
  return (suffix) => GeoBox.meets(wide, S2.cell(suffix))
}

interface Cover {
  readonly suffixes: ReadonlyArray<string>
  readonly areaSquareMetres: number
}

// At index n the cheapest cover of what these cells hold by at most n subtrees; undefined where n do not suffice.
type Covers = ReadonlyArray<Cover | undefined>

const cheapestWithin = (cells: ReadonlyArray<string>, budget: number, meets: (suffix: string) => boolean): Covers => {
  const spare = budget - cells.length
  if (spare < 0 || cells.length === 0) return []
  let covers: Covers = Array.from({ length: budget + 1 }, () => ({ suffixes: [], areaSquareMetres: 0 }))
  for (const cell of cells) covers = together(covers, cheapestOf(cell, spare + 1, meets))
  return covers
}

const cheapestOf = (suffix: string, budget: number, meets: (suffix: string) => boolean): Covers => {
  const whole: Cover = { suffixes: [suffix], areaSquareMetres: S2.cell(suffix).areaSquareMetres }
  const finer = cheapestWithin(S2.children(suffix).filter(meets), budget, meets)
  return Array.from({ length: budget + 1 }, (_, count) => (count === 0 ? undefined : cheaper(whole, finer[count])))
}

const together = (left: Covers, right: Covers): Covers =>
  left.map((_, count) => {
    let best: Cover | undefined
    for (let mine = 0; mine <= count; mine++) {
      const a = left[mine]
      const b = right[count - mine]
      if (a === undefined || b === undefined) continue
      best = cheaper(best, {
        suffixes: [...a.suffixes, ...b.suffixes],
        areaSquareMetres: a.areaSquareMetres + b.areaSquareMetres
      })
    }
    return best
  })

const cheaper = (a: Cover | undefined, b: Cover | undefined): Cover | undefined => {
  if (a === undefined || b === undefined) return a ?? b
  if (a.areaSquareMetres !== b.areaSquareMetres) return a.areaSquareMetres < b.areaSquareMetres ? a : b
  return a.suffixes.length <= b.suffixes.length ? a : b
}

const radians = (angle: number): number => (angle * Math.PI) / 180
const degrees = (angle: number): number => (angle * 180) / Math.PI
