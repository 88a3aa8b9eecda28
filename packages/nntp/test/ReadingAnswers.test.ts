import { assert, describe, it } from "@effect/vitest"
import * as Article from "@lupin/core/Article"
import type * as GroupName from "@lupin/core/GroupName"
import type * as MessageId from "@lupin/core/MessageId"
import type { Spool } from "@lupin/spool/Spool"
import { Effect } from "effect"
import * as fc from "fast-check"
import { Buffer } from "node:buffer"
import * as ReadingAnswers from "../src/ReadingAnswers.ts"
import { WriteBuffer } from "../src/WriteBuffer.ts"

const field = fc.constantFrom(
  "Path: a!b\r\n",
  "From: .a@b\r\n",
  "Xref: old misc.test:7\r\n",
  "XREF: old\r\n\tmisc.test:8\r\n",
  "X-Xref: Xref: no\r\n",
  ".Odd: name\r\n",
  "Folded: a\r\n Xref: b\r\n\t.c\r\n"
)
const line = fc.constantFrom("", ".", "..", "words", ".words", "Xref: words", "\t.")
const article = fc
  .tuple(fc.array(field, { minLength: 1, maxLength: 6 }), fc.array(line, { maxLength: 5 }))
  .map(([fields, lines]) => ({ fields, body: lines.map((text) => `${text}\r\n`).join("") }))

const id = "<1@test.example>" as MessageId.MessageId
const numbers = [["misc.test" as GroupName.GroupName, 3]] as const
const xref = Buffer.from("Xref: our.site misc.test:3")
const stuffed = (text: string): string => text.replaceAll(/^\./gm, "..")

const answered = async (part: "ARTICLE" | "HEAD" | "BODY", octets: Uint8Array): Promise<string> => {
  const read = Article.read(octets)
  const isWireReady = !Article.isMalformed(read) && Article.isWireReady(read)
  const held = { article: octets, numbers, position: 1, arrivedMillis: 0, xref, isWireReady }
  // Nothing but this question is asked.
  const spool = { findAll: () => Effect.succeed([held]) } as unknown as Spool["Service"]
  const buffer = new WriteBuffer()
  const out = { buffer, flushIfFull: Effect.void, relieve: () => undefined }
  await Effect.runPromise(ReadingAnswers.articles({ spool, site: "our.site" }, [{ part, id }], out) ?? Effect.void)
  return Buffer.from(buffer.take()).toString("latin1")
}

describe("ReadingAnswers", () => {
  it("gives an article with our Xref in the place of any other, and all dots in front doubled", () =>
    fc.assert(
      fc.asyncProperty(article, async ({ body, fields }) => {
        const octets = Buffer.from(`${fields.join("")}\r\n${body}`, "latin1")
        const kept = fields.filter((text) => !/^xref:/i.test(text)).join("")
        const header = `Xref: our.site misc.test:3\r\n${stuffed(kept)}`
        assert.strictEqual(await answered("ARTICLE", octets), `220 0 ${id}\r\n${header}\r\n${stuffed(body)}.\r\n`)
        assert.strictEqual(await answered("HEAD", octets), `221 0 ${id}\r\n${header}.\r\n`)
        assert.strictEqual(await answered("BODY", octets), `222 0 ${id}\r\n${stuffed(body)}.\r\n`)
      })
    ))
})
