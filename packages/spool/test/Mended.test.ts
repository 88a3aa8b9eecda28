import { assert, describe, it } from "@effect/vitest"
import type * as Article from "@lupin/core/Article"
import * as DigestArticle from "@lupin/core/DigestArticle"
import type { Change, Spool } from "@lupin/spool/Spool"
import { article, digest, digestId, group, id } from "@lupin/testing/SampleArticles"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { inSpool } from "./OpenSpool.ts"
import { temporaryDirectory } from "./TemporaryDirectory.ts"

/** One record a file, so that each can be damaged by itself. */
const options = { segmentBytes: 100 }
const misc = group("misc.new")
const request = article(id("request"), [misc], "words\r\n", [["Control", "newgroup misc.new"]])
const best = digest(digestId("b"), "lake", 5)
const bestSlot = DigestArticle.slot(best) ?? assert.fail("no digest")

const segments = (directory: string) =>
  fs
    .readdirSync(path.join(directory, "log"))
    .toSorted()
    .map((name) => path.join(directory, "log", name))

/** What the log tells of an id, position and time aside. */
const told = (spool: Spool["Service"], one: Article.Article) =>
  Effect.map(spool.changes(0, 99), ({ changes }) =>
    changes.filter((change) => change.id === one.messageId).map(({ position: _, ...rest }: Change) => rest)
  )

/** Stores, damages the article on the disk, and stores another copy. */
const mended = (directory: string, one: Article.Article) =>
  Effect.gen(function* () {
    yield* inSpool(directory, (spool) => spool.store([one]), options)
    const [file = ""] = segments(directory)
    const octets = fs.readFileSync(file)
    octets[octets.length - 3] = 0
    fs.writeFileSync(file, octets)
    yield* inSpool(
      directory,
      (spool) =>
        Effect.gen(function* () {
          assert.isUndefined(yield* spool.find(one.messageId))
          assert.strictEqual((yield* spool.store([one]))[0]?._tag, "Filed")
          const [first, again, ...others] = yield* told(spool, one)
          assert.deepStrictEqual(again, first)
          assert.deepStrictEqual(others, [])
        }),
      options
    )
  })

describe("an article that was damaged and came again", () => {
  it.effect("is told with its Newsgroups, where it is a control message", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* mended(directory, request)
      yield* inSpool(directory, (spool) =>
        Effect.gen(function* () {
          const [, again] = yield* told(spool, request)
          assert.deepInclude(again, { groups: [group("control.newgroup")], newsgroups: [misc] })
        })
      )
    })
  )

  it.effect("keeps its slot, where it is a digest, with the index made anew from its second copy alone", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* mended(directory, best)
      const [file = ""] = segments(directory)
      fs.writeFileSync(file, new Uint8Array(fs.statSync(file).size))
      fs.rmSync(path.join(directory, "index"), { recursive: true })
      yield* inSpool(
        directory,
        (spool) =>
          Effect.gen(function* () {
            const [again] = yield* told(spool, best)
            assert.deepInclude(again, { slot: bestSlot })
            const worse = digest(digestId("a"), "lake", 4)
            yield* spool.store([worse])
            assert.deepStrictEqual(yield* spool.status([best.messageId, worse.messageId]), ["held", "removed"])
          }),
        options
      )
    })
  )
})
