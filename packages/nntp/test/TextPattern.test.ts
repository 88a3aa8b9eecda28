import * as fc from "fast-check"
import { Buffer } from "node:buffer"
import { describe, expect, it } from "vitest"
import * as TextPattern from "../src/TextPattern.ts"

const matches = (pattern: string, value: string): boolean =>
  TextPattern.matches(TextPattern.compile(pattern), Buffer.from(value, "utf8"))

/** The same in other words: slow, and too simple to be wrong. Without sets. */
const matchesSlowly = (pattern: string, value: string): boolean => {
  const [head, ...tail] = pattern
  const rest = tail.join("")
  if (head === undefined) return value === ""
  if (head === "*") return matchesSlowly(rest, value) || (value !== "" && matchesSlowly(pattern, value.slice(1)))
  return value !== "" && (head === "?" || head === value[0]) && matchesSlowly(rest, value.slice(1))
}

const letters = (alphabet: string, maxLength: number) =>
  fc.array(fc.constantFrom(...alphabet.split("")), { maxLength }).map((all) => all.join(""))

describe("TextPattern", () => {
  it("takes stars and question marks for what they stand for, over the whole value", () => {
    fc.assert(
      fc.property(letters("ab*?", 8), letters("ab", 8), (pattern, value) => {
        expect(matches(pattern, value)).toBe(matchesSlowly(pattern, value))
      }),
      { numRuns: 2_000 }
    )
  })

  it("takes a character behind a backslash for itself", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[ -~]{0,12}$/), (value) => {
        expect(matches(value.replaceAll(/./g, "\\$&"), value)).toBe(true)
      })
    )
    expect(matches("\\*", "x")).toBe(false)
    expect(matches("a\\", "a\\")).toBe(true)
  })

  it("knows sets, their ranges and their opposites", () => {
    for (const [pattern, inside, outside] of [
      ["[abc]", "abc", "dABC-"],
      ["[a-c]", "abc", "d-"],
      ["[^a-c]", "dA-", "abc"],
      ["[]x]", "]x", "a["],
      ["[^]x]", "a[", "]x"],
      ["[a-]", "a-", "b"],
      ["[*?]", "*?", "x"]
    ] as const) {
      for (const character of inside) expect(matches(pattern, character), `${pattern} ${character}`).toBe(true)
      for (const character of outside) expect(matches(pattern, character), `${pattern} ${character}`).toBe(false)
    }
    expect(matches("[ab", "[ab")).toBe(true)
  })

  it("is total, and looks at a bounded part of a value", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), fc.uint8Array({ maxLength: 60 }), (pattern, value) => {
        expect(typeof TextPattern.matches(TextPattern.compile(pattern), value)).toBe("boolean")
        expect(TextPattern.matches(TextPattern.compile(`*${pattern}*`), Buffer.from(pattern))).toBe(
          TextPattern.matches(TextPattern.compile(`**${pattern}**`), Buffer.from(pattern))
        )
      })
    )
    expect(matches("*b", `${"a".repeat(TextPattern.valueBytesMax)}b`)).toBe(false)
    expect(matches("a*", `${"a".repeat(TextPattern.valueBytesMax)}b`)).toBe(true)
  })
})
