/**
 * A running development fleet: its sites' processes, and the four things that can be done to each.
 */
import { Console, Effect, type Scope } from "effect"
import * as FileSystem from "node:fs"
import * as Path from "node:path"
import type * as FleetControl from "./FleetControl.ts"
import * as FleetFile from "./FleetFile.ts"
import * as FleetPlan from "./FleetPlan.ts"
import * as FreePort from "./FreePort.ts"
import * as SiteProcess from "./SiteProcess.ts"

export interface Fleet {
  readonly layout: FleetPlan.Layout
  readonly ports: ReadonlyMap<string, FleetPlan.Ports>
  /** Starts a site and waits until it serves; one that runs already is left alone. */
  readonly start: (site: FleetPlan.Site) => Effect.Effect<void, SiteProcess.SiteNotStarted>
  /** What was asked from a second terminal. */
  readonly handle: (request: FleetControl.Request) => Effect.Effect<FleetControl.Answer>
  /** As they stand in `fleet.json`. */
  readonly sites: Effect.Effect<ReadonlyArray<FleetFile.Site>>
  readonly markSeeded: Effect.Effect<void>
  readonly isSeeded: boolean
}

const fleetFile = (root: string) => Path.join(root, "fleet.json")

const readFile = (root: string): FleetFile.FleetFile | undefined => {
  try {
    const read = FleetFile.decode(FileSystem.readFileSync(fleetFile(root), "utf8"))
    return read._tag === "Some" ? read.value : undefined
  } catch {
    return undefined
  }
}

const portOf = (address: string | undefined, wanted: number): number =>
  address === undefined ? wanted : Number(address.slice(address.lastIndexOf(":") + 1))

/** The ports of the last run where they are free, else the usual ones, else any. */
const choosePorts = Effect.fnUntraced(function* (before: FleetFile.FleetFile | undefined) {
  const taken = new Set<number>()
  const ports = new Map<string, FleetPlan.Ports>()
  const choose = Effect.fnUntraced(function* (wanted: number) {
    const port = yield* FreePort.choose(wanted, taken)
    taken.add(port)
    return port
  })
  for (const [index, site] of FleetPlan.sites.entries()) {
    const wanted = FleetPlan.portsWanted(index)
    const last = before?.sites.find(({ name }) => name === site.name)
    ports.set(site.name, {
      nntp: yield* choose(portOf(last?.nntp, wanted.nntp)),
      json: site.kind === "pop" ? yield* choose(portOf(last?.json, wanted.json)) : 0,
      meta: yield* choose(portOf(last?.meta, wanted.meta))
    })
  }
  return ports
})

const describe = (
  site: FleetPlan.Site,
  ports: FleetPlan.Ports,
  root: string,
  running: SiteProcess.SiteProcess | undefined
): FleetFile.Site => ({
  name: site.name,
  kind: site.kind,
  ...(site.kind === "pop" ? { pop: site.place } : { zone: site.place }),
  ...(running === undefined ? {} : { pid: running.pid }),
  dir: Path.join(root, site.name),
  nntp: `127.0.0.1:${ports.nntp}`,
  ...(site.kind === "pop" ? { json: `127.0.0.1:${ports.json}` } : {}),
  meta: `127.0.0.1:${ports.meta}`
})

/** Lays out directories, ports and configurations; nothing runs yet. All sites are stopped when the scope closes. */
export const make = Effect.fn("Fleet.make")(function* (
  layout: FleetPlan.Layout
): Effect.fn.Return<Fleet, never, Scope.Scope> {
  const { root } = layout
  const before = readFile(root)
  const ports = yield* choosePorts(before)
  const running = new Map<string, SiteProcess.SiteProcess>()
  const leaving = new Set<string>()
  let isSeeded = before?.isSeeded ?? false

  const describeAll = () =>
    FleetPlan.sites.map((site) =>
      describe(site, ports.get(site.name) ?? FleetPlan.portsWanted(0), root, running.get(site.name))
    )
  const save = Effect.sync(() => {
    const sites = describeAll()
    const next = `${fleetFile(root)}.next`
    FileSystem.writeFileSync(next, FleetFile.encode({ sites, isSeeded }))
    FileSystem.renameSync(next, fleetFile(root))
  })

  const configFile = (site: FleetPlan.Site) => {
    const directory = Path.join(root, site.name)
    FileSystem.mkdirSync(directory, { recursive: true })
    const file = Path.join(directory, "site.json")
    FileSystem.writeFileSync(file, `${JSON.stringify(FleetPlan.configOf(site, ports, layout), null, 2)}\n`)
    return file
  }

  const scope = yield* Effect.scope
  const start = Effect.fn("Fleet.start")(function* (site: FleetPlan.Site) {
    if (running.has(site.name)) return
    const process = yield* SiteProcess.start({
      name: site.name,
      kind: site.kind,
      config: configFile(site),
      log: Path.join(root, `${site.name}.log`)
    })
    running.set(site.name, process)
    yield* save
    yield* process.exited.pipe(
      Effect.flatMap(({ code, signal }) => {
        running.delete(site.name)
        const why = leaving.has(site.name)
          ? "as asked"
          : `by itself; it is not restarted (lupin dev start ${site.name})`
        return Effect.andThen(save, Console.log(`lupin: ${site.name} exited with ${signal ?? `code ${code}`}, ${why}`))
      }),
      Effect.forkIn(scope)
    )
  })

  const end = (site: FleetPlan.Site, how: "stop" | "kill") =>
    Effect.suspend(() => {
      const process = running.get(site.name)
      if (process === undefined) return Effect.void
      leaving.add(site.name)
      return process[how].pipe(
        Effect.andThen(Effect.sync(() => void (leaving.delete(site.name), running.delete(site.name)))),
        Effect.andThen(save)
      )
    })

  const wipe = (site: FleetPlan.Site) =>
    Effect.andThen(
      end(site, "kill"),
      Effect.sync(() => FileSystem.rmSync(Path.join(root, site.name), { recursive: true, force: true }))
    )

  const act = (site: FleetPlan.Site, verb: FleetControl.Verb): Effect.Effect<string, SiteProcess.SiteNotStarted> => {
    switch (verb) {
      case "start":
        return Effect.as(start(site), `${site.name} runs`)
      case "stop":
        return Effect.as(end(site, "stop"), `${site.name} is stopped`)
      case "kill":
        return Effect.as(end(site, "kill"), `${site.name} was killed`)
      case "wipe":
        return Effect.as(Effect.andThen(wipe(site), start(site)), `${site.name} was wiped and runs again, empty`)
    }
  }

  const handle = (request: FleetControl.Request): Effect.Effect<FleetControl.Answer> => {
    const site = FleetPlan.find(request.site)
    if (site === undefined) {
      const names = FleetPlan.sites.map(({ name }) => name).join(", ")
      return Effect.succeed({ isDone: false, message: `no site ${request.site}; there are ${names}` })
    }
    return act(site, request.verb).pipe(
      Effect.map((message) => ({ isDone: true, message })),
      Effect.catch((error) => Effect.succeed({ isDone: false, message: error.message }))
    )
  }

  yield* Effect.addFinalizer(() =>
    Effect.forEach(FleetPlan.sites, (site) => end(site, "stop"), { concurrency: "unbounded", discard: true })
  )
  yield* save
  const markSeeded = Effect.suspend(() => {
    isSeeded = true
    return save
  })
  return { layout, ports, start, handle, sites: Effect.sync(describeAll), markSeeded, isSeeded }
})
