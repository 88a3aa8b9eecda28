import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import * as fc from "fast-check"
import * as EventsParameters from "@lupin/api/EventsParameters"
import type * as PopOperations from "@lupin/api/PopOperations"
import * as GroupName from "@lupin/core/GroupName"
import * as Limits from "@lupin/core/Limits"

const decode = Schema.decodeUnknownResult(EventsParameters.EventsParameters)
const encode = Schema.encodeSync(EventsParameters.EventsParameters)

const degrees = (max: number) => fc.double({ min: -max, max, noNaN: true }).map((value) => Number(value.toFixed(12)))
const where: fc.Arbitrary<PopOperations.Where> = fc.oneof(
  fc.record({
    _tag: fc.constant("Near" as const),
    lat: degrees(90),
    lon: degrees(180),
    radiusMetres: fc.nat({ max: EventsParameters.radiusMetresMax })
  }),
  fc.record({
    _tag: fc.constant("Within" as const),
    group: fc
      .stringMatching(/^(\.[a-z]{1,5}){0,3}$/)
      .map((rest) => GroupName.GroupName.make(`clientposts.trails${rest}`))
  })
)
const query: fc.Arbitrary<PopOperations.EventsQuery> = fc
  .record(
    {
      where,
      limit: fc.integer({ min: 1, max: Limits.pageMax }),
      staleMillisMax: fc.nat({ max: EventsParameters.staleMillisMax }),
      whileScraping: fc.constantFrom("wait" as const, "serve" as const),
      kind: fc.string(),
      cursor: fc.string()
    },
    { requiredKeys: ["where", "limit", "staleMillisMax"] }
  )
  .map((query) => ({ app: "trails", ...query }))

const ask = (parameters: Record<string, string>) =>
  Result.flatMap(
    Result.mapError(decode(parameters), () => "schema" as const),
    (asked) => EventsParameters.toQuery("trails", asked)
  )
const faultOf = (parameters: Record<string, string>): unknown => {
  const asked = ask(parameters)
  assert.isTrue(Result.isFailure(asked))
  return Result.isFailure(asked) && asked.failure !== "schema" ? asked.failure.errors?.[0]?.parameter : "schema"
}

describe("EventsParameters", () => {
  it("reads back the query that a client wrote", () => {
    fc.assert(
      fc.property(query, (query) => {
        const read = Result.flatMap(decode(encode(EventsParameters.ofQuery(query))), (asked) =>
          EventsParameters.toQuery("trails", asked)
        )
        assert.isTrue(Result.isSuccess(read))
        if (Result.isSuccess(read)) assert.deepEqual(withoutMinusZero(read.success), withoutMinusZero(query))
      })
    )
  })

  it("knows kilometres and metres, and the defaults", () => {
    const asked = ask({ near: "44.16,-115.06", radius: "2.5km" })
    assert.deepStrictEqual(Result.getOrThrow(asked), {
      app: "trails",
      where: { _tag: "Near", lat: 44.16, lon: -115.06, radiusMetres: 2500 },
      limit: EventsParameters.limitDefault,
      staleMillisMax: EventsParameters.staleMillisDefault
    })
  })

  it("wants a place or a group, and not both", () => {
    assert.strictEqual(faultOf({}), "near")
    assert.strictEqual(faultOf({ radius: "1km" }), "radius")
    assert.strictEqual(faultOf({ near: "1,1", group: "clientposts.trails" }), "group")
    assert.strictEqual(faultOf({ group: "clientposts.trailsx" }), "group")
    assert.strictEqual(faultOf({ group: "digests.trails" }), "group")
  })

  it("takes no place off the globe and no number out of its bounds", () => {
    const wrong = ["90.1,0", "0,180.1", "0", "a,b", "1,2,3", "1e1,2", "NaN,0", ""].map((near) => ({ near }))
    const others = [{ limit: "0" }, { limit: "501" }, { limit: "1.5" }, { limit: "" }, { stale: "-1" }]
    for (const parameters of [...wrong, ...others.map((other) => ({ near: "1,1", ...other }))]) {
      assert.strictEqual(faultOf(parameters), "schema", JSON.stringify(parameters))
    }
  })

  it("takes any parameters without throwing", () => {
    const name = fc.constantFrom(
      "kind",
      "near",
      "radius",
      "group",
      "limit",
      "cursor",
      "stale",
      "whileScraping",
      "other"
    )
    fc.assert(fc.property(fc.dictionary(name, fc.string()), (parameters) => void ask(parameters)))
  })
})

const withoutMinusZero = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
