import { assert, it } from "@effect/vitest"
import type * as MessageId from "@lupin/core/MessageId"
import * as Orders from "@lupin/site/Orders"
import { Relayer } from "@lupin/spool/Relayer"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool } from "@lupin/spool/Spool"
import { article, group, id } from "@lupin/testing/SampleArticles"
import { Effect, Layer, Logger } from "effect"

const site = Relayer.layer().pipe(
  Layer.provideMerge(Spool.layerMemory),
  Layer.provide([
    SiteIdentity.layer({ name: "sea", path: "h1.sea.zone.lupin", kind: "central", apps: "any" }),
    Logger.layer([])
  ])
)

it.effect("says of each erasure what was known of the id, and refuses it ever after", () =>
  Effect.gen(function* () {
    const spool = yield* Spool
    const relayer = yield* Relayer
    const [held, removed, never] = [id("held"), id("removed"), id("never")]
    yield* spool.store([held, removed].map((one) => article(one, [group("misc.test")])))
    yield* spool.remove([removed], "cancelled")
    const order = Orders.answer(spool, Effect.succeed({ isDone: true, message: "" }))
    const erase = (messageId: MessageId.MessageId) =>
      Effect.map(order(`erase ${messageId}`), ({ isDone, message }) => `${isDone} ${message}`)

    assert.deepStrictEqual(yield* relayer.offer([never], { connection: "peer" }), ["wanted"])
    assert.strictEqual(yield* erase(held), `true ${held} is erased, and refused from now on: it was held`)
    assert.match(yield* erase(removed), /is erased, and refused from now on: it was removed before$/)
    assert.match(yield* erase(never), /was never here, .* refused from now on$/)
    assert.match(yield* erase(never), /was erased before/)
    assert.deepStrictEqual(yield* relayer.offer([held, removed, never], { connection: "peer" }), [
      "here",
      "here",
      "here"
    ])
    yield* spool.store([article(never, [group("misc.test")])])
    assert.isUndefined(yield* spool.find(never))
    assert.deepStrictEqual(yield* order("erase never"), { isDone: false, message: "never is no Message-ID" })
  }).pipe(Effect.provide(site))
)
