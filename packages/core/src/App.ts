/**
 * An app as its team defines it: kinds of events with versioned schemas, and digestions over them.
 *
 * Light enough for a phone; how events get their groups is `Routing`.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as CanonicalJson from "./CanonicalJson.ts"
import type * as Digestion from "./Digestion.ts"
import * as Event from "./Event.ts"

/** Turns a payload of one version into the encoded form of the next; pure. */
export interface Upcast {
  readonly schema: Schema.Codec<unknown, unknown>
  up(old: unknown): unknown
}

/** A kind of event at its newest version. `A` is what code reads, the schema's encoded side what is on the wire. */
export interface EventKind<S extends Schema.Codec<unknown, unknown> = Schema.Codec<unknown, unknown>> {
  readonly version: number
  /** Synchronous, and without services. */
  readonly schema: S
  /** Every earlier version from 1, each leading to the next. */
  readonly upcasts: { readonly [version: number]: Upcast }
  /** Some words for the Subject, after the kind. */
  subject?(payload: S["Type"]): string
}

type Events = { readonly [kind: string]: EventKind }

export interface App<
  E extends Events = Events,
  D extends ReadonlyArray<Digestion.Digestion> = ReadonlyArray<Digestion.Digestion>
> {
  readonly name: string
  readonly events: E
  readonly digestions: D
}

/** The payload of a kind as code reads it. */
export type Payload<A extends App, K extends keyof A["events"]> = A["events"][K]["schema"]["Type"]

/** The payload of a kind as it is sent: JSON. */
export type PayloadJson<A extends App, K extends keyof A["events"]> = A["events"][K]["schema"]["Encoded"]

/** The names of an app's digestions. */
export type DigestionName<A extends App> = A["digestions"][number]["name"]

/** What readers get to see of a digestion of the app. */
export type View<A extends App, N extends DigestionName<A>> = ReturnType<
  Extract<A["digestions"][number], { readonly name: N }>["view"]
>

/** A step from an older version, whose own schema tells a malformed payload. */
export const upcast = <A>(schema: Schema.Codec<A, unknown>, up: (old: A) => unknown): Upcast => ({
  schema,
  up: (old) => up(old as A)
})

/** Defines a kind. Throws unless each version below the newest has its upcast. */
export const defineEvent = <S extends Schema.Codec<unknown, unknown>>(options: {
  readonly version?: number
  readonly schema: S
  readonly upcasts?: { readonly [version: number]: Upcast }
  readonly subject?: (payload: S["Type"]) => string
}): EventKind<S> => {
  const { version = 1, schema, upcasts = {}, subject } = options
  if (!Event.isVersion(version)) throw new TypeError(`${version} is no version of an event`)
  for (let older = 1; older < version; older++) {
    if (upcasts[older] === undefined) throw new TypeError(`version ${older} has no upcast to version ${older + 1}`)
  }
  return { version, schema, upcasts, ...(subject === undefined ? {} : { subject }) }
}

/** Defines an app. Throws on names that could not stand in a group, and on digestions of other apps or kinds. */
export const defineApp = <
  const E extends Events,
  const D extends ReadonlyArray<Digestion.Digestion> = ReadonlyArray<never>
>(options: {
  readonly name: string
  readonly events: E
  readonly digestions?: D
}): App<E, D> => {
  const { name, events } = options
  const digestions: ReadonlyArray<Digestion.Digestion> = options.digestions ?? []
  for (const text of [name, ...Object.keys(events)]) {
    if (!Event.isName(text)) throw new TypeError(`${JSON.stringify(text)} is no name of an app or of an event`)
  }
  for (const digestion of digestions) {
    if (digestion.app !== name) throw new TypeError(`${digestion.name} is a digestion of ${digestion.app}`)
    const kind = digestion.kinds.find((kind) => !Object.hasOwn(events, kind))
    if (kind !== undefined) throw new TypeError(`${digestion.name} reads ${kind}, which ${name} does not have`)
  }
  const names = digestions.map((digestion) => digestion.name)
  if (new Set(names).size < names.length) throw new TypeError(`${name} has two digestions of one name`)
  // Without any, `D` is the type of an empty list.
  return { name, events, digestions: digestions as D }
}

export interface Issue {
  /** The way to the field, between dots: `rating`, `stops.0.name`; empty for the whole. */
  readonly path: string
  readonly message: string
}

/** Why a payload is refused; `issues` name the fields, for problem details (RFC 9457). */
export type Fault = { readonly issues: ReadonlyArray<Issue> } & (
  | { readonly _tag: "UnknownApp"; readonly app: string }
  | { readonly _tag: "UnknownKind"; readonly kind: string }
  | { readonly _tag: "UnknownVersion"; readonly version: number; readonly newest: number }
  | { readonly _tag: "InvalidPayload" }
)

/** The app of this name; the fault names the field `app`. */
export const find = (apps: ReadonlyArray<App>, name: string): Result.Result<App, Fault> => {
  const app = apps.find((app) => app.name === name)
  if (app !== undefined) return Result.succeed(app)
  return Result.fail({ _tag: "UnknownApp", app: name, issues: [{ path: "app", message: "is no app of this site" }] })
}

/** The kind of this name; the fault names the field `kind`. */
export const kindOf = (app: App, kind: string): Result.Result<EventKind, Fault> => {
  const found = Object.hasOwn(app.events, kind) ? app.events[kind] : undefined
  if (found !== undefined) return Result.succeed(found)
  const message = `is none of ${Object.keys(app.events).join(", ")}`
  return Result.fail({ _tag: "UnknownKind", kind, issues: [{ path: "kind", message }] })
}

export interface Decoded {
  readonly kind: string
  /** The payload in the newest version, decoded. */
  readonly payload: unknown
  /** Words for the Subject. */
  readonly subject?: string
}

/**
 * Reads a payload that was written in `version`: checked by that version's schema, upcast step by step, decoded.
 * Total: everything that can be wrong with it is a fault.
 */
export const decodePayload = (
  app: App,
  kind: string,
  version: number,
  payload: unknown
): Result.Result<Decoded, Fault> => {
  const found = kindOf(app, kind)
  if (Result.isFailure(found)) return Result.fail(found.failure)
  const { version: newest, schema, upcasts, subject } = found.success
  if (!Event.isVersion(version) || version > newest) {
    const message = `is no version from 1 to ${newest}`
    return Result.fail({ _tag: "UnknownVersion", version, newest, issues: [{ path: "version", message }] })
  }
  if (CanonicalJson.tryEncode(payload) === undefined) {
    return invalid([{ path: "", message: "has no canonical JSON (RFC 8785): a lone surrogate or an infinite number" }])
  }
  let current = payload
  for (let older = version; older < newest; older++) {
    const step = upcasts[older]
    if (step === undefined) throw new TypeError(`version ${older} of ${kind} has no upcast`)
    const old = decode(step.schema, current)
    if (Result.isFailure(old)) return invalid(old.failure)
    try {
      current = step.up(old.success)
    } catch (error) {
      return invalid([{ path: "", message: `does not upcast from version ${older}: ${String(error)}` }])
    }
  }
  const decoded = decode(schema, current)
  if (Result.isFailure(decoded)) return invalid(decoded.failure)
  const words = subject?.(decoded.success)
  return Result.succeed({ kind, payload: decoded.success, ...(words === undefined ? {} : { subject: words }) })
}

/** How many issues a fault lists, and how many characters each message has, at most. */
export const issuesMax = 20
export const issueCharsMax = 200

const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1()

const decode = (schema: Schema.Codec<unknown, unknown>, value: unknown): Result.Result<unknown, ReadonlyArray<Issue>> =>
  Result.mapError(Schema.decodeUnknownResult(schema, { errors: "all" })(value), (error) =>
    formatIssue(error.issue)
      .issues.slice(0, issuesMax)
      .map(({ path = [], message }) => ({
        path: path.map((part) => String(typeof part === "object" ? part.key : part)).join("."),
        message: message.slice(0, issueCharsMax).toWellFormed()
      }))
  )

const invalid = (issues: ReadonlyArray<Issue>): Result.Result<never, Fault> =>
  Result.fail({ _tag: "InvalidPayload", issues })
