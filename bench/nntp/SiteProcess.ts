/**
 * A site of ours in a process of its own, for the benchmarks: a spool on disk and the NNTP server, nothing else.
 *
 * Run as a program it takes a directory and a durability, serves until its standard input ends, and prints its port as one line.
 */
import * as NntpServer from "@lupin/nntp/NntpServer"
import * as FileSpool from "@lupin/spool/FileSpool"
import { Injector } from "@lupin/spool/Injector"
import { Relayer } from "@lupin/spool/Relayer"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Effect, Layer } from "effect"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import siteOptions from "../../apps/cli/bin/node-options.json" with { type: "json" }

const program = fileURLToPath(import.meta.url)
const connectionsMax = 15_000

export interface Running {
  readonly pid: number
  readonly port: number
  readonly stop: () => Promise<void>
}

/**
 * Starts a site on a directory, with the options of Node that `lupin` gives it; resolves once it serves. `nodeOptions` go to
 * Node too, `--cpu-prof` for one.
 */
export const start = (
  directory: string,
  nodeOptions: ReadonlyArray<string> = [],
  durability: FileSpool.Options["durability"] = "kernel"
): Promise<Running> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...siteOptions.arguments, ...nodeOptions, program, directory, durability], {
      env: { ...siteOptions.environment, ...process.env },
      stdio: ["pipe", "pipe", "inherit"]
    })
    const ended = new Promise<void>((done) => void child.once("exit", () => done()))
    const stop = (): Promise<void> => {
      child.stdin.end()
      return ended
    }
    child.once("error", reject)
    child.once("exit", (code) => reject(new Error(`the site ended with status ${code}`)))
    child.stdout.once("data", (line) => resolve({ pid: child.pid ?? 0, port: Number(String(line)), stop }))
  })

const site = (directory: string, durability: FileSpool.Options["durability"]) =>
  NntpServer.layerTcp({ host: "127.0.0.1", port: 0, limits: () => ({ connectionsMax }) }).pipe(
    Layer.provide(Layer.mergeAll(Injector.layer, Relayer.layer())),
    Layer.provide(FileSpool.layer({ directory, durability })),
    Layer.provide(SiteIdentity.layer({ name: "bench", path: "ours.bench.invalid", kind: "central", apps: "any" }))
  )

const serve = Effect.gen(function* () {
  const { address } = yield* NntpServer.NntpServer
  process.stdout.write(`${address.port}\n`)
  yield* Effect.callback<void>((resume) => {
    process.stdin.on("end", () => resume(Effect.void)).resume()
  })
})

if (process.argv[1] === program) {
  await Effect.runPromise(
    serve.pipe(Effect.provide(site(process.argv[2] ?? "", process.argv[3] === "fsync" ? "fsync" : "kernel")))
  )
}
