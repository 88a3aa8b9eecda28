import { assert, describe, it } from "@effect/vitest"
import * as EventId from "@lupin/api/EventId"
import * as PopOperations from "@lupin/api/PopOperations"
import * as GroupName from "@lupin/core/GroupName"
import * as Routing from "@lupin/core/Routing"
import type * as SiteConfig from "@lupin/site/SiteConfig"
import { Disk, node } from "@lupin/spool/Disk"
import { contractApp } from "@lupin/testing/PopContract"
import * as SmallFileSystem from "@lupin/testing/SmallFileSystem"
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
  const page = yield* pop.events({ app: contractApp.name, where: everywhere, limit: 20, staleMillisMax: 0 })
  return page.events.length
})

/** Writes until not an octet more goes. */
const fill = (name: string): void => {
  const file = FileSystem.openSync(name, "w")
  try {
    for (const bytes of [65_536, 4_096, 1]) {
      try {
        for (;;) FileSystem.writeSync(file, new Uint8Array(bytes))
      } catch (error) {
        assert.include(String(error), "ENOSPC")
      }
    }
  } finally {
    FileSystem.closeSync(file)
  }
}

const fileSystemBytes = 4 * 1024 * 1024

describe("a POP host on a sick disk", () => {
  it.live(
    "answers posters 503 on a disk that is really full, and takes the same post once there is room",
    () =>
      Effect.gen(function* () {
        const small = yield* SmallFileSystem.acquire("a POP host on a full disk", fileSystemBytes)
        if (small === undefined) return
        const directory = yield* temporary
        FileSystem.symlinkSync(small, Path.join(directory, "spool"))
        const host = yield* Layer.build(
          Operations.layer([contractApp]).pipe(
            Layer.provide(Zones.layer),
            Layer.provide(Pop.layer(configOf(directory), [contractApp])),
            Layer.provide(Logger.layer([]))
          )
        )
        yield* Effect.gen(function* () {
          yield* post(yield* EventId.mint)
          const ballast = Path.join(small, "ballast")
          fill(ballast)
          // A few fit into what the last page of the log has left.
          let taken = 1
          let id = yield* EventId.mint
          for (; (yield* Effect.result(post(id)))._tag === "Success"; id = yield* EventId.mint) taken += 1
          assert.isBelow(taken, 8)
          assert.deepInclude(yield* Effect.flip(post(id)), { _tag: "Unavailable", status: 503 })
          assert.strictEqual(yield* seen, taken)
          FileSystem.rmSync(ballast)
          assert.isTrue((yield* post(id)).isNew)
          assert.isFalse((yield* post(id)).isNew)
          assert.strictEqual(yield* seen, taken + 1)
        }).pipe(Effect.provideContext(host))
      }).pipe(Effect.scoped),
    60_000
  )

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
