import { describe, expect, it } from "@effect/vitest"
import * as Article from "@lupin/core/Article"
import * as Overview from "@lupin/core/Overview"
import * as Xref from "@lupin/core/Xref"
import * as FileSpool from "@lupin/spool/FileSpool"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool } from "@lupin/spool/Spool"
import { article, group, id } from "@lupin/testing/SampleArticles"
import { Effect, Layer } from "effect"
import * as fc from "fast-check"
import { Buffer } from "node:buffer"
import * as fs from "node:fs"
import { OverviewPages, pageStart, slice } from "../src/internal/OverviewPages.ts"
import { inSpool, lastSegment } from "./OpenSpool.ts"
import { temporaryDirectory } from "./TemporaryDirectory.ts"

const alpha = group("misc.alpha")
const identity = SiteIdentity.layer({ name: "boi1", path: "h1.boi.pop.lupin", kind: "pop", apps: "any" })
const layers = {
  "in memory": Spool.layerMemory,
  "on disk": Layer.unwrap(
    Effect.map(temporaryDirectory, (directory) => FileSpool.layer({ directory, durability: "kernel" }))
  )
}

const batch = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => article(id(`t${from + at}`), [alpha]))

/** Overview as text and overview as lines, of spans short and long. */
const compare = Effect.gen(function* () {
  const spool = yield* Spool
  const base = spool.generation.numberBase
  for (const low of [0, base + 3, base + 140]) {
    for (const high of [base + 3, base + 150, base + 999]) {
      for (const limit of [1, 40, 500]) {
        const lines = yield* spool.overview(alpha, low, high, limit)
        const { last, pieces, rows } = yield* spool.overviewText(alpha, low, high, limit)
        expect([rows, last]).toEqual([lines.length, lines.at(-1)?.number ?? 0])
        const text = lines.map(({ line }) => `${Buffer.from(line).toString("latin1")}\r\n`).join("")
        expect(Buffer.concat(pieces).toString("latin1")).toBe(text)
      }
    }
  }
})

for (const [name, layer] of Object.entries(layers)) {
  describe(`overview as text, ${name}`, () => {
    it.effect("has the lines of the overview, also after more came, some went, and the group began anew", () =>
      Effect.gen(function* () {
        const spool = yield* Spool
        yield* spool.store(batch(0, 100))
        yield* compare
        yield* spool.store(batch(100, 300))
        yield* compare
        yield* spool.remove([id("t1"), id("t99"), id("t150"), id("t299")], "expired")
        yield* compare
        yield* spool.store(batch(300, 310))
        yield* compare
        yield* spool.removeGroup(alpha)
        yield* compare
        yield* spool.store(batch(310, 350))
        yield* compare
      }).pipe(Effect.provide(Layer.fresh(layer).pipe(Layer.provideMerge(identity))))
    )
  })
}

/** Folded, with a tab, and not UTF-8. */
const odd = (name: string): Article.Article => {
  const text =
    `Path: a!not-for-mail\r\nFrom: b\xe9 <b@x.invalid>\r\nNewsgroups: misc.alpha,misc.beta\r\nSubject: long\r\n\tand folded\r\n` +
    `Message-ID: ${id(name)}\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\n\r\nwords\r\n.\r\n`
  const read = Article.read(Buffer.from(text, "latin1"))
  if (Article.isMalformed(read)) throw new Error(read.reason)
  return read
}

describe("overview that is made when it is read", () => {
  const articles = [
    article(id("short"), [alpha, group("misc.beta")]),
    article(id("long"), [alpha], "words and words\r\n".repeat(1_000)),
    odd("odd"),
    article(id("last"), [alpha], "")
  ]
  const expected = (base: number): ReadonlyArray<string> => {
    let beta = base
    return articles.map((one, at) => {
      const numbers = one.groups.map((name) => [name, name === alpha ? base + 1 + at : ++beta] as const)
      return Buffer.from(Overview.line(base + 1 + at, one, Xref.format("h1.boi.pop.lupin", numbers))).toString("latin1")
    })
  }
  const lines = (spool: Spool["Service"]) =>
    Effect.map(spool.overview(alpha, 0, 2 ** 31 - 1, 99), (found) =>
      found.map(({ line }) => Buffer.from(line).toString("latin1"))
    )

  it.effect("is that of the article, out of memory, out of the log, and in a page", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* inSpool(
        directory,
        Effect.fnUntraced(function* (spool) {
          yield* spool.store(articles)
          expect(yield* lines(spool)).toEqual(expected(spool.generation.numberBase))
          const [line, none] = yield* spool.overviewOf([id("last"), id("none")])
          expect(Buffer.from(line ?? []).toString("latin1")).toBe(expected(spool.generation.numberBase)[3])
          expect(none).toBeUndefined()
        })
      )
      yield* inSpool(
        directory,
        Effect.fnUntraced(function* (spool) {
          expect(yield* lines(spool)).toEqual(expected(spool.generation.numberBase))
          const { pieces } = yield* spool.overviewText(alpha, 0, 2 ** 31 - 1, 99)
          expect(Buffer.concat(pieces).toString("latin1")).toBe(
            expected(spool.generation.numberBase)
              .map((line) => `${line}\r\n`)
              .join("")
          )
        })
      )
    })
  )

  it.effect("is not made of an article that is damaged", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* inSpool(directory, (spool) => spool.store(articles))
      const name = lastSegment(directory)
      const octets = fs.readFileSync(name)
      const at = octets.indexOf("about <short")
      octets[at] = (octets[at] ?? 0) ^ 1
      fs.writeFileSync(name, octets)
      yield* inSpool(
        directory,
        Effect.fnUntraced(function* (spool) {
          expect(yield* lines(spool)).toEqual(expected(spool.generation.numberBase).slice(1))
          expect((yield* spool.condition).damaged).toEqual([id("short")])
        })
      )
    })
  )
})

describe("OverviewPages", () => {
  const number = fc.integer({ min: 1, max: 1000 })
  const line = fc.uint8Array({ maxLength: 40 }).map((octets) => Buffer.from(octets).toString("latin1"))

  it("gives each line once, in order, within the span asked for", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(number, { maxLength: 60 }),
        number,
        number,
        fc.nat(50),
        (numbers, low, high, limit) => {
          const held = numbers.toSorted((left, right) => left - right).map((one) => pageStart(5000) + one)
          const page = new OverviewPages().make(
            1,
            5000,
            held.map((one) => [one, `\tline ${one}`] as const)
          )
          const [from, to] = [pageStart(5000) + low, pageStart(5000) + high]
          const wanted = held.filter((one) => one >= from && one <= to).slice(0, limit)
          const found = slice(page, from, to, limit)
          expect(found.rows).toBe(wanted.length)
          expect(Buffer.from(found.octets).toString()).toBe(wanted.map((one) => `${one}\tline ${one}\r\n`).join(""))
        }
      )
    )
  })

  it("holds no more octets than it may, and leaves alone what it gave out", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), line), { maxLength: 80 }), (filed) => {
        const bytesMax = 2_000
        const pages = new OverviewPages(bytesMax)
        const given: Array<readonly [Uint8Array, string]> = []
        for (const [at, [group, text]] of filed.entries()) {
          const page = pages.get(group, at) ?? pages.make(group, at, [])
          pages.filed(group, at, text)
          const { octets: seen } = slice(page, 0, at, 100)
          given.push([seen, Buffer.from(seen).toString("latin1")])
          expect(pages.bytes).toBeLessThanOrEqual(bytesMax)
        }
        for (const [seen, text] of given) expect(Buffer.from(seen).toString("latin1")).toBe(text)
      })
    )
  })
})
