/**
 * `.lupin/fleet.json`: the sites of a running fleet and their addresses, for people and programs.
 */
import { Schema } from "effect"

export const Site = Schema.Struct({
  name: Schema.String,
  kind: Schema.Literals(["pop", "central"]),
  pop: Schema.optionalKey(Schema.String),
  zone: Schema.optionalKey(Schema.String),
  /** Undefined while the site is stopped. */
  pid: Schema.optionalKey(Schema.Int),
  dir: Schema.String,
  nntp: Schema.String,
  json: Schema.optionalKey(Schema.String),
  meta: Schema.String
})
export type Site = typeof Site.Type

export const FleetFile = Schema.Struct({
  sites: Schema.Array(Site),
  /** The app's own events have been posted once. */
  isSeeded: Schema.Boolean
})
export type FleetFile = typeof FleetFile.Type

const Json = Schema.fromJsonString(FleetFile)

export const decode = Schema.decodeUnknownOption(Json)

export const encode = (file: FleetFile): string => `${JSON.stringify(file, null, 2)}\n`
