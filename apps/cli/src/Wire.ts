/**
 * One request to a site, its answer on standard output: `lupin post`, `lupin read`, and the rest of what asks a site.
 */
import { Console, Effect, Option, Schema } from "effect"
import * as Complaint from "./Complaint.ts"

/** The site refused, or could not be reached; what it said is the message. */
export class SiteSaid extends Schema.TaggedError<SiteSaid>()("SiteSaid", { reason: Schema.String }) {
  override get message(): string {
    return this.reason
  }
}

interface Point {
  readonly lat: number
  readonly lon: number
}

const pointOf = (text: string): Effect.Effect<Point, SiteSaid> => {
  const [lat = Number.NaN, lon = Number.NaN, ...rest] = text.split(",").map(Number)
  return Number.isFinite(lat) && Number.isFinite(lon) && rest.length === 0
    ? Effect.succeed({ lat, lon })
    : Effect.fail(new SiteSaid({ reason: `${text} is no lat,lon` }))
}

/** A URL as it is written, or with `http://` where a person gives host and port alone, as `lupin dev` prints them. */
export const urlOf = (text: string): string => (/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`)

/** The answer of a site as JSON; its problem where it refused. `url` is one for `urlOf`. */
export const request = (url: string, init?: RequestInit): Effect.Effect<unknown, SiteSaid> =>
  Effect.flatMap(
    Effect.tryPromise({
      try: async () => {
        const answer = await fetch(urlOf(url), init)
        const text = await answer.text()
        return { isOk: answer.ok, status: answer.status, text }
      },
      catch: (cause) => new SiteSaid({ reason: `${url}: ${Complaint.reasonOf(cause)}` })
    }),
    ({ isOk, status, text }) => (isOk ? json(text) : Effect.fail(new SiteSaid({ reason: refusalOf(status, text) })))
  )

const Problem = Schema.fromJsonString(
  Schema.Struct({
    title: Schema.String,
    detail: Schema.optionalKey(Schema.String),
    errors: Schema.optionalKey(
      Schema.Array(
        Schema.Struct({
          pointer: Schema.optionalKey(Schema.String),
          parameter: Schema.optionalKey(Schema.String),
          detail: Schema.String
        })
      )
    )
  })
)

/** A problem (RFC 9457) in one line, with each field at fault; anything else as it came. */
export const refusalOf = (status: number, text: string): string => {
  const problem = Schema.decodeUnknownOption(Problem)(text)
  if (problem._tag === "None") return `${status} ${text}`
  const { detail, errors = [], title } = problem.value
  const faults = errors.map((fault) => `${fault.pointer ?? fault.parameter ?? ""}: ${fault.detail}`)
  const told = faults.length > 1 ? faults.join("; ") : (detail ?? faults.join(""))
  return `${status} ${title}${told === "" ? "" : ` ${told}`}`
}

const json = (text: string): Effect.Effect<unknown, SiteSaid> =>
  Effect.try({
    try: (): unknown => JSON.parse(text),
    catch: (cause) => new SiteSaid({ reason: `not JSON: ${Complaint.reasonOf(cause)}` })
  })

/** Prints JSON for people. */
export const show = (value: unknown) => Console.log(JSON.stringify(value, null, 2))

/** Posts one event and shows its id, groups and first receipt. */
export const post = Effect.fn("Wire.post")(function* (options: {
  readonly url: string
  readonly app: string
  readonly kind: string
  readonly payload: string
  readonly at: Option.Option<string>
  readonly id: Option.Option<string>
}) {
  const payload = yield* json(options.payload)
  const at = Option.isSome(options.at) ? { at: yield* pointOf(options.at.value) } : {}
  const id = Option.isSome(options.id) ? { id: options.id.value } : {}
  const url = `${options.url}/v1/apps/${encodeURIComponent(options.app)}/events/${encodeURIComponent(options.kind)}`
  const body = JSON.stringify({ ...id, ...at, payload })
  yield* show(yield* request(url, { method: "POST", headers: { "content-type": "application/json" }, body }))
})

/** Shows a page of events. */
export const read = Effect.fn("Wire.read")(function* (options: {
  readonly url: string
  readonly app: string
  readonly kind: Option.Option<string>
  readonly near: Option.Option<string>
  readonly radius: string
  readonly group: Option.Option<string>
  readonly limit: number
}) {
  const query = new URLSearchParams({ limit: String(options.limit) })
  if (Option.isSome(options.kind)) query.set("kind", options.kind.value)
  if (Option.isSome(options.group)) query.set("group", options.group.value)
  if (Option.isSome(options.near)) {
    query.set("near", options.near.value)
    query.set("radius", options.radius)
  }
  if (Option.isNone(options.near) && Option.isNone(options.group)) query.set("group", `clientposts.${options.app}`)
  yield* show(yield* request(`${options.url}/v1/apps/${encodeURIComponent(options.app)}/events?${query.toString()}`))
})
