import { assert, it } from "@effect/vitest"
import * as FileSpool from "@lupin/spool/FileSpool"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool } from "@lupin/spool/Spool"
import { article, group, id } from "@lupin/testing/SampleArticles"
import { reclaimAll } from "@lupin/testing/SpoolPromise"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as fs from "node:fs"
import * as path from "node:path"
import { temporaryDirectory } from "./TemporaryDirectory.ts"

const identity = SiteIdentity.layer({ name: "boi1", path: "h1.boi.pop.lupin", kind: "pop", apps: "any" })

const bytesIn = (directory: string): number =>
  fs.readdirSync(directory).reduce((sum, name) => sum + fs.statSync(path.join(directory, name)).size, 0)

it.effect("counts what compaction moves, drops and gives back, and the erasures that followers may still ask for", () =>
  Effect.gen(function* () {
    const directory = yield* temporaryDirectory
    yield* Effect.gen(function* () {
      const spool = yield* Spool
      const ids = Array.from({ length: 60 }, (_, at) => id(`n${at}`))
      for (const one of ids) yield* spool.store([article(one, [group("misc.a")], "words\r\n".repeat(40))])
      yield* spool.remove(
        ids.filter((_, at) => at % 4 !== 0),
        "expired"
      )
      yield* spool.erase([id("n0")])
      const before = bytesIn(path.join(directory, "log"))
      yield* reclaimAll
      const { droppedFiles, freedBytes, movedRecords, namedErasures, pendingErasures } = yield* spool.reclaimed
      assert.isAbove(droppedFiles, 5)
      assert.isAtLeast(movedRecords, 10)
      // A pack has its own table of contents, which is not of the log.
      assert.approximately(freedBytes, before - bytesIn(path.join(directory, "log")), droppedFiles * 200)
      assert.isAbove(freedBytes, before / 3)
      assert.deepStrictEqual([pendingErasures, namedErasures], [0, 1])
      yield* TestClock.adjust("8 days")
      yield* reclaimAll
      assert.strictEqual((yield* spool.reclaimed).namedErasures, 0)
    }).pipe(
      Effect.provide(
        FileSpool.layer({ directory, durability: "kernel", segmentBytes: 3_000 }).pipe(Layer.provide(identity))
      )
    )
  })
)
