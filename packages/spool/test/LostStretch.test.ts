import { assert, it } from "@effect/vitest"
import * as Wildmat from "@lupin/core/Wildmat"
import * as Repair from "@lupin/spool/Repair"
import { Spool } from "@lupin/spool/Spool"
import { article, group, id } from "@lupin/testing/SampleArticles"
import { reclaimAll } from "@lupin/testing/SpoolPromise"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { inSpool } from "./OpenSpool.ts"
import { temporaryDirectory } from "./TemporaryDirectory.ts"

const alpha = group("misc.alpha")
const options = { segmentBytes: 20_000, recordsPerCommit: 50 }
const names = Array.from({ length: 200 }, (_, at) => id(`n${at}`))
const one = (at: number) => article(names[at] ?? id("none"), [alpha], "words\r\n".repeat(20))
/** Every fourth stays. */
const isKept = (at: number): boolean => at % 4 === 0
const kept = names.filter((_, at) => isKept(at))
/** Three records next to each other, one of which is held. */
const struck = [19, 20, 21]

/** Makes the events of records unreadable, in the first file of a log that has them. */
const strike = (log: string): void => {
  for (const file of fs.readdirSync(log).toSorted()) {
    const octets = fs.readFileSync(path.join(log, file))
    const found = struck.map((at) => octets.indexOf(`${names[at]}`)).filter((at) => at >= 0)
    if (found.length === 0) continue
    for (const at of found) octets.fill(0x2a, at, at + 4)
    return fs.writeFileSync(path.join(log, file), octets)
  }
}

for (const isInClass of [false, true]) {
  it.effect(`compacts ${isInClass ? "a class" : "a log"} of which a part cannot be read, and says what is lost`, () =>
    Effect.gen(function* () {
      const root = yield* temporaryDirectory
      const [directory, fast] = [path.join(root, "spool"), path.join(root, "fast")]
      const log = isInClass ? fast : path.join(directory, "log")
      const classes = isInClass ? [{ name: "fast", groups: Wildmat.everything, directory: fast, ...options }] : []
      const open = <A, E>(use: (spool: Spool["Service"]) => Effect.Effect<A, E>) =>
        inSpool(directory, use, options, classes)
      yield* open((spool) =>
        Effect.gen(function* () {
          for (const [at] of names.entries()) yield* spool.store([one(at)])
          yield* spool.remove(
            names.filter((_, at) => !isKept(at)),
            "expired"
          )
        })
      )
      strike(log)
      const numbers = yield* open((spool) =>
        Effect.gen(function* () {
          yield* reclaimAll.pipe(Effect.provideService(Spool, spool))
          assert.strictEqual((yield* spool.reclaimed).lostStretches, 1)
          const { damaged } = yield* spool.condition
          assert.deepStrictEqual(damaged, [names[20] ?? id("none")])
          const statuses = yield* spool.status(kept)
          assert.deepStrictEqual(
            kept.filter((_, at) => statuses[at] !== "held"),
            damaged
          )
          const before = yield* spool.numbers(alpha, 0, Infinity, 1_000)
          assert.strictEqual((yield* spool.store([one(20)]))[0]?._tag, "Filed")
          assert.deepInclude(yield* spool.condition, { damaged: [], damagedRecords: 0 })
          assert.deepStrictEqual(yield* spool.numbers(alpha, 0, Infinity, 1_000), before)
          return before
        })
      )
      const report = yield* Repair.verify(directory, () => Effect.void)
      assert.deepInclude(report, { damaged: [], gaps: 0, missing: [] })
      fs.rmSync(path.join(directory, "index"), { recursive: true })
      yield* open((spool) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* spool.numbers(alpha, 0, Infinity, 1_000), numbers)
          for (const name of kept) assert.isDefined(yield* spool.find(name))
          assert.deepInclude(yield* spool.condition, { damagedRecords: 0 })
        })
      )
    })
  )
}
