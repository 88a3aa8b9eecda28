/**
 * What recurs in the schemas of a configuration: names, groups, wildmats, and keys that have a default.
 */
import * as GroupName from "@lupin/core/GroupName"
import * as Wildmat from "@lupin/core/Wildmat"
import { Effect, Schema } from "effect"

/** Of a site, a zone, a POP or a storage class. */
export const Name = Schema.String.check(
  Schema.isPattern(/^[a-z][a-z0-9-]{0,62}$/, { message: "a name has lower-case letters, digits and hyphens" })
)

export const WildmatText = Schema.String.check(
  Schema.makeFilter((text: string) => Wildmat.compile(text) !== undefined || "not a wildmat (RFC 3977 section 4)")
)

export const GroupText = Schema.String.check(
  Schema.makeFilter((text: string) => GroupName.parse(text) !== undefined || "not the name of a group")
)

/** A key that may be left out, as JSON has it; in the configuration it is there. */
export const withDefault = <S extends Schema.Top>(schema: S, value: S["Encoded"]) =>
  Schema.withDecodingDefaultKey<S>(Effect.succeed(value))(schema)
