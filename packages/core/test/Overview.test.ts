import * as Article from "@lupin/core/Article"
import * as Overview from "@lupin/core/Overview"
import * as Xref from "@lupin/core/Xref"
import * as Netnews from "@lupin/testing/Netnews"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as RealArticles from "./RealArticles.ts"

const textOf = (number: number, article: Article.Article, xref: string): string =>
  new TextDecoder().decode(Overview.line(number, article, xref))

const readOrThrow = (octets: Uint8Array): Article.Article => {
  const article = Article.read(octets)
  if (Article.isMalformed(article)) throw new Error(article.reason)
  return article
}

describe("Overview", () => {
  it("reads back what it writes", () => {
    fc.assert(
      fc.property(Netnews.article, fc.integer({ min: 1, max: 2 ** 31 - 1 }), (article, number) => {
        const xref = Xref.format(
          "h1.boi",
          article.groups.map((group) => [group, number] as const)
        )
        const row = Overview.parse(textOf(number, article, xref))
        const body = Article.body(article)
        expect(row).toEqual({
          number,
          subject: Article.field(article, "Subject")?.replaceAll("\t", " "),
          from: Article.field(article, "From"),
          date: Article.field(article, "Date"),
          messageId: article.messageId,
          references: "",
          bytes: Article.withFields(article, [["Xref", xref]], []).length,
          lines: body.filter((octet) => octet === 10).length,
          xref,
          event: "",
          location: "",
          newsgroups: article.groups.join(","),
          injectionDate: Article.field(article, "Injection-Date") ?? ""
        })
      })
    )
  })

  it("has a column for each field, and no line break or stray tab in them", () => {
    for (const octets of RealArticles.octets) {
      const article = readOrThrow(octets)
      const text = textOf(7, article, "")
      expect(text.split("\t")).toHaveLength(Overview.fields.length + 1)
      expect(text).not.toMatch(/[\r\n]/)
      expect(Overview.parse(text)?.messageId).toBe(article.messageId)
    }
  })

  it("undoes folds and makes tabs spaces", () => {
    const octets = new TextEncoder().encode(
      "Path: a\r\nFrom: a@b\r\nNewsgroups: a\r\nSubject: one\r\n\ttwo\tthree \r\nMessage-ID: <a@b>\r\nDate: 1 Jan 2026 00:00:00 +0000\r\n\r\n"
    )
    expect(Overview.parse(textOf(1, readOrThrow(octets), ""))?.subject).toBe("one two three")
  })

  it("reads lines of other servers by the names of their extra columns", () => {
    const row = Overview.parse("3\tS\tF\tD\t<a@b>\t<r@b>\t100\t\tNewsgroups: a,b\tXref: s a:3")
    expect(row).toMatchObject({
      number: 3,
      references: "<r@b>",
      bytes: 100,
      lines: 0,
      newsgroups: "a,b",
      xref: "s a:3",
      event: ""
    })
    expect(Overview.parse("3\tS\tF\tD\t<a@b>")).toMatchObject({ bytes: 0, xref: "" })
  })

  it("is total, and refuses a line without a number or an id", () => {
    fc.assert(fc.property(fc.string(), (text) => Overview.parse(text) !== null))
    expect(Overview.parse("x\tS\tF\tD\t<a@b>")).toBeUndefined()
    expect(Overview.parse("3\tS\tF\tD\ta@b")).toBeUndefined()
  })

  it("gives each line octets of its own", () => {
    const article = readOrThrow(RealArticles.octets[0] ?? new Uint8Array())
    const first = Overview.line(1, article, "")
    const before = first.slice()
    Overview.line(2, article, "x")
    expect(first).toEqual(before)
  })
})
