import { assert, it } from "@effect/vitest"
import * as Fanout from "@lupin/fanout/Fanout"
import * as InProcessFanout from "@lupin/fanout/InProcessFanout"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import * as Spool from "@lupin/spool/Spool"
import * as Recovered from "@lupin/testing/Recovered"
import { article, group, id } from "@lupin/testing/SampleArticles"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as Wildmat from "@lupin/core/Wildmat"
import * as Pump from "../src/Pump.ts"

const identity = SiteIdentity.layer({ name: "sea", path: "h1.sea.zone.lupin", kind: "central", apps: "any" })

it.effect("carries on where it was once a spool that could not read can again", () => {
  const recovered = Recovered.make()
  let isSick = false
  const sickly = Layer.effect(
    Spool.Spool,
    Effect.map(Spool.Spool, (spool) => ({
      ...spool,
      changes: (after: number, limit: number) =>
        isSick ? Effect.fail(new Spool.SpoolUnavailable({ reason: "sick" })) : spool.changes(after, limit)
    }))
  ).pipe(Layer.provide(Spool.Spool.layerMemory), Layer.provide(identity))
  return Effect.gen(function* () {
    const spool = yield* Spool.Spool
    const fanout = yield* Fanout.Fanout
    const subjects = Wildmat.everything
    const consumer = yield* fanout.consumer({ name: "test", subjects, inFlightMax: 9, acknowledgeMillisMax: 99_000 })
    yield* Layer.build(Pump.layer)
    isSick = true
    yield* spool.store([article(id("1"), [group("misc.a")], "one\r\n")])
    yield* TestClock.adjust("1 second")
    isSick = false
    yield* TestClock.adjust("10 seconds")
    assert.deepStrictEqual(
      (yield* consumer.pull(9)).map((message) => message.id),
      [id("1")]
    )
    assert.isAtLeast(recovered.times("pump-waited"), 1)
  }).pipe(Effect.scoped, Effect.provide(Layer.merge(sickly, InProcessFanout.layer())), recovered.counting)
})
