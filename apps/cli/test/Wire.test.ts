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
