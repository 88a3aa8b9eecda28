/**
 * Arbitraries of an app's own payloads and events, made of the schemas that it has anyway.
 */
import type * as App from "@lupin/core/App"
import * as CanonicalJson from "@lupin/core/CanonicalJson"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import type * as DigestStory from "./DigestStory.ts"
import * as Places from "./Places.ts"

/** How large a text or a list grows; a failing case shrinks to 0. */
export const sizeMax = 20

/** How many values a schema may turn down before its arbitrary gives up. */
export const discardsMax = 1_000

type Kind<A extends App.App> = keyof A["events"] & string

/** Arbitraries for fields whose schema is a filter that chance does not meet, such as the days of a calendar. */
export type Fields = { readonly [field: string]: fc.Arbitrary<unknown> }

/** Payloads of a kind, at its newest version, as code reads them. Fields of a struct are made, and shrink, one by one. */
export const payload = <A extends App.App, K extends Kind<A>>(
  app: A,
  kind: K,
  fields: Fields = {}
): fc.Arbitrary<App.Payload<A, K>> => {
  const found = app.events[kind]
  if (found === undefined) throw new TypeError(`${app.name} has no events of the kind ${kind}`)
  const { schema } = found
  if (!isStruct(schema)) return sampled(schema, `${app.name}.${kind}`)
  const isValid = Schema.is(schema)
  const entries = Object.entries(schema.fields).map(
    ([name, field]) => [name, fields[name] ?? sampled(Schema.toType(field), `${app.name}.${kind}.${name}`)] as const
  )
  const requiredKeys = entries.map(([name]) => name).filter((name) => !isOptional(schema.fields[name]))
  return fc.record(Object.fromEntries(entries), { requiredKeys }).filter(isValid)
}

/** Payloads of a kind as clients send them: JSON that has a canonical spelling. */
export const payloadJson = <A extends App.App, K extends Kind<A>>(
  app: A,
  kind: K,
  fields: Fields = {}
): fc.Arbitrary<App.PayloadJson<A, K>> => {
  const found = app.events[kind]
  if (found === undefined) throw new TypeError(`${app.name} has no events of the kind ${kind}`)
  const encode = Schema.encodeSync(found.schema)
  return payload(app, kind, fields)
    .map((value) => encode(value))
    .filter((json) => CanonicalJson.tryEncode(json) !== undefined)
}

/** Steps of stories: events of any of these kinds, anywhere or without a place. */
export const told = <A extends App.App>(
  app: A,
  kinds: { readonly [K in Kind<A>]?: Fields }
): fc.Arbitrary<DigestStory.Told> =>
  fc.oneof(
    ...Object.entries(kinds).map(([kind, fields = {}]) =>
      fc
        .tuple(payloadJson(app, kind as Kind<A>, fields), fc.option(Places.point, { nil: undefined }))
        .map(([payload, at]) => ({ kind, payload, ...(at === undefined ? {} : { at }) }))
    )
  )

interface StructLike extends Schema.Codec<unknown, unknown> {
  readonly fields: { readonly [name: string]: Schema.Codec<unknown, unknown> }
}

const isOptional = (field: Schema.Codec<unknown, unknown> | undefined): boolean =>
  field?.ast.context?.isOptional === true

const isStruct = (schema: Schema.Codec<unknown, unknown>): schema is StructLike => "fields" in schema

/** Values of a schema, by the seed that made them; smaller sizes count as simpler. */
const sampled = <A>(schema: Schema.Codec<A, unknown>, what: string): fc.Arbitrary<A> => {
  const arbitrary = Arbitrary.schema(schema)
  return fc.tuple(fc.nat({ max: sizeMax }), fc.noShrink(fc.nat())).map(([size, seed]) => {
    const options = { count: 1, size, seed, maxDiscards: discardsMax }
    const made = Effect.runSync(Effect.result(Arbitrary.sampleEffect(arbitrary, options)))
    if (made._tag === "Success" && made.success.length === 1) return made.success[0] as A
    throw new Error(`chance makes no value of ${what}: give an arbitrary for it`)
  })
}
