import { assert, describe, it } from "@effect/vitest"
import * as Batch from "@lupin/spool/Batch"
import { article, group, id } from "@lupin/testing/SampleArticles"
import { Buffer } from "node:buffer"
import * as fc from "fast-check"

const bodies = fc
  .array(fc.constantFrom("words", "", "From here on", ">From there", ".", "#! rnews 12", "Ünïcode"), { maxLength: 6 })
  .map((lines) => lines.map((line) => `${line}\r\n`).join(""))
const articles = fc
  .array(bodies, { maxLength: 5 })
  .map((all) => all.map((body, at) => article(id(`${at}`), [group("misc.test")], body).octets))
/** As a file is read, a piece at a time. */
const piecesOf = (octets: Uint8Array, bytes: number): ReadonlyArray<Uint8Array> =>
  Array.from({ length: Math.ceil(octets.length / bytes) }, (_, at) => octets.subarray(at * bytes, (at + 1) * bytes))
const sizes = fc.integer({ min: 1, max: 700 })
const plain = (all: Iterable<Uint8Array>): ReadonlyArray<string> =>
  [...all].map((octets) => Buffer.from(octets).toString("latin1"))

describe("Batch", () => {
  it("reads every article of an rnews batch as it was written", () => {
    fc.assert(
      fc.property(articles, sizes, (all, bytes) => {
        const batch = Buffer.concat(all.map(Batch.toRnews))
        assert.deepStrictEqual(plain(Batch.ofRnews(piecesOf(batch, bytes))), plain(all))
      })
    )
  })

  it("passes over what lies between articles, and cuts none short where a batch is torn", () => {
    const octets = article(id("1"), [group("misc.test")], "words\r\n").octets
    const batch = Buffer.concat([Buffer.from("#! elsewhere\n\n"), Batch.toRnews(octets), Batch.toRnews(octets)])
    assert.strictEqual([...Batch.ofRnews([batch])].length, 2)
    const torn = Batch.ofRnews([batch.subarray(0, -1)])
    assert.deepStrictEqual(plain([torn.next().value ?? new Uint8Array()]), plain([octets]))
    assert.throws(() => torn.next(), "the batch ends within an article")
    assert.throws(() => [...Batch.ofRnews([Buffer.from("#! rnews 9999999999\n")])], "the batch ends within an article")
  })

  it("reads every message of a mailbox, quoted lines included", () => {
    fc.assert(
      fc.property(articles, sizes, (all, bytes) => {
        const messages = all.map((octets) => {
          const text = Buffer.from(octets).toString("latin1").replaceAll("\r\n", "\n")
          return `From someone Thu Jan  1 00:00:00 2026\n${text.replaceAll(/^(>*From )/gm, ">$1")}\n`
        })
        const mailbox = Buffer.from(messages.join(""), "latin1")
        assert.deepStrictEqual(plain(Batch.ofMbox(piecesOf(mailbox, bytes))), plain(all))
      })
    )
  })

  it("ends whatever octets it is given", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        assert.isAtMost([...Batch.ofRnews([octets])].length + [...Batch.ofMbox([octets])].length, octets.length)
      })
    )
  })

  it("finds the id of an article in its header alone", () => {
    const octets = article(id("1"), [group("misc.test")], "Message-ID: <other@test.example>\r\n").octets
    assert.strictEqual(Batch.messageIdOf(octets), id("1"))
    assert.isUndefined(Batch.messageIdOf(Buffer.from("Subject: none\r\n\r\nMessage-ID: <a@b.example>\r\n")))
  })
})
