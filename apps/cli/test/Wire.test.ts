import { describe, expect, it } from "vitest"
import * as Wire from "../src/Wire.ts"

describe("the address of a site", () => {
  it.each([
    ["127.0.0.1:19103/peers", "http://127.0.0.1:19103/peers"],
    ["boi1.example:80", "http://boi1.example:80"],
    ["[::1]:19103", "http://[::1]:19103"],
    ["http://127.0.0.1:19103", "http://127.0.0.1:19103"],
    ["https://boi1.example/", "https://boi1.example/"]
  ])("%s is read as %s", (text, url) => {
    expect(Wire.urlOf(text)).toBe(url)
  })
})

describe("a refusal", () => {
  const problem = (part: object) =>
    JSON.stringify({ type: "/problems/x", title: "It does not fit.", status: 422, ...part })
  const fault = (name: string) => ({ pointer: `#/payload/${name}`, detail: "Missing key" })

  it.each([
    ["its title alone", problem({}), "422 It does not fit."],
    ["its detail", problem({ detail: "No app here." }), "422 It does not fit. No app here."],
    [
      "every field at fault",
      problem({ detail: "#/payload/a: Missing key", errors: [fault("a"), fault("b")] }),
      "422 It does not fit. #/payload/a: Missing key; #/payload/b: Missing key"
    ],
    ["as it came where it is no problem", "gone", "422 gone"]
  ])("tells %s in one line", (_, text, said) => {
    expect(Wire.refusalOf(422, text)).toBe(said)
  })
})
