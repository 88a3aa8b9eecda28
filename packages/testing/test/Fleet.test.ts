import { assert, describe, it } from "@effect/vitest"
import trailblaze from "@lupin-examples/trailblaze/app"
import { Effect, type Scope } from "effect"
import * as Fleet from "../src/Fleet.ts"

const review = (rating: number) => ({
  kind: "review",
  at: { lat: 44.16, lon: -115.06 },
  payload: { trail: "sawtooth-lake", name: "Sawtooth Lake", rating, text: "Snow above the lake." }
})

const near = {
  where: { _tag: "Near", lat: 44.16, lon: -115.06, radiusMetres: 1_000 },
  limit: 10,
  staleMillisMax: 0
} as const

const small = { pops: 3, zones: 3, apps: [trailblaze] }

const history = <A, E>(seed: number, test: (fleet: Fleet.Fleet) => Effect.Effect<A, E, Scope.Scope>) =>
  Fleet.run({ ...small, seed }, (fleet) => Effect.andThen(fleet.advance("1 second"), test(fleet)))

describe("Fleet", () => {
  it.live("carries an event posted at one POP to every site, and counts it", () =>
    history(1, (fleet) =>
      Effect.gen(function* () {
        const { posted } = yield* fleet.post("p1", review(5))
        yield* fleet.settle()
        for (const { holdings, name } of fleet.sites) assert.isTrue(holdings.ids.has(posted.messageId), name)
        const { events } = yield* fleet.query("p3", near)
        assert.deepStrictEqual(
          events.map(({ messageId }) => messageId),
          [posted.messageId]
        )
        const { digest } = yield* fleet.digest("p2", {
          digestion: "trail-ratings",
          key: "sawtooth-lake",
          staleMillisMax: 0
        })
        assert.strictEqual(digest?.events, 1)
        const receipt = yield* fleet.receipt("p2", posted.messageId)
        assert.deepStrictEqual(receipt.stages, ["accepted", "durable", "digested"])
      })
    )
  )

  it.live("has one history for one seed, and another for another", () =>
    Effect.gen(function* () {
      const lived = (seed: number) =>
        history(seed, (fleet) =>
          Effect.gen(function* () {
            yield* fleet.post("p1", review(5))
            yield* fleet.post("p2", review(3))
            fleet.cut("p3", "z3")
            yield* fleet.settle()
            yield* fleet.wipe("z2")
            yield* fleet.settle()
            return `${fleet.world.trace.fingerprint}\n${fleet.trace()}`
          })
        )
      const first = yield* lived(7)
      assert.strictEqual(yield* lived(7), first)
      assert.notStrictEqual(yield* lived(8), first)
    })
  )

  it.live("delivers after a cut has healed what was posted on either side", () =>
    history(2, (fleet) =>
      Effect.gen(function* () {
        fleet.isolate("p1")
        const here = yield* fleet.post("p1", review(4))
        const there = yield* fleet.post("p2", review(2))
        yield* fleet.advance("2 minutes")
        yield* fleet.site("p1").look()
        assert.isFalse(fleet.site("p1").holdings.ids.has(there.posted.messageId))
        fleet.healAll()
        yield* fleet.settle()
        for (const { holdings, name } of fleet.sites) {
          assert.isTrue(holdings.ids.has(here.posted.messageId), name)
          assert.isTrue(holdings.ids.has(there.posted.messageId), name)
        }
      })
    )
  )

  it.live("fills a wiped host again, and serves meanwhile", () =>
    history(3, (fleet) =>
      Effect.gen(function* () {
        const { posted } = yield* fleet.post("p1", review(4))
        yield* fleet.settle()
        yield* fleet.wipe("p1")
        const repeat = yield* fleet.post("p1", review(1))
        yield* fleet.settle()
        for (const { holdings, name } of fleet.sites) {
          assert.isTrue(holdings.ids.has(posted.messageId), name)
          assert.isTrue(holdings.ids.has(repeat.posted.messageId), name)
        }
      })
    )
  )

  it.live("keeps what a killed host has acknowledged, and tells its clients that it is down", () =>
    history(4, (fleet) =>
      Effect.gen(function* () {
        fleet.isolate("p1")
        const { posted } = yield* fleet.post("p1", review(4))
        fleet.kill("p1")
        const down = yield* Effect.flip(fleet.post("p1", review(5)))
        assert.strictEqual(down._tag, "SiteDown")
        yield* fleet.start("p1")
        fleet.healAll()
        yield* fleet.settle()
        for (const { holdings, name } of fleet.sites) assert.isTrue(holdings.ids.has(posted.messageId), name)
      })
    )
  )

  it.live("lets a paused site catch up, and one whose power was cut", () =>
    history(5, (fleet) =>
      Effect.gen(function* () {
        fleet.pause("p2")
        fleet.cutPower("z1")
        const { posted } = yield* fleet.post("p1", review(4))
        yield* fleet.advance("30 seconds")
        fleet.resume("p2")
        yield* fleet.start("z1")
        yield* fleet.settle()
        for (const { holdings, name } of fleet.sites) assert.isTrue(holdings.ids.has(posted.messageId), name)
      })
    )
  )

  it.live("says who lacks what where the sites cannot come to hold the same", () =>
    history(6, (fleet) =>
      Effect.gen(function* () {
        fleet.isolate("p1")
        const { posted } = yield* fleet.post("p1", review(4))
        const unsettled = yield* Effect.flip(fleet.settle({ withinMillis: 20_000 }))
        assert.include(unsettled.message, `p2 lacks ${posted.messageId}`)
      })
    )
  )
})
