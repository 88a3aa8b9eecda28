import * as App from "@lupin/core/App"
import { Result, Schema } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Payloads from "../src/Payloads.ts"

const number = Schema.Int.check(
  Schema.makeFilter((value: number) => value === 4_242_424_242, { expected: "the number" })
)
const note = App.defineEvent({
  schema: Schema.Struct({
    text: Schema.String.check(Schema.isMaxLength(5)),
    when: Schema.DateTimeUtcFromString,
    mood: Schema.optionalKey(Schema.Literals(["good", "bad"]))
  })
})
const rare = App.defineEvent({ schema: Schema.Struct({ number }) })
const word = App.defineEvent({ schema: Schema.String })
const app = App.defineApp({ name: "notes", events: { note, rare, word } })

describe("payloads of an app", () => {
  it.each(["note", "word"] as const)("are some that a host takes as a %s", (kind) => {
    fc.assert(
      fc.property(Payloads.payloadJson(app, kind), (payload) => {
        expect(Result.isSuccess(App.decodePayload(app, kind, 1, payload))).toBe(true)
      })
    )
  })

  it("leave out, and put in, what is optional", () => {
    const some = fc.sample(Payloads.payloadJson(app, "note"), 100)
    expect(new Set(some.map((payload) => payload.mood))).toEqual(new Set(["good", "bad", undefined]))
  })

  it("take the place of fields that chance does not meet", () => {
    expect(() => fc.sample(Payloads.payload(app, "rare"), 1)).toThrow("chance makes no value of notes.rare.number")
    const one = fc.sample(Payloads.payload(app, "rare", { number: fc.constant(4_242_424_242) }), 1)
    expect(one).toEqual([{ number: 4_242_424_242 }])
  })
})
