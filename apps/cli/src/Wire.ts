/**
 * `lupin post` and `lupin read`: one request to a POP's JSON face, its answer on standard output.
 */
import { Console, Effect, Option, Schema } from "effect"

/** The POP refused, or could not be reached; its problem is the message. */
export class PopSaid extends Schema.TaggedError<PopSaid>()("PopSaid", { reason: Schema.String }) {
  override get message(): string {
    return this.reason
  }
}

interface Point {
  readonly lat: number
  readonly lon: number
}

const pointOf = (text: string): Effect.Effect<Point, PopSaid> => {
  const [lat = Number.NaN, lon = Number.NaN, ...rest] = text.split(",").map(Number)
  return Number.isFinite(lat) && Number.isFinite(lon) && rest.length === 0
    ? Effect.succeed({ lat, lon })
    : Effect.fail(new PopSaid({ reason: `${text} is no lat,lon` }))
}

const request = (url: string, init?: RequestInit): Effect.Effect<unknown, PopSaid> =>
  Effect.flatMap(
    Effect.tryPromise({
      try: async () => {
        const answer = await fetch(url, init)
        const text = await answer.text()
        return { isOk: answer.ok, text }
      },
      catch: (cause) => new PopSaid({ reason: `${url}: ${cause instanceof Error ? cause.message : String(cause)}` })
    }),
    ({ isOk, text }) => (isOk ? json(text) : Effect.fail(new PopSaid({ reason: text })))
  )

const json = (text: string): Effect.Effect<unknown, PopSaid> =>
  Effect.try({
    try: (): unknown => JSON.parse(text),
    catch: (cause) => new PopSaid({ reason: `not JSON: ${String(cause)}` })
  })

const show = (value: unknown) => Console.log(JSON.stringify(value, null, 2))

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
