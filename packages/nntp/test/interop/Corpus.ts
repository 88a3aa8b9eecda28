/**
 * Real articles to relay, made fresh: 1993 in everything but the date and, where they are multiplied, the Message-ID.
 */
import * as Article from "@lupin/core/Article"
import * as MessageId from "@lupin/core/MessageId"
import * as NewsDate from "@lupin/core/NewsDate"
import { Buffer } from "node:buffer"
import * as fs from "node:fs"
import * as zlib from "node:zlib"

const fixture = new URL("../../../core/test/fixtures/usenet-1993.rnews", import.meta.url)

/** Articles of an `rnews` batch as they stand there, line ends made CRLF. */
export const read = (batch: Buffer): ReadonlyArray<Buffer> => {
  const articles: Array<Buffer> = []
  for (let at = 0; at < batch.length;) {
    const lineEnd = batch.indexOf(10, at)
    const size = Number(/^#! rnews (\d+)$/.exec(batch.toString("latin1", at, lineEnd))?.[1])
    const text = batch.toString("latin1", lineEnd + 1, lineEnd + 1 + size)
    articles.push(Buffer.from(text.replaceAll(/\r?\n/g, "\r\n"), "latin1"))
    at = lineEnd + 1 + size
  }
  return articles
}

/** The articles of the project's fixture, or of the whole collection where LUPIN_TEST_USENET names its file. */
export const original: ReadonlyArray<Buffer> = (() => {
  const whole = process.env["LUPIN_TEST_USENET"]
  if (whole === undefined || whole === "") return read(fs.readFileSync(fixture))
  const octets = fs.readFileSync(whole)
  return read(whole.endsWith(".gz") ? zlib.gunzipSync(octets) : octets)
})()

/** How many articles a test of feeding relays. */
export const count = original.length > 1_000 ? 2_000 : 300

/** `count` articles that any site would still take: of the collection as far as it goes, then again under other ids. */
export const fresh = (count: number, nowMillis: number, tag: string): ReadonlyArray<Article.Article> => {
  const articles: Array<Article.Article> = []
  const seen = new Set<string>()
  for (let round = 0; articles.length < count; round += 1) {
    const before = articles.length
    for (const octets of original) {
      const article = Article.read(octets)
      if (articles.length === count || Article.isMalformed(article)) continue
      const messageId = MessageId.parse(article.messageId.replace("@", `.${tag}${round}@`))
      if (messageId === undefined || seen.has(messageId)) continue
      seen.add(messageId)
      const made = Article.read(
        Article.withFields(
          article,
          [
            ["Message-ID", messageId],
            ["Date", NewsDate.format(nowMillis - (articles.length % 3600) * 1000)]
          ],
          ["Control", "Supersedes", "Also-Control", "Approved", "Expires", "Distribution"]
        )
      )
      if (!Article.isMalformed(made)) articles.push(made)
    }
    if (articles.length === before) break
  }
  return articles
}

const changed = (article: Article.Article, fields: ReadonlyArray<readonly [string, string]>): Article.Article => {
  const made = Article.read(Article.withFields(article, fields, []))
  if (Article.isMalformed(made)) throw new Error(made.reason)
  return made
}

/** The same in another group. */
export const inGroup = (article: Article.Article, group: string): Article.Article =>
  changed(article, [["Newsgroups", group]])

/** The same of another day. */
export const dated = (articles: ReadonlyArray<Article.Article>, millis: number): ReadonlyArray<Article.Article> =>
  articles.map((article) => changed(article, [["Date", NewsDate.format(millis)]]))

/** All their groups. */
export const groups = (articles: ReadonlyArray<Article.Article>): ReadonlyArray<string> => [
  ...new Set(articles.flatMap((article) => article.groups))
]

/** As `rnews` takes them: lines end with LF. */
export const batch = (articles: ReadonlyArray<Uint8Array>): Buffer =>
  Buffer.concat(
    articles.flatMap((octets) => {
      const text = Buffer.from(Buffer.from(octets).toString("latin1").replaceAll("\r\n", "\n"), "latin1")
      return [Buffer.from(`#! rnews ${text.length}\n`), text]
    })
  )

/** The octets that no relaying site may change: all but Path and Xref. */
export const lasting = (octets: Uint8Array): string => {
  const article = Article.read(octets)
  if (Article.isMalformed(article)) return `malformed: ${article.reason}`
  return Buffer.from(Article.withFields(article, [], ["Path", "Xref"])).toString("latin1")
}
