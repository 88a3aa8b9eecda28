import { assert, it } from "@effect/vitest"
import * as FileSpool from "@lupin/spool/FileSpool"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool } from "@lupin/spool/Spool"
import { article, group, id } from "@lupin/testing/SampleArticles"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as fs from "node:fs"
import * as path from "node:path"
import { temporaryDirectory } from "./TemporaryDirectory.ts"

const identity = SiteIdentity.layer({ name: "boi1", path: "h1.boi.pop.lupin", kind: "pop", apps: "any" })
const one = article(id("1"), [group("misc.a")])

for (const isNew of [false, true]) {
  it.effect(
    `erases an earlier copy too, forgotten before it came again, ${isNew ? "with a new index" : "at once"}`,
    () =>
      Effect.gen(function* () {
        const directory = yield* temporaryDirectory
        const inSpool = <A, E>(effect: Effect.Effect<A, E, Spool>) =>
          Effect.provide(
            effect,
            Layer.fresh(FileSpool.layer({ directory, durability: "kernel" })).pipe(Layer.provide(identity))
          )
        const coming = Effect.gen(function* () {
          const spool = yield* Spool
          yield* spool.store([one])
          yield* spool.remove([id("1")], "expired")
          yield* TestClock.adjust("1 second")
          yield* spool.forget(1_000)
          yield* spool.store([one])
        })
        const erasing = Effect.flatMap(Spool, (spool) => spool.erase([id("1")]))
        if (isNew) {
          yield* inSpool(coming)
          fs.rmSync(path.join(directory, "index"), { recursive: true })
          yield* inSpool(erasing)
        } else {
          yield* inSpool(Effect.andThen(coming, erasing))
        }
        const octets = fs.readFileSync(path.join(directory, "log", "segment-00000001.log"))
        assert.isFalse(octets.includes(`about ${id("1")}`))
      })
  )
}
