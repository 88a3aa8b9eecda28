import * as Crosspost from "@lupin/core/Crosspost"
import * as Digestion from "@lupin/core/Digestion"
import * as Fold from "@lupin/core/Fold"
import * as GroupName from "@lupin/core/GroupName"
import * as MessageId from "@lupin/core/MessageId"
import * as Routing from "@lupin/core/Routing"
import * as Wildmat from "@lupin/core/Wildmat"
import * as Events from "@lupin/testing/Events"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

const key = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.stringMatching(/^[a-z0-9.-]{1,20}$/),
  fc.constantFrom("all", "a.ctl.b", "2026", "a..b", ".", "us.washington.2026-w47", "\ud800")
)

const digestion = Digestion.define({
  app: "trailblaze",
  name: "by-key",
  events: { review: { schema: Schema.String } },
  key: ({ payload }) => payload,
  fold: Fold.count,
  view: (count) => count
})

const input = (payload: string, groups: ReadonlyArray<GroupName.GroupName> = []): Digestion.Input => ({
  messageId: MessageId.MessageId.make("<1@few.example>"),
  kind: "review",
  payload,
  groups,
  injectedMillis: 0
})

describe("Digestion.targetOf", () => {
  it("gives every key a group below the digestion's", () => {
    fc.assert(
      fc.property(key, (key) => {
        const target = Digestion.targetOf("trailblaze", "by-key", key)
        expect(GroupName.parse(target)).toBe(target)
        expect(target.startsWith("digests.trailblaze.by-key.")).toBe(true)
        expect(Crosspost.check([target])).toBeUndefined()
        for (const component of target.split(".").slice(3)) expect(component).not.toMatch(/^(all|ctl|\d+)$/)
      }),
      { numRuns: 500 }
    )
  })

  it("writes a key that reads as a group's components as it is", () => {
    expect(digestion.target("sawtooth-lake")).toBe("digests.trailblaze.by-key.sawtooth-lake")
    expect(digestion.target("us.washington.2026-w47")).toBe("digests.trailblaze.by-key.us.washington.2026-w47")
  })
})

describe("Digestion.keyOf", () => {
  it("gives only keys that an article can carry", () => {
    fc.assert(
      fc.property(key, (text) => {
        const key = Digestion.keyOf(digestion, input(text))
        expect(key).toBe(Digestion.isKey(text) ? text : undefined)
        if (key !== undefined) expect(decodeURIComponent(encodeURIComponent(key))).toBe(key)
      })
    )
    for (const text of ["", "a\u0000", "a\nb", "\u0085"]) expect(Digestion.isKey(text)).toBe(false)
    expect(Digestion.isKey("é".repeat(Digestion.keyOctetsMax / 2))).toBe(true)
    expect(Digestion.isKey("é".repeat(Digestion.keyOctetsMax / 2) + "a")).toBe(false)
  })

  it("gives none to kinds that the digestion does not read", () => {
    expect(Digestion.keyOf(digestion, { ...input("a"), kind: "partner" })).toBeUndefined()
  })
})

describe("Digestion.sourceOf", () => {
  it("holds exactly one of the groups of every event", () => {
    fc.assert(
      fc.property(Events.event, (event) => {
        const source = Wildmat.compile(Digestion.sourceOf(event.app))
        if (source === undefined) throw new Error("no wildmat")
        const groups = Routing.route(event) ?? []
        const inside = groups.filter((group) => Wildmat.matches(source, group))
        expect(inside).toEqual([Digestion.canonicalGroup(groups)])
      })
    )
  })
})

describe("Digestion.regionOf", () => {
  it("is country and region of an event with a place", () => {
    const groups = Routing.route({
      app: "trailblaze",
      kind: "review",
      routing: 1,
      at: { lat: 47.42517, lon: -121.58242 }
    })
    expect(Digestion.regionOf({ groups: groups ?? [] })).toBe("us.washington")
    expect(Digestion.regionOf({ groups: Routing.route({ app: "a", kind: "b", routing: 1 }) ?? [] })).toBeUndefined()
  })
})

describe("Digestion.define", () => {
  it("wants a name and a version that an article can carry", () => {
    const options = { app: "a", name: "b", events: {}, key: () => "k", fold: Fold.count, view: () => null }
    expect(() => Digestion.define({ ...options, name: "B c" })).toThrow(TypeError)
    expect(() => Digestion.define({ ...options, version: 0 })).toThrow(TypeError)
    expect(Digestion.define(options).version).toBe(1)
  })
})
