import { assert, describe, it } from "@effect/vitest"
import * as Wildmat from "@lupin/core/Wildmat"
import * as Batch from "@lupin/spool/Batch"
import * as FileSpool from "@lupin/spool/FileSpool"
import { Relayer } from "@lupin/spool/Relayer"
import * as Repair from "@lupin/spool/Repair"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool, type SpoolUnavailable } from "@lupin/spool/Spool"
import { StorageClasses } from "@lupin/spool/StorageClass"
import * as Transfer from "@lupin/spool/Transfer"
import { article, group, id } from "@lupin/testing/SampleArticles"
import { Effect, Layer, Logger } from "effect"
import { Buffer } from "node:buffer"
import * as fs from "node:fs"
import * as path from "node:path"
import { temporaryDirectory } from "./TemporaryDirectory.ts"

const alpha = group("misc.alpha")
const ids = Array.from({ length: 20 }, (_, at) => id(`${at}`))
const articles = ids.map((each) => article(each, [alpha]))
const layerOf = (directory: string) =>
  Layer.fresh(
    Relayer.layer().pipe(
      Layer.provideMerge(FileSpool.layer({ directory, durability: "fsync", segmentBytes: 5_000 })),
      Layer.provide([
        SiteIdentity.layer({ name: "boi1", path: "h1.boi.pop.lupin", kind: "pop", apps: "any" }),
        Logger.layer([])
      ])
    )
  )
const inSpool = <A, E>(directory: string, effect: Effect.Effect<A, E, Spool | Relayer>) =>
  Effect.provide(effect, layerOf(directory))
const nobody = (): void => {}
const named = (all: Iterable<Uint8Array>): ReadonlyArray<Transfer.Source> =>
  [...all].map((octets, at) => ({ name: `${at + 1}`, octets }))

/** Turns over a bit in the body of the first article. */
const damage = (directory: string): void => {
  const name = path.join(directory, "log", "segment-00000001.log")
  const octets = fs.readFileSync(name)
  const at = octets.indexOf("words")
  octets[at] = (octets[at] ?? 0) ^ 1
  fs.writeFileSync(name, octets)
}

describe("Repair", () => {
  it.live("finds nothing wrong with what nobody touched, and counts it", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* inSpool(
        directory,
        Effect.flatMap(Spool, (spool) => spool.store(articles))
      )
      const words: Array<number> = []
      const report = yield* Repair.verify(directory, (bytes, ofBytes) => words.push(bytes / ofBytes))
      assert.deepInclude(report, { records: 20, articles: 20, damaged: [], gaps: 0, missing: [], behind: 0 })
      assert.strictEqual(words.at(-1), 1)
      const stats = yield* Repair.stats(directory)
      assert.deepStrictEqual(stats.groups, [{ name: alpha, count: 20 }])
    })
  )

  it.live("lists what expires behind articles whose records cannot be read", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const expires = [["Expires", "Thu, 1 Jan 2026 00:00:00 +0000"]] as const
      const expiring = ["x", "y", "z"].map((name) => article(id(name), [alpha], "words\r\n", expires))
      yield* inSpool(
        directory,
        Effect.flatMap(Spool, (spool) => spool.store(expiring))
      )
      const name = path.join(directory, "log", "segment-00000001.log")
      const octets = fs.readFileSync(name)
      octets[octets.indexOf(id("x"))] = 0
      fs.writeFileSync(name, octets)
      const { changes } = yield* inSpool(
        directory,
        Effect.flatMap(Spool, (spool) => spool.expiring(Date.UTC(2027, 0, 1), 1))
      )
      assert.deepStrictEqual(
        changes.map((change) => change.id),
        [id("y")]
      )
    })
  )

  it.live("puts what is damaged in quarantine, where another copy mends it", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* inSpool(
        directory,
        Effect.flatMap(Spool, (spool) => spool.store(articles))
      )
      damage(directory)
      const report = yield* Repair.verify(directory, nobody)
      assert.deepStrictEqual(report.damaged, [id("0")])
      yield* inSpool(
        directory,
        Effect.gen(function* () {
          const spool = yield* Spool
          const relayer = yield* Relayer
          assert.deepStrictEqual((yield* spool.condition).damaged, [id("0")])
          const octets = articles[0]?.octets ?? new Uint8Array()
          const peer = { connection: "1", isBackfill: true }
          assert.deepStrictEqual(yield* relayer.receive([{ id: id("0"), octets }], peer), [{ _tag: "Accepted" }])
          assert.deepStrictEqual((yield* spool.condition).damaged, [])
          assert.strictEqual((yield* spool.numbers(alpha, 0, Infinity, 100)).length, 20)
        })
      )
      assert.deepStrictEqual((yield* Repair.verify(directory, nobody)).damaged, [])
    })
  )

  it.live("makes an index anew that knows everything", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* inSpool(
        directory,
        Effect.flatMap(Spool, (spool) => spool.store(articles))
      )
      yield* Repair.dropIndex(directory)
      const statuses = yield* inSpool(
        directory,
        Effect.flatMap(Spool, (spool) => spool.status(articles.map(({ messageId }) => messageId)))
      )
      assert.deepStrictEqual(new Set(statuses), new Set(["held"]))
    })
  )

  it.live("keeps the index of a spool that it cannot open", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* inSpool(
        directory,
        Effect.flatMap(Spool, (spool) => spool.store(articles))
      )
      const name = path.join(directory, "spool.json")
      const described = fs.readFileSync(name, "utf8")
      fs.writeFileSync(name, described.replace(/"format":\d+/, '"format":99'))
      assert.match((yield* Effect.flip(Repair.dropIndex(directory))).reason, /of no format known here/)
      fs.writeFileSync(name, described)
      assert.strictEqual((yield* Repair.verify(directory, nobody)).behind, 0)
    })
  )

  it.live("keeps a class whose disk is not mounted from being begun anew, until it is told to", () =>
    Effect.gen(function* () {
      const home = yield* temporaryDirectory
      const [directory, mount, unmounted] = ["spool", "mount", "unmounted"].map((name) => path.join(home, name))
      if (directory === undefined || mount === undefined || unmounted === undefined) return
      const at = (where: string | undefined) => ({
        name: "all",
        groups: Wildmat.everything,
        ...(where === undefined ? {} : { directory: where })
      })
      /** How many articles can be read. */
      const count = (where: string | undefined) =>
        inSpool(
          directory,
          Effect.flatMap(Spool, (spool) => Effect.forEach(ids, spool.find))
        ).pipe(
          Effect.map((found) => found.filter((one) => one !== undefined).length),
          Effect.provideService(StorageClasses, [at(where)])
        )
      yield* inSpool(
        directory,
        Effect.flatMap(Spool, (spool) => spool.store(articles))
      ).pipe(Effect.provideService(StorageClasses, [at(mount)]))
      fs.renameSync(mount, unmounted)
      fs.mkdirSync(path.join(mount, "lost+found"), { recursive: true })
      const refused = `the files of the storage class all are not in ${mount}: is its disk mounted?`
      const looks: ReadonlyArray<Effect.Effect<unknown, SpoolUnavailable>> = [
        count(mount),
        Repair.verify(directory, nobody),
        Repair.stats(directory)
      ]
      for (const look of looks) assert.include((yield* Effect.flip(look)).reason, refused)
      for (const where of [undefined, path.join(home, "other")])
        assert.include((yield* Effect.flip(count(where))).reason, `move them there from ${mount}`)
      fs.rmSync(mount, { recursive: true })
      fs.renameSync(unmounted, mount)
      assert.strictEqual(yield* count(mount), articles.length)
      assert.include((yield* Effect.flip(Repair.beginClass(directory, "all"))).reason, `are in ${mount}`)
      assert.include((yield* Effect.flip(Repair.beginClass(directory, "none"))).reason, "no storage class none")
      fs.rmSync(mount, { recursive: true })
      const other = path.join(home, "other")
      assert.strictEqual(yield* Repair.beginClass(directory, "all", other), other)
      const { damaged } = yield* Repair.verify(directory, nobody)
      assert.deepStrictEqual(damaged.toSorted(), ids.toSorted())
      assert.strictEqual(yield* count(other), 0)
    })
  )

  it.live("finds a class again that lies in the spool, wherever that is moved, unless its files are gone", () =>
    Effect.gen(function* () {
      const home = yield* temporaryDirectory
      const [before, after] = [path.join(home, "before"), path.join(home, "after")]
      const within = <A, E>(directory: string, use: (spool: Spool["Service"]) => Effect.Effect<A, E>) =>
        inSpool(directory, Effect.flatMap(Spool, use)).pipe(
          Effect.provideService(StorageClasses, [{ name: "all", groups: Wildmat.everything }])
        )
      yield* within(before, (spool) => spool.store(articles))
      fs.renameSync(before, after)
      const [first] = articles
      if (first === undefined) return
      assert.strictEqual((yield* within(after, (spool) => spool.find(id("1"))))?.article.length, first.octets.length)
      fs.rmSync(path.join(after, "classes"), { recursive: true })
      const refused = yield* Effect.flip(within(after, (spool) => spool.find(id("1"))))
      assert.include(refused.reason, "the files of the storage class all are not in")
    })
  )

  it.live("reads and counts what lies in storage classes", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const classes = [{ name: "all", groups: Wildmat.everything }]
      yield* inSpool(
        directory,
        Effect.flatMap(Spool, (spool) => spool.store(articles))
      ).pipe(Effect.provideService(StorageClasses, classes))
      const inClass = articles.reduce((sum, { octets }) => sum + octets.length, 0)
      const { bytes, damaged } = yield* Repair.verify(directory, nobody)
      const stats = yield* Repair.stats(directory)
      assert.deepStrictEqual(damaged, [])
      assert.strictEqual(bytes, stats.logBytes + (stats.classes[0]?.bytes ?? 0))
      assert.deepStrictEqual(
        stats.classes.map(({ bytes, name }) => [name, bytes > inClass]),
        [["all", true]]
      )
    })
  )

  it.live("refuses a spool that a process has open, and a directory without one", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const none = { reason: `${directory} holds no spool` }
      for (const look of [Repair.mustBeThere(directory), Repair.stats(directory), Repair.dropIndex(directory)]) {
        assert.deepInclude(yield* Effect.flip(look), none)
      }
      assert.deepStrictEqual(fs.readdirSync(directory), [])
      yield* inSpool(
        directory,
        Effect.gen(function* () {
          yield* Spool
          yield* Repair.mustBeThere(directory)
          assert.match((yield* Effect.flip(Repair.verify(directory, nobody))).reason, /another process/)
        })
      )
    })
  )

  it.live("moves every article from one spool to another", () =>
    Effect.gen(function* () {
      const [from, to] = [yield* temporaryDirectory, yield* temporaryDirectory]
      const pieces: Array<Uint8Array> = []
      const exported = yield* inSpool(
        from,
        Effect.gen(function* () {
          yield* (yield* Spool).store(articles)
          return yield* Transfer.exportAll((octets) => Effect.sync(() => void pieces.push(octets)))
        })
      )
      assert.strictEqual(exported, 20)
      const batch = Buffer.concat([...pieces, Batch.toRnews(Buffer.from("Subject: no id\r\n\r\n"))])
      const imported = yield* inSpool(to, Transfer.importAll(named(Batch.ofRnews([batch])), nobody))
      assert.deepInclude(imported, { accepted: 20, known: 0, refused: 1, reasons: ["21: it has no Message-ID"] })
      assert.deepInclude(yield* inSpool(to, Transfer.importAll(named(Batch.ofRnews([batch])), nobody)), {
        accepted: 0,
        known: 20
      })
    })
  )

  it.live("takes what comes before a stretch that cannot be read, and fails there", () =>
    Effect.gen(function* () {
      const to = yield* temporaryDirectory
      const torn = function* (): Generator<Transfer.Source> {
        yield* named(articles.slice(0, 5).map(({ octets }) => octets))
        throw new Error("the disk is sick")
      }
      const failed = yield* Effect.flip(inSpool(to, Transfer.importAll(torn(), nobody)))
      assert.strictEqual(failed.reason, "the disk is sick")
      const whole = articles.map(({ octets }) => octets)
      assert.deepInclude(yield* inSpool(to, Transfer.importAll(named(whole), nobody)), { accepted: 15, known: 5 })
    })
  )
})
