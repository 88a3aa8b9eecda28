/**
 * The corners that news servers get wrong, by their number in the list of what our NNTP must do.
 *
 * Of 5, ranges are in `NntpTable.test.ts`; 7 is also in `tls.integration.test.ts` and `compress.integration.test.ts`, 10 in
 * `PeerFeed.integration.test.ts`.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Limits from "@lupin/core/Limits"
import type { Generation } from "@lupin/core/Site"
import { Relayer } from "@lupin/spool/Relayer"
import { Spool } from "@lupin/spool/Spool"
import { Effect, Layer, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { Buffer } from "node:buffer"
import * as Access from "../src/Access.ts"
import * as Capabilities from "../src/Capabilities.ts"
import * as DotStuffing from "../src/DotStuffing.ts"
import type { NntpServer } from "../src/NntpServer.ts"
import * as Security from "../src/Security.ts"
import * as Session from "../src/Session.ts"
import { run } from "./converse.ts"
import * as site from "./site.ts"
import * as wire from "./wire.ts"

const live = (name: string, test: Effect.Effect<void, unknown, site.Services | NntpServer | Scope.Scope>) =>
  it.live(name, () => test.pipe(Effect.scoped, Effect.provide(site.layer("alpha"))))

const dial = Effect.tap(wire.dial, (line) => line.line)
const ask = (line: wire.Wire, text: string) => Effect.andThen(line.send(`${text}\r\n`), line.line)
const block = (octets: Uint8Array): string => `${Buffer.from(DotStuffing.stuff(octets)).toString("latin1")}.\r\n`
const takeThis = (id: string, octets: Uint8Array): string => `TAKETHIS ${id}\r\n${block(octets)}`

describe("corners", () => {
  live(
    "1: of eight peers that bring an article at once one gets 239; while one sends it, others are told to wait",
    Effect.gen(function* () {
      const peers = yield* Effect.all(Array.from({ length: 8 }, () => dial))
      const octets = site.relayed("<same@t>", Date.now())
      const replies = yield* Effect.forEach(
        peers,
        (peer) => Effect.andThen(peer.send(takeThis("<same@t>", octets)), peer.line),
        { concurrency: "unbounded" }
      )
      expect(replies.filter((reply) => reply.startsWith("239 <same@t>"))).toHaveLength(1)
      expect(replies.every((reply) => /^(?:239|431|439) <same@t>/.test(reply))).toBe(true)

      const [first, second] = peers as [wire.Wire, wire.Wire]
      const slow = takeThis("<slow@t>", site.relayed("<slow@t>", Date.now()))
      yield* first.send(slow.slice(0, 100))
      yield* second.untilReply("CHECK <slow@t>\r\n", "431 <slow@t>")
      yield* first.send(slow.slice(100))
      expect(yield* first.line).toBe("239 <slow@t>")
      expect(yield* ask(second, "CHECK <slow@t>")).toBe("438 <slow@t>")
    })
  )

  live(
    "2 and 3: TAKETHIS with a bad id, another id, or too large an article is read to its end, then refused under its id",
    Effect.gen(function* () {
      const line = yield* dial
      const octets = site.relayed("<good@t>", Date.now())
      const large = site.relayed("<large@t>", Date.now(), "misc.test", "x".repeat(Limits.articleBytesMax))
      const parts = [
        takeThis("nonsense", octets),
        takeThis("<other@t>", octets),
        takeThis("<large@t>", large),
        takeThis("<good@t>", octets)
      ]
      yield* line.send(`${parts.join("DATE\r\n")}DATE\r\n`)
      for (const expected of [/^439 nonsense/, /^439 <other@t>/, /^439 <large@t>/, /^239 <good@t>$/]) {
        expect(yield* line.line).toMatch(expected)
        expect(yield* line.line).toMatch(/^111 /)
      }
      expect(yield* ask(line, "CHECK <other@t>")).toBe("238 <other@t>")
    })
  )

  live(
    "4: a connection lost in mid article stores nothing, and frees the id",
    Effect.gen(function* () {
      const [lost, other] = [yield* dial, yield* dial]
      const sent = takeThis("<lost@t>", site.relayed("<lost@t>", Date.now()))
      yield* lost.send(sent.slice(0, -4))
      yield* other.untilReply("CHECK <lost@t>\r\n", "431 <lost@t>")
      lost.socket.destroy()
      yield* other.untilReply("CHECK <lost@t>\r\n", "238 <lost@t>")
      expect(yield* ask(other, "STAT <lost@t>")).toMatch(/^430 /)
      yield* other.send(sent)
      expect(yield* other.line).toBe("239 <lost@t>")
    })
  )

  live(
    "5: GROUP that fails changes no selection, ARTICLE by id no current number",
    Effect.gen(function* () {
      const line = yield* dial
      for (const id of ["<a@t>", "<b@t>"]) {
        yield* line.send(takeThis(id, site.relayed(id, Date.now())))
        expect(yield* line.line).toBe(`239 ${id}`)
      }
      expect(yield* ask(line, "GROUP misc.test")).toMatch(/^211 2 /)
      expect(yield* ask(line, "GROUP misc.none")).toMatch(/^411 /)
      expect(yield* ask(line, "STAT <b@t>")).toMatch(/^223 0 <b@t>/)
      expect(yield* ask(line, "STAT")).toMatch(/^223 \d+ <a@t>/)
    })
  )

  it.effect("6: at the last number a group takes no more, and a crosspost enters the others", () =>
    Effect.gen(function* () {
      const lastMillis = Date.UTC(2024, 0, 1) + (Limits.articleNumberMax - 1) * 1000
      yield* TestClock.setTime(lastMillis)
      const built = yield* Layer.build(site.services("alpha"))
      const [spool, relayer] = yield* Effect.provide(Effect.all([Spool, Relayer]), built)
      const bring = (id: string, groups: string) =>
        relayer.receive([{ id: id as never, octets: site.relayed(id, lastMillis, groups) }], { connection: "peer" })
      expect((yield* bring("<1@t>", "misc.full"))[0]?._tag).toBe("Accepted")
      expect((yield* bring("<2@t>", "misc.full"))[0]?._tag).toBe("Deferred")
      expect((yield* bring("<3@t>", "misc.full,misc.other"))[0]?._tag).toBe("Accepted")
      const groups = yield* spool.groups
      expect(groups.map(({ count, high, name }) => [name, count, high])).toEqual([
        ["misc.full", 1, Limits.articleNumberMax],
        ["misc.other", 1, Limits.articleNumberMax]
      ])
    }).pipe(Effect.scoped)
  )

  it("7: STARTTLS is neither offered nor taken after COMPRESS, a login, or itself", () => {
    const subject = { address: "", isSecure: false, user: undefined, peers: [] }
    const standing = Access.standing([{ ...Access.everything, users: ["*"] }], subject)
    const facts: Security.Facts = { standing, hasTls: true, hasCompression: true }
    const generation: Generation = { id: "g", startedMillis: 0, numberBase: 0 }
    const plain = Security.initial(false)
    for (const security of [
      { ...plain, isCompressed: true },
      { ...plain, user: "ann" },
      { ...plain, isSecure: true }
    ]) {
      const labels = Capabilities.lines((label) => Security.offer(security, facts, label), generation)
      expect(labels).not.toContain("STARTTLS")
      const state = { ...Session.initial, security }
      const sessionFacts = { nowMillis: 0, mayPost: true, mayReconcile: false, generation, security: facts }
      const { task } = Session.step(state, { _tag: "Line", line: "STARTTLS" }, sessionFacts)
      expect(task).toMatchObject({ line: expect.stringMatching(/^502 /) })
    }
    expect(Capabilities.lines((label) => Security.offer(plain, facts, label), generation)).toContain("STARTTLS")
  })

  live(
    "8: header and body octets are relayed exactly: Latin-1, UTF-8, very long lines",
    Effect.gen(function* () {
      const line = yield* dial
      const body = Buffer.concat([
        Buffer.from("h\u00e4\u00f6\r\n.\r\n..x\r\n", "latin1"),
        Buffer.from("h\u00e4\u4e16\u{1f5de}\r\n", "utf8"),
        Buffer.from(`${"y".repeat(100_000)}\r\n\t \r\n`)
      ])
      const sent = Buffer.from(
        Buffer.from(site.relayed("<octets@t>", Date.now(), "misc.test", body))
          .toString("latin1")
          .replace("Subject: about", "X-Odd:  \u00e9 \u00c3\u00a9\t \r\n\tfolded \r\nsUBJECT:\ta  b"),
        "latin1"
      )
      yield* line.send(takeThis("<octets@t>", sent))
      expect(yield* line.line).toBe("239 <octets@t>")
      expect(yield* ask(line, "ARTICLE <octets@t>")).toMatch(/^220 /)
      const got = yield* line.block
      const own = (lines: ReadonlyArray<string>) => lines.filter((text) => !/^(?:Path|Xref):/.test(text))
      expect(own(got)).toEqual(own(sent.toString("latin1").split("\r\n").slice(0, -1)))
    })
  )

  it("9: a cancel that comes before its article keeps it out", async () => {
    const nowMillis = Date.UTC(2026, 10, 21)
    const cancel = Buffer.from(site.relayed("<cancel@t>", nowMillis))
      .toString("latin1")
      .replace("Subject: ", "Control: cancel <early@t>\r\nSubject: ")
    const article = takeThis("<early@t>", site.relayed("<early@t>", nowMillis))
    const commands = `TAKETHIS <cancel@t>\r\n${cancel}.\r\n${article}CHECK <early@t>\r\n${article}STAT <early@t>\r\n`
    const { text } = await run([Buffer.from(commands, "latin1")])
    const codes = text.split("\r\n").map((reply) => reply.slice(0, 15))
    expect(codes.slice(1, -1)).toEqual([
      expect.stringMatching(/^239 <cancel@t>/),
      expect.stringMatching(/^439 <early@t>/),
      expect.stringMatching(/^438 <early@t>/),
      expect.stringMatching(/^439 <early@t>/),
      expect.stringMatching(/^430 /)
    ])
  })
})
