import { assert, describe, it } from "@effect/vitest"
import * as Wildmat from "@lupin/core/Wildmat"
import { Disk, node } from "@lupin/spool/Disk"
import { Spool } from "@lupin/spool/Spool"
import { article, group, id } from "@lupin/testing/SampleArticles"
import { reclaimAll } from "@lupin/testing/SpoolPromise"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import * as fs from "node:fs"
import * as path from "node:path"
import { inSpool, lastSegment } from "./OpenSpool.ts"
import * as RottenLog from "./RottenLog.ts"
import { temporaryDirectory } from "./TemporaryDirectory.ts"

const alpha = group("misc.alpha")
const one = article(id("1"), [alpha])
const two = article(id("2"), [alpha])

describe("FileSpool", () => {
  it.effect("finds everything again, its generation and positions included", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const generation = yield* inSpool(directory, (spool) =>
        Effect.gen(function* () {
          yield* spool.store([one])
          yield* spool.savePosition("feed", 1)
          return spool.generation
        })
      )
      yield* inSpool(directory, (spool) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(spool.generation, generation)
          assert.strictEqual(yield* spool.readPosition("feed"), 1)
          assert.strictEqual((yield* spool.store([one]))[0]?._tag, "AlreadyHere")
          const [stored] = yield* spool.store([two])
          assert.deepStrictEqual(stored, { _tag: "Filed", position: 2, numbers: [[alpha, generation.numberBase + 2]] })
        })
      )
    })
  )

  it.effect("remembers a cancel that waits for its article, with its index or without", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const cancelOf = (name: string) => article(id(`c${name}`), [alpha], "", [["Control", `cancel ${id(name)}`]])
      yield* inSpool(directory, (spool) => spool.store([cancelOf("1"), cancelOf("2")]))
      yield* inSpool(directory, (spool) =>
        Effect.gen(function* () {
          assert.strictEqual((yield* spool.store([one]))[0]?._tag, "Removed")
        })
      )
      fs.rmSync(path.join(directory, "index"), { recursive: true })
      yield* inSpool(directory, (spool) =>
        Effect.gen(function* () {
          assert.strictEqual((yield* spool.store([two]))[0]?._tag, "Removed")
          assert.deepStrictEqual(yield* spool.status([id("1"), id("2")]), ["removed", "removed"])
        })
      )
    })
  )

  it.effect("puts an article into the directory of its class, and is mended if the class has lost it", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const elsewhere = path.join(directory, "fast")
      const classes = [{ name: "fast", groups: Wildmat.ofSubtrees(["misc.alpha"]), directory: elsewhere }]
      const within = <A, E>(use: (spool: Spool["Service"]) => Effect.Effect<A, E>) =>
        inSpool(path.join(directory, "spool"), use, { recordsPerCommit: 1_000 }, classes)
      yield* within((spool) =>
        Effect.gen(function* () {
          yield* spool.store([one, article(id("3"), [group("misc.beta")])])
          assert.strictEqual((yield* spool.changes(0, 1)).changes[0]?._tag, "Filed")
          assert.deepStrictEqual((yield* spool.find(id("1")))?.article.length, one.octets.length)
          assert.deepStrictEqual(
            (yield* spool.usage).map(({ class: name }) => name),
            ["fast", ""]
          )
        })
      )
      const [segment = ""] = fs.readdirSync(elsewhere)
      assert.isTrue(fs.readFileSync(path.join(elsewhere, segment)).includes(`about ${id("1")}`))
      fs.truncateSync(path.join(elsewhere, segment), 40)
      fs.rmSync(path.join(directory, "spool", "index"), { recursive: true })
      yield* within((spool) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* spool.status([id("1"), id("3")]), ["unknown", "held"])
          const [stored] = yield* spool.store([one])
          const { numberBase } = spool.generation
          assert.deepStrictEqual(stored, { _tag: "Filed", position: 3, numbers: [[alpha, numberBase + 1]] })
        })
      )
      // The spool remembers where a class lies that is configured no longer.
      fs.rmSync(path.join(directory, "spool", "index"), { recursive: true })
      yield* inSpool(path.join(directory, "spool"), (spool) =>
        Effect.gen(function* () {
          assert.strictEqual((yield* spool.find(id("1")))?.article.length, one.octets.length)
        })
      )
    })
  )

  it.effect("gives the disk back what is dead, and makes an index anew from what is left", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const options = { segmentBytes: 20_000, recordsPerCommit: 50 }
      const bytesOf = () =>
        fs
          .readdirSync(path.join(directory, "log"))
          .reduce((sum, name) => sum + fs.statSync(path.join(directory, "log", name)).size, 0)
      const names = Array.from({ length: 400 }, (_, at) => id(`${at}`))
      const kept = names.filter((_, at) => at % 50 === 7 || at > 390)
      const seen = yield* inSpool(
        directory,
        (spool) =>
          Effect.gen(function* () {
            for (let at = 0; at < names.length; at += 10) {
              yield* spool.store(names.slice(at, at + 10).map((name) => article(name, [alpha], "words\r\n".repeat(90))))
            }
            const before = bytesOf()
            const isKept = new Set(kept)
            yield* spool.remove(
              names.filter((name) => !isKept.has(name)),
              "expired"
            )
            yield* TestClock.adjust("15 days")
            yield* spool.forget(1_000)
            yield* spool.store([two])
            yield* reclaimAll.pipe(Effect.provideService(Spool, spool))
            assert.isBelow(bytesOf(), before / 5)
            return [yield* spool.group(alpha), yield* spool.numbers(alpha, 0, Infinity, 1_000)]
          }),
        options
      )
      fs.rmSync(path.join(directory, "index"), { recursive: true })
      yield* inSpool(
        directory,
        (spool) =>
          Effect.gen(function* () {
            assert.deepStrictEqual([yield* spool.group(alpha), yield* spool.numbers(alpha, 0, Infinity, 1_000)], seen)
            assert.deepStrictEqual(new Set(yield* spool.status(kept)), new Set(["held"]))
            for (const name of kept) assert.isDefined(yield* spool.find(name))
            const { numberBase } = spool.generation
            const [stored] = yield* spool.store([article(id("new"), [alpha])])
            assert.deepStrictEqual(stored?._tag === "Filed" ? stored.numbers : [], [[alpha, numberBase + 402]])
          }),
        options
      )
    })
  )

  it.effect("leaves nothing of what was removed on the disk for long, even in a log that hardly grows", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* inSpool(directory, (spool) =>
        Effect.gen(function* () {
          const isOnDisk = () =>
            fs
              .readdirSync(path.join(directory, "log"))
              .some((name) => fs.readFileSync(path.join(directory, "log", name)).includes(`about ${id("1")}`))
          yield* spool.store([one, two])
          yield* spool.remove([id("1")], "cancelled")
          yield* TestClock.adjust("8 days")
          const reclaim = reclaimAll.pipe(Effect.provideService(Spool, spool))
          yield* reclaim
          assert.isTrue(isOnDisk())
          yield* spool.store([article(id("3"), [alpha])])
          yield* reclaim
          assert.isFalse(isOnDisk())
          assert.deepStrictEqual(yield* spool.status([id("1"), id("2"), id("3")]), ["removed", "held", "held"])
        })
      )
    })
  )

  it.effect("remembers what is said of a group and its status, with its index or without", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* inSpool(directory, (spool) =>
        Effect.gen(function* () {
          yield* spool.addGroup(alpha, "=misc.beta", "Über alles")
          yield* spool.addGroup(group("misc.beta"), "x")
        })
      )
      const seen = Effect.fnUntraced(function* (spool: Spool["Service"]) {
        const groups = yield* spool.groups
        assert.deepStrictEqual(
          groups.map(({ description, status }) => [status, description]),
          [
            ["=misc.beta", "Über alles"],
            ["x", undefined]
          ]
        )
      })
      yield* inSpool(directory, seen)
      fs.rmSync(path.join(directory, "index"), { recursive: true })
      yield* inSpool(directory, seen)
    })
  )

  it.effect("starts another generation where the directory was wiped", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const before = yield* inSpool(directory, (spool) => Effect.succeed(spool.generation.id))
      fs.rmSync(directory, { recursive: true })
      const after = yield* inSpool(directory, (spool) => Effect.succeed(spool.generation.id))
      assert.notStrictEqual(after, before)
    })
  )

  it.effect("takes the log again where the log lost more than the index", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const bytes = yield* inSpool(directory, (spool) =>
        Effect.gen(function* () {
          yield* spool.store([one])
          const { size } = fs.statSync(lastSegment(directory))
          yield* spool.store([two])
          return size
        })
      )
      fs.truncateSync(lastSegment(directory), bytes)
      yield* inSpool(directory, (spool) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* spool.status([id("1"), id("2")]), ["held", "unknown"])
          assert.strictEqual(yield* spool.head, 1)
        })
      )
    })
  )

  it.effect("makes an index anew that cannot be read", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* inSpool(directory, (spool) => spool.store([one]))
      fs.writeFileSync(path.join(directory, "index", "data.mdb"), "no index")
      yield* inSpool(directory, (spool) =>
        Effect.map(spool.status([id("1")]), (status) => assert.deepStrictEqual(status, ["held"]))
      )
    })
  )

  it.effect("passes over what is damaged before its last segment, and says so", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* inSpool(directory, (spool) => Effect.forEach([one, two], (each) => spool.store([each])), {
        segmentBytes: 100
      })
      const [first = ""] = fs.readdirSync(path.join(directory, "log")).toSorted()
      const octets = fs.readFileSync(path.join(directory, "log", first))
      octets[octets.length - 1] = 0
      fs.writeFileSync(path.join(directory, "log", first), octets)
      fs.rmSync(path.join(directory, "index"), { recursive: true })
      yield* inSpool(directory, (spool) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* spool.status([id("1"), id("2")]), ["unknown", "held"])
          assert.deepStrictEqual(yield* spool.condition, { damaged: [id("1")], damagedRecords: 1 })
        })
      )
    })
  )

  it.effect("counts no gap as a damaged record, whether it has just made its index or not", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const record = yield* inSpool(directory, (spool) =>
        Effect.gen(function* () {
          yield* spool.store([one])
          const record = yield* RottenLog.recordOf(directory, () => spool.store([two]))
          yield* spool.store([article(id("3"), [alpha])])
          return record
        })
      )
      const octets = fs.readFileSync(record.file)
      fs.writeFileSync(record.file, octets.fill(0, record.from, record.to))
      fs.rmSync(path.join(directory, "index"), { recursive: true })
      const condition = inSpool(directory, (spool) => spool.condition)
      assert.deepStrictEqual(yield* condition, { damaged: [], damagedRecords: 0, gapsPassed: 1 })
      assert.deepStrictEqual(yield* condition, { damaged: [], damagedRecords: 0 })
    })
  )

  it.effect.each([2, 3, 4])("takes over what format %i wrote, and writes its own into it", (earlier) =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* inSpool(directory, (spool) => spool.store([one]))
      const name = path.join(directory, "spool.json")
      const described = fs.readFileSync(name, "utf8")
      fs.writeFileSync(name, described.replace(/"format":\d+/, `"format":${earlier}`))
      const held = yield* inSpool(directory, (spool) => spool.find(id("1")))
      assert.strictEqual(held?.article.length, one.octets.length)
      assert.strictEqual(fs.readFileSync(name, "utf8"), described)
    })
  )

  it.effect("does not open what a later format wrote", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* inSpool(directory, () => Effect.void)
      const name = path.join(directory, "spool.json")
      fs.writeFileSync(name, fs.readFileSync(name, "utf8").replace(/"format":\d+/, '"format":99'))
      const trouble = yield* Effect.flip(inSpool(directory, () => Effect.void))
      assert.match(trouble.reason, /format/)
    })
  )

  it.effect("serves no article whose octets have changed on the disk", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* inSpool(directory, (spool) => spool.store([one]))
      const octets = fs.readFileSync(lastSegment(directory))
      yield* inSpool(directory, (spool) =>
        Effect.gen(function* () {
          octets[octets.length - 3] = 0
          fs.writeFileSync(lastSegment(directory), octets)
          assert.isUndefined(yield* spool.find(id("1")))
          assert.deepStrictEqual((yield* spool.condition).damaged, [id("1")])
        })
      )
    })
  )

  it.effect("goes on storing after a write that the disk refused", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      let isFull = false
      const disk: Disk = Object.assign({}, node, {
        write: (file, pieces, offset) => {
          if (!isFull) return node.write(file, pieces, offset)
          node.write(file, [(pieces[0] ?? new Uint8Array()).subarray(0, 20)], offset)
          throw new Error("no space left on device")
        }
      } satisfies Partial<Disk>)
      yield* inSpool(directory, (spool) =>
        Effect.gen(function* () {
          yield* spool.store([one])
          isFull = true
          assert.match((yield* Effect.flip(spool.store([two]))).reason, /no space/)
          assert.deepStrictEqual(yield* spool.status([id("2")]), ["unknown"])
          isFull = false
          assert.strictEqual((yield* spool.store([two]))[0]?._tag, "Filed")
        })
      ).pipe(Effect.provideService(Disk, disk))
      yield* inSpool(directory, (spool) =>
        Effect.map(spool.status([id("1"), id("2")]), (status) => assert.deepStrictEqual(status, ["held", "held"]))
      )
    })
  )

  it.effect("stores nothing while syncs fail, serves reads, and stores again once they work", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      let isBroken = false
      const disk: Disk = Object.assign({}, node, {
        sync: (file, done) => (isBroken ? done(new Error("input/output error")) : node.sync(file, done))
      } satisfies Partial<Disk>)
      yield* inSpool(directory, (spool) =>
        Effect.gen(function* () {
          yield* spool.store([one])
          isBroken = true
          assert.match((yield* Effect.flip(spool.store([two]))).reason, /input\/output error/)
          assert.match((yield* spool.condition).refuses ?? "", /input\/output error/)
          assert.deepStrictEqual(yield* spool.status([id("1"), id("2")]), ["held", "unknown"])
          assert.deepStrictEqual((yield* spool.find(id("1")))?.article.length, one.octets.length)
          isBroken = false
          assert.isUndefined((yield* spool.condition).refuses)
          assert.strictEqual((yield* spool.store([two]))[0]?._tag, "Filed")
        })
      ).pipe(Effect.provideService(Disk, disk))
      yield* inSpool(directory, (spool) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* spool.status([id("1"), id("2")]), ["held", "held"])
        })
      )
    })
  )

  it.effect("shows an article to nobody before it is safe", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      let atSync: ReadonlyArray<string> = []
      let look: (() => ReadonlyArray<string>) | undefined
      const disk: Disk = Object.assign({}, node, {
        sync: (file, done) => {
          atSync = look?.() ?? []
          node.sync(file, done)
        }
      } satisfies Partial<Disk>)
      yield* inSpool(directory, (spool) =>
        Effect.gen(function* () {
          const context = yield* Effect.context()
          look = () => Effect.runSyncWith(context)(spool.status([id("1")]))
          yield* spool.store([one])
          assert.deepStrictEqual(atSync, ["unknown"])
          assert.deepStrictEqual(look(), ["held"])
        })
      ).pipe(Effect.provideService(Disk, disk))
    })
  )

  it.effect("shares a sync among all who store at once", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      let syncs = 0
      const disk: Disk = Object.assign({}, node, {
        sync: (file, done) => {
          syncs += 1
          node.sync(file, done)
        }
      } satisfies Partial<Disk>)
      yield* inSpool(directory, (spool) =>
        Effect.gen(function* () {
          const before = syncs
          const names = Array.from({ length: 100 }, (_, at) => id(`${at}`))
          yield* Effect.forEach(names, (name) => spool.store([article(name, [alpha])]), { concurrency: "unbounded" })
          assert.strictEqual(syncs - before, 1)
        })
      ).pipe(Effect.provideService(Disk, disk))
    })
  )

  it.effect("reads changes from the segments, however far back", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const batch = Array.from({ length: 300 }, (_, at) => article(id(`${at}`), [alpha]))
      const options = { recordsPerCommit: 90, segmentBytes: 20_000 }
      yield* inSpool(directory, (spool) => spool.store(batch), options)
      yield* inSpool(
        directory,
        (spool) =>
          Effect.gen(function* () {
            for (const after of [0, 1, 63, 64, 65, 150, 299]) {
              const { changes, next } = yield* spool.changes(after, 40)
              const wanted = batch.slice(after, after + 40).map(({ messageId }) => messageId)
              assert.deepStrictEqual(
                changes.map((change) => change.id),
                wanted
              )
              assert.strictEqual(next, after + wanted.length)
            }
          }),
        options
      )
    })
  )
})
