import { assert, describe, it } from "@effect/vitest"
import type * as MessageId from "@lupin/core/MessageId"
import * as FileSpool from "@lupin/spool/FileSpool"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool, type SpoolUnavailable } from "@lupin/spool/Spool"
import { group, id } from "@lupin/testing/SampleArticles"
import { Effect, Layer, Logger } from "effect"
import { spawn } from "node:child_process"
import { Buffer } from "node:buffer"
import * as fs from "node:fs"
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
  return printed
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split(" "))
})

/** What the killed processes have said of each id, the latest word of each. */
const hear = (said: Map<MessageId.MessageId, string>, lines: ReadonlyArray<ReadonlyArray<string>>): void => {
  for (const [what = "", name = ""] of lines) said.set(id(name), what)
}

/** All files of a log. */
const octetsOf = (directory: string): Buffer =>
  Buffer.concat(fs.readdirSync(directory).map((name) => fs.readFileSync(path.join(directory, name))))

describe("a spool whose process is killed", () => {
  it.live(
    `keeps every article it had acknowledged, and none it had let go of, through ${kills} kills`,
    () =>
      Effect.gen(function* () {
        const directory = yield* temporaryDirectory
        const said = new Map<MessageId.MessageId, string>()
        let high = 0
        for (let kill = 0; kill < kills; kill++) {
          hear(said, yield* life(directory, kill, 1 + ((kill * 397) % 1_200)))
          yield* inSpool(
            directory,
            Effect.fnUntraced(function* (spool) {
              const ids = [...said.keys()]
              const statuses = yield* spool.status(ids)
              const held = ids.filter((_, at) => statuses[at] === "held")
              for (const [at, one] of ids.entries()) {
                const what = said.get(one)
                // The end of what was being removed nobody has told.
                if (what === "removing") continue
                assert.strictEqual(statuses[at], what === "stored" ? "held" : "removed", one)
              }
              const all = yield* spool.group(group("misc.a"))
              const numbers = yield* spool.numbers(group("misc.a"), 0, Infinity, Infinity)
              assert.strictEqual(numbers.length, all?.count)
              assert.isAtLeast(numbers.length, held.length)
              assert.isAtLeast(all?.high ?? 0, high)
              high = all?.high ?? 0
              for (const one of held.filter((_, at) => (at + kill) % 10 === 0)) {
                const found = yield* spool.find(one)
                assert.include(String(Buffer.from(found?.article ?? [])), `Message-ID: ${one}\r\n`)
              }
              assert.deepStrictEqual(yield* spool.condition, { damaged: [], damagedRecords: 0 })
              const octets = octetsOf(path.join(directory, "log"))
              for (const [one, what] of said)
                if (what === "erased") assert.isFalse(octets.includes(`about ${one}`), one)
            })
          )
        }
      }),
    60_000 + kills * 15_000
  )
})
