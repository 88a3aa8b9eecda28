import { describe, expect, it } from "@effect/vitest"
import * as Article from "@lupin/core/Article"
import { Spool } from "@lupin/spool/Spool"
import { Deferred, Effect, Fiber } from "effect"
import * as Socket from "effect/socket/Socket"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import { Buffer } from "node:buffer"
import * as CommandTable from "../src/CommandTable.ts"
import * as Connection from "../src/Connection.ts"
import { flushBytes } from "../src/Replies.ts"
import * as DotStuffing from "../src/DotStuffing.ts"
import * as Transport from "../src/Transport.ts"
import { converse, nowMillis, run, service, withLogin } from "./converse.ts"
import { octetsLike, splits } from "./octets.ts"
import * as site from "./site.ts"

const ids = ["<a@x>", "<b@x>", "<c@x>"]
const articleOf = (id: string): string =>
  `${Buffer.from(DotStuffing.stuff(site.relayed(id, nowMillis, "misc.test", ".\r\n"))).toString("latin1")}.\r\n`

const plain = Buffer.from("\0ann\0word").toString("base64")
const anId = fc.constantFrom(...ids)

/** Of every command but COMPRESS, behind which octets are thrown away in the pieces in which they came. */
const keyword = fc.constantFrom(
  ...CommandTable.rows.map((row) => row.keyword).filter((text) => text !== "COMPRESS" && text !== "QUIT")
)
const words = [
  "",
  "<a@x>",
  "1-",
  "misc.test",
  "Subject 1-",
  "Subject <a@x> *",
  "* 20260101 000000",
  "* - 0 9",
  "a b c d"
]

const command: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(anId, anId)
      .map(([id, other]) => `TAKETHIS ${id}\r\n${articleOf(other === "<c@x>" ? other : id)}`)
  },
  { weight: 3, arbitrary: anId.map((id) => `CHECK ${id}\r\n`) },
  { weight: 1, arbitrary: anId.map((id) => `IHAVE ${id}\r\n${articleOf(id)}`) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom("misc.test", "comp.lang")
      .map((group) => `POST\r\n${Buffer.from(site.proto("posted", group)).toString("latin1")}.\r\n`)
  },
  {
    weight: 6,
    arbitrary: fc
      .constantFrom(
        "GROUP misc.test",
        "LISTGROUP",
        "NEXT",
        "LAST",
        "STAT",
        "ARTICLE",
        "HEAD <a@x>",
        "OVER 1-",
        "XHDR Message-ID 1-",
        "XHDR X-Odd <a@x>",
        "XPAT Subject 1- *a@*",
        "HDR Subject",
        "LIST",
        "LIST MOTD",
        "LIST SUBSCRIPTIONS misc.*",
        "NEWNEWS * 20260101 000000",
        "XCHANGES * - 0 10",
        "XSTATUS <a@x> <b@x>",
        "DATE",
        "MODE STREAM",
        "CAPABILITIES",
        "NEWGROUPS 20260101 000000",
        "AUTHINFO USER ann",
        "AUTHINFO PASS word",
        "AUTHINFO SASL PLAIN",
        `AUTHINFO SASL PLAIN ${plain}`,
        plain,
        "*",
        "CHECK nonsense",
        "AUTHINFO SASL PLAIN",
        "TAKETHIS"
      )
      .map((line) => `${line}\r\n`)
  },
  { weight: 4, arbitrary: fc.tuple(keyword, fc.constantFrom(...words)).map((parts) => `${parts.join(" ")}\r\n`) },
  { weight: 1, arbitrary: fc.stringMatching(/^[ -~\r\n]{0,20}$/).map((line) => `${line}\r\n`) }
)

/** Octets as they are, and the terminator behind them. */
const blockOf = (octets: Buffer): string => {
  const text = octets.toString("latin1")
  return text === "" || text.endsWith("\r\n") ? `${text}.\r\n` : `${text}\r\n.\r\n`
}

const isOneBlock = (block: string): boolean => `\r\n${block}`.indexOf("\r\n.\r\n") === block.length - 3

describe("Connection", () => {
  it.effect("gives the same replies however the stream is split", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(fc.array(command, { maxLength: 25 }), splits, async (commands, cuts) => {
          const octets = Buffer.from(commands.join(""), "latin1")
          const whole = await run([octets], withLogin)
          const pieces = await run(cuts(octets), withLogin)
          expect(pieces.text).toBe(whole.text)
        }),
        { numRuns: 60 }
      )
    )
  )

  it.effect("answers every command of a chunk in one write", () =>
    Effect.gen(function* () {
      const { text, writes } = yield* converse([Buffer.from("DATE\r\n".repeat(100) + "CHECK <a@x>\r\n".repeat(3))])
      expect(text.split("\r\n")).toHaveLength(105)
      expect(writes).toBe(2)
    })
  )

  it.effect("survives any octets, with an answer or an end", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(
          octetsLike([
            "\r\n",
            ".\r\n",
            "TAKETHIS <a@x>\r\n",
            "POST\r\n",
            "IHAVE <b@x>\r\n",
            "GROUP ",
            "ARTICLE ",
            "\0",
            "\xff"
          ]),
          splits,
          async (octets, cuts) => {
            const { text } = await run(cuts(octets), withLogin)
            expect(text).toMatch(/^200 [^\r\n]*\r\n(?:[\s\S]*\r\n)?$/)
          }
        ),
        { numRuns: 200 }
      )
    )
  )

  it.effect("stays in step behind articles of any octets: one answer each, under its own id, in order", () =>
    Effect.promise(() => {
      const pieces = [
        "\r\n",
        "\n.\n",
        "\r.\r",
        "\n.\r\n",
        "\r\n.\n",
        ".",
        "\0",
        "QUIT",
        "Subject: x\r\n",
        "\r\n\r\n",
        "\xff"
      ]
      const sent = fc.record({
        by: fc.constantFrom("TAKETHIS", "POST"),
        // What follows the id belongs to the command line, and has to be survived as well.
        rest: fc.constantFrom("", " ", " more", ` ${"l".repeat(600)}`),
        octets: octetsLike(pieces).filter((octets) => isOneBlock(blockOf(octets)))
      })
      return fc.assert(
        fc.asyncProperty(fc.array(sent, { maxLength: 8 }), splits, async (all, cuts) => {
          const stream = all.map(({ by, octets, rest }, at) => {
            return `${by === "POST" ? "POST" : `TAKETHIS <n${at}@x>${rest}`}\r\n${blockOf(octets)}`
          })
          const { text } = await run(cuts(Buffer.from(`${stream.join("")}DATE\r\nQUIT\r\n`, "latin1")), withLogin)
          const replies = text.trimEnd().split("\r\n").slice(1)
          const expected = all.flatMap(({ by, rest }, at) =>
            by === "POST"
              ? [/^340 /, /^(?:240|441) /]
              : [rest.length > 100 ? /^439 / : new RegExp(`^(?:239|439) <n${at}@x>`)]
          )
          expect(replies).toHaveLength(expected.length + 2)
          for (const [at, pattern] of [...expected, /^111 /, /^205 /].entries()) expect(replies[at]).toMatch(pattern)
        }),
        { numRuns: 150 }
      )
    })
  )

  it.effect("bounds the answers to a client that does not read, reads no more of it, and closes it in the end", () =>
    Effect.gen(function* () {
      const spool = yield* Spool
      const article = Article.read(site.relayed("<big@x>", nowMillis, "misc.test", `${"x".repeat(400_000)}\r\n`))
      if (Article.isMalformed(article)) throw new Error(article.reason)
      yield* spool.store([article])
      const chunk = Buffer.from("ARTICLE <big@x>\r\n".repeat(500))
      const seen = { pulls: 0, bytes: 0, isClosed: false }
      const closed = Deferred.makeUnsafe<never, Socket.SocketError>()
      const socket = Socket.make({
        reader: Effect.succeed({
          pull: Effect.sync(() => {
            seen.pulls += 1
            return [chunk] as const
          }),
          upgrade: Socket.SocketUpgradeError.unsupported
        }),
        writer: Effect.succeed({
          write: (octets) =>
            Effect.suspend(() => {
              if (Socket.isCloseEvent(octets)) {
                seen.isClosed = true
                const reason = new Socket.SocketCloseError({ code: 1000 })
                return Effect.asVoid(Deferred.fail(closed, new Socket.SocketError({ reason })))
              }
              seen.bytes += octets.length
              return seen.bytes < 1_000 ? Effect.void : Deferred.await(closed)
            }),
          writeAll: () => Effect.void
        })
      })
      const served = yield* service
      const serving = yield* Effect.forkChild(
        Effect.scoped(
          Effect.flatMap(Transport.ofSocket(socket, ""), (transport) =>
            Connection.serve(served, {
              address: "",
              isSecure: () => false,
              certificates: () => [],
              each: (step) => transport.each(step),
              write: (octets) => transport.write(octets),
              send: (octets) => transport.send(octets),
              sendLater: () => false,
              isPrompt: () => false,
              isDrained: () => false,
              end: Effect.never,
              close: transport.close,
              discard: () => {},
              startTls: undefined,
              compress: Effect.void,
              settle: () => {}
            })
          )
        )
      )
      yield* TestClock.adjust("900 millis")
      expect(seen.pulls).toBe(1)
      expect(seen.bytes).toBeLessThan(flushBytes + 500_000)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(serving)
      expect(seen.isClosed).toBe(true)
    }).pipe(Effect.provide(site.services("alpha")))
  )

  it.effect("closes on what is no NNTP after a bounded number of lines", () =>
    Effect.gen(function* () {
      const { text } = yield* converse([Buffer.from("GET / HTTP/1.1\r\n".repeat(1000))])
      const lines = text.trimEnd().split("\r\n")
      expect(lines.length).toBeLessThan(100)
      expect(lines.at(-1)).toMatch(/^400 /)
    })
  )
})
