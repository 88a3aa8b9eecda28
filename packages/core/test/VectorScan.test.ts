import * as ArticleScan from "@lupin/core/ArticleScan"
import * as KnownField from "@lupin/core/KnownField"
import * as Netnews from "@lupin/testing/Netnews"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as VectorScan from "../src/internal/VectorScan.ts"
import * as Vectors from "../src/internal/Vectors.ts"

const octets = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0))

/** Letters of which some matter to a look, and lengths around sixteen octets. */
const stretch = fc.string({ unit: fc.constantFrom("a", "B", ".", " ", ":", "-", "é"), maxLength: 40 })

const anyCase = (name: string): fc.Arbitrary<string> =>
  fc.mixedCase(fc.constant(name), { toggleCase: (letter) => letter.toUpperCase() })

const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...KnownField.names).chain(anyCase) },
  { weight: 2, arbitrary: fc.stringMatching(/^[!-9;-~]{1,40}$/) },
  { weight: 1, arbitrary: fc.constantFrom("", "Dat", "Datex", "Fro m", ".Date", "message_id") }
)
const end = fc.oneof(
  { weight: 60, arbitrary: fc.constant("\r\n") },
  { weight: 1, arbitrary: fc.constantFrom("\r", "\n", "\r\r\n", "\r\n\n", "\0\r\n", "\u0001\r\n") }
)
const rest = fc.tuple(stretch, fc.constantFrom("", "", "", "\t"), end).map((parts) => parts.join(""))
const field = fc.tuple(name, rest).map(([of, content]) => `${of}:${content}`)
const folded = fc.tuple(fc.constantFrom(" ", "\t"), rest).map((parts) => parts.join(""))
const header = fc
  .array(fc.oneof({ weight: 12, arbitrary: field }, { weight: 1, arbitrary: folded }), { maxLength: 12 })
  .map((lines) => lines.join(""))
const body = fc.array(fc.tuple(stretch, end).map((parts) => parts.join(""))).map((lines) => lines.join(""))
const article = fc
  .tuple(header, fc.oneof({ weight: 9, arbitrary: fc.constant("\r\n") }, { weight: 1, arbitrary: stretch }), body)
  .map((parts) => octets(parts.join("")))

/** As both ways tell it; nothing is told here of what is not well formed. */
const plainly = (all: Uint8Array): ArticleScan.ArticleScan | undefined => {
  const scan = ArticleScan.portable(all)
  return typeof scan === "string" ? undefined : scan
}

const byVectors = (all: Uint8Array): unknown => Netnews.comparableScan(VectorScan.of(all))

/** Another text of sixteen octets that `$hash` does not tell from this one: the second half makes up for the first. */
const sameHash = (text: string): string => {
  const mask = (1n << 64n) - 1n
  const eight = (from: string): bigint =>
    Array.from(from).reduceRight((sum, letter) => (sum << 8n) | BigInt(letter.charCodeAt(0)), 0n)
  const mix = (first: bigint): bigint => {
    const all = 16n ^ first
    return ((((all << 29n) | (all >> 35n)) & mask) * 0x9e3779b97f4a7c15n) & mask
  }
  for (let turn = 0; ; turn += 1) {
    const first = `x${turn}`.padEnd(8, "y")
    const second = eight(text.slice(8)) ^ mix(eight(text.slice(0, 8))) ^ mix(eight(first))
    const letters = Array.from({ length: 8 }, (_, at) =>
      String.fromCharCode(Number((second >> BigInt(8 * at)) & 0xffn))
    )
    if (letters.every((letter) => /[!-~]/.test(letter))) return first + letters.join("")
  }
}

describe("VectorScan", () => {
  it("is there, where these tests run", () => {
    expect(Vectors.isThere).toBe(true)
  })

  it("finds what a look at one octet after another finds, and nothing in what is not well formed", () => {
    let wellFormed = 0
    fc.assert(
      fc.property(fc.oneof(article, Netnews.nearlyArticleOctets, Netnews.articleOctets), (all) => {
        const found = byVectors(all)
        if (found !== undefined) wellFormed += 1
        expect(found).toEqual(plainly(all))
      }),
      { numRuns: 5_000 }
    )
    expect(wellFormed).toBeGreaterThan(1_000)
  })

  it("finds a fault at whatever octet of an article", () => {
    const sound = octets(
      "From: someone@somewhere\r\nX: y\r\nDate: today\r\n\r\nA body of two lines, one of them short\r\n.\r\n"
    )
    for (let at = 0; at < sound.length; at += 1) {
      for (const octet of [0, 9, 10, 13, 32, 46, 58, 127, 200]) {
        const all = Uint8Array.from(sound)
        all[at] = octet
        expect(byVectors(all), `${octet} at ${at}`).toEqual(plainly(all))
        expect(byVectors(all.subarray(0, at)), `${octet} behind ${at}`).toEqual(plainly(all.subarray(0, at)))
      }
    }
  })

  it.each(KnownField.names.map((known, place) => [known, place] as const))("knows %s", (known, place) => {
    for (const written of [known, known.toUpperCase()]) {
      const found = VectorScan.of(octets(`X: y\r\n${written}: z\r\n\r\n`))
      expect(found?.spans.slice(2 * place, 2 * place + 2)).toEqual([6, 6 + known.length + 5])
    }
  })

  it("finds more fields than any article has", () => {
    const all = octets(`${"X: y\r\n".repeat(5_000)}Date: z\r\n\r\n`)
    expect(byVectors(all)).toEqual(plainly(all))
  })

  it("looks at articles up to a length, and leaves longer ones alone", () => {
    const long = new Uint8Array(1_200_000).fill(97)
    long.set(octets("Date: x\r\n\r\n"))
    for (const size of [1_000_000, Vectors.roomBytes, Vectors.roomBytes + 1]) {
      const all = long.slice(0, size)
      all.set([13, 10], size - 2)
      expect(byVectors(all)).toEqual(size > Vectors.roomBytes ? undefined : plainly(all))
    }
  })

  it("gives out the contents that it was asked for, whatever was asked before", () => {
    const { date, newsgroups, path } = KnownField.field
    const content = fc.oneof(
      fc.constantFrom(
        "",
        "a",
        "aaaaaaaaaaaaaaaa",
        "aaaaaaaaaaaaaaaab",
        "a".repeat(112),
        "a".repeat(113),
        "a".repeat(111)
      ),
      fc.nat(4_000).map((number) => `bench.topic-${number}`),
      fc.stringMatching(/^[ab ]{0,20}$/)
    )
    const pad = fc.constantFrom("", " ", "  ", "\r\n ", "é")
    fc.assert(
      fc.property(fc.array(fc.tuple(content, content, content, pad), { maxLength: 60 }), (all) => {
        for (const [way, groups, day, space] of all) {
          const article = octets(`Path:${space}${way}\r\nNewsgroups: ${groups}${space}\r\nDate: ${day}\r\n\r\n`)
          const scan = ArticleScan.of(article)
          const plain = ArticleScan.portable(article)
          if (typeof scan === "string" || typeof plain === "string") throw new Error("not well formed")
          for (const of of [path, newsgroups, date]) {
            const written = ArticleScan.content(article, plain, of) ?? ""
            expect(ArticleScan.recurring(article, scan, of)).toBe(written)
            expect(ArticleScan.recurring(article, scan, of)).toBe(written)
            expect(ArticleScan.isContent(article, scan, of, written)).toBe(true)
            for (const other of [`${written}a`, `a${written}`, written.slice(1), written.replace("a", "b")]) {
              expect(ArticleScan.isContent(article, scan, of, other)).toBe(other === written)
            }
          }
        }
      }),
      { numRuns: 300 }
    )
  })

  it("tells contents apart that have the same hash", () => {
    const { path } = KnownField.field
    const one = "feeder.example.!"
    const two = sameHash(one)
    expect(two).not.toBe(one)
    for (const way of [one, two, one]) {
      const article = octets(`Path: ${way}\r\nDate: x\r\n\r\n`)
      const scan = ArticleScan.of(article)
      if (typeof scan === "string") throw new Error(scan)
      expect(ArticleScan.recurring(article, scan, path)).toBe(way)
    }
  })

  it("tells contents of an article that is not the last one", () => {
    const { path } = KnownField.field
    const [one, two] = ["one", "two"].map((way) => octets(`Path: ${way}\r\nDate: x\r\n\r\n`))
    if (one === undefined || two === undefined) throw new Error("no articles")
    const first = ArticleScan.of(one)
    const second = ArticleScan.of(two)
    if (typeof first === "string" || typeof second === "string") throw new Error("not well formed")
    expect(ArticleScan.recurring(one, first, path)).toBe("one")
    expect(ArticleScan.isContent(one, first, path, "two")).toBe(false)
    expect(ArticleScan.recurring(two, second, path)).toBe("two")
    expect(ArticleScan.isContent(one, first, path, "one")).toBe(true)
  })
})
