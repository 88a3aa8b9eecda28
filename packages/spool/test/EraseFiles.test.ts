import { assert, it } from "@effect/vitest"
import * as Article from "@lupin/core/Article"
import { eraseNamesMillis, Spool } from "@lupin/spool/Spool"
import { article, digest, digestId, group, id } from "@lupin/testing/SampleArticles"
import { reclaimAll } from "@lupin/testing/SpoolPromise"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Buffer } from "node:buffer"
import * as fs from "node:fs"
import * as path from "node:path"
import { inSpool } from "./OpenSpool.ts"
import { temporaryDirectory } from "./TemporaryDirectory.ts"

const alpha = group("misc.alpha")
const author = "whoever@erased.invalid"

/** As written by the author who asks for erasure. */
const written = (one: Article.Article): Article.Article => {
  const text = Buffer.from(one.octets).toString("latin1").replaceAll("someone@app.invalid", author)
  const read = Article.read(Buffer.from(text, "latin1"))
  return Article.isMalformed(read) ? assert.fail(read.reason) : read
}

/** An ordinary article, one that expired, a digest, and a cancel that waits for its target. */
const erased = [
  written(article(id("erased-article"), [alpha])),
  written(article(id("erased-expired"), [alpha])),
  written(digest(digestId("e"), "lake", 3)),
  written(article(id("erased-cancel"), [alpha], "", [["Control", `cancel ${id("never-came")}`]]))
]
const ids = erased.map(({ messageId }) => messageId)

/** Files of the spool that hold a text. */
const holding = (directory: string, text: string): ReadonlyArray<string> =>
  fs
    .readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => fs.statSync(path.join(directory, name)).isFile())
    .filter((name) => fs.readFileSync(path.join(directory, name)).includes(text))

const others = (from: number, count: number) =>
  Array.from({ length: count }, (_, at) => article(id(`other${from + at}`), [alpha]))

it.effect("leaves nothing of what was erased in any file, the index included", () =>
  Effect.gen(function* () {
    const directory = yield* temporaryDirectory
    const options = { recordsPerCommit: 7 }
    const churn = (spool: Spool["Service"], from: number) =>
      Effect.forEach(others(from, 60), (one) => spool.store([one]), { discard: true })
    yield* inSpool(
      directory,
      (spool) =>
        Effect.gen(function* () {
          yield* churn(spool, 0)
          for (const one of erased) yield* spool.store([one])
          yield* churn(spool, 100)
          yield* spool.remove([id("erased-expired")], "expired")
          yield* churn(spool, 200)
          for (const one of ids) assert.include(holding(directory, one).join(), "index/")
          yield* spool.erase(ids)
          for (const one of ids) assert.deepStrictEqual(holding(directory, `about ${one}`), [])
          assert.deepStrictEqual(holding(directory, author), [])
          yield* churn(spool, 300)
          yield* TestClock.adjust(eraseNamesMillis + 1)
          yield* reclaimAll.pipe(Effect.provideService(Spool, spool))
          assert.strictEqual((yield* spool.reclaimed).namedErasures, 0)
          for (const one of ids) assert.deepStrictEqual(holding(directory, one), [])
          yield* churn(spool, 400)
          for (const one of ids) assert.deepStrictEqual(holding(directory, one), [])
          assert.deepStrictEqual(new Set(yield* spool.status(ids)), new Set(["removed"]))
        }),
      options
    )
    for (const isNew of [false, true]) {
      if (isNew) fs.rmSync(path.join(directory, "index"), { recursive: true })
      yield* inSpool(
        directory,
        (spool) =>
          Effect.gen(function* () {
            for (const one of ids) assert.deepStrictEqual(holding(directory, one), [])
            assert.deepStrictEqual(new Set(yield* spool.status(ids)), new Set(["removed"]))
            const kept = others(0, 60).map(({ messageId }) => messageId)
            assert.deepStrictEqual(new Set(yield* spool.status(kept)), new Set(["held"]))
          }),
        options
      )
    }
  })
)
