import { assert, describe, it } from "@effect/vitest"
import * as FileSpool from "@lupin/spool/FileSpool"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool, type SpoolUnavailable } from "@lupin/spool/Spool"
import { group, id } from "@lupin/testing/SampleArticles"
import { Effect, Layer, Logger } from "effect"
import { spawn } from "node:child_process"
import * as path from "node:path"
import { temporaryDirectory } from "./TemporaryDirectory.ts"

/** Lives of one spool; `npm run test:crash` takes fifty. */
const kills = Number(process.env["LUPIN_TEST_KILLS"] ?? 5)
const script = path.join(import.meta.dirname, "StoringProcess.ts")
const identity = SiteIdentity.layer({ name: "boi1", path: "h1.boi.pop.lupin", kind: "pop", apps: "any" })

const inSpool = <A>(
  directory: string,
  use: (spool: Spool["Service"]) => Effect.Effect<A, SpoolUnavailable>
): Effect.Effect<A, SpoolUnavailable> =>
  Effect.flatMap(Spool, use).pipe(
    Effect.provide(
      Layer.fresh(FileSpool.layer({ directory, durability: "fsync" })).pipe(Layer.provide([identity, Logger.layer([])]))
    )
  )

/** Lets a process store until it has acknowledged so many, looks at its directory, and kills it; gives what it had said. */
const life = Effect.fnUntraced(function* (directory: string, name: number, enough: number) {
  const child = spawn(process.execPath, [script, directory, `${name}`], { stdio: ["ignore", "pipe", "inherit"] })
  let printed = ""
  yield* Effect.callback<void>((resume) => {
    child.stdout.on("data", (chunk: Uint8Array) => {
      printed += String(chunk)
      if (printed.split("\n").length > enough) resume(Effect.void)
    })
  })
  const trouble = yield* Effect.flip(inSpool(directory, () => Effect.void))
  assert.match(trouble.reason, /another process/)
  yield* Effect.callback<void>((resume) => {
    child.on("close", () => resume(Effect.void))
    child.kill("SIGKILL")
  })
  return printed.split("\n").slice(0, -1).map(id)
})

describe("a spool whose process is killed", () => {
  it.live(
    `keeps every article it had acknowledged, through ${kills} kills, each with one number in each group`,
    () =>
      Effect.gen(function* () {
        const directory = yield* temporaryDirectory
        const acknowledged = new Set<ReturnType<typeof id>>()
        let high = 0
        for (let kill = 0; kill < kills; kill++) {
          for (const one of yield* life(directory, kill, 1 + ((kill * 397) % 1_200))) acknowledged.add(one)
          yield* inSpool(
            directory,
            Effect.fnUntraced(function* (spool) {
              const ids = [...acknowledged]
              assert.deepStrictEqual(new Set(yield* spool.status(ids)), new Set(["held"]))
              const all = yield* spool.group(group("misc.a"))
              const numbers = yield* spool.numbers(group("misc.a"), 0, Infinity, Infinity)
              assert.strictEqual(numbers.length, all?.count)
              assert.strictEqual(yield* spool.head, all?.count)
              assert.isAtLeast(all?.high ?? 0, high)
              high = all?.high ?? 0
              const some = ids.filter((_, at) => (at + kill) % 10 === 0)
              for (const one of some) {
                const held = yield* spool.find(one)
                assert.include(String(Buffer.from(held?.article ?? [])), `Message-ID: ${one}\r\n`)
              }
              assert.deepStrictEqual(yield* spool.condition, { damaged: [], damagedRecords: 0 })
            })
          )
        }
      }),
    60_000 + kills * 15_000
  )
})
