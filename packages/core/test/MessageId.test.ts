import * as MessageId from "@lupin/core/MessageId"
import * as Netnews from "@lupin/testing/Netnews"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

describe("MessageId", () => {
  it("takes what RFC 5536 §3.1.3 allows", () => {
    for (const text of [
      "<a@b>",
      "<a.b$c@d-e.f>",
      "<1@[127.0.0.1]>",
      "<93105.093812KEVXU@CUNYVM.BITNET>",
      "<{x}|~@y>"
    ]) {
      expect(MessageId.parse(text)).toBe(text)
    }
  })

  it("refuses what RFC 5536 §3.1.3 does not", () => {
    const wrong = [
      "",
      "<>",
      "a@b",
      "<a@b",
      "<a b@c>",
      "<a@b@c>",
      "<.a@b>",
      "<a..b@c>",
      "<a@b.>",
      "<a@[]]>",
      "<é@b>",
      "<a@b>\r\n"
    ]
    for (const text of wrong) expect(MessageId.parse(text)).toBeUndefined()
  })

  it("takes 250 octets and no more", () => {
    expect(MessageId.parse(`<${"a".repeat(246)}@b>`)).toBeDefined()
    expect(MessageId.parse(`<${"a".repeat(247)}@b>`)).toBeUndefined()
  })

  it("is total", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const id = MessageId.parse(text)
        return id === undefined || id === text
      })
    )
  })

  it("answers a long near miss at once", () => {
    expect(MessageId.parse(`<${"a.".repeat(120)}`)).toBeUndefined()
    expect(MessageId.parse("<a@".repeat(1_000_000))).toBeUndefined()
  })

  it("finds the time inside a UUIDv7, and none elsewhere", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), (millis) => {
        const hex = millis.toString(16).padStart(12, "0")
        const id = MessageId.parse(
          `<${hex.slice(0, 8)}-${hex.slice(8)}-7abc-8def-0123456789ab.k3v9@trailblaze.client.lupin>`
        )
        return id !== undefined && MessageId.kindOf(id) === "client" && MessageId.mintedMillis(id) === millis
      })
    )
    fc.assert(fc.property(Netnews.messageId, (id) => MessageId.mintedMillis(id) === undefined))
  })

  it("tells ids of clients, digests and others apart by their domain", () => {
    const kind = (text: string) => MessageId.kindOf(MessageId.MessageId.make(text))
    expect(kind("<x@trailblaze.client.lupin>")).toBe("client")
    expect(kind("<x@trailblaze.digest.lupin>")).toBe("digest")
    expect(kind("<x@client.lupin.example>")).toBe("foreign")
  })
})
