import * as ArticleScan from "@lupin/core/ArticleScan"
import * as MessageId from "@lupin/core/MessageId"
import * as WireOctets from "@lupin/core/WireOctets"
import * as Netnews from "@lupin/testing/Netnews"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

const octets = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0))
const textOf = (all: Uint8Array): string => String.fromCharCode(...all)

/** What stands before and behind, so that octets begin at any place. */
const around = fc.stringMatching(/^[a.@<>\r\n]{0,40}$/)

const idEndOf = (before: string, line: string, behind: string, cut = 0): number => {
  const all = octets(`${before}${line}\r\n${behind}`)
  WireOctets.load(all)
  const found = WireOctets.idEnd(before.length, all.length - cut)
  return found === 0 ? 0 : found - before.length
}

const articleEndOf = (before: string, wire: Uint8Array, behind: string, cut = 0) => {
  const all = Uint8Array.from([...octets(before), ...wire, ...octets(behind)])
  WireOctets.load(all)
  const end = WireOctets.articleEnd(before.length, all.length - cut)
  return end === 0
    ? undefined
    : { end: end - before.length, scan: Netnews.comparableScan(WireOctets.scan(before.length)) }
}

const ended = (article: Uint8Array): Uint8Array => Uint8Array.from([...article, 46, 13, 10])
const isDotless = (article: Uint8Array): boolean => !/(?:^|\n)\./.test(textOf(article))

describe("WireOctets", () => {
  it("knows whether its octets are still loaded", () => {
    const first = WireOctets.load(octets("one"))
    expect(WireOctets.isLoaded(first)).toBe(true)
    const second = WireOctets.load(octets("two"))
    expect([WireOctets.isLoaded(first), WireOctets.isLoaded(second), WireOctets.isLoaded(0)]).toEqual([
      false,
      true,
      false
    ])
    expect(WireOctets.load(new Uint8Array(1_200_000))).toBe(0)
    expect(WireOctets.isLoaded(second)).toBe(true)
  })

  it("finds the end of every id but those with a literal, once its line has come", () => {
    fc.assert(
      fc.property(Netnews.messageId, around, around, fc.nat(60), (id, before, behind, cut) => {
        const isWhole = cut <= behind.length
        expect(idEndOf(before, id, behind, cut)).toBe(isWhole && !id.includes("@[") ? id.length : 0)
      }),
      { numRuns: 1_000 }
    )
  })

  it("finds no end of what is no id", () => {
    const nearly = fc.oneof(
      fc.stringMatching(/^<?[a.@]{0,40}>?[a> ]?$/),
      fc.string({ unit: "binary-ascii", maxLength: 20 }).map((text) => `<a${text}@b>`),
      fc.tuple(Netnews.messageId, fc.nat(60), fc.integer({ min: 0, max: 255 })).map(([id, at, octet]) => {
        const place = at % id.length
        return id.slice(0, place) + String.fromCharCode(octet) + id.slice(place + 1)
      })
    )
    fc.assert(
      fc.property(nearly, around, around, (line, before, behind) => {
        const end = idEndOf(before, line, behind)
        if (end === 0) return
        const [first = ""] = line.split("\r\n")
        expect(MessageId.parse(first)).toBe(first)
        expect(end).toBe(first.length)
      }),
      { numRuns: 3_000 }
    )
  })

  it("takes ids as long as they may be", () => {
    for (const length of [249, 250, 251, 252]) {
      const id = `<a@${"b".repeat(length - 4)}>`
      expect(idEndOf("CHECK ", id, "")).toBe(length <= 250 ? length : 0)
      expect(MessageId.parse(id)).toBe(length <= 250 ? id : undefined)
    }
  })

  it("finds the end of an article and what is in it, if no line of it begins with a dot", () => {
    let looked = 0
    fc.assert(
      fc.property(
        fc.oneof(Netnews.articleOctets, Netnews.nearlyArticleOctets),
        around,
        around,
        (article, before, behind) => {
          const found = articleEndOf(before, ended(article), behind)
          const scan = ArticleScan.portable(article)
          const isTold = typeof scan !== "string" && isDotless(article)
          // Octets that hold an end within them are two: what was found is of the first one.
          if (found !== undefined && found.end !== article.length) {
            expect(found.scan).toEqual(Netnews.comparableScan(ArticleScan.portable(article.subarray(0, found.end))))
            return
          }
          expect(found).toEqual(isTold ? { end: article.length, scan } : undefined)
          if (isTold) looked += 1
        }
      ),
      { numRuns: 3_000 }
    )
    expect(looked).toBeGreaterThan(500)
  })

  it("finds no end that has not come", () => {
    fc.assert(
      fc.property(Netnews.articleOctets, around, (article, behind) => {
        fc.pre(isDotless(article))
        for (let cut = 0; cut <= article.length + 3; cut += 1) {
          const found = articleEndOf("x", ended(article), behind, behind.length + cut)
          expect(found?.end).toBe(cut === 0 ? article.length : undefined)
        }
      }),
      { numRuns: 30 }
    )
  })

  it("finds no end behind a line that begins with a dot, or is not well formed", () => {
    const header = "Date: x\r\n\r\n"
    for (const body of [".\r\n.\r\n", "a\r\n..\r\n", "a\r\n.b\r\n", "a\n.\r\n", "a\r.\r\n", "a\0\r\n", "a\nb\r\n"]) {
      expect(articleEndOf("", ended(octets(header + body)), "")?.end).not.toBe(header.length + body.length)
    }
    expect(articleEndOf("", octets("Date: x\r\n.\r\n"), "")).toBeUndefined()
    expect(articleEndOf("", octets("Date: x\r\n\r\n.\r\n"), "")?.end).toBe(11)
  })
})
