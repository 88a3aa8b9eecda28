import * as Article from "@lupin/core/Article"
import * as NewsDate from "@lupin/core/NewsDate"
import * as Netnews from "@lupin/testing/Netnews"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as RealArticles from "./RealArticles.ts"

const iso = (text: string): string | undefined => {
  const millis = NewsDate.parse(text)
  return millis === undefined ? undefined : new Date(millis).toISOString()
}

describe("NewsDate", () => {
  it("reads back what it writes", () => {
    fc.assert(fc.property(Netnews.seconds, (millis) => NewsDate.parse(NewsDate.format(millis)) === millis))
  })

  it("cuts off parts of a second", () => {
    expect(NewsDate.format(1_999)).toBe("Thu, 01 Jan 1970 00:00:01 +0000")
  })

  it.each([
    ["Fri, 23 Apr 1993 12:35:31 EDT", "1993-04-23T16:35:31.000Z"],
    ["6 Apr 93 11:23:12", "1993-04-06T11:23:12.000Z"],
    ["Thursday, 15 Apr 1993 11:08:26 EDT", "1993-04-15T15:08:26.000Z"],
    ["Sat,  1 May 93 00:31:00 -0500", "1993-05-01T05:31:00.000Z"],
    ["Thu, 15 Apr 1993 21:38:28 +1300 (NZDT)", "1993-04-15T08:38:28.000Z"],
    ["16 Apr 1993 01:15 EST", "1993-04-16T06:15:00.000Z"],
    ["25 Apr 93 00:02:34 GMT+12", "1993-04-24T12:02:34.000Z"],
    ["Tue, 20 Apr 1993 19:21:42 MET", "1993-04-20T18:21:42.000Z"],
    ["Fri, 23 Apr 93 12:39:17 edt", "1993-04-23T16:39:17.000Z"],
    [" 6 Apr 1993 15:58 EST  ", "1993-04-06T20:58:00.000Z"],
    ["1 Jan 49 00:00:00 Z", "2049-01-01T00:00:00.000Z"],
    ["1 Jan 50 00:00:00 Z", "1950-01-01T00:00:00.000Z"],
    ["29 Feb 2024 23:59:60 +0000", "2024-03-01T00:00:00.000Z"]
  ])("reads %s", (text, expected) => {
    expect(iso(text)).toBe(expected)
  })

  it.each([
    "",
    "now",
    "32 Apr 1993 00:00:00 GMT",
    "31 Apr 1993 00:00:00 GMT",
    "29 Feb 2023 00:00:00 GMT",
    "1 Foo 1993 00:00:00 GMT",
    "1 Apr 1993 24:00:00 GMT",
    "1 Apr 1993 00:60:00 GMT",
    "1 Apr 1993",
    "1993-04-01T00:00:00Z"
  ])("refuses %j", (text) => {
    expect(NewsDate.parse(text)).toBeUndefined()
  })

  it("reads the usual form as it reads it with a comment behind it", () => {
    const two = (max: number) => fc.integer({ min: 0, max }).map((number) => String(number).padStart(2, "0"))
    const month = fc.constantFrom("Jan", "feb", "APR", "Jun", "Dec", "Foo", "J n")
    fc.assert(
      fc.property(
        fc.tuple(
          two(33),
          month,
          two(99),
          two(99),
          two(25),
          two(61),
          two(62),
          fc.constantFrom("+", "-", " "),
          two(24),
          two(61)
        ),
        ([day, name, century, year, hour, minute, second, sign, hours, minutes]) => {
          const text = `Sat, ${day} ${name} ${century}${year} ${hour}:${minute}:${second} ${sign}${hours}${minutes}`
          expect(NewsDate.parse(text)).toBe(NewsDate.parse(`${text} (here)`))
        }
      ),
      { numRuns: 1_000 }
    )
  })

  it("is total and quick on any text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[ 0-9A-Za-z:,+()-]{0,40}$/)), (text) => {
        const millis = NewsDate.parse(text)
        return millis === undefined || Number.isSafeInteger(millis)
      })
    )
    expect(NewsDate.parse(" ".repeat(1_000_000))).toBeUndefined()
  })

  it("reads every date of real articles", () => {
    for (const octets of RealArticles.octets) {
      const article = Article.read(octets)
      if (Article.isMalformed(article)) throw new Error(article.reason)
      expect(new Date(article.injectedMillis).getUTCFullYear()).toBe(1993)
    }
  })
})
