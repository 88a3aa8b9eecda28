// Stores one article after another in the directory given, lets go of some of them, and prints a line for each once that is
// safe: "stored", "expired" or "erased" with the name of the article.
import * as FileSpool from "@lupin/spool/FileSpool"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool } from "@lupin/spool/Spool"
import { article, group, id } from "@lupin/testing/SampleArticles"
import { Effect, Layer } from "effect"

const directory = process.argv[2] ?? ""
const life = process.argv[3] ?? "0"
const identity = SiteIdentity.layer({ name: "boi1", path: "h1.boi.pop.lupin", kind: "pop", apps: "any" })
const layer = FileSpool.layer({ directory, durability: "fsync", recordsPerCommit: 100, segmentBytes: 50_000 })

/** Said once it is out of this process: what waits in it dies with it. */
const say = (what: string, name: string) =>
  Effect.callback<void>((resume) => {
    process.stdout.write(`${what} ${name}\n`, () => resume(Effect.void))
  })

const storing = Effect.gen(function* () {
  const spool = yield* Spool
  const writer = Effect.fnUntraced(function* (name: number) {
    for (let at = 0; ; at++) {
      yield* spool.store([article(id(`${life}-${name}-${at}`), [group("misc.a"), group(`misc.b${at % 7}`)])])
      yield* say("stored", `${life}-${name}-${at}`)
      // The half goes, so that there is something to compact.
      if (at % 2 === 0) continue
      const gone = `${life}-${name}-${at - 1}`
      const isErased = at % 50 === 1
      yield* say("removing", gone)
      yield* isErased ? spool.erase([id(gone)]) : spool.remove([id(gone)], "expired")
      yield* say(isErased ? "erased" : "expired", gone)
    }
  })
  const compaction = Effect.forever(Effect.andThen(spool.reclaim, Effect.sleep(1)))
  yield* Effect.all([writer(1), writer(2), writer(3), compaction], { concurrency: "unbounded" })
})

Effect.runFork(storing.pipe(Effect.provide(layer.pipe(Layer.provide(identity)))))
