/**
 * The query parameters of `GET …/events`: text on the wire, numbers and a place inside.
 *
 * Pure, and used by both ends: the face reads them, the typed client writes them.
 */
import { Effect, Result, Schema, SchemaIssue, SchemaTransformation } from "effect"
import * as GeoPoint from "@lupin/core/GeoPoint"
import * as GroupName from "@lupin/core/GroupName"
import * as Limits from "@lupin/core/Limits"
import type * as PopOperations from "./PopOperations.ts"
import * as Problem from "./Problem.ts"

/** Age an answer may have unless the caller says otherwise, in milliseconds. */
export const staleMillisDefault = 500

/** Oldest answer a caller can allow, in milliseconds: a day. */
export const staleMillisMax = 86_400_000

/** Events on a page unless the caller says otherwise. */
export const limitDefault = 50

/** Radius in metres where `near` comes without one. */
export const radiusMetresDefault = 10_000

/** Half the globe's circumference in metres: a larger radius finds nothing more. */
export const radiusMetresMax = 20_040_000

/** Longest cursor taken, in characters. */
export const cursorLengthMax = 2048

const nearPattern = /^\s*([+-]?\d{1,3}(?:\.\d{1,12})?)\s*,\s*([+-]?\d{1,3}(?:\.\d{1,12})?)\s*$/
const radiusPattern = /^\s*(\d{1,9}(?:\.\d{1,6})?)\s*(km|m)\s*$/

const near = Schema.String.annotate({ description: "lat,lon in degrees, as 44.16,-115.06" }).pipe(
  Schema.decodeTo(
    Schema.Struct({
      lat: GeoPoint.Latitude,
      lon: GeoPoint.Longitude
    }),
    SchemaTransformation.transformEffect({
      decode: (text: string) => {
        const found = nearPattern.exec(text)
        return found === null
          ? fault("Expected lat,lon in degrees, as 44.16,-115.06")
          : Effect.succeed({ lat: Number(found[1]), lon: Number(found[2]) })
      },
      encode: ({ lat, lon }: { readonly lat: number; readonly lon: number }) =>
        Effect.succeed(`${decimal(lat)},${decimal(lon)}`)
    })
  )
)

const radius = Schema.String.annotate({ description: "a length with its unit, as 25km or 800m" }).pipe(
  Schema.decodeTo(
    Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: radiusMetresMax })),
    SchemaTransformation.transformEffect({
      decode: (text: string) => {
        const found = radiusPattern.exec(text)
        return found === null
          ? fault("Expected a length with its unit, as 25km or 800m")
          : Effect.succeed(Number(found[1]) * (found[2] === "km" ? 1000 : 1))
      },
      encode: (metres: number) => Effect.succeed(`${decimal(metres)}m`)
    })
  )
)

const group = Schema.String.annotate({ description: "the name of a group, as clientposts.trailblaze.geo.us" }).pipe(
  Schema.decodeTo(
    GroupName.GroupName,
    SchemaTransformation.transformEffect({
      decode: (text: string) => {
        const found = GroupName.parse(text)
        return found === undefined
          ? fault("Expected the name of a group, as clientposts.trailblaze.geo.us")
          : Effect.succeed(found)
      },
      encode: (name: string) => Effect.succeed(name)
    })
  )
)

/** An integer in text, within bounds. */
const integer = (minimum: number, maximum: number) =>
  Schema.FiniteFromString.pipe(Schema.decodeTo(Schema.Int.check(Schema.isBetween({ minimum, maximum }))))

/** Staleness a caller allows, in milliseconds. */
export const Stale = integer(0, staleMillisMax).annotate({ description: "how old the answer may be, in milliseconds" })

/** What becomes of a copy that is older: it is scraped first, or answered as it is while it is scraped. */
export const WhileScraping = Schema.Literals(["wait", "serve"]).annotate({
  description: "serve: answer at once, however old, and scrape meanwhile; wait: scrape what is too old first"
})

/** The parameters as the contract declares them; which of them go together is `toQuery`'s to say. */
export const parameters = {
  kind: Schema.optionalKey(Schema.String),
  near: Schema.optionalKey(near),
  radius: Schema.optionalKey(radius),
  group: Schema.optionalKey(group),
  limit: Schema.optionalKey(integer(1, Limits.pageMax)),
  cursor: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(cursorLengthMax))),
  stale: Schema.optionalKey(Stale),
  whileScraping: Schema.optionalKey(WhileScraping)
}
export const EventsParameters = Schema.Struct(parameters)
export type EventsParameters = typeof EventsParameters.Type

/** Puts the parameters together; a place and a group exclude each other, and one of them is needed. */
export const toQuery = (
  app: string,
  asked: EventsParameters
): Result.Result<PopOperations.EventsQuery, Problem.InvalidRequest> =>
  Result.map(whereOf(app, asked), (where) => ({
    app,
    where,
    limit: asked.limit ?? limitDefault,
    staleMillisMax: asked.stale ?? staleMillisDefault,
    ...(asked.whileScraping === undefined ? {} : { whileScraping: asked.whileScraping }),
    ...(asked.kind === undefined ? {} : { kind: asked.kind }),
    ...(asked.cursor === undefined ? {} : { cursor: asked.cursor })
  }))

/** The parameters that `toQuery` reads back as the same query. */
export const ofQuery = (query: PopOperations.EventsQuery): EventsParameters => ({
  limit: query.limit,
  stale: query.staleMillisMax,
  ...(query.whileScraping === undefined ? {} : { whileScraping: query.whileScraping }),
  ...(query.kind === undefined ? {} : { kind: query.kind }),
  ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
  ...(query.where._tag === "Near"
    ? { near: { lat: query.where.lat, lon: query.where.lon }, radius: query.where.radiusMetres }
    : { group: query.where.group })
})

const whereOf = (app: string, asked: EventsParameters): Result.Result<PopOperations.Where, Problem.InvalidRequest> => {
  if (asked.near !== undefined) {
    if (asked.group !== undefined) return refuse("group", "goes without near")
    return Result.succeed({ _tag: "Near", ...asked.near, radiusMetres: asked.radius ?? radiusMetresDefault })
  }
  if (asked.radius !== undefined) return refuse("radius", "needs near")
  if (asked.group === undefined) return refuse("near", "either near or group is needed")
  const root = `clientposts.${app}`
  return asked.group === root || asked.group.startsWith(`${root}.`)
    ? Result.succeed({ _tag: "Within", group: asked.group })
    : refuse("group", `must be ${root} or below it`)
}

const refuse = (parameter: string, detail: string) => Result.fail(Problem.invalidRequest([{ parameter, detail }]))

const fault = (message: string) => Effect.fail(new SchemaIssue.InvalidValue({ message }))

/** A number without an exponent, to the twelfth place at most. */
const decimal = (value: number): string =>
  value
    .toFixed(12)
    .replace(/\.?0+$/, "")
    .replace(/^-0$/, "0")
