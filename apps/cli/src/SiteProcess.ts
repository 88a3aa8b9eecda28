/**
 * One site of the fleet as a process of its own: started, watched, stopped, killed.
 */
import { Deferred, Effect, Schema } from "effect"
import { type ChildProcess, fork } from "node:child_process"
import * as FileSystem from "node:fs"
import { env, execArgv } from "node:process"
import { fileURLToPath } from "node:url"
import nodeOptions from "../bin/node-options.json" with { type: "json" }

/** How a site's process ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: string | null
}

/** The site ended, or took too long, before it said that it is ready; the last line of its log may say why. */
export class SiteNotStarted extends Schema.TaggedError<SiteNotStarted>()("SiteNotStarted", {
  site: Schema.String,
  reason: Schema.String,
  log: Schema.String,
  lastLine: Schema.String
}) {
  override get message(): string {
    return `${this.site} did not start: ${this.reason}, its log (${this.log}) with: ${this.lastLine}`
  }
}

export interface SiteProcess {
  readonly pid: number
  readonly exited: Effect.Effect<Exit>
  /** Asks it to end, and waits until it has; after `stopMillisMax` it is killed. */
  readonly stop: Effect.Effect<Exit>
  /** Ends it as a power cut would, and waits until it has. */
  readonly kill: Effect.Effect<Exit>
}

/** How long a site may take to be ready, in milliseconds. */
const startMillisMax = 60_000
/** How long a site may take to stop before it is killed, in milliseconds. */
const stopMillisMax = 10_000

const main = fileURLToPath(new URL("./main.ts", import.meta.url))

const watch = (child: ChildProcess, exited: Deferred.Deferred<Exit>, ready: Deferred.Deferred<void>) => {
  child.once("exit", (code, signal) => Deferred.doneUnsafe(exited, Effect.succeed({ code, signal })))
  child.once("error", () => Deferred.doneUnsafe(exited, Effect.succeed({ code: 1, signal: null })))
  child.on("message", (message) => {
    if (message === "ready") Deferred.doneUnsafe(ready, Effect.void)
  })
}

/** Starts `lupin pop` or `lupin central` and waits until the site serves. What it prints goes to its log file. */
export const start = Effect.fn("SiteProcess.start")(function* (site: {
  readonly name: string
  readonly kind: "pop" | "central"
  readonly config: string
  readonly log: string
}) {
  const exited = yield* Deferred.make<Exit>()
  const ready = yield* Deferred.make<void>()
  const log = FileSystem.openSync(site.log, "a")
  // A group of its own: Ctrl-C reaches the fleet's process alone, which then stops the sites in order.
  const child = fork(main, [site.kind, "--config", site.config], {
    detached: true,
    env: { ...nodeOptions.environment, ...env },
    execArgv: [...execArgv, ...nodeOptions.arguments],
    stdio: ["ignore", log, log, "ipc"]
  })
  FileSystem.closeSync(log)
  watch(child, exited, ready)
  const ended = Deferred.await(exited)
  const signal = (name: "SIGTERM" | "SIGKILL") => Effect.sync(() => void child.kill(name))
  const kill = Effect.andThen(signal("SIGKILL"), ended)
  const stop = Effect.andThen(
    signal("SIGTERM"),
    Effect.timeoutOrElse(ended, { duration: stopMillisMax, orElse: () => kill })
  )
  const failed = (reason: string) =>
    Effect.suspend(() => {
      const lastLine = FileSystem.readFileSync(site.log, "utf8").trimEnd().split("\n").at(-1) ?? ""
      return Effect.fail(new SiteNotStarted({ site: site.name, reason, log: site.log, lastLine }))
    })
  yield* Effect.raceFirst(
    Deferred.await(ready),
    Effect.flatMap(ended, ({ code, signal }) => failed(`it ended with ${signal ?? code}`))
  ).pipe(
    Effect.timeoutOrElse({
      duration: startMillisMax,
      orElse: () => Effect.andThen(kill, failed(`it was not ready after ${startMillisMax / 1000} s`))
    })
  )
  const process: SiteProcess = { pid: child.pid ?? 0, exited: ended, stop, kill }
  return process
})
