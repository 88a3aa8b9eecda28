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

it.effect("knows what groups hold when the index is made anew after removals in the middle of a compaction", () =>
  Effect.gen(function* () {
    const directory = yield* temporaryDirectory
    const opened = <A, E>(effect: Effect.Effect<A, E, Spool>) =>
      Effect.provide(
        effect,
        FileSpool.layer({ directory, durability: "kernel", segmentBytes: 3_000 }).pipe(Layer.provide(identity))
      )
    const [misc, late] = [group("misc.a"), group("misc.late")]
    const ids = Array.from({ length: 20 }, (_, at) => id(`n${at}`))
    const marks = Effect.flatMap(Spool, (spool) =>
      Effect.map(Effect.all([spool.group(misc), spool.group(late)]), (groups) =>
        groups.map((one) => one && [one.low, one.high, one.count])
      )
    )
    const before = yield* opened(
      Effect.gen(function* () {
        const spool = yield* Spool
        for (const [at, one] of ids.entries()) {
          yield* spool.store([article(one, at === 1 || at === 3 ? [misc, late] : [misc], "words\r\n".repeat(40))])
        }
        const isEven = (_: unknown, at: number) => at % 2 === 0
        yield* spool.remove(ids.filter(isEven), "expired")
        // The checkpoint is taken, and nothing has moved.
        assert.isTrue((yield* spool.reclaim).isMore)
        yield* spool.remove([id("n1"), id("n3")], "expired")
        // It moves and drops what it has begun with, and no other begins.
        yield* spool.reclaim
        assert.isAbove((yield* spool.reclaimed).droppedFiles, 0)
        return yield* marks
      })
    )
    const base = before[1]?.[0] ?? 0
    assert.deepStrictEqual(before[1], [base, base - 1, 0])
    assert.strictEqual(before[0]?.[2], 8)
    fs.rmSync(path.join(directory, "index"), { recursive: true })
    assert.deepStrictEqual(yield* opened(marks), before)
  })
)
