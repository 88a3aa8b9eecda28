/**
 * A site of ours as an operator starts it: the command in a process, its configuration in a file, its spool on disk.
 */
import { Effect, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import * as Ports from "./Ports.ts"
import * as Programs from "./Programs.ts"

/** The root of the repository. */
export const root = fileURLToPath(new URL("../../../../", import.meta.url))

export interface SiteProcess {
  /** Of NNTP. */
  readonly port: number
  /** Of the POP's JSON face. */
  readonly jsonPort: number
  /** Ends it as a power cut would. */
  readonly kill: Effect.Effect<void>
  /** Starts it again on what it left. */
  readonly restart: Effect.Effect<void>
}

export interface Peer {
  readonly name: string
  readonly path: string
  readonly port: number
  readonly eager: boolean
}

export interface Options {
  readonly kind: "pop" | "central"
  readonly name: string
  /** Its name in the Path. */
  readonly path: string
  readonly peers?: ReadonlyArray<Peer>
  /** App modules, below the root. */
  readonly apps?: ReadonlyArray<string>
  /** The NNTP port, where a peer has to know it before. */
  readonly port?: number
}

/** Runs until the scope ends. */
export const start = Effect.fnUntraced(function* (options: Options): Effect.fn.Return<SiteProcess, never, Scope.Scope> {
  const directory = yield* Effect.acquireRelease(
    Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "site-"))),
    (made) => Effect.sync(() => fs.rmSync(made, { recursive: true, force: true }))
  )
  const port = options.port ?? (yield* Ports.free)
  const [jsonPort, metaPort] = [yield* Ports.free, yield* Ports.free]
  const config = path.join(directory, "config.json")
  fs.writeFileSync(config, JSON.stringify(configOf(options, directory, port, jsonPort, metaPort)))
  const log = path.join(directory, "log")
  let child: ChildProcess | undefined
  const launch = Effect.suspend(() => {
    const output = fs.openSync(log, "a")
    const args = ["apps/cli/src/main.ts", options.kind, "--config", config]
    child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", output, output] })
    fs.closeSync(output)
    return Effect.asVoid(Effect.raceFirst(Ports.answering(port), died(child, log)))
  })
  const end = (signal: NodeJS.Signals) =>
    Effect.suspend(() => (child === undefined ? Effect.void : Programs.end(child, signal)))
  yield* Effect.acquireRelease(launch, () => end("SIGTERM"))
  return { port, jsonPort, kill: end("SIGKILL"), restart: Effect.andThen(end("SIGTERM"), launch) }
})

const configOf = (
  { apps = [], kind, name, path: identity, peers = [] }: Options,
  directory: string,
  port: number,
  jsonPort: number,
  metaPort: number
) => {
  const listen = { nntp: `127.0.0.1:${port}`, meta: `127.0.0.1:${metaPort}` }
  return {
    kind,
    name,
    path: identity,
    directory: path.join(directory, "site"),
    apps: apps.map((app) => path.join(root, app)),
    peers: peers.map((peer) => ({
      name: peer.name,
      path: peer.path,
      nntp: `127.0.0.1:${peer.port}`,
      kind: "foreign",
      eager: peer.eager
    })),
    ...(kind === "pop"
      ? { pop: "interop", listen: { ...listen, json: `127.0.0.1:${jsonPort}` } }
      : { zone: name, zones: [name], listen })
  }
}

const died = (child: ChildProcess, log: string): Effect.Effect<never> =>
  Effect.callback<never>((resume) => {
    const tell = (): void => resume(Effect.die(new Error(`the site ended: ${fs.readFileSync(log, "utf8")}`)))
    child.once("exit", tell)
    return Effect.sync(() => child.off("exit", tell))
  })
