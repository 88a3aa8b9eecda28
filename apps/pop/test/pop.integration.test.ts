import { assert, describe, layer } from "@effect/vitest"
import type * as SiteConfig from "@lupin/site/SiteConfig"
import { contractApp, popContract } from "@lupin/testing/PopContract"
import * as PopOperations from "@lupin/api/PopOperations"
import { Effect, Layer } from "effect"
import * as FileSystem from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as Operations from "../src/Operations.ts"
import * as Pop from "../src/Pop.ts"
import * as Zones from "../src/Zones.ts"

const directory = Effect.acquireRelease(
  Effect.sync(() => FileSystem.mkdtempSync(Path.join(Os.tmpdir(), "lupin-pop-"))),
  (path) => Effect.sync(() => FileSystem.rmSync(path, { recursive: true, force: true }))
)

const configOf = (path: string): SiteConfig.Pop => ({
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
  cache: {},
  listen: { nntp: "127.0.0.1:0", json: "127.0.0.1:0", meta: "127.0.0.1:0" }
})

/** A whole POP host on free ports, with its own spool and cache, and no zones to ask. */
const host = Layer.unwrap(
  Effect.map(directory, (path) => {
    const config = configOf(path)
    return Operations.layer([contractApp]).pipe(
      Layer.provide(Zones.layer),
      Layer.provide(Pop.layer(config, [contractApp]))
    )
  })
)

layer(host, { excludeTestServices: true, timeout: "60 seconds" })("a POP host", (it) => {
  describe("keeps the contract of every POP", () => {
    for (const { name, check } of popContract) it.effect(name, () => check)
  })
  it.effect("names itself and its cache in the routing key", () =>
    Effect.gen(function* () {
      const operations = yield* PopOperations.PopOperations
      const key = yield* operations.routingKey
      assert.strictEqual(key.host, "boi1")
      assert.isAbove(key.cacheGeneration.length, 0)
    })
  )
})
