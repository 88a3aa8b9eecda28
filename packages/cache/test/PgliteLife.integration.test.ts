import { afterAll, assert, describe, it } from "@effect/vitest"
import * as GroupName from "@lupin/core/GroupName"
import * as Recovered from "@lupin/testing/Recovered"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as CacheStore from "../src/CacheStore.ts"
import * as DirectoryLock from "../src/DirectoryLock.ts"
import * as GroupCache from "../src/GroupCache.ts"
import * as PgliteStore from "../src/PgliteStore.ts"
import * as PgliteTemplate from "../src/PgliteTemplate.ts"
import * as ScrapingCache from "../src/ScrapingCache.ts"
import * as ArticleScript from "./ArticleScript.ts"
import * as ScriptedServer from "./ScriptedServer.ts"

const lake = GroupName.GroupName.make("clientposts.trailblaze.s2.c.f")

const temporary = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "lupin-cache-"))),
  (directory) => Effect.sync(() => Fs.rmSync(directory, { recursive: true, force: true }))
)

// One template for the file: making it is what takes time.
const template = Fs.mkdtempSync(Path.join(Os.tmpdir(), "lupin-template-"))
afterAll(() => Fs.rmSync(template, { recursive: true }))

const options = (home: string): PgliteStore.Options => ({
  directory: Path.join(home, "cache", "db"),
  template: Path.join(template, "pglite")
})

/** What a host finds when it opens its cache, with nothing fresh enough to serve but what was there. */
const visit = (home: string, server: ScriptedServer.ScriptedServer) =>
  Effect.gen(function* () {
    const cache = yield* GroupCache.GroupCache
    const page = yield* cache.events({
      app: "trailblaze",
      subtrees: [lake],
      limit: 10,
      staleMillisMax: Number.MAX_SAFE_INTEGER
    })
    return { generation: cache.generation, count: page.events.length }
  }).pipe(
    Effect.provide(
      ScrapingCache.layer().pipe(Layer.provide(server.layer), Layer.provide(PgliteStore.layer(options(home))))
    )
  )

describe("a cache directory", () => {
  it.live("keeps its rows and its generation from one opening to the next", () =>
    Effect.gen(function* () {
      const home = yield* temporary
      const server = new ScriptedServer.ScriptedServer(true)
      server.post(ArticleScript.event(1, { groups: [lake] }))
      const first = yield* visit(home, server)
      server.isDown = true
      assert.deepStrictEqual(yield* visit(home, server), first)
      assert.strictEqual(first.count, 1)
    })
  )

  it.live("begins a new generation when it is damaged", () =>
    Effect.gen(function* () {
      const home = yield* temporary
      const server = new ScriptedServer.ScriptedServer(true)
      server.post(ArticleScript.event(1, { groups: [lake] }))
      const first = yield* visit(home, server)
      const { directory } = options(home)
      Fs.rmSync(Path.join(directory, "base"), { recursive: true })
      Fs.writeFileSync(Path.join(directory, "global", "pg_control"), "gone")
      const recovered = Recovered.make()
      const second = yield* recovered.counting(visit(home, server))
      assert.strictEqual(recovered.times("cache-made-anew"), 1)
      assert.notStrictEqual(second.generation, first.generation)
      assert.strictEqual(second.count, 1)
    })
  )

  it.live("opens after its process was killed in the middle of a scrape, and shows no half of it", () =>
    Effect.gen(function* () {
      const home = yield* temporary
      const entry = Path.join(import.meta.dirname, "EndlessScrape.ts")
      const { directory, template = "" } = options(home)
      const scraping = ChildProcess.spawn(process.execPath, [entry, directory, template], {
        stdio: ["ignore", "pipe", "inherit"]
      })
      yield* Effect.promise(() => new Promise((resolve) => scraping.stdout.once("data", resolve)))
      yield* Effect.promise(() => {
        const exit = new Promise((resolve) => scraping.once("exit", resolve))
        scraping.kill("SIGKILL")
        return exit
      })
      const store = yield* Effect.provide(
        Effect.gen(function* () {
          const store = yield* CacheStore.CacheStore
          const page = yield* store.events({ app: "trailblaze", subtrees: [lake], limit: 500 })
          return { page, subtrees: yield* store.subtrees }
        }),
        PgliteStore.layer(options(home))
      )
      assert.deepStrictEqual(store, { page: { events: [], freshness: [] }, subtrees: [] })
    })
  )

  it.live("is opened by one process at a time", () =>
    Effect.gen(function* () {
      const home = yield* temporary
      const server = new ScriptedServer.ScriptedServer(true)
      const { directory } = options(home)
      Fs.mkdirSync(Path.dirname(directory), { recursive: true })
      const trouble = yield* Effect.scoped(
        Effect.andThen(DirectoryLock.acquire(directory), Effect.flip(visit(home, server)))
      )
      assert.strictEqual(trouble._tag, "DirectoryInUse")
      assert.strictEqual((yield* visit(home, server)).count, 0)
    })
  )

  it.live("is made anew, template and all, when the template is damaged", () =>
    Effect.gen(function* () {
      const home = yield* temporary
      const { template = "" } = options(home)
      const broken = Path.join(home, "template")
      yield* PgliteTemplate.make(template)
      yield* PgliteTemplate.copy(template, broken)
      Fs.rmSync(Path.join(broken, "base"), { recursive: true })
      const layer = PgliteStore.layer({ directory: Path.join(home, "db"), template: broken, runs: "inProcess" })
      const generation = yield* Effect.provide(
        Effect.flatMap(CacheStore.CacheStore, (store) => store.generation),
        layer
      )
      assert.match(generation, /^[a-z2-7]{16}$/)
    })
  )
})
