/**
 * A throw-away INN on a free port of the loopback, in a temporary directory that goes with it.
 *
 * Started as root it runs as `news`, otherwise as who runs the tests.
 */
import * as Article from "@lupin/core/Article"
import { Effect, type Scope } from "effect"
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as NntpReader from "../../src/NntpReader.ts"
import * as Corpus from "./Corpus.ts"
import * as InnConfig from "./InnConfig.ts"
import * as Ports from "./Ports.ts"
import * as Programs from "./Programs.ts"

export interface Inn {
  readonly identity: string
  readonly port: number
  readonly root: string
  /** Runs one of INN's programs with this server's configuration. */
  readonly run: (name: Programs.Name, args: ReadonlyArray<string>, input?: Uint8Array) => Effect.Effect<Programs.Ended>
  readonly ctl: (...args: ReadonlyArray<string>) => Effect.Effect<string>
  /** Hands articles to innd by rnews, as a batch from a neighbour. */
  readonly take: (articles: ReadonlyArray<Article.Article>) => Effect.Effect<void>
  /** What innd has written so far of the articles it was offered: `+` taken, `-` refused, with reasons. */
  readonly news: Effect.Effect<ReadonlyArray<string>>
  /** A file below the root; nothing where it is not there. */
  readonly text: (file: string) => string
  /** Ends innd as a power cut would. */
  readonly kill: Effect.Effect<void>
  /** Starts it again on what it left. */
  readonly restart: Effect.Effect<void>
}

/** What the tests need of INN at all. */
export const programs = ["innd", "nnrpd", "ctlinnd", "makedbz", "rnews", "innfeed", "innxmit"] as const

/** Runs until the scope ends. */
export const start = Effect.fnUntraced(function* (
  options: InnConfig.Options
): Effect.fn.Return<Inn, never, Scope.Scope> {
  const user = whoRuns()
  const port = yield* Ports.free
  const bin = path.dirname(Programs.file("innd"))
  const root = yield* Effect.acquireRelease(
    Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "inn-"))),
    (directory) => Effect.sync(() => fs.rmSync(directory, { recursive: true, force: true }))
  )
  const places = { root, port, programs: bin, user: user.name, group: user.group }
  for (const folder of InnConfig.folders) fs.mkdirSync(path.join(root, folder), { recursive: true })
  for (const [file, text] of Object.entries(InnConfig.files(options, places))) {
    fs.writeFileSync(path.join(root, file), text, { mode: 0o640 })
  }
  if (user.as !== undefined) chownAll(root, user.as)

  const spawned = { user: user.as, env: { INNCONF: path.join(root, "etc/inn.conf"), TZ: "UTC", HOME: root }, cwd: root }
  const run: Inn["run"] = (name, args, input) =>
    Programs.run(Programs.file(name), args, { ...spawned, ...(input === undefined ? {} : { input }) })
  const runWell = (name: Programs.Name, ...args: ReadonlyArray<string>): Effect.Effect<string> =>
    Programs.runWell(Programs.file(name), args, spawned)
  const ctl: Inn["ctl"] = (...args) => runWell("ctlinnd", "-t", "20", ...args)

  yield* runWell("makedbz", "-i", "-o", "-s", "100000", "-f", path.join(root, "db/history"))
  let innd: ChildProcess | undefined
  let written = ""
  const launch = Effect.gen(function* () {
    const output = fs.openSync(path.join(root, "log/innd.out"), "a")
    innd = spawn(Programs.file("innd"), ["-f", "-N"], {
      stdio: ["ignore", output, output],
      ...Programs.spawning(spawned)
    })
    fs.closeSync(output)
    const died = Effect.callback<never>((resume) => {
      const tell = (): void =>
        resume(Effect.die(new Error(`innd did not start: ${text("log/innd.out")}${text("log/errlog")}`)))
      innd?.once("exit", tell)
      return Effect.sync(() => innd?.off("exit", tell))
    })
    yield* Effect.raceFirst(Ports.answering(port), died)
  })
  const text: Inn["text"] = (file) => {
    const whole = path.join(root, file)
    return fs.existsSync(whole) ? fs.readFileSync(whole, "latin1") : ""
  }
  const stop = Effect.suspend(() =>
    innd === undefined || innd.exitCode !== null || innd.signalCode !== null
      ? Effect.void
      : run("ctlinnd", ["-s", "-t", "20", "shutdown", "over"]).pipe(
          Effect.andThen(Effect.suspend(() => (innd === undefined ? Effect.void : Programs.end(innd, "SIGTERM"))))
        )
  )
  yield* Effect.acquireRelease(launch, () => stop)

  return {
    identity: options.identity,
    port,
    root,
    run,
    ctl,
    take: (articles) =>
      Effect.flatMap(run("rnews", ["-v"], Corpus.batch(articles.map(({ octets }) => octets))), ({ status, stderr }) =>
        status === 0 ? Effect.void : Effect.die(new Error(`rnews ended with ${status}: ${stderr}`))
      ),
    news: Effect.map(ctl("flushlogs"), () => {
      written += text("log/OLD/news") + text("log/news.old")
      return written.split("\n").filter((line) => line !== "")
    }),
    text,
    kill: Effect.suspend(() => (innd === undefined ? Effect.void : Programs.end(innd, "SIGKILL"))),
    restart: Effect.andThen(
      Effect.suspend(() => stop),
      Effect.suspend(() => launch)
    )
  }
})

/** What INN's readers get of these articles: what no site may change, and the Path, by id. */
export const articles = (inn: Inn, wanted: ReadonlyArray<Article.Article>) =>
  Effect.gen(function* () {
    const reader = yield* NntpReader.connect({ host: "127.0.0.1", port: inn.port })
    const ids = wanted.map(({ messageId }) => messageId)
    const found = yield* reader.articles(ids)
    const lasting = new Map<string, string>()
    const paths = new Map<string, string>()
    for (const [index, octets] of found.entries()) {
      if (octets === undefined) continue
      const article = Article.read(octets)
      lasting.set(ids[index] ?? "", Corpus.lasting(octets))
      paths.set(ids[index] ?? "", Article.isMalformed(article) ? "" : article.path)
    }
    return { lasting, paths }
  }).pipe(Effect.scoped, Effect.orDie)

const idOf = (...args: ReadonlyArray<string>): string => spawnSync("id", args, { encoding: "utf8" }).stdout.trim()

const whoRuns = () => {
  if (process.getuid?.() !== 0) return { name: idOf("-un"), group: idOf("-gn"), as: undefined }
  return { name: "news", group: "news", as: { uid: Number(idOf("-u", "news")), gid: Number(idOf("-g", "news")) } }
}

const chownAll = (root: string, { gid, uid }: { readonly uid: number; readonly gid: number }): void => {
  fs.chownSync(root, uid, gid)
  for (const entry of fs.readdirSync(root, { recursive: true, encoding: "utf8" })) {
    fs.chownSync(path.join(root, entry), uid, gid)
  }
}
