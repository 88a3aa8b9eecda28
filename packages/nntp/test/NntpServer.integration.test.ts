import { describe, expect, it } from "@effect/vitest"
import * as Article from "@lupin/core/Article"
import * as GroupName from "@lupin/core/GroupName"
import { Spool } from "@lupin/spool/Spool"
import { Injector } from "@lupin/spool/Injector"
import { Effect, type Scope } from "effect"
import { Buffer } from "node:buffer"
import * as DotStuffing from "../src/DotStuffing.ts"
import { NntpServer } from "../src/NntpServer.ts"
import * as site from "./site.ts"
import { dial } from "./wire.ts"

const now = Effect.sync(() => Date.now())
const group = GroupName.GroupName.make("misc.test")

/** Runs against a server of its own, over real sockets and the real clock. */
const serverTest = (name: string, test: Effect.Effect<void, unknown, site.Services | NntpServer | Scope.Scope>) =>
  it.live(name, () => test.pipe(Effect.scoped, Effect.provide(site.layer("alpha"))))

const takeThis = (id: string, article: Uint8Array): string =>
  `TAKETHIS ${id}\r\n${Buffer.from(DotStuffing.stuff(article)).toString("latin1")}.\r\n`

describe("NntpServer", () => {
  serverTest(
    "greets, tells what it can, and says goodbye",
    Effect.gen(function* () {
      const wire = yield* dial
      expect(yield* wire.line).toMatch(/^200 alpha\.test /)
      yield* wire.send("CAPABILITIES\r\nMODE READER\r\nDATE\r\nNONSENSE\r\nLIST NONSENSE\r\nQUIT\r\n")
      expect(yield* wire.line).toMatch(/^101 /)
      const capabilities = yield* wire.block
      expect(capabilities[0]).toBe("VERSION 2")
      expect(capabilities).toContain("READER")
      expect(capabilities).toContain("STREAMING")
      expect(capabilities).toContain(
        "LIST ACTIVE NEWSGROUPS ACTIVE.TIMES COUNTS DISTRIB.PATS DISTRIBUTIONS MODERATORS MOTD SUBSCRIPTIONS OVERVIEW.FMT HEADERS"
      )
      expect(yield* wire.line).toMatch(/^200 /)
      expect(yield* wire.line).toMatch(/^111 20\d{12}$/)
      expect(yield* wire.line).toMatch(/^500 /)
      expect(yield* wire.line).toMatch(/^501 /)
      expect(yield* wire.line).toMatch(/^205 /)
      yield* wire.end
    })
  )

  serverTest(
    "answers each of several clients in order, who say one thing at a time and all speak at once",
    Effect.gen(function* () {
      const wires = yield* Effect.all([dial, dial, dial])
      for (const wire of wires) yield* wire.line
      for (let round = 0; round < 20; round += 1) {
        for (const [at, wire] of wires.entries()) yield* wire.send(`IHAVE <${round}.${at}@x>\r\n`)
        for (const wire of wires) expect(yield* wire.line).toMatch(/^335 /)
        const atMillis = yield* now
        for (const [at, wire] of wires.entries()) {
          const article = site.relayed(`<${round}.${at}@x>`, atMillis)
          yield* at === 0 ? wire.send("no article\r\n.\r\nDATE\r\n") : wire.sendBlock(article)
        }
        for (const [at, wire] of wires.entries()) expect(yield* wire.line).toMatch(at === 0 ? /^437 / : /^235 /)
        expect(yield* wires[0].line).toMatch(/^111 /)
      }
      for (const wire of wires) yield* wire.send("QUIT\r\n")
      for (const wire of wires) {
        expect(yield* wire.line).toMatch(/^205 /)
        yield* wire.end
      }
    })
  )

  serverTest(
    "answers the old forms of OVER and HDR with an empty list where a range holds nothing",
    Effect.gen(function* () {
      const wire = yield* dial
      yield* wire.line
      yield* (yield* Injector).inject(site.proto("only"), { writer: "client" })
      yield* wire.send("GROUP misc.test\r\n")
      yield* wire.line
      for (const command of ["XOVER 1-2", "XOVER 2-1", "XHDR Subject 1-2", "XHDR X-Unknown 1-2"]) {
        yield* wire.send(`${command}\r\n`)
        expect(yield* wire.line).toMatch(/^22[14] /)
        expect(yield* wire.block).toEqual([])
      }
      for (const command of ["OVER 1-2", "OVER 2-1", "HDR Subject 1-2", "HDR X-Unknown 1-2"]) {
        yield* wire.send(`${command}\r\n`)
        expect(yield* wire.line).toMatch(/^423 /)
      }
    })
  )

  serverTest(
    "posts an article and serves it by number, by id and as overview, with its Xref",
    Effect.gen(function* () {
      const wire = yield* dial
      yield* wire.line
      yield* wire.send("POST\r\n")
      expect(yield* wire.line).toMatch(/^340 /)
      yield* wire.sendBlock(site.proto("first", "misc.test,misc.other", ".dot\r\n..\r\nend\r\n"))
      const id = /^240 (<.*>) /.exec(yield* wire.line)?.[1] ?? ""
      expect(id).not.toBe("")
      yield* wire.send("GROUP misc.test\r\n")
      const [code, count, low, high, name] = (yield* wire.line).split(" ")
      expect([code, count, name]).toEqual(["211", "1", "misc.test"])
      expect(low).toBe(high)
      yield* wire.send(`ARTICLE\r\nHEAD ${low}\r\nBODY ${id}\r\nSTAT\r\nOVER ${low}-\r\nXHDR Subject ${id}\r\n`)
      expect(yield* wire.line).toBe(`220 ${low} ${id}`)
      const article = yield* wire.block
      expect(article[1]).toBe("Path: alpha.test!.POSTED!not-for-mail")
      const blank = article.indexOf("")
      expect(article.slice(0, blank).filter((line) => line.startsWith("Xref:"))).toEqual([
        `Xref: alpha.test misc.test:${low} misc.other:${low}`
      ])
      expect(article.slice(blank + 1)).toEqual([".dot", "..", "end"])
      expect(yield* wire.line).toBe(`221 ${low} ${id}`)
      expect(yield* wire.block).toEqual(article.slice(0, blank))
      expect(yield* wire.line).toBe(`222 0 ${id}`)
      expect(yield* wire.block).toEqual([".dot", "..", "end"])
      expect(yield* wire.line).toBe(`223 ${low} ${id}`)
      expect(yield* wire.line).toMatch(/^224 /)
      const [row] = yield* wire.block
      expect(row?.split("\t").slice(0, 5)).toEqual([low, "first", "Ann <ann@example.test>", expect.any(String), id])
      expect(row).toContain(`\tXref: alpha.test misc.test:${low} misc.other:${low}\t`)
      expect(yield* wire.line).toMatch(/^221 /)
      expect(yield* wire.block).toEqual([`${id} first`])
    })
  )

  serverTest(
    "keeps the selection when GROUP fails, and the current number when an article is asked by id",
    Effect.gen(function* () {
      const wire = yield* dial
      yield* wire.line
      const atMillis = yield* now
      for (const id of ["<a@x>", "<b@x>"]) {
        yield* wire.send(takeThis(id, site.relayed(id, atMillis)))
        expect(yield* wire.line).toBe(`239 ${id}`)
      }
      yield* wire.send(
        "GROUP misc.test\r\nGROUP misc.none\r\nARTICLE <b@x>\r\nSTAT\r\nNEXT\r\nNEXT\r\nLAST\r\nLAST\r\n"
      )
      const low = Number((yield* wire.line).split(" ")[2])
      expect(yield* wire.line).toMatch(/^411 /)
      expect(yield* wire.line).toBe("220 0 <b@x>")
      yield* wire.block
      expect(yield* wire.line).toBe(`223 ${low} <a@x>`)
      expect(yield* wire.line).toBe(`223 ${low + 1} <b@x>`)
      expect(yield* wire.line).toMatch(/^421 /)
      expect(yield* wire.line).toBe(`223 ${low} <a@x>`)
      expect(yield* wire.line).toMatch(/^422 /)
    })
  )

  serverTest(
    "answers reversed and empty ranges as RFC 3977 has it",
    Effect.gen(function* () {
      const spool = yield* Spool
      yield* spool.addGroup(group, "y")
      const wire = yield* dial
      yield* wire.line
      yield* wire.send(
        "STAT\r\nOVER 1-2\r\nGROUP misc.test\r\nSTAT\r\nNEXT\r\nOVER 1-\r\nOVER 5-2\r\nHDR Subject 5-2\r\n"
      )
      for (const expected of [/^412 /, /^412 /, /^211 0 /, /^420 /, /^420 /, /^423 /, /^423 /, /^423 /]) {
        expect(yield* wire.line).toMatch(expected)
      }
      yield* wire.send(
        "LISTGROUP misc.test 9-2\r\nARTICLE 99999999999\r\nARTICLE <none@x>\r\nARTICLE <>\r\nARTICLE 1-2\r\n"
      )
      expect(yield* wire.line).toMatch(/^211 0 /)
      expect(yield* wire.block).toEqual([])
      for (const expected of [/^423 /, /^430 /, /^501 /, /^501 /]) expect(yield* wire.line).toMatch(expected)
    })
  )

  serverTest(
    "takes the same article from eight peers once, and meanwhile answers 431 to CHECK",
    Effect.gen(function* () {
      const id = "<flood@x>"
      const article = site.relayed(id, yield* now)
      const wires = yield* Effect.all(Array.from({ length: 8 }, () => dial))
      for (const wire of wires) yield* wire.line
      const [first, second] = wires
      if (first === undefined || second === undefined) return
      yield* first.send(`CHECK ${id}\r\n`)
      expect(yield* first.line).toBe(`238 ${id}`)
      yield* first.send(takeThis(id, article).slice(0, 100))
      yield* second.send(`CHECK ${id}\r\n`)
      expect(yield* second.line).toBe(`431 ${id}`)
      yield* first.send(takeThis(id, article).slice(100))
      for (const wire of wires.slice(1)) yield* wire.send(takeThis(id, article))
      const replies = yield* Effect.forEach(wires, (wire) => wire.line)
      expect(replies.filter((reply) => reply.startsWith("239"))).toHaveLength(1)
      expect(replies.filter((reply) => reply.startsWith("439"))).toHaveLength(7)
    })
  )

  serverTest(
    "tells others to wait while an article that was not asked for is under way",
    Effect.gen(function* () {
      const id = "<eager@x>"
      const sender = yield* dial
      const other = yield* dial
      yield* sender.line
      yield* other.line
      yield* sender.send(`DATE\r\nTAKETHIS ${id}\r\nPath: x\r\n`)
      yield* sender.line
      yield* other.untilReply(`CHECK ${id}\r\n`, `431 ${id}`)
    })
  )

  serverTest(
    "stores nothing of an article whose connection is lost, and frees its id",
    Effect.gen(function* () {
      const id = "<lost@x>"
      const article = site.relayed(id, yield* now)
      const wire = yield* dial
      yield* Effect.scoped(
        Effect.gen(function* () {
          const lost = yield* dial
          yield* lost.line
          yield* lost.send(`CHECK ${id}\r\n`)
          expect(yield* lost.line).toBe(`238 ${id}`)
          yield* lost.send(takeThis(id, article).slice(0, -3))
        })
      )
      yield* wire.line
      const server = yield* NntpServer
      while ((yield* server.connections) > 1) yield* Effect.sleep(1)
      yield* wire.send(`CHECK ${id}\r\n`)
      expect(yield* wire.line).toBe(`238 ${id}`)
      yield* wire.send(`STAT ${id}\r\n`)
      expect(yield* wire.line).toMatch(/^430 /)
    })
  )

  serverTest(
    "reads the whole article of a TAKETHIS it refuses, and stays in step",
    Effect.gen(function* () {
      const wire = yield* dial
      yield* wire.line
      const atMillis = yield* now
      const article = site.relayed("<other@x>", atMillis)
      yield* wire.send(takeThis("nonsense", article) + takeThis("<no at>", article) + takeThis("", article))
      expect(yield* wire.line).toMatch(/^439 nonsense /)
      expect(yield* wire.line).toMatch(/^439 <no /)
      expect(yield* wire.line).toMatch(/^439 /)
      yield* wire.send(takeThis("<command@x>", article))
      expect(yield* wire.line).toMatch(/^439 <command@x> /)
      yield* wire.send(takeThis(`<${"l".repeat(600)}@x>`, article))
      expect(yield* wire.line).toMatch(/^439 /)
      const large = site.relayed("<large@x>", atMillis, "misc.test", `${"x".repeat(1_100_000)}\r\n`)
      yield* wire.send(`${takeThis("<large@x>", large)}DATE\r\n`)
      expect(yield* wire.line).toMatch(/^439 <large@x> /)
      expect(yield* wire.line).toMatch(/^111 /)
    })
  )

  serverTest(
    "ends an article only with CRLF dot CRLF, and refuses bare CR, bare LF and NUL",
    Effect.gen(function* () {
      const wire = yield* dial
      yield* wire.line
      const atMillis = yield* now
      for (const text of ["a\n.\nQUIT\r\n", "a\r.\rQUIT\r\n", "a\0b\r\n", "a\n.\r\nb\r\n"]) {
        yield* wire.send(takeThis("<smuggle@x>", site.relayed("<smuggle@x>", atMillis, "misc.test", Buffer.from(text))))
        expect(yield* wire.line).toMatch(/^439 <smuggle@x> /)
        yield* wire.send("POST\r\n")
        expect(yield* wire.line).toMatch(/^340 /)
        yield* wire.sendBlock(site.proto("smuggle", "misc.test", Buffer.from(text)))
        expect(yield* wire.line).toMatch(/^441 /)
      }
      yield* wire.send("DATE\r\n")
      expect(yield* wire.line).toMatch(/^111 /)
    })
  )

  serverTest(
    "relays header and body octets exactly",
    Effect.gen(function* () {
      const wire = yield* dial
      yield* wire.line
      const id = "<octets@x>"
      const body = `caf\xe9 \xff\x01\x7f\r\n.${"y".repeat(100_000)}\r\n\r\n..\r\n`
      const sent = Buffer.from(
        site
          .relayed(id, yield* now)
          .toString("latin1")
          .replace(/about [^\r]*/, "caf\xe9")
          .replace("hello\r\n", body),
        "latin1"
      )
      yield* wire.send(takeThis(id, sent))
      expect(yield* wire.line).toBe(`239 ${id}`)
      yield* wire.send(`ARTICLE ${id}\r\n`)
      yield* wire.line
      const got = (yield* wire.block).map((line) => `${line}\r\n`).join("")
      expect(got.replace(/Xref: .*\r\n/, "").replace("Path: alpha.test!.SEEN.127.0.0.1!", "Path: ")).toBe(
        sent.toString("latin1")
      )
    })
  )

  serverTest(
    "serves its own Xref in the place of any that is held",
    Effect.gen(function* () {
      const spool = yield* Spool
      const wire = yield* dial
      yield* wire.line
      const octets = site.relayed("<marks@x>", yield* now).toString("latin1")
      const fields = "XREF: far.test misc.test:1\r\n misc.other:2\r\n"
      const held = Article.read(Buffer.from(`${fields}${octets.replace("From:", `${fields}X-Xref: kept\r\nFrom:`)}`))
      if (Article.isMalformed(held)) throw new Error(held.reason)
      yield* spool.store([held])
      yield* wire.send("HEAD <marks@x>\r\n")
      yield* wire.line
      const header = yield* wire.block
      expect(header.filter((line) => /xref|misc.other/i.test(line))).toEqual([
        expect.stringMatching(/^Xref: alpha\.test misc\.test:\d+$/),
        "X-Xref: kept"
      ])
      expect(header).toHaveLength(8)
    })
  )

  serverTest(
    "answers all that a client sent before it ended its side",
    Effect.gen(function* () {
      const wire = yield* dial
      yield* wire.line
      yield* wire.finish("DATE\r\nHELP\r\nDATE\r\n")
      expect(yield* wire.line).toMatch(/^111 /)
      expect(yield* wire.line).toMatch(/^100 /)
      yield* wire.block
      expect(yield* wire.line).toMatch(/^111 /)
      yield* wire.end
    })
  )

  serverTest(
    "takes IHAVE, and refuses what it has or does not want",
    Effect.gen(function* () {
      const wire = yield* dial
      yield* wire.line
      const id = "<ihave@x>"
      const article = site.relayed(id, yield* now)
      yield* wire.send(`IHAVE ${id}\r\n`)
      expect(yield* wire.line).toMatch(/^335 /)
      yield* wire.sendBlock(article)
      expect(yield* wire.line).toMatch(/^235 /)
      yield* wire.send(`IHAVE ${id}\r\nIHAVE nonsense\r\nIHAVE <wrong@x>\r\n`)
      expect(yield* wire.line).toMatch(/^435 /)
      expect(yield* wire.line).toMatch(/^435 /)
      expect(yield* wire.line).toMatch(/^335 /)
      yield* wire.sendBlock(article)
      expect(yield* wire.line).toMatch(/^437 /)
    })
  )

  serverTest(
    "refuses an article whose cancel came before it",
    Effect.gen(function* () {
      const spool = yield* Spool
      const wire = yield* dial
      yield* wire.line
      const article = site.relayed("<gone@x>", yield* now)
      yield* spool.remove(["<gone@x>" as never], "cancelled")
      yield* wire.send(`CHECK <gone@x>\r\n${takeThis("<gone@x>", article)}`)
      expect(yield* wire.line).toBe("438 <gone@x>")
      expect(yield* wire.line).toMatch(/^439 <gone@x>/)
    })
  )

  serverTest(
    "keeps the order of replies in a mixture of everything",
    Effect.gen(function* () {
      const wire = yield* dial
      yield* wire.line
      const atMillis = yield* now
      const one = takeThis("<m1@x>", site.relayed("<m1@x>", atMillis))
      const two = takeThis("<m2@x>", site.relayed("<m2@x>", atMillis))
      yield* wire.send(
        `CHECK <m1@x>\r\nCHECK bad\r\n${one}CHECK <m1@x>\r\n${two}STAT <m2@x>\r\nCHECK <m3@x>\r\n${one}MODE STREAM\r\n`
      )
      for (const expected of [
        "238 <m1@x>",
        "438 bad",
        "239 <m1@x>",
        "438 <m1@x>",
        "239 <m2@x>",
        "223 0 <m2@x>",
        "238 <m3@x>"
      ]) {
        expect(yield* wire.line).toBe(expected)
      }
      expect(yield* wire.line).toMatch(/^439 <m1@x>/)
      expect(yield* wire.line).toMatch(/^203 /)
    })
  )

  serverTest(
    "lists groups, new groups and new articles by wildmat and date",
    Effect.gen(function* () {
      const wire = yield* dial
      yield* wire.line
      const atMillis = yield* now
      yield* wire.send(takeThis("<n1@x>", site.relayed("<n1@x>", atMillis, "misc.test,comp.lang")))
      yield* wire.line
      yield* wire.send("LIST\r\nLIST ACTIVE comp.*\r\nLIST NEWSGROUPS *,!misc.*\r\nLIST ACTIVE.TIMES misc.test\r\n")
      for (const count of [2, 1, 1, 1]) {
        expect(yield* wire.line).toMatch(/^215 /)
        expect(yield* wire.block).toHaveLength(count)
      }
      yield* wire.send(
        "NEWGROUPS 20200101 000000 GMT\r\nNEWGROUPS 20990101 000000\r\nNEWNEWS comp.* 200101 000000 GMT\r\nNEWNEWS !* 20200101 000000\r\n"
      )
      expect(yield* wire.line).toMatch(/^231 /)
      expect(yield* wire.block).toHaveLength(2)
      expect(yield* wire.line).toMatch(/^231 /)
      expect(yield* wire.block).toEqual([])
      expect(yield* wire.line).toMatch(/^230 /)
      expect(yield* wire.block).toEqual(["<n1@x>"])
      expect(yield* wire.line).toMatch(/^230 /)
      expect(yield* wire.block).toEqual([])
    })
  )
})

describe("NntpServer limits", () => {
  it.live("turns away one connection too many with 400", () =>
    Effect.gen(function* () {
      const first = yield* dial
      yield* first.line
      const second = yield* dial
      expect(yield* second.line).toMatch(/^400 /)
      yield* second.end
    }).pipe(Effect.scoped, Effect.provide(site.layer("alpha", { limits: () => ({ connectionsMax: 1 }) })))
  )

  it.live("closes a connection that falls silent", () =>
    Effect.gen(function* () {
      const wire = yield* dial
      yield* wire.line
      expect(yield* wire.line).toMatch(/^400 /)
      yield* wire.end
      const server = yield* NntpServer
      expect(yield* server.connections).toBe(0)
    }).pipe(Effect.scoped, Effect.provide(site.layer("alpha", { limits: () => ({ idleMillisMax: 50 }) })))
  )
})
