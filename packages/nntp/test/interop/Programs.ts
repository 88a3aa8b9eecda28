/**
 * The programs of other people that the interop tests talk to: where they are on this machine, and what brings them.
 */
import { Effect } from "effect"
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"

/** One program or library. */
interface Program {
  /** The Debian package that brings it. */
  readonly debian: string
  readonly find: () => string | undefined
}

const innDirectories = ["/usr/lib/news/bin", "/usr/libexec/news", "/usr/local/news/bin", "/usr/lib/news"]

const executable = (name: string, directories: ReadonlyArray<string>): string | undefined =>
  directories
    .map((directory) => path.join(directory, name))
    .find((file) => {
      try {
        fs.accessSync(file, fs.constants.X_OK)
        return fs.statSync(file).isFile()
      } catch {
        return false
      }
    })

const onPath = (name: string) => (): string | undefined =>
  executable(name, [...(process.env["PATH"] ?? "").split(path.delimiter), "/usr/games", "/usr/sbin"])

const ofInn = (name: string) => (): string | undefined => executable(name, innDirectories)

/** An interpreter that can load a library. */
const loading =
  (name: string, ...args: ReadonlyArray<string>) =>
  (): string | undefined => {
    const file = onPath(name)()
    return file !== undefined && spawnSync(file, args, { stdio: "ignore" }).status === 0 ? file : undefined
  }

const programs = {
  innd: { debian: "inn2", find: ofInn("innd") },
  nnrpd: { debian: "inn2", find: ofInn("nnrpd") },
  ctlinnd: { debian: "inn2", find: ofInn("ctlinnd") },
  makedbz: { debian: "inn2", find: ofInn("makedbz") },
  innfeed: { debian: "inn2", find: ofInn("innfeed") },
  innxmit: { debian: "inn2", find: ofInn("innxmit") },
  rnews: { debian: "inn2", find: ofInn("rnews") },
  inews: { debian: "inn2", find: ofInn("inews") },
  nntpget: { debian: "inn2", find: ofInn("nntpget") },
  getlist: { debian: "inn2", find: ofInn("getlist") },
  actsync: { debian: "inn2", find: ofInn("actsync") },
  pullnews: { debian: "inn2", find: ofInn("pullnews") },
  tin: { debian: "tin", find: onPath("tin") },
  slrn: { debian: "slrn", find: onPath("slrn") },
  slrnpull: { debian: "slrnpull", find: onPath("slrnpull") },
  suck: { debian: "suck", find: onPath("suck") },
  tmux: { debian: "tmux", find: onPath("tmux") },
  "Python's nntplib": { debian: "python3", find: loading("python3", "-W", "ignore", "-c", "import nntplib") },
  "Perl's Net::NNTP": { debian: "perl", find: loading("perl", "-MNet::NNTP", "-e1") }
} as const satisfies Record<string, Program>

export type Name = keyof typeof programs

const found = new Map<Name, string | undefined>()

const find = (name: Name): string | undefined => {
  if (!found.has(name)) found.set(name, programs[name].find())
  return found.get(name)
}

/** Those that are not on this machine; all where none is named. */
export const missing = (
  names: ReadonlyArray<Name> = Object.keys(programs) as ReadonlyArray<Name>
): ReadonlyArray<Name> => names.filter((name) => find(name) === undefined)

/** What to install on Debian for the programs named. */
export const debian = (names: ReadonlyArray<Name>): ReadonlyArray<string> => [
  ...new Set(names.map((name) => programs[name].debian))
]

/** The file of a program that is there. */
export const file = (name: Name): string => {
  const file = find(name)
  if (file === undefined) throw new Error(`${name} is not on this machine: apt install ${programs[name].debian}`)
  return file
}

/** Whether a test is left out because a program is missing; with CI=true it runs and fails. */
export const isWithout = (...names: ReadonlyArray<Name>): boolean =>
  missing(names).length > 0 && process.env["CI"] !== "true"

/** How a program ended. */
export interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Run {
  readonly input?: string | Uint8Array
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  /** Run as this user, where we may. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined
  readonly millisMax?: number
}

/** Runs a program to its end; it is killed where it takes too long or is interrupted. */
export const run = (command: string, args: ReadonlyArray<string>, options: Run = {}): Effect.Effect<Ended> =>
  Effect.callback<Ended>((resume) => {
    const child = spawn(command, args, {
      stdio: ["pipe", "pipe", "pipe"],
      timeout: options.millisMax ?? 60_000,
      killSignal: "SIGKILL",
      ...spawning(options)
    })
    let stdout = ""
    let stderr = ""
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString("latin1")))
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString("latin1")))
    child.stdin.on("error", () => {})
    child.once("error", (error) => resume(Effect.die(error)))
    child.once("close", (status) => resume(Effect.succeed({ status, stdout, stderr })))
    child.stdin.end(options.input ?? "")
    return Effect.sync(() => void child.kill("SIGKILL"))
  })

/** Runs a program that must end well, and returns what it wrote. */
export const runWell = (command: string, args: ReadonlyArray<string>, options: Run = {}): Effect.Effect<string> =>
  Effect.flatMap(run(command, args, options), ({ status, stderr, stdout }) =>
    status === 0
      ? Effect.succeed(stdout)
      : Effect.die(new Error(`${path.basename(command)} ${args.join(" ")} ended with ${status}: ${stderr}${stdout}`))
  )

/** Settings of `spawn` for a run. */
export const spawning = ({ cwd, env, user }: Run) => ({
  ...(cwd === undefined ? {} : { cwd }),
  env: { ...process.env, ...env },
  ...(user === undefined ? {} : { uid: user.uid, gid: user.gid })
})

/** Ends a process and returns when it is gone. */
export const end = (child: ChildProcess, signal: NodeJS.Signals): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
    child.once("exit", () => resume(Effect.void))
    child.kill(signal)
  })

/** How long it may take until there is something to see. */
const untilMillisMax = 30_000

/** Looks again and again until there is something to see; fails where that takes too long. */
export const until = <A>(look: Effect.Effect<A | undefined>): Effect.Effect<A> =>
  Effect.flatMap(Effect.timeoutOption(again(look), untilMillisMax), (seen) =>
    seen._tag === "Some" ? Effect.succeed(seen.value) : Effect.die(new Error("waited in vain"))
  )

const again = <A>(look: Effect.Effect<A | undefined>): Effect.Effect<A> =>
  Effect.flatMap(look, (seen) =>
    seen === undefined
      ? Effect.andThen(
          Effect.sleep(25),
          Effect.suspend(() => again(look))
        )
      : Effect.succeed(seen)
  )
