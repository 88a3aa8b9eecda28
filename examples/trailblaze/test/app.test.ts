import * as App from "@lupin/sdk/App"
import * as Digestion from "@lupin/sdk/Digestion"
import * as Fold from "@lupin/sdk/Fold"
import * as DigestStory from "@lupin/testing/DigestStory"
import * as FoldLaws from "@lupin/testing/FoldLaws"
import * as Payloads from "@lupin/testing/Payloads"
import * as Routing from "@lupin/core/Routing"
import * as MessageId from "@lupin/core/MessageId"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { app, type Review, hotTrails, trailRatings } from "../src/app.ts"
import { seeds } from "../src/seeds.ts"
import { trails } from "../src/trails.ts"

const review = { trail: "sawtooth-lake", name: "Sawtooth Lake", rating: 5, text: "Snow above 2,500 m." }
const bandera = { lat: 47.42517, lon: -121.58242 }
const injectedMillis = Date.parse("2026-11-21")

const input = (payload: unknown, at = bandera, millis = injectedMillis): Digestion.Input => ({
  messageId: MessageId.MessageId.make("<1@few.example>"),
  kind: "review",
  payload,
  groups: Routing.route({ app: "trailblaze", kind: "review", routing: Routing.version, at }) ?? [],
  injectedMillis: millis
})

const anyReview: fc.Arbitrary<Digestion.Input> = fc
  .record({
    trail: fc.constantFrom("sawtooth-lake", "ape-cave", "goat-lake"),
    name: fc.constantFrom("Sawtooth Lake", "Sawtooth", "Goat Lake"),
    rating: fc.integer({ min: 1, max: 5 }),
    text: fc.constant("")
  })
  .chain((payload) => fc.nat(3).map((seconds) => input(payload, bandera, injectedMillis + seconds * 1000)))

const pathsOf = (kind: string, payload: unknown): ReadonlyArray<string> => {
  const decoded = App.decodePayload(app, kind, app.events[kind as "review"]?.version ?? 1, payload)
  return Result.isSuccess(decoded) ? [] : decoded.failure.issues.map(({ path }) => path)
}

describe("review", () => {
  it("has 1 to 5 for a trail, in whole numbers, and at most 2000 characters", () => {
    expect(pathsOf("review", review)).toEqual([])
    expect(pathsOf("review", { ...review, rating: 0 })).toEqual(["rating"])
    expect(pathsOf("review", { ...review, rating: 4.5 })).toEqual(["rating"])
    expect(pathsOf("review", { ...review, text: "a".repeat(2_000) })).toEqual([])
    expect(pathsOf("review", { ...review, text: "a".repeat(2_001) })).toEqual(["text"])
    expect(pathsOf("review", { ...review, trail: "Sawtooth Lake" })).toEqual(["trail"])
    expect(pathsOf("review", {})).toEqual(["trail", "name", "rating", "text"])
  })

  it("is read from its first version, each half star rounded up", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), (halves) => {
        const old = { trail: "sawtooth-lake", stars: halves / 2, text: "" }
        const decoded = Result.getOrThrow(App.decodePayload(app, "review", 1, old))
        expect(decoded.payload).toEqual({ ...review, name: "sawtooth lake", rating: Math.ceil(halves / 2), text: "" })
      })
    )
  })
})

describe("partner", () => {
  it("has a day of the calendar", () => {
    const partner = { trail: "sawtooth-lake", date: "2028-02-29", message: "Two seats free." }
    expect(pathsOf("partner", partner)).toEqual([])
    for (const date of ["2027-02-29", "2027-13-01", "21.11.2026", "2026-11-21T00:00", "2026", ""]) {
      expect(pathsOf("partner", { ...partner, date })).toEqual(["date"])
    }
  })
})

describe("trail-ratings", () => {
  const given = DigestStory.given(app, trailRatings)
  const rated = (rating: number) => ({ kind: "review", payload: { ...review, rating } })

  it("counts one more review when it comes, of any version", () => {
    const shown = { trail: "sawtooth-lake", name: "sawtooth lake", count: 3, mean: 4.667, histogram: [0, 0, 0, 1, 2] }
    given(rated(5), rated(5))
      .when({ kind: "review", version: 1, payload: { trail: "sawtooth-lake", stars: 3.5, text: "" } })
      .then({ key: "sawtooth-lake", view: shown }, { key: "ape-cave" })
  })

  it("counts a review no more when its author takes it back", () => {
    given(rated(1), rated(4))
      .when({ withdraws: 0 })
      .then({
        key: "sawtooth-lake",
        view: { trail: "sawtooth-lake", name: "Sawtooth Lake", count: 1, mean: 4, histogram: [0, 0, 0, 1, 0] }
      })
  })

  it("counts each of any reviews once", () => {
    const trail = fc.constant("sawtooth-lake")
    const name = fc.constant("Sawtooth Lake")
    fc.assert(
      fc.property(fc.array(Payloads.told(app, { review: { trail, name } }), { minLength: 1, maxLength: 5 }), (told) => {
        const ratings = told.map(({ payload }) => (payload as typeof Review.Type).rating)
        const histogram = [1, 2, 3, 4, 5].map((stars) => ratings.filter((rating) => rating === stars).length)
        const mean = Math.round((ratings.reduce((sum, rating) => sum + rating, 0) / told.length) * 1000) / 1000
        const shown = { trail: "sawtooth-lake", name: "Sawtooth Lake", count: told.length, mean, histogram }
        given(...told).then({ key: "sawtooth-lake", view: shown })
      }),
      { numRuns: 30 }
    )
  })

  for (const law of FoldLaws.foldLaws(trailRatings.fold, anyReview)) it(law.name, law.check)

  it("shows count, mean and histogram of a trail", () => {
    const inputs = [5, 4, 4].map((rating) => input({ ...review, rating }))
    expect(inputs.map((input) => Digestion.keyOf(trailRatings, input))).toEqual(Array(3).fill("sawtooth-lake"))
    expect(trailRatings.view(Fold.fold(trailRatings.fold, inputs), "sawtooth-lake")).toEqual({
      trail: "sawtooth-lake",
      name: "Sawtooth Lake",
      count: 3,
      mean: 4.333,
      histogram: [0, 0, 0, 2, 1]
    })
    expect(trailRatings.target("sawtooth-lake")).toBe("digests.trailblaze.trail-ratings.sawtooth-lake")
  })
})

describe("hot-trails", () => {
  for (const law of FoldLaws.foldLaws(hotTrails.fold, anyReview)) it(law.name, law.check)

  it("is keyed by region and week, and leaves out reviews without a place", () => {
    expect(Digestion.keyOf(hotTrails, input(review))).toBe("us.washington.2026-w47")
    expect(Digestion.keyOf(hotTrails, { ...input(review), groups: [] })).toBeUndefined()
  })

  it("shows the ten trails with the most reviews", () => {
    const inputs = Array.from({ length: 12 }, (_, i) =>
      Array.from({ length: i + 1 }, () => input({ ...review, trail: `trail-${i}` }))
    ).flat()
    const view = hotTrails.view(Fold.fold(hotTrails.fold, inputs), "us.washington.2026-w47")
    expect(view).toEqual({
      trails: Array.from({ length: 10 }, (_, i) => ({ trail: `trail-${11 - i}`, reviews: 12 - i }))
    })
  })
})

describe("seeds", () => {
  it("are valid reviews of forty trails in Washington", () => {
    expect(seeds).toHaveLength(40)
    expect(new Set(trails.map(({ id }) => id)).size).toBe(40)
    for (const { at, kind, payload } of seeds) {
      expect(pathsOf(kind, payload)).toEqual([])
      expect(Digestion.regionOf(input(payload, at))).toBe("us.washington")
    }
  })
})
