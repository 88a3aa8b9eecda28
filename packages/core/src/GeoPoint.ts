/**
 * A place on the globe as an app knows it, with its `geo:` URI.
 *
 * Source: RFC 5870 (WGS 84). Degrees, and metres for the uncertainty.
 */
import * as Schema from "effect/Schema"

/** How many decimals of a degree an article carries: a millionth of a degree is 11 cm at most. */
export const decimals = 6

/** Half the way around the globe, in metres: nobody is less certain than that. */
export const uncertaintyMetresMax = 20_037_509

/** Degrees north. */
export const Latitude = Schema.Finite.check(Schema.isBetween({ minimum: -90, maximum: 90 }))

/** Degrees east. */
export const Longitude = Schema.Finite.check(Schema.isBetween({ minimum: -180, maximum: 180 }))

/** In JSON its numbers are numbers and nothing else; `uncertainty` in metres. */
export const GeoPoint = Schema.Struct({
  lat: Latitude,
  lon: Longitude,
  uncertainty: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: uncertaintyMetresMax })))
}).annotate({ message: 'Expected a place, as {"lat":44.16,"lon":-115.06}' })
export type GeoPoint = typeof GeoPoint.Type

/**
 * The one spelling of a place: six decimals, no minus zero, 180 rather than -180, longitude 0 at the poles
 * (RFC 5870 §3.4.2 and §3.4.4). Every hash and every group is taken from this form.
 */
export const normalise = (point: GeoPoint): GeoPoint => {
  const lat = round(point.lat)
  const lon = round(point.lon)
  const place = { lat, lon: Math.abs(lat) === 90 ? 0 : lon === -180 ? 180 : lon }
  return point.uncertainty === undefined ? place : { ...place, uncertainty: round(point.uncertainty) }
}

/** `geo:44.1612,-115.0593;u=30`, normalised. */
export const toUri = (point: GeoPoint): string => {
  const { lat, lon, uncertainty } = normalise(point)
  return `geo:${plain(lat)},${plain(lon)}${uncertainty === undefined ? "" : `;u=${plain(uncertainty)}`}`
}

const pattern = /^geo:(-?\d{1,3}(?:\.\d{1,20})?),(-?\d{1,3}(?:\.\d{1,20})?)(?:;u=(\d{1,8}(?:\.\d{1,20})?))?$/i

/** Reads latitude, longitude and uncertainty; `undefined` off the globe, with an altitude, or with other parameters. */
export const fromUri = (uri: string): GeoPoint | undefined => {
  const parts = pattern.exec(uri)
  if (parts === null) return undefined
  const place = { lat: Number(parts[1]), lon: Number(parts[2]) }
  const point = parts[3] === undefined ? place : { ...place, uncertainty: Number(parts[3]) }
  return isPoint(point) ? normalise(point) : undefined
}

/** As the schema has it, of numbers that were just read: every event's article that is looked at comes by here. */
const isPoint = ({ lat, lon, uncertainty = 0 }: GeoPoint): boolean =>
  Math.abs(lat) <= 90 && Math.abs(lon) <= 180 && uncertainty >= 0 && uncertainty <= uncertaintyMetresMax

const round = (value: number): number => Number(value.toFixed(decimals)) + 0

// Never an exponent, which the grammar of RFC 5870 does not have.
const plain = (value: number): string => value.toFixed(decimals).replace(/\.?0+$/, "")
