import { assert, it } from "@effect/vitest"
import { Disk, node } from "@lupin/spool/Disk"
import { eraseNamesMillis, type Spool } from "@lupin/spool/Spool"
import { article, group, id } from "@lupin/testing/SampleArticles"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import * as fs from "node:fs"
import * as path from "node:path"
import { inSpool } from "./OpenSpool.ts"
import { temporaryDirectory } from "./TemporaryDirectory.ts"

const alpha = group("misc.alpha")
const options = { recordsPerCommit: 50 }
/** So much of the index at a time, that a small one takes many slices. */
const sliceBytes = 4_096

/** Files of the spool that hold a text. */
const holding = (directory: string, text: string): ReadonlyArray<string> =>
  fs
    .readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => fs.statSync(path.join(directory, name)).isFile())
    .filter((name) => fs.readFileSync(path.join(directory, name)).includes(text))

const expires = [["Expires", "Thu, 1 Jan 2099 00:00:00 +0000"]] as const
const erased = Array.from({ length: 6 }, (_, at) => article(id(`erased${at}`), [alpha], "words\r\n", expires))
const ids = erased.map(({ messageId }) => messageId)

it.effect("overwrites erased ids in the index a slice at a time, while others come, and begins anew when stopped", () =>
  Effect.gen(function* () {
    const directory = yield* temporaryDirectory
    let slices = 0
    let stopsAt = 12
    const disk: Disk = Object.assign({}, node, {
      openTables: (name) => {
        const tables = node.openTables(name)
        return {
          ...tables,
          overwrite: (texts, from, bytesMax) => {
            assert.isAtLeast(bytesMax, sliceBytes)
            slices += 1
            if (slices === stopsAt) throw new Error("the process is stopped here")
            return tables.overwrite(texts, from, sliceBytes)
          }
        }
      }
    } satisfies Partial<Disk>)
    let others = 0
    const churn = (spool: Spool["Service"], count: number) =>
      Effect.gen(function* () {
        const batch = Array.from({ length: count }, () => article(id(`other${others++}`), [alpha]))
        for (let at = 0; at < batch.length; at += 20) yield* spool.store(batch.slice(at, at + 20))
      })
    const within = <A, E>(use: (spool: Spool["Service"]) => Effect.Effect<A, E>) =>
      Effect.provideService(inSpool(directory, use, options), Disk, disk)
    yield* within((spool) =>
      Effect.gen(function* () {
        for (const one of erased) {
          yield* churn(spool, 300)
          yield* spool.store([one])
        }
        yield* churn(spool, 300)
        yield* spool.erase(ids)
        yield* churn(spool, 100)
        yield* TestClock.adjust(eraseNamesMillis + 1)
        for (const one of ids) assert.include(holding(directory, one).join(), "index/")
        while (slices < stopsAt - 1) assert.isTrue((yield* spool.reclaim).isMore)
        assert.strictEqual((yield* Effect.exit(spool.reclaim))._tag, "Failure")
        assert.strictEqual((yield* spool.reclaimed).namedErasures, ids.length)
      })
    )
    stopsAt = Infinity
    slices = 0
    yield* within((spool) =>
      Effect.gen(function* () {
        // Commits between two slices move rows to where names were looked for already.
        while ((yield* spool.reclaim).isMore) yield* churn(spool, 30)
        assert.isAbove(slices, 20)
        assert.strictEqual((yield* spool.reclaimed).namedErasures, 0)
        for (const one of ids) assert.deepStrictEqual(holding(directory, one), [])
        assert.deepStrictEqual(new Set(yield* spool.status(ids)), new Set(["removed"]))
        const kept = Array.from({ length: others }, (_, at) => id(`other${at}`))
        assert.deepStrictEqual(new Set(yield* spool.status(kept)), new Set(["held"]))
        yield* churn(spool, 200)
        for (const one of ids) assert.deepStrictEqual(holding(directory, one), [])
      })
    )
  })
)
