/**
 * Names the cell of the globe that holds a point, in the letters of a group, and measures such cells: a port over s2js.
 *
 * A suffix is a face `a`-`f` and up to four letters `a`-`p`, each two levels of the S2 hierarchy: `c.f.k.a.e` is a leaf
 * (level 8), `c.f` a cell of level 2 that holds it, so that a subtree of groups is a cell. Source: s2geometry.io.
 */
import { s2 } from "s2js"
import * as GeoPoint from "./GeoPoint.ts"

/** Degrees; anything that has these two will do. */
export interface Point {
  readonly lat: number
  readonly lon: number
}

/** Letters after the face, at most. */
export const lettersMax = 4

/** S2 level of a leaf: 786 to 1,632 square kilometres, nowhere narrower than 23 km. */
export const levelMax = 8

/** Mean radius of the earth in metres (IUGG); every distance and area here is on this sphere. */
export const earthRadiusMetres = 6_371_008.8

/** The suffixes of the six faces, which together are the globe. */
export const faces: ReadonlyArray<string> = ["a", "b", "c", "d", "e", "f"]

const letters = "abcdefghijklmnop"

/**
 * The cell of `level` (0, 2, 4, 6 or 8) that holds a point. Points are taken as an article carries them, with six
 * decimals, so a point read back from its article is in the same cell.
 */
export const cellLetters = (point: Point, level: number): string => {
  const { lat, lon } = GeoPoint.normalise({ lat: point.lat, lon: point.lon })
  const id = s2.cellid.fromLatLng(s2.LatLng.fromDegrees(lat, lon))
  let suffix = faces[Number(id >> 61n)] ?? ""
  for (let depth = 1; depth <= level / 2; depth++) suffix += "." + letters[Number((id >> letterShift(depth)) & 15n)]
  return suffix
}

/** The leaf of a point, as in `clientposts.trailblaze.s2.c.f.k.a.e`. */
export const groupSuffix = (point: Point): string => cellLetters(point, levelMax)

const pattern = /^[a-f](?:\.[a-p]){0,4}$/

export const isSuffix = (text: string): boolean => pattern.test(text)

/** How many letters follow the face; the S2 level is twice that. */
export const depth = (suffix: string): number => (suffix.length - 1) / 2

/** The sixteen cells right below, none below a leaf. */
export const children = (suffix: string): ReadonlyArray<string> =>
  depth(suffix) === lettersMax ? [] : Array.from(letters, (letter) => `${suffix}.${letter}`)

/** A direction from the centre of the earth, of length 1. */
export type Vector = readonly [x: number, y: number, z: number]

/** A cell of the globe: four corners, counter-clockwise, with great circles between them. */
export interface Cell {
  readonly corners: readonly [Vector, Vector, Vector, Vector]
  /** Within 3 %, and within 0.2 % for leaves. */
  readonly areaSquareMetres: number
  /** From a point to the nearest point of the cell, edges included; 0 inside. Off by at most 20 cm. */
  readonly distanceMetres: (point: Point) => number
}

/** The cell that a suffix names. Throws a RangeError for text that is no suffix: check what comes from outside. */
export const cell = (suffix: string): Cell => {
  if (!isSuffix(suffix)) throw new RangeError(`${suffix} is no S2 suffix: a face a-f and up to four letters a-p`)
  const found = s2.Cell.fromCellID(cellId(suffix))
  const corner = (index: number): Vector => {
    const { x, y, z } = found.vertex(index)
    return [x, y, z]
  }
  return {
    corners: [corner(0), corner(1), corner(2), corner(3)],
    areaSquareMetres: found.approxArea() * earthRadiusMetres ** 2,
    distanceMetres: (point) => {
      const squaredChord = found.distance(s2.Point.fromLatLng(s2.LatLng.fromDegrees(point.lat, point.lon)))
      return 2 * Math.asin(Math.min(1, Math.sqrt(Math.max(0, squaredChord)) / 2)) * earthRadiusMetres
    }
  }
}

/** No cell of the level is narrower than this (S2's quadratic projection: 2√2/3 radians over 2^level). */
export const widthMetresMin = (level: number): number => (((2 * Math.SQRT2) / 3) * earthRadiusMetres) / 2 ** level

/** No cell of the level is larger than this (S2's quadratic projection: 2.6358 steradians over 4^level). */
export const areaSquareMetresMax = (level: number): number => (2.635799256963161 * earthRadiusMetres ** 2) / 4 ** level

const letterShift = (depth: number): bigint => BigInt(61 - 4 * depth)

// Three bits of face, two bits a level, and a 1 that marks where the levels end (S2CellId).
const cellId = (suffix: string): bigint => {
  let id = BigInt(faces.indexOf(suffix.charAt(0))) << 61n
  for (let at = 1; at <= depth(suffix); at++) id |= BigInt(letters.indexOf(suffix.charAt(2 * at))) << letterShift(at)
  return id | (1n << (letterShift(depth(suffix)) - 1n))
}
