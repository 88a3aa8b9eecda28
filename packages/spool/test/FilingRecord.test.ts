import * as Article from "@lupin/core/Article"
import * as MessageId from "@lupin/core/MessageId"
import * as NewsDate from "@lupin/core/NewsDate"
import { group } from "@lupin/testing/SampleArticles"
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { Buffer } from "node:buffer"
import { Draft } from "../src/internal/Draft.ts"
import * as FilingRecord from "../src/internal/FilingRecord.ts"
import * as GroupOctets from "../src/internal/GroupOctets.ts"
import { Writer } from "../src/internal/Octets.ts"
import * as Record from "../src/internal/Record.ts"

const name = fc.stringMatching(/^[a-z0-9]{1,12}$/)
const space = fc.constantFrom("", " ", "  ", "   ")
/** Some field is folded, or holds what is no ASCII, so that texts have to be written. */
const oddity = fc.constantFrom("plain", "plain", "plain", "folded", "tab", "utf8")
const millis = fc.integer({ min: 0, max: 2 ** 47 })

const sample = fc
  .record({
    id: name,
    way: fc.array(name, { minLength: 1, maxLength: 12 }),
    prefix: fc.option(name, { nil: undefined }),
    before: space,
    behind: space,
    isPathLast: fc.boolean(),
    oddity,
    body: fc.oneof(
      { weight: 9, arbitrary: fc.nat(3_000) },
      { weight: 1, arbitrary: fc.constantFrom(262_000, 300_000) }
    ),
    numbers: fc.uniqueArray(fc.tuple(name, fc.integer({ min: 1, max: 2 ** 31 - 1 })), {
      minLength: 1,
      maxLength: 9,
      selector: ([of]) => of
    }),
    position: millis,
    atMillis: millis,
    injectedMillis: fc.option(millis, { nil: undefined }),
    expiresMillis: fc.option(millis, { nil: undefined }),
    isWireReady: fc.boolean()
  })
  .map((one) => {
    const path = `Path:${one.before}${one.way.join("!")}!not-for-mail${one.behind}\r\n`
    const odd = { plain: "", folded: "X-A: b\r\n c\r\n", tab: "X-A: b\tc\r\n", utf8: "X-A: Grüße\r\n" }[one.oddity]
    const rest =
      `From: a@b.example\r\nNewsgroups: ${one.numbers.map(([of]) => of).join(",")}\r\nSubject: s\r\n${odd}` +
      `Message-ID:${one.before} <${one.id}@test.example>${one.behind}\r\nDate: ${NewsDate.format(0)}\r\n`
    const octets = Buffer.from(`${one.isPathLast ? rest + path : path + rest}\r\n${"x".repeat(one.body)}\r\n`)
    const read = Article.read(octets, MessageId.parse(`<${one.id}@test.example>`))
    if (Article.isMalformed(read)) throw new Error(read.reason)
    const article = one.prefix === undefined ? read : Article.prefixPath(read, `${one.prefix}!`)
    const { atMillis, expiresMillis, injectedMillis, isWireReady, position } = one
    const event: Record.Filed = {
      _tag: "Filed",
      id: article.messageId,
      numbers: one.numbers.map(([of, number]) => [group(of), number] as const),
      position,
      atMillis,
      path: article.path,
      overview: "",
      bytes: article.octets.length,
      ...(injectedMillis === undefined ? {} : { injectedMillis }),
      ...(expiresMillis === undefined ? {} : { expiresMillis }),
      ...(isWireReady ? { isWireReady } : {})
    }
    return { article, event, isPlain: one.oddity === "plain" }
  })

const takersOf = ({ numbers }: Record.Filed) => numbers.map(([of]) => ({ octets: GroupOctets.of(of) }))

const isWritten = (event: Record.Filed, article: Article.Article): boolean =>
  FilingRecord.write(new Writer(), event, article, takersOf(event))

describe("FilingRecord", () => {
  it("gives the octets that texts would give", () => {
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 6 }), (samples) => {
        const draft = new Draft(12, undefined)
        for (const { article, event } of samples) draft.file(event, article, takersOf(event))
        const written = draft.parts.map(({ from, slab, to }) => slab.octets.subarray(from, to))
        const encoded = samples.map(({ article, event }) => Record.encode([event], article.octets))
        assert.isTrue(Buffer.concat(written).equals(Buffer.concat(encoded)))
      })
    )
  })

  it("takes every article whose header is plain and that is not long", () => {
    fc.assert(
      fc.property(sample, ({ article, event, isPlain }) => {
        assert.strictEqual(isWritten(event, article), isPlain && article.octets.length < 100_000)
      })
    )
  })

  it("leaves what few articles have to others", () => {
    const plain = sample.filter(({ isPlain }) => isPlain)
    const [one] = fc.sample(plain, { numRuns: 1, seed: 1 })
    if (one === undefined) throw new Error("no sample")
    const { article, event } = one
    const stored = { class: "bulk", address: 12, bytes: 100 }
    assert.isTrue(isWritten(event, article))
    assert.isFalse(isWritten({ ...event, slot: { key: "k", rank: "r" } }, article))
    assert.isFalse(isWritten({ ...event, newsgroups: [group("a.b")] }, article))
    assert.isFalse(isWritten({ ...event, stored }, article))
    assert.isFalse(isWritten({ ...event, overview: "\tabout" }, article))
    assert.isFalse(isWritten({ ...event, expiresMillis: 2 ** 48 }, article))
  })
})
