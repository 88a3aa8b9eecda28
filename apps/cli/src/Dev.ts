/**
 * `lupin dev`: brings up a whole fleet on this machine, keeps it until Ctrl-C, and takes orders from a second terminal.
 */
import * as FileTrouble from "@lupin/site/FileTrouble"
import * as OwnDirectory from "@lupin/site/OwnDirectory"
import { Console, Effect, Schema } from "effect"
import { fork } from "node:child_process"
import * as FileSystem from "node:fs"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import * as Fleet from "./Fleet.ts"
import * as FleetControl from "./FleetControl.ts"
import * as FleetPlan from "./FleetPlan.ts"
import * as FleetTable from "./FleetTable.ts"
import * as Seeder from "./Seeder.ts"

export interface Options {
  /** Where the fleet keeps its data. */
  readonly directory: string
  /** Forgets what an earlier fleet left there. */
  readonly isFresh: boolean
  /** App modules; the example app where none is given. */
  readonly apps: ReadonlyArray<string>
}

/** Something in the way that the reader can put right. */
export class DevFailed extends Schema.TaggedError<DevFailed>()("DevFailed", { reason: Schema.String }) {
  override get message(): string {
    return this.reason
  }
}

const main = fileURLToPath(new URL("./main.ts", import.meta.url))
const exampleApp = fileURLToPath(new URL("../../../examples/trailblaze/src/app.ts", import.meta.url))

/** Socket of the running fleet. */
const socketOf = (directory: string): string => Path.join(directory, "dev.sock")

/** The initialised database, made once and copied to each POP host; it holds nothing of anybody's. */
const cacheTemplateOf = (root: string) => Path.join(root, "cache-template")

const forget = (root: string) => {
  for (const { name } of FleetPlan.sites) {
    FileSystem.rmSync(Path.join(root, name), { recursive: true, force: true })
    FileSystem.rmSync(Path.join(root, `${name}.log`), { force: true })
  }
  FileSystem.rmSync(Path.join(root, "fleet.json"), { force: true })
}

/** In a process of its own: initdb takes seconds of CPU and hundreds of megabytes that the fleet's process need not keep. */
const prepareCache = (template: string) =>
  Effect.callback<void, DevFailed>((resume) => {
    if (FileSystem.existsSync(template)) return resume(Effect.void)
    const child = fork(main, ["prepare-cache", template], { stdio: ["ignore", "ignore", "inherit", "ipc"] })
    child.once("exit", (code) =>
      resume(
        code === 0 ? Effect.void : Effect.fail(new DevFailed({ reason: `the cache's template was not made (${code})` }))
      )
    )
    return Effect.sync(() => void child.kill())
  })

const pathOf = (cause: unknown): string | undefined =>
  cause instanceof Error && "path" in cause && typeof cause.path === "string" ? cause.path : undefined

const said = (text: string) => Console.log(`lupin: ${text}`)

const startAll = (fleet: Fleet.Fleet, kind: FleetPlan.Site["kind"]) =>
  Effect.forEach(
    FleetPlan.sites.filter((site) => site.kind === kind),
    (site) => Effect.tap(fleet.start(site), () => said(`${site.name} serves`)),
    { concurrency: "unbounded", discard: true }
  )

const seeding = Effect.fn("Dev.seeding")(function* (fleet: Fleet.Fleet) {
  const first = FleetPlan.sites.find(({ kind }) => kind === "pop")
  const ports = first === undefined ? undefined : fleet.ports.get(first.name)
  if (fleet.isSeeded || first === undefined || ports === undefined) return
  const posted = yield* Seeder.seed(fleet.layout.apps, `127.0.0.1:${ports.json}`)
  yield* fleet.markSeeded
  if (posted > 0) yield* said(`${posted} events posted at ${first.name}`)
})

/** Runs until it is interrupted; all sites are then stopped. */
export const run = Effect.fn("Dev.run")(function* (options: Options) {
  const root = Path.resolve(options.directory)
  const socket = socketOf(root)
  const other = yield* Effect.option(FleetControl.ask(socket, { verb: "start", site: "" }))
  if (other._tag === "Some")
    return yield* new DevFailed({ reason: `a fleet runs in ${root} already; stop it with Ctrl-C` })
  const apps = options.apps.length === 0 ? [exampleApp] : options.apps.map((file) => Path.resolve(file))
  yield* Effect.try({
    try: () => {
      if (options.isFresh) forget(root)
      for (const app of apps) FileSystem.accessSync(app)
    },
    catch: (cause) => new DevFailed({ reason: FileTrouble.said(pathOf(cause) ?? root, cause) })
  })
  yield* OwnDirectory.make(root)
  const fleet = yield* Fleet.make({ root, apps, cacheTemplate: cacheTemplateOf(root) })
  yield* said(`starting ${FleetPlan.sites.length} sites in ${root}`)
  yield* FleetControl.serve(socket, fleet.handle)
  const centrals = startAll(fleet, "central")
  const pops = Effect.andThen(prepareCache(fleet.layout.cacheTemplate), startAll(fleet, "pop"))
  yield* Effect.all([centrals, pops], { concurrency: "unbounded", discard: true })
  yield* seeding(fleet)
  const sites = yield* fleet.sites
  yield* Console.log(`\n${FleetTable.table(sites)}\n\n${FleetTable.trials(sites, options.apps.length === 0)}\n`)
  // Runs first when the fleet ends: what follows may take seconds.
  yield* Effect.addFinalizer(() => said("stopping all sites"))
  yield* said("fleet ready")
  return yield* Effect.never
}, Effect.scoped)

/** `lupin dev stop|start|kill|wipe SITE` in a second terminal. */
export const order = Effect.fn("Dev.order")(function* (verb: FleetControl.Verb, site: string, directory: string) {
  const answer = yield* FleetControl.ask(socketOf(Path.resolve(directory)), { verb, site })
  if (!answer.isDone) return yield* new DevFailed({ reason: answer.message })
  yield* said(answer.message)
})
