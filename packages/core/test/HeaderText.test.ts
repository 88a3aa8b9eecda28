import * as HeaderText from "@lupin/core/HeaderText"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 700 }),
  fc.string({ unit: "grapheme", maxLength: 300 }),
  fc.string({ unit: fc.constantFrom("a", " ", "\r\n", "\t", "=?", "é", "🥾"), maxLength: 500 })
)

const decode = (value: string): string => {
  if (!value.startsWith("=?")) return value
  const octets = value.split(" ").map((word) => Buffer.from(word.slice("=?UTF-8?B?".length, -2), "base64"))
  return Buffer.concat(octets).toString()
}

describe("HeaderText", () => {
  it("keeps a text on one line of 998 printable ASCII characters, whatever it holds", () => {
    fc.assert(
      fc.property(text, (text) => {
        const value = HeaderText.encode(text)
        expect(value).toMatch(/^[\x20-\x7e]*$/)
        expect(`Subject: ${value}`.length).toBeLessThanOrEqual(998)
      })
    )
  })

  it("is read by a newsreader as the cleaned text", () => {
    fc.assert(
      fc.property(text, (text) => {
        expect(decode(HeaderText.encode(text))).toBe(HeaderText.clean(text))
      })
    )
  })

  it("makes encoded words of at most 75 characters that each hold whole characters (RFC 2047 §5)", () => {
    fc.assert(
      fc.property(text, (text) => {
        const value = HeaderText.encode(text)
        if (!value.startsWith("=?")) return
        for (const word of value.split(" ")) {
          expect(word.length).toBeLessThanOrEqual(75)
          expect(decode(word)).not.toContain("\ufffd".repeat(2))
          expect(Buffer.from(decode(word))).toEqual(Buffer.from(word.slice("=?UTF-8?B?".length, -2), "base64"))
        }
      })
    )
  })

  it("leaves no room for another header line", () => {
    expect(HeaderText.clean(" a\r\nBcc: b\u0000\u0085c\u2028d ")).toBe("a Bcc: b c d")
  })
})
