import * as Article from "@lupin/core/Article"
import * as Headers from "@lupin/core/Headers"
import * as NewsDate from "@lupin/core/NewsDate"
import * as Netnews from "@lupin/testing/Netnews"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as RealArticles from "./RealArticles.ts"

const fieldsOf = (article: Article.Article) => Headers.entries(article.octets, article.bodyStart - 2)

const readOrThrow = (octets: Uint8Array): Article.Article => {
  const article = Article.read(octets)
  if (Article.isMalformed(article)) throw new Error(article.reason)
  return article
}

const plain: ReadonlyArray<readonly [string, string]> = [
  ["Path", "b!not-for-mail"],
  ["From", "a@b.example"],
  ["Newsgroups", "misc.test"],
  ["Subject", "x"],
  ["Message-ID", "<1@b.example>"],
  ["Date", "Thu, 01 Jan 1970 00:00:01 +0000"]
]

const reasonOf = (octets: Uint8Array): string | undefined => {
  const read = Article.read(octets)
  return Article.isMalformed(read) ? read.reason : undefined
}

describe("Article", () => {
  it("reads back the fields and the body it was made of", () => {
    fc.assert(
      fc.property(Netnews.headerFields, Netnews.bodyOctets, (fields, body) => {
        const article = readOrThrow(Article.make(fields, body))
        expect(fieldsOf(article)).toEqual(fields)
        expect(Article.body(article)).toEqual(body)
        const written = new Map(fields)
        expect(article.messageId).toBe(written.get("Message-ID"))
        expect(article.groups.join(",")).toBe(written.get("Newsgroups"))
        expect(article.path).toBe(written.get("Path"))
        const date = written.get("Injection-Date") ?? written.get("Date") ?? ""
        expect(article.injectedMillis).toBe(NewsDate.parse(date))
        for (const [name, content] of fields.filter(([field]) => !field.startsWith("X-"))) {
          expect(Article.field(article, name.toUpperCase())).toBe(content)
        }
      })
    )
  })

  it("is total: octets are an article or malformed, with a reason fit for a reply line", () => {
    fc.assert(
      fc.property(Netnews.nearlyArticleOctets, (octets) => {
        const read = Article.read(octets)
        if (!Article.isMalformed(read)) return read.groups.length > 0 && read.bodyStart <= octets.length
        return /^[ -~]{1,80}$/.test(read.reason)
      }),
      { numRuns: 2_000 }
    )
  })

  it("reads real articles of 1993", () => {
    for (const octets of RealArticles.octets) {
      const article = readOrThrow(octets)
      expect(article.path).toMatch(/^cantaloupe\.srv\.cs\.cmu\.edu!/)
      expect(article.groups.length).toBeGreaterThan(0)
    }
  })

  it("misses each mandatory field, and refuses each that stands twice", () => {
    for (const [name] of plain) {
      expect(
        reasonOf(
          Article.make(
            plain.filter(([field]) => field !== name),
            ""
          )
        )
      ).toBe(`no ${name.toLowerCase()} field`)
      expect(reasonOf(Article.make([...plain, [name.toUpperCase(), "x"]], ""))).toBe(
        `more than one ${name.toLowerCase()} field`
      )
    }
  })

  it("refuses fields that it cannot read", () => {
    const withField = (name: string, value: string) =>
      reasonOf(Article.make([...plain.filter(([field]) => field !== name), [name, value]], ""))
    expect(withField("Message-ID", "1@b")).toBe("the Message-ID is not one")
    expect(withField("Newsgroups", "a b")).toMatch(/^Newsgroups/)
    expect(withField("Newsgroups", ",")).toMatch(/^Newsgroups/)
    expect(withField("Date", "soon")).toBe("the Date is not one")
    expect(withField("Injection-Date", "soon")).toBe("the Injection-Date is not one")
    expect(withField("Path", " ")).toBe("the Path is empty")
  })

  it("keeps a group once, in the order of Newsgroups", () => {
    const octets = Article.make([...plain.filter(([name]) => name !== "Newsgroups"), ["Newsgroups", "b, a,b,\tc,"]], "")
    expect(readOrThrow(octets).groups).toEqual(["b", "a", "c"])
  })

  it("prefers Injection-Date to Date", () => {
    const octets = Article.make([...plain, ["Injection-Date", "Thu, 01 Jan 1970 00:00:02 +0000"]], "")
    expect(readOrThrow(octets).injectedMillis).toBe(2_000)
  })

  it("ends the lines of a text body, and writes no line break into a field", () => {
    const octets = Article.make([["A", "x\r\nB: y"]], "one\ntwo\r\nthree")
    expect(new TextDecoder().decode(octets)).toBe("A: x B: y\r\n\r\none\r\ntwo\r\nthree\r\n")
  })

  it("leaves every octet alone that is not of a field set or dropped", () => {
    fc.assert(
      fc.property(
        Netnews.article,
        fc.constantFrom("Subject", "From", "X-New"),
        Netnews.fieldContent,
        (article, name, value) => {
          const octets = Article.withFields(article, [[name, value]], ["Date"])
          const kept = ([field]: readonly [string, string]) => field !== name && field !== "Date"
          const bodyStart = Headers.check(octets)
          expect(typeof bodyStart).toBe("number")
          if (typeof bodyStart !== "number") return
          const entries = Headers.entries(octets, bodyStart - 2)
          expect(entries.filter(kept)).toEqual(fieldsOf(article).filter(kept))
          expect(entries.filter(([field]) => field === name)).toEqual([[name, value]])
          expect(entries.some(([field]) => field === "Date")).toBe(false)
          expect(octets.subarray(bodyStart)).toEqual(Article.body(article))
          expect(Article.withFields(article, [], [])).toEqual(article.octets)
        }
      )
    )
  })

  it("puts a set field where the first of its name stood, a new one last, a new Path first", () => {
    const octets = new TextEncoder().encode("A: 1\r\nb: 2\r\n  3\r\nB: 4\r\n\r\nbody\r\n")
    const bodyStart = Headers.check(octets)
    if (typeof bodyStart !== "number") throw new Error(bodyStart)
    const changed = Article.withFields(
      { octets, bodyStart },
      [
        ["B", "5"],
        ["C", "6"],
        ["Path", "p"]
      ],
      []
    )
    expect(new TextDecoder().decode(changed)).toBe("Path: p\r\nA: 1\r\nB: 5\r\nC: 6\r\n\r\nbody\r\n")
  })

  it("prefixes the Path and drops Xref, everything else octet for octet", () => {
    fc.assert(
      fc.property(Netnews.article, fc.boolean(), (article, hasXref) => {
        const before = hasXref ? readOrThrow(Article.withFields(article, [["Xref", "elsewhere a:1"]], [])) : article
        const after = Article.prefixPath(before, "h1.boi!")
        const expected = Article.withFields(article, [["Path", `h1.boi!${article.path}`]], ["Xref"])
        expect(after.octets).toEqual(expected)
        expect(Netnews.comparable(after)).toEqual(Netnews.comparable(readOrThrow(after.octets)))
      })
    )
  })

  it("keeps a folded Path and 8-bit octets of real articles when it prefixes them", () => {
    for (const octets of RealArticles.octets) {
      const before = readOrThrow(octets)
      const after = Article.prefixPath(before, "x!")
      const text = Headers.latin1(octets, 0, octets.length)
        .replace(/^Xref:.*\r\n/m, "")
        .replace(/^Path: /m, "Path: x!")
      expect(Headers.latin1(after.octets, 0, after.octets.length)).toBe(text)
    }
  })
})
