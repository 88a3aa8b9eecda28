import * as App from "@lupin/core/App"
import * as Digestion from "@lupin/core/Digestion"
import * as Fold from "@lupin/core/Fold"
import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import * as DigestStory from "../src/DigestStory.ts"

const visit = App.defineEvent({ schema: Schema.Struct({ place: Schema.String, by: Schema.String }) })
type Visit = Digestion.InputOf<{ readonly visit: typeof visit }>
const digestionWith = (fold: Fold.Fold<Visit, number>) =>
  Digestion.define({
    app: "visits",
    name: "count",
    events: { visit },
    key: ({ payload }) => payload.place,
    fold,
    view: (count) => ({ count })
  })
const counting = digestionWith(Fold.count)
const app = App.defineApp({ name: "visits", events: { visit }, digestions: [counting] })
const given = DigestStory.given(app, counting)
const at = (place: string) => ({ kind: "visit", payload: { place, by: "ann" } })

describe("a story of a digestion", () => {
  it("ends well where the digest shows what is told", () => {
    given(at("lake"))
      .when(at("lake"), at("hill"))
      .then({ key: "lake", view: { count: 2 } }, { key: "sea" })
    given(at("lake"), at("lake"))
      .when({ withdraws: 1 })
      .then({ key: "lake", view: { count: 1 } })
  })

  it("fails where it shows something else, or anything at all where nothing was told", () => {
    expect(() => given(at("lake")).then({ key: "lake", view: { count: 2 } })).toThrow(
      'count of lake shows {"count":1}, not {"count":2}'
    )
    expect(() => given(at("lake")).then({ key: "lake" })).toThrow('shows {"count":1}, not no digest')
  })

  it("fails a digestion that depends on the order of its events", () => {
    const first: Fold.Fold<Visit, number> = {
      ...Fold.count,
      of: ({ injectedMillis }) => injectedMillis,
      combine: (left, right) => (left === 0 ? right : left)
    }
    const view = { count: DigestStory.startMillisDefault }
    const story = DigestStory.given(app, digestionWith(first))
    expect(() => story(at("lake"), at("lake"), at("lake")).then({ key: "lake", view })).toThrow("shows")
  })

  it("says which step its app refuses, and why", () => {
    const broken = () => given(at("lake"), { kind: "visit", payload: { place: 1, by: "ann" } })
    expect(broken).toThrow(/step 1 is no visit of visits: place: Expected string/)
    expect(() => given({ kind: "walk", payload: {} })).toThrow("step 0 is no walk of visits")
    expect(() => given({ withdraws: 0 })).toThrow("step 0 withdraws 0, which is no event before it")
  })

  it("does not let itself be awaited", async () => {
    const story = given(at("lake")) as unknown as PromiseLike<void>
    await expect(async () => await story).rejects.toThrow("do not await it")
  })
})
