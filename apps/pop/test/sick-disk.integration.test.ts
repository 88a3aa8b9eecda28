import { assert, describe, it } from "@effect/vitest"
import * as EventId from "@lupin/api/EventId"
import * as PopOperations from "@lupin/api/PopOperations"
import * as GroupName from "@lupin/core/GroupName"
import * as Routing from "@lupin/core/Routing"
import type * as SiteConfig from "@lupin/site/SiteConfig"
import { Disk, node } from "@lupin/spool/Disk"
import { contractApp } from "@lupin/testing/PopContract"
import { Effect, Layer, Logger } from "effect"
import * as FileSystem from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as Operations from "../src/Operations.ts"
import * as Pop from "../src/Pop.ts"
import * as Zones from "../src/Zones.ts"

const temporary = Effect.acquireRelease(
  Effect.sync(() => FileSystem.mkdtempSync(Path.join(Os.tmpdir(), "lupin-sick-pop-"))),
  (path) => Effect.sync(() => FileSystem.rmSync(path, { recursive: true, force: true }))
)

const configOf = (directory: string): SiteConfig.Pop => ({
  kind: "pop",
  pop: "boi",
  name: "boi1",
  path: "h1.boi.pop.lupin",
  directory,
  durability: "fsync",
  apps: [],
  peers: [],
  limits: { connections: 100, connectionsPerAddress: 100, idleSeconds: 60 },
  groups: [],
  cache: {},
  listen: { nntp: "127.0.0.1:0", json: "127.0.0.1:0", meta: "127.0.0.1:0" }
})

const post = Effect.fnUntraced(function* (id: string) {
  const pop = yield* PopOperations.PopOperations
  return yield* pop.postEvent({
    app: contractApp.name,
    kind: "sighting",
    id,
    version: 2,
    routing: Routing.version,
    payload: { what: "elk", count: 3 }
  })
})

const everywhere = { _tag: "Within", group: GroupName.GroupName.make("clientposts.contract") } as const

const seen = Effect.gen(function* () {
  const pop = yield* PopOperations.PopOperations
  const page = yield* pop.events({ app: contractApp.name, where: everywhere, limit: 10, staleMillisMax: 0 })
  return page.events.length
})

describe("a POP host on a sick disk", () => {
  it.live(
    "answers posters that it is unavailable, goes on answering readers, and takes the same post once it is well",
    () =>
      Effect.gen(function* () {
        let ailment: string | undefined
        const disk: Disk = Object.assign({}, node, {
          write: (file, pieces, offset) => {
            if (ailment !== undefined) throw new Error(ailment)
            node.write(file, pieces, offset)
          }
        } satisfies Partial<Disk>)
        const host = yield* Layer.build(
          Operations.layer([contractApp]).pipe(
            Layer.provide(Zones.layer),
            Layer.provide(Pop.layer(configOf(yield* temporary), [contractApp])),
            Layer.provide(Logger.layer([]))
          )
        ).pipe(Effect.provideService(Disk, disk))
        yield* Effect.gen(function* () {
          yield* post(yield* EventId.mint)
          assert.strictEqual(yield* seen, 1)
          const id = yield* EventId.mint
          for (const each of ["no space left on device", "read-only file system", "input/output error"]) {
            ailment = each
            const problem = yield* Effect.flip(post(id))
            assert.deepInclude(problem, { _tag: "Unavailable", status: 503 })
            assert.strictEqual(yield* seen, 1)
          }
          ailment = undefined
          assert.isTrue((yield* post(id)).isNew)
          assert.isFalse((yield* post(id)).isNew)
          assert.strictEqual(yield* seen, 2)
        }).pipe(Effect.provideContext(host))
      }),
    60_000
  )
})
