/** A moment: milliseconds since the epoch in our code, RFC 3339 text in JSON. */
import { DateTime, Effect, Option, Schema, SchemaIssue, SchemaTransformation } from "effect"

/** Decodes `2026-11-21T02:00:00.000Z` to milliseconds; encodes the shortest form with milliseconds, in UTC. */
export const Instant = Schema.String.annotate({ format: "date-time", description: "A moment, RFC 3339." }).pipe(
  Schema.decodeTo(
    Schema.Int,
    SchemaTransformation.transformEffect({
      decode: (text: string) =>
        Option.match(DateTime.make(text), {
          onNone: () => Effect.fail(new SchemaIssue.InvalidValue({ message: "Expected an RFC 3339 date and time" })),
          onSome: (moment) => Effect.succeed(DateTime.toEpochMillis(moment))
        }),
      encode: (millis: number) =>
        Option.match(DateTime.make(millis), {
          onNone: () => Effect.fail(new SchemaIssue.InvalidValue({ message: "Expected milliseconds of a real date" })),
          onSome: (moment) => Effect.succeed(DateTime.formatIso(moment))
        })
    })
  )
)
export type Instant = typeof Instant.Type
