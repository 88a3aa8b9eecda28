/**
 * Posts an app's own first events to a fresh fleet, as a phone would.
 */
import * as AppModules from "@lupin/site/AppModules"
import { Effect, Schema } from "effect"
import * as FileSystem from "node:fs"
import * as Path from "node:path"
import { pathToFileURL } from "node:url"
import * as Complaint from "./Complaint.ts"
import * as Wire from "./Wire.ts"

/** A module `seeds.ts` beside an app's module exports these as `seeds`. */
const Seeds = Schema.Struct({
  seeds: Schema.Array(
    Schema.Struct({
      kind: Schema.String,
      at: Schema.optionalKey(Schema.Struct({ lat: Schema.Number, lon: Schema.Number })),
      payload: Schema.Unknown
    })
  )
})
/** An app's seeds could not be read or posted. */
export class SeedFailed extends Schema.TaggedError<SeedFailed>()("SeedFailed", { reason: Schema.String }) {
  override get message(): string {
    return `the first events could not be posted: ${this.reason}`
  }
}

/** Posts under way at once. */
const concurrency = 8

const load = (file: string) =>
  Effect.flatMap(
    Effect.tryPromise({
      try: (): Promise<unknown> => import(pathToFileURL(file).href),
      catch: (cause) => new SeedFailed({ reason: `${file}: ${Complaint.reasonOf(cause)}` })
    }),
    (module) =>
      Effect.mapError(
        Schema.decodeUnknownEffect(Seeds)({ ...(module as object) }),
        (error) => new SeedFailed({ reason: `${file}: ${error.message}` })
      )
  )

const post = (url: string, body: unknown) =>
  Effect.mapError(
    Wire.request(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    ({ reason }) => new SeedFailed({ reason: `${reason} (${JSON.stringify(body)})` })
  )

/** Posts the seeds of every app that has some to the POP at `host:port`; gives how many. */
export const seed = Effect.fn("Seeder.seed")(function* (apps: ReadonlyArray<string>, json: string) {
  let posted = 0
  for (const module of apps) {
    const file = Path.join(Path.dirname(module), "seeds.ts")
    if (!FileSystem.existsSync(file)) continue
    const [app] = yield* AppModules.load([module], ".")
    const { seeds } = yield* load(file)
    yield* Effect.forEach(
      seeds,
      ({ kind, ...event }) => post(`http://${json}/v1/apps/${app?.name}/events/${kind}`, event),
      { concurrency, discard: true }
    )
    posted += seeds.length
  }
  return posted
})
