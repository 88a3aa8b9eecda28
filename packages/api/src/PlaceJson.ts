/**
 * A place as it stands in JSON: `GeoPoint`, whose numbers are numbers and nothing else.
 */
import { Schema } from "effect"
import * as GeoPoint from "@lupin/core/GeoPoint"

/** Degrees north. */
export const Latitude = Schema.Finite.check(Schema.isBetween({ minimum: -90, maximum: 90 }))

/** Degrees east. */
export const Longitude = Schema.Finite.check(Schema.isBetween({ minimum: -180, maximum: 180 }))

/** The same type as `GeoPoint`; `uncertainty` in metres. */
export const PlaceJson: Schema.Codec<GeoPoint.GeoPoint> = Schema.Struct({
  lat: Latitude,
  lon: Longitude,
  uncertainty: Schema.optionalKey(
    Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: GeoPoint.uncertaintyMetresMax }))
  )
}).annotate({ message: 'Expected a place, as {"lat":44.16,"lon":-115.06}' })
