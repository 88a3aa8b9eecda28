import * as App from "@lupin/core/App"
import * as Digestion from "@lupin/core/Digestion"
import * as Fold from "@lupin/core/Fold"
import * as Events from "@lupin/testing/Events"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

const V1 = Schema.Struct({ stars: Schema.Number })
const V2 = Schema.Struct({ tenths: Schema.Int })
const V3 = Schema.Struct({
  rating: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 50 })),
  tags: Schema.optionalKey(Schema.Array(Schema.Struct({ name: Schema.String })))
})

const review = App.defineEvent({
  version: 3,
  schema: V3,
  upcasts: {
    1: App.upcast(V1, ({ stars }) => ({ tenths: Math.round(stars * 10) })),
    2: App.upcast(V2, ({ tenths }) => {
      if (tenths === 13) throw new Error("not on a thirteenth")
      return { rating: tenths }
    })
  },
  subject: ({ rating }) => `rated ${rating}`
})
const app = App.defineApp({ name: "trailblaze", events: { review } })

const faultOf = (version: number, payload: unknown, kind = "review"): App.Fault => {
  const decoded = App.decodePayload(app, kind, version, payload)
  if (Result.isSuccess(decoded)) throw new Error("decoded")
  return decoded.failure
}

describe("App.decodePayload", () => {
  it("gives a payload of any version in the newest", () => {
    const newest = { kind: "review", payload: { rating: 45 }, subject: "rated 45" }
    expect(App.decodePayload(app, "review", 3, { rating: 45 })).toEqual(Result.succeed(newest))
    expect(App.decodePayload(app, "review", 2, { tenths: 45 })).toEqual(Result.succeed(newest))
    expect(App.decodePayload(app, "review", 1, { stars: 4.5 })).toEqual(Result.succeed(newest))
  })

  it("gives the same from an old version as from its upcast, step by step", () => {
    fc.assert(
      fc.property(fc.integer({ min: -5, max: 60 }), (tenths) => {
        fc.pre(tenths !== 13)
        const stars = App.decodePayload(app, "review", 1, { stars: tenths / 10 })
        const rating = App.decodePayload(app, "review", 3, { rating: tenths })
        expect(stars).toEqual(rating)
      })
    )
  })

  it("names each field that fails", () => {
    const { issues } = faultOf(3, { rating: 51, tags: [{ name: "wet" }, {}] })
    expect(issues.map(({ path }) => path)).toEqual(["rating", "tags.1.name"])
  })

  it("names the field of the version that was sent", () => {
    expect(faultOf(1, { rating: 4 }).issues.map(({ path }) => path)).toEqual(["stars"])
  })

  it("says so when an upcast fails", () => {
    expect(faultOf(2, { tenths: 13 })).toMatchObject({ _tag: "InvalidPayload", issues: [{ path: "" }] })
  })

  it("knows no other kind, and no version outside its own", () => {
    expect(faultOf(3, {}, "constructor")).toMatchObject({ _tag: "UnknownKind", issues: [{ path: "kind" }] })
    for (const version of [0, 4, 1.5, Number.NaN]) {
      expect(faultOf(version, {})).toMatchObject({ _tag: "UnknownVersion", newest: 3, issues: [{ path: "version" }] })
    }
  })

  it("refuses what has no canonical JSON", () => {
    expect(faultOf(3, { rating: Number.POSITIVE_INFINITY })._tag).toBe("InvalidPayload")
    expect(faultOf(3, { rating: 4, note: "\ud800" })._tag).toBe("InvalidPayload")
  })

  it("answers any JSON with a payload or with named, short and few faults", () => {
    const near = fc.record({
      rating: Events.payload,
      stars: Events.payload,
      tenths: Events.payload,
      tags: Events.payload
    })
    fc.assert(
      fc.property(fc.oneof(Events.payload, near), fc.integer({ min: 0, max: 4 }), (payload, version) => {
        const decoded = App.decodePayload(app, "review", version, payload)
        if (Result.isSuccess(decoded)) return
        const { issues } = decoded.failure
        expect(issues.length).toBeGreaterThan(0)
        expect(issues.length).toBeLessThanOrEqual(App.issuesMax)
        for (const { message } of issues) expect(message.length).toBeLessThanOrEqual(App.issueCharsMax)
      }),
      { numRuns: 300 }
    )
  })
})

describe("App.find", () => {
  it("finds an app by its name, and names the field where there is none", () => {
    expect(App.find([app], "trailblaze")).toEqual(Result.succeed(app))
    const fault = App.find([app], "tinder")
    expect(Result.isFailure(fault) && fault.failure).toMatchObject({ _tag: "UnknownApp", issues: [{ path: "app" }] })
  })
})

describe("App.defineApp", () => {
  const counted = (app: string, events: Record<string, App.EventKind>) =>
    Digestion.define({ app, name: "counted", events, key: () => "all", fold: Fold.count, view: (count) => count })

  it("wants names that can stand in a group", () => {
    expect(() => App.defineApp({ name: "Trail.Blaze", events: {} })).toThrow(TypeError)
    expect(() => App.defineApp({ name: "trailblaze", events: { "re view": review } })).toThrow(TypeError)
  })

  it("wants its own digestions over its own kinds, each by another name", () => {
    const own = counted("trailblaze", { review })
    const define = (...digestions: ReadonlyArray<Digestion.Digestion<number>>) =>
      App.defineApp({ name: "trailblaze", events: { review }, digestions })
    expect(define(own).digestions).toEqual([own])
    expect(() => define(counted("other", { review }))).toThrow(TypeError)
    expect(() => define(counted("trailblaze", { partner: review }))).toThrow(TypeError)
    expect(() => define(own, own)).toThrow(TypeError)
  })
})

describe("App.defineEvent", () => {
  it("wants an upcast from every older version", () => {
    const from1 = App.upcast(V1, () => ({}))
    expect(() => App.defineEvent({ version: 3, schema: V3, upcasts: { 1: from1 } })).toThrow(TypeError)
    expect(() => App.defineEvent({ version: 0, schema: V3 })).toThrow(TypeError)
  })
})
