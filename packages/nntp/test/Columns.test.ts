import * as Article from "@lupin/core/Article"
import * as Overview from "@lupin/core/Overview"
import * as fc from "fast-check"
import { Buffer } from "node:buffer"
import { describe, expect, it } from "vitest"
import * as Columns from "../src/Columns.ts"

const value = fc.stringMatching(/^[!-~é]([ -~é]{0,20}[!-~])?$/)

const articleOf = (fields: ReadonlyArray<readonly [string, string]>): Article.Article => {
  const read = Article.read(
    Article.make(
      [
        ["Path", "not-for-mail"],
        ["From", "a@b.test"],
        ["Newsgroups", "misc.test"],
        ["Date", "Sat, 21 Nov 2026 00:00:00 +0000"],
        ["Message-ID", "<a@b>"],
        ...fields
      ],
      "one\r\ntwo\r\n"
    )
  )
  if (Article.isMalformed(read)) throw new Error(read.reason)
  return read
}

describe("format", () => {
  it("names the columns of an overview line, the first seven as every newsreader knows them", () => {
    expect(Columns.format).toHaveLength(Overview.fields.length)
    expect(Columns.format.slice(0, 8)).toEqual(
      ["Subject:", "From:", "Date:", "Message-ID:", "References:", "Bytes:", "Lines:"].concat("Xref:full")
    )
  })
})

const text = (octets: Uint8Array): string => Buffer.from(octets).toString("utf8")
const placed = (line: Uint8Array, field: string): string => {
  const place = Columns.place(field)
  return place === undefined ? "no place" : text(Columns.ofLine(line, place))
}

describe("Columns", () => {
  it("takes the same values out of an overview line as out of the article", () => {
    fc.assert(
      fc.property(value, fc.option(value), fc.option(value), (subject, references, event) => {
        const article = articleOf([
          ["Subject", subject],
          ...(references === null ? [] : [["References", references] as const]),
          ...(event === null ? [] : [["Lupin-Event", event] as const])
        ])
        const line = Overview.line(5, article, "site misc.test:5")
        for (const field of ["Subject", "from", "DATE", "Message-ID", "References", "Lupin-Event", "Newsgroups"]) {
          expect(placed(line, field)).toBe(text(Columns.ofArticle(article.octets, field)))
        }
        expect(Columns.messageIdOf(line)).toBe("<a@b>")
        expect(placed(line, ":lines")).toBe("2")
        expect(placed(line, "Xref")).toBe("site misc.test:5")
      })
    )
  })

  it("undoes folds and gives nothing for a field that is not there", () => {
    const article = articleOf([["Subject", "x"]])
    const folded = Buffer.from(Buffer.from(article.octets).toString().replace("Subject: x", "Subject: one\r\n\ttwo  "))
    expect(text(Columns.ofArticle(folded, "subject"))).toBe("one two")
    expect(text(Columns.ofArticle(folded, "Organization"))).toBe("")
    expect(Columns.place("Organization")).toBeUndefined()
  })
})
