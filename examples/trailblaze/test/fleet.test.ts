import { assert, describe, it } from "@effect/vitest"
import * as Fleet from "@lupin/testing/Fleet"
import { Effect } from "effect"
import { app } from "../src/app.ts"

const sawtooth = { lat: 44.16, lon: -115.06 }
const review = (rating: number) => ({
  kind: "review",
  at: sawtooth,
  payload: { trail: "sawtooth-lake", name: "Sawtooth Lake", rating, text: "Snow above 2,500 m." }
})
const rating = { digestion: "trail-ratings", key: "sawtooth-lake", staleMillisMax: 0 }
const near = { where: { _tag: "Near", ...sawtooth, radiusMetres: 5_000 }, limit: 10, staleMillisMax: 0 } as const

describe("trailblaze on a fleet", () => {
  it.live("counts every review once, though a zone dies and a phone tries twice", () =>
    Fleet.run({ pops: 3, zones: 3, apps: [app], seed: 1 }, (fleet) =>
      Effect.gen(function* () {
        yield* fleet.advance("1 second")
        const { posted } = yield* fleet.post("p1", review(5))
        fleet.cutPower("z1")
        const [id = ""] = posted.messageId.slice(1).split(".")
        const again = yield* fleet.post("p2", { ...review(5), id })
        assert.strictEqual(again.posted.messageId, posted.messageId)
        yield* fleet.post("p3", review(4))
        yield* fleet.settle()
        const { digest } = yield* fleet.digest("p2", rating)
        assert.deepInclude(digest?.view, { count: 2, mean: 4.5 })
        yield* fleet.start("z1")
        yield* fleet.settle()
        assert.strictEqual((yield* fleet.query("p1", near)).events.length, 2)
      })
    )
  )

  it.live("lets hikers who are cut off find each other once the link is back", () =>
    Fleet.run({ pops: 3, zones: 3, apps: [app], seed: 2 }, (fleet) =>
      Effect.gen(function* () {
        yield* fleet.advance("1 second")
        fleet.isolate("p3")
        const payload = { trail: "sawtooth-lake", date: "2026-01-03", message: "Two seats free." }
        yield* fleet.post("p3", { kind: "partner", at: sawtooth, payload })
        assert.strictEqual((yield* fleet.query("p1", near)).events.length, 0)
        fleet.healAll()
        yield* fleet.settle()
        assert.strictEqual((yield* fleet.query("p1", near)).events.length, 1)
      })
    )
  )
})
