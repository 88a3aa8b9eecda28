// Stores one article after another in the directory given, and prints the name of each once it is safe.
import * as FileSpool from "@lupin/spool/FileSpool"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool } from "@lupin/spool/Spool"
import { article, group, id } from "@lupin/testing/SampleArticles"
import { Effect, Layer } from "effect"

const directory = process.argv[2] ?? ""
const life = process.argv[3] ?? "0"
const identity = SiteIdentity.layer({ name: "boi1", path: "h1.boi.pop.lupin", kind: "pop", apps: "any" })
const layer = FileSpool.layer({ directory, durability: "fsync", recordsPerCommit: 100, segmentBytes: 50_000 })

const storing = Effect.gen(function* () {
  const spool = yield* Spool
  const writer = Effect.fnUntraced(function* (name: number) {
    for (let at = 0; ; at++) {
      yield* spool.store([article(id(`${life}-${name}-${at}`), [group("misc.a"), group(`misc.b${at % 7}`)])])
      process.stdout.write(`${life}-${name}-${at}\n`)
    }
  })
  yield* Effect.all([writer(1), writer(2), writer(3)], { concurrency: "unbounded" })
})

Effect.runFork(storing.pipe(Effect.provide(layer.pipe(Layer.provide(identity)))))
