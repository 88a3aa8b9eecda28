import { assert, describe, layer } from "@effect/vitest"
import * as EventId from "@lupin/api/EventId"
import * as PopOperations from "@lupin/api/PopOperations"
import * as EventCancel from "@lupin/core/EventCancel"
import * as GroupName from "@lupin/core/GroupName"
import * as Limits from "@lupin/core/Limits"
import type * as MessageId from "@lupin/core/MessageId"
import type * as SiteConfig from "@lupin/site/SiteConfig"
import * as Spool from "@lupin/spool/Spool"
import { contractApp, popContract } from "@lupin/testing/PopContract"
import { Clock, Effect, Exit, Layer, Scope } from "effect"
import { TestClock } from "effect/testing"
import * as FileSystem from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { afterAll } from "vitest"
import * as LocalPostgres from "@lupin/testing/LocalPostgres"
import * as Operations from "../src/Operations.ts"
import * as Pop from "../src/Pop.ts"
import * as Zones from "../src/Zones.ts"

const scope = Scope.makeUnsafe()
const postgres = await Effect.runPromise(Scope.provide(LocalPostgres.acquire, scope))
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))
if (postgres === undefined) console.log("a POP host on real Postgres: skipped, no Postgres is installed here")

const directory = Effect.acquireRelease(
  Effect.sync(() => FileSystem.mkdtempSync(Path.join(Os.tmpdir(), "lupin-pop-"))),
  (path) => Effect.sync(() => FileSystem.rmSync(path, { recursive: true, force: true }))
)

const configOf = (path: string, cache: SiteConfig.Pop["cache"]): SiteConfig.Pop => ({
  kind: "pop",
  pop: "boi",
  name: "boi1",
  path: "h1.boi.pop.lupin",
  directory: path,
  durability: "kernel",
  apps: [],
  peers: [],
  limits: { connections: 100, connectionsPerAddress: 100, idleSeconds: 60 },
  groups: [],
  cache,
  listen: { nntp: "127.0.0.1:0", json: "127.0.0.1:0", meta: "127.0.0.1:0" }
})

/** A whole POP host on free ports, with its own spool and cache, and no zones to ask. */
const host = (cache: SiteConfig.Pop["cache"]) =>
  Layer.unwrap(
    Effect.map(directory, (path) =>
      Operations.layer([contractApp]).pipe(
        Layer.provide(Zones.layer),
        Layer.provideMerge(Pop.layer(configOf(path, cache), [contractApp]))
      )
    )
  )

const suite = (name: string, cache: SiteConfig.Pop["cache"]) =>
  layer(host(cache), { excludeTestServices: true, timeout: "60 seconds" })(name, (it) => {
    for (const { name: promised, check } of popContract) it.effect(promised, () => check)
    it.effect("names itself and its cache in the routing key", () =>
      Effect.gen(function* () {
        const operations = yield* PopOperations.PopOperations
        const key = yield* operations.routingKey
        assert.strictEqual(key.host, "boi1")
        assert.isAbove(key.cacheGeneration.length, 0)
      })
    )
    it.effect("answers at once what it has where the caller will not wait, and scrapes meanwhile", () =>
      Effect.gen(function* () {
        const operations = yield* PopOperations.PopOperations
        const { posted } = yield* operations.postEvent({ app: contractApp.name, kind: "note", payload: "first" })
        const [group = GroupName.GroupName.make("clientposts.contract")] = posted.groups
        const read = (whileScraping: "wait" | "serve") =>
          operations
            .events({
              app: contractApp.name,
              where: { _tag: "Within", group },
              limit: 500,
              staleMillisMax: 0,
              whileScraping
            })
            .pipe(Effect.map(({ events }) => events.map(({ messageId }) => messageId)))
        const before = yield* read("wait")
        const { posted: later } = yield* operations.postEvent({ app: contractApp.name, kind: "note", payload: "later" })
        assert.deepStrictEqual(yield* read("serve"), before)
        assert.include(yield* read("wait"), later.messageId)
      })
    )
    it.effect("tells nobody whether a key is right once its event was erased, expired or withdrawn", () =>
      Effect.gen(function* () {
        const operations = yield* PopOperations.PopOperations
        const spool = yield* Spool.Spool
        const app = contractApp.name
        const secret = new TextEncoder().encode("the author's own")
        const ways = [
          (id: MessageId.MessageId) => spool.erase([id]),
          (id: MessageId.MessageId) => spool.remove([id], "expired"),
          (id: MessageId.MessageId) => spool.remove([id], "cancelled")
        ]
        for (const remove of ways) {
          const id = yield* EventId.mint
          const lock = EventCancel.lockOf(secret, id)
          const { posted } = yield* operations.postEvent({ app, kind: "note", id, payload: "mine", lock })
          const { messageId } = posted
          const cancel = (of: string) => operations.cancelEvent({ app, messageId, key: EventCancel.keyOf(secret, of) })
          assert.strictEqual((yield* Effect.flip(cancel("another")))._tag, "WrongKey")
          yield* remove(messageId)
          for (const of of ["another", id, "another"]) {
            assert.deepStrictEqual(yield* cancel(of), { messageId, state: "removed" })
          }
        }
      })
    )
    it.effect("answers a repeat that comes days later, and refuses what is new by then", () =>
      Effect.gen(function* () {
        const operations = yield* PopOperations.PopOperations
        const nowMillis = yield* Clock.currentTimeMillis
        const later = yield* TestClock.make()
        yield* later.setTime(nowMillis + Limits.injectAgeMillisMax + 60_000)
        const postLater = (post: PopOperations.PostEvent) =>
          Effect.provideService(operations.postEvent(post), Clock.Clock, later)
        const post = { app: contractApp.name, kind: "note", id: yield* EventId.mint, payload: "held" }
        const first = yield* operations.postEvent(post)
        assert.deepStrictEqual(yield* postLater(post), { ...first, isNew: false })
        const fresh = yield* Effect.flip(postLater({ ...post, id: yield* EventId.mint }))
        assert.strictEqual(fresh._tag === "EventRefused" && fresh.reason, "TooOld")
        const other = yield* Effect.flip(postLater({ ...post, payload: "something else" }))
        assert.strictEqual(other._tag, "IdConflict")
      })
    )
  })

describe("the contract of every POP", () => {
  suite("is kept by a host on the embedded database", {})
  if (postgres !== undefined) suite("is kept by a host on real Postgres", { postgres })
})
