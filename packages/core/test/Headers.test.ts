import * as Headers from "@lupin/core/Headers"
import * as Netnews from "@lupin/testing/Netnews"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

const octets = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The rule in plain words: lines between CRLF, no other CR, LF or NUL, named fields, then an empty line. */
const isWellFormed = (text: string): boolean => {
  const header = /^((?:[!-9;-~]+:[^\r\n\0]*\r\n)(?:[!-9;-~]+:[^\r\n\0]*\r\n|[ \t][^\r\n\0]*\r\n)*)\r\n/.exec(text)
  return header !== null && /^(?:[^\r\n\0]*\r\n)*$/.test(text.slice(header[0].length))
}

describe("Headers", () => {
  it("finds octets well formed just when they are, and says where the body begins", () => {
    fc.assert(
      fc.property(Netnews.nearlyArticleOctets, (candidate) => {
        const text = Headers.latin1(candidate, 0, candidate.length)
        const checked = Headers.check(candidate)
        const expected = isWellFormed(text) ? text.indexOf("\r\n\r\n") + 4 : undefined
        expect(typeof checked === "number" ? checked : undefined).toBe(expected)
      }),
      { numRuns: 2_000 }
    )
  })

  it.each([
    ["", Headers.faults.noBody],
    ["A: b\r\n", Headers.faults.noBody],
    ["\r\nbody\r\n", Headers.faults.emptyHeader],
    [" A: b\r\n\r\n", Headers.faults.badStart],
    ["no name\r\n\r\n", Headers.faults.badName],
    [": b\r\n\r\n", Headers.faults.badName],
    ["A: b\n\r\n", Headers.faults.bareLf],
    ["A: b\rc\r\n\r\n", Headers.faults.bareCr],
    ["A: b\r\n\r\nbody\n.\nQUIT\r\n", Headers.faults.bareLf],
    ["A: b\r\n\r\nbo\rdy\r\n", Headers.faults.bareCr],
    ["A: b\r\n\r\nbo\0dy\r\n", Headers.faults.nul],
    ["A: b\r\n\r\nbody", Headers.faults.noFinalCrlf],
    ["A: b\r\n\r\nbody\r", Headers.faults.bareCr]
  ])("says what is wrong with %j", (text, fault) => {
    expect(Headers.check(octets(text))).toBe(fault)
  })

  it("knows whether a line begins with a dot, and never takes one with dots for one without", () => {
    const line = fc.constantFrom("", ".", "a", ".a", "a.", "..")
    const field = fc.constantFrom("A: b", ".A: b", "A: .b", "A: b\r\n\t.c")
    fc.assert(
      fc.property(fc.array(field, { minLength: 1 }), fc.array(line), (fields, lines) => {
        const all = [...fields, "", ...lines]
        const article = octets(all.map((text) => `${text}\r\n`).join(""))
        const scan = Headers.scan(article)
        if (typeof scan === "string") throw new Error(scan)
        const hasDot = all.some((text) => text.startsWith("."))
        expect(scan.isDotless).toBe(!hasDot)
        expect(scan.lines).toBe(lines.length)
        if (hasDot) expect(Headers.rescan(article, scan.bodyStart - 2).isDotless).toBe(false)
      })
    )
  })

  it("unfolds content and leaves the folding space", () => {
    const header = octets("Subject: one\r\n two\r\n\tthree \r\nX-Last:\r\n")
    expect(Headers.get(header, header.length, "subject")).toBe("one two\tthree")
    expect(Headers.get(header, header.length, "X-LAST")).toBe("")
    expect(Headers.get(header, header.length, "two")).toBeUndefined()
  })

  it("does not find a name inside another field, or beyond the header", () => {
    const article = octets("A: x\r\n B: no\r\nBB: no\r\n\r\nB: body\r\n")
    expect(Headers.get(article, article.indexOf(66, 20), "B")).toBeUndefined()
    expect(Headers.find(article, 21, "B")).toBe(-1)
  })

  it("reads UTF-8 as such and anything else as Latin-1", () => {
    const latin1 = Uint8Array.of(65, 58, 32, 74, 0xf6, 114, 103, 13, 10)
    expect(Headers.get(latin1, latin1.length, "A")).toBe("Jörg")
    const utf8 = octets("A: Jörg 🦊\r\n")
    expect(Headers.get(utf8, utf8.length, "A")).toBe("Jörg 🦊")
  })

  it("gives every field in order", () => {
    const header = octets("A: 1\r\nb-B: 2\r\n 3\r\nA: 4\r\n")
    expect(Headers.entries(header, header.length)).toEqual([
      ["A", "1"],
      ["b-B", "2 3"],
      ["A", "4"]
    ])
  })
})
