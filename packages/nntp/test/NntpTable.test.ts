/**
 * The table of what our NNTP must do, cell by cell: for each command what a client sends and what it gets.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Article from "@lupin/core/Article"
import * as GroupName from "@lupin/core/GroupName"
import * as NewsDate from "@lupin/core/NewsDate"
import * as Wildmat from "@lupin/core/Wildmat"
import { Spool } from "@lupin/spool/Spool"
import { Effect } from "effect"
import { Buffer } from "node:buffer"
import * as Access from "../src/Access.ts"
import * as AccessControl from "../src/AccessControl.ts"
import * as CommandTable from "../src/CommandTable.ts"
import * as DotStuffing from "../src/DotStuffing.ts"
import * as ProtocolNotes from "../src/ProtocolNotes.ts"
import * as Reply from "../src/Reply.ts"
import { converse, nowMillis } from "./converse.ts"
import * as site from "./site.ts"

const name = (text: string) => GroupName.GroupName.make(text)

/** What is sent, how the reply line looks, and, where a block follows, its lines; `any` for a block that is read and no more. */
type Exchange = readonly [send: string, reply: RegExp, block?: ReadonlyArray<string | RegExp> | "any"]

const fields = (id: string, rest: ReadonlyArray<readonly [string, string]>): Uint8Array =>
  Article.make(
    [
      ["Path", "far.test!.POSTED!not-for-mail"],
      ["From", "Bob <bob@example.test>"],
      ["Newsgroups", "misc.test"],
      ["Subject", `about ${id}`],
      ["Date", NewsDate.format(nowMillis)],
      ["Message-ID", id],
      ...rest
    ],
    "hello\r\n"
  )

/** An article as a block on the wire, without its last CRLF. */
const block = (octets: Uint8Array): string => `${Buffer.from(DotStuffing.stuff(octets)).toString("latin1")}.`
const takeThis = (id: string, octets: Uint8Array): string => `TAKETHIS ${id}\r\n${block(octets)}`
const proto = (groups: string): string => block(site.proto("posted", groups))

/** misc.test holds 1, 3 and 4, misc.wide 1; the other groups are empty. */
const prepare = Effect.gen(function* () {
  const spool = yield* Spool
  for (const [group, status, description] of [
    ["misc.empty", "y", "Nothing yet"],
    ["misc.moderated", "m", "Über alles (Moderated)"],
    ["misc.peers", "n"],
    ["misc.ignored", "x"],
    ["misc.junked", "j"],
    ["misc.old", "=misc.test"]
  ] as const) {
    yield* spool.addGroup(name(group), status, description)
  }
  const articles = [
    fields("<1@t>", []),
    fields("<2@t>", []),
    fields("<3@t>", [
      ["X-Odd", "one%two"],
      ["References", "<1@t>"]
    ]),
    site.relayed("<4@t>", nowMillis, "misc.test,misc.wide", "two\r\nlines\r\n")
  ].map((octets) => {
    const read = Article.read(Buffer.from(Buffer.from(octets).toString("latin1").replace("%", "\r\n\t"), "latin1"))
    if (Article.isMalformed(read)) throw new Error(read.reason)
    return read
  })
  yield* spool.store(articles)
  yield* spool.remove(
    articles.slice(1, 2).map(({ messageId }) => messageId),
    "expired"
  )
})

const lists = () => ({
  MOTD: ["Be kind.", ".signed"],
  SUBSCRIPTIONS: ["misc.test", "comp.lang"],
  DISTRIBUTIONS: ["local\tThis town"],
  MODERATORS: []
})

/** The codes that docs/protocol.md has for a line; all of them where it is no command but an article or an answer. */
const documented = (send: string): ReadonlyArray<number> => {
  const text = send.toUpperCase()
  const row = CommandTable.rows.find(({ keyword }) => text === keyword || text.startsWith(`${keyword} `))
  const own = row === undefined ? Object.keys(Reply.texts).map(Number) : ProtocolNotes.commands[row.keyword]?.replies
  return [...ProtocolNotes.anyReplies, ...(own ?? [])]
}

/** Everything is sent at once: replies are told apart by what is awaited, so one too many or too few shows. */
const cell = (about: string, exchanges: ReadonlyArray<Exchange>, access = AccessControl.open) =>
  it.effect(about, () =>
    Effect.gen(function* () {
      const sent = exchanges.map(([send]) => `${send}\r\n`).join("")
      const { text } = yield* converse(
        [Buffer.from(`${sent}DATE\r\n`, "latin1")],
        { lists, access: { current: () => access } },
        prepare
      )
      const lines = text.split("\r\n")
      const take = (): string => lines.shift() ?? "nothing"
      expect(take()).toMatch(/^200 /)
      for (const [send, reply, rows] of exchanges) {
        const line = take()
        expect([send, line]).toEqual([send, expect.stringMatching(reply)])
        expect([send, documented(send)]).toEqual([send, expect.arrayContaining([Number(line.slice(0, 3))])])
        if (rows === undefined) continue
        const got = lines.splice(0, lines.indexOf("."))
        expect([send, take()]).toEqual([send, "."])
        if (rows === "any") continue
        const wanted = rows.map((row) => (typeof row === "string" ? row : expect.stringMatching(row)))
        expect([send, got]).toEqual([send, wanted])
      }
      expect([take(), take()]).toEqual(["111 20261121000000", ""])
    })
  )

const select: Exchange = ["GROUP misc.test", /^211 3 1 4 misc\.test$/]
const row = (number: number, id: string) => new RegExp(`^${number}\\tabout ${id}\\tBob [^\\t]*\\t[^\\t]*\\t${id}\\t`)

describe("session", () => {
  cell("CAPABILITIES, HELP and DATE need nothing, MODE READER changes nothing", [
    ["CAPABILITIES", /^101 /, "any"],
    ["CAPABILITIES AUTOUPDATE", /^101 /, "any"],
    ["CAPABILITIES a b", /^501 /],
    ["HELP", /^100 /, "any"],
    select,
    ["mode Reader", /^200 /],
    ["STAT", /^223 1 <1@t>$/],
    ["MODE", /^501 /],
    ["MODE POSTER", /^501 /],
    ["DATE now", /^501 /],
    ["", /^500 /],
    ["XYZZY", /^500 /]
  ])

  it.effect("QUIT is answered and ends the connection, what follows it is not looked at", () =>
    Effect.gen(function* () {
      const { text } = yield* converse([Buffer.from("QUIT now\r\nquit\r\nDATE\r\n")])
      expect(text).toMatch(/^200 [^\r\n]*\r\n501 [^\r\n]*\r\n205 [^\r\n]*\r\n$/)
    })
  )
})

describe("reading", () => {
  cell("GROUP that fails changes no selection, an empty group has no current article", [
    ["STAT", /^412 /],
    ["NEXT", /^412 /],
    ["GROUP", /^501 /],
    select,
    ["GROUP misc.none", /^411 /],
    ["GROUP no..group", /^411 /],
    ["STAT", /^223 1 <1@t>$/],
    ["GROUP misc.empty", /^211 0 1 0 misc\.empty$/],
    ["STAT", /^420 /],
    ["NEXT", /^420 /],
    ["LAST", /^420 /]
  ])
  cell("LISTGROUP lists what is held in a range, and selects", [
    ["LISTGROUP", /^412 /],
    ["LISTGROUP misc.none", /^411 /],
    ["LISTGROUP misc.wide", /^211 1 1 1 misc\.wide /, ["1"]],
    ["LISTGROUP misc.test", /^211 3 1 4 misc\.test /, ["1", "3", "4"]],
    ["LISTGROUP", /^211 /, ["1", "3", "4"]],
    ["LISTGROUP misc.test 2-3", /^211 /, ["3"]],
    ["LISTGROUP misc.test 3-", /^211 /, ["3", "4"]],
    ["LISTGROUP misc.test 4", /^211 /, ["4"]],
    ["LISTGROUP misc.test 2", /^211 /, []],
    ["LISTGROUP misc.test 4-3", /^211 /, []],
    ["LISTGROUP misc.test 5-2147483647", /^211 /, []],
    ["LISTGROUP misc.test -3", /^501 /],
    ["LISTGROUP misc.empty", /^211 0 /, []],
    ["STAT", /^420 /]
  ])
  cell("NEXT and LAST go over gaps and stop at the ends", [
    select,
    ["LAST", /^422 /],
    ["NEXT", /^223 3 <3@t>$/],
    ["NEXT", /^223 4 <4@t>$/],
    ["NEXT", /^421 /],
    ["STAT", /^223 4 <4@t>$/],
    ["LAST", /^223 3 <3@t>$/]
  ])
  cell("ARTICLE, HEAD, BODY and STAT by number, id and current", [
    ["ARTICLE 1", /^412 /],
    ["ARTICLE <none@t>", /^430 /],
    ["ARTICLE <4@t>", /^220 0 <4@t>$/, "any"],
    select,
    ["ARTICLE 2", /^423 /],
    ["STAT 99999999999", /^423 /],
    ["BODY 4", /^222 4 <4@t>$/, ["two", "lines"]],
    [
      "HEAD",
      /^221 4 <4@t>$/,
      [/^Xref: alpha\.test misc\.test:4 misc\.wide:1$/, /^Path: /, /^From/, /^Newsg/, /^Subj/, /^Date/, /^Mess/]
    ],
    ["BODY <1@t>", /^222 0 <1@t>$/, ["hello"]],
    ["STAT", /^223 4 <4@t>$/],
    ["STAT <2@t>", /^430 /],
    ["STAT 1-2", /^501 /],
    ["ARTICLE <not an id", /^501 /]
  ])
})

describe("overview", () => {
  cell("OVER and XOVER by range, current and Message-ID", [
    ["OVER 1-", /^412 /],
    ["OVER <4@t>", /^224 /, [row(0, "<4@t>")]],
    ["XOVER <4@t>", /^224 /, [row(0, "<4@t>")]],
    ["OVER <2@t>", /^430 /],
    select,
    ["OVER", /^224 /, [row(1, "<1@t>")]],
    ["OVER 2-", /^224 /, [row(3, "<3@t>"), row(4, "<4@t>")]],
    ["OVER 3", /^224 /, [/\t<3@t>\t<1@t>\t\d+\t1\tXref: alpha\.test misc\.test:3\t/]],
    ["OVER 2", /^423 /],
    ["OVER 4-3", /^423 /],
    ["XOVER 2", /^224 /, []],
    ["XOVER 4-3", /^224 /, []],
    ["GROUP misc.empty", /^211 /],
    ["OVER", /^420 /],
    ["XOVER", /^420 /],
    ["OVER 1-", /^423 /],
    ["XOVER 1-", /^224 /, []]
  ])
  cell("HDR and XHDR of fields inside and outside of the overview, absent ones, and metadata", [
    ["HDR Subject <1@t>", /^225 /, ["0 about <1@t>"]],
    ["XHDR Subject <1@t>", /^221 /, ["<1@t> about <1@t>"]],
    ["HDR Subject <2@t>", /^430 /],
    ["HDR Subject 1", /^412 /],
    select,
    ["HDR subject 1-3", /^225 /, ["1 about <1@t>", "3 about <3@t>"]],
    ["HDR Subject", /^225 /, ["1 about <1@t>"]],
    ["HDR X-Odd 1-", /^225 /, ["1 ", "3 one two", "4 "]],
    ["XHDR X-Odd 1-", /^221 /, ["1 ", "3 one two", "4 "]],
    ["XHDR References 1-", /^221 /, ["1 ", "3 <1@t>", "4 "]],
    ["HDR Xref 4", /^225 /, ["4 alpha.test misc.test:4 misc.wide:1"]],
    ["HDR :lines 4", /^225 /, ["4 2"]],
    ["HDR :bytes 1", /^225 /, [/^1 \d+$/]],
    ["HDR :none 1", /^503 /],
    ["HDR Subject 2", /^423 /],
    ["XHDR Subject 2", /^221 /, []],
    ["HDR Sub:ject 1", /^501 /],
    ["HDR", /^501 /],
    ["GROUP misc.empty", /^211 /],
    ["HDR Subject", /^420 /],
    ["HDR X-Odd", /^420 /]
  ])
  cell("XPAT tells the values that match, an empty list where none does", [
    ["XPAT Subject <1@t> *", /^221 /, ["<1@t> about <1@t>"]],
    ["XPAT Subject <1@t> other", /^221 /, []],
    ["XPAT Subject <2@t> *", /^430 /],
    ["XPAT Subject 1-", /^501 /],
    ["XPAT Subject 1- *", /^412 /],
    select,
    ["XPAT Subject 1- *[34]@*", /^221 /, ["3 about <3@t>", "4 about <4@t>"]],
    ["XPAT Subject 1- about <1*", /^221 /, ["1 about <1@t>"]],
    ["XPAT X-Odd 1- one two", /^221 /, ["3 one two"]],
    ["XPAT X-Odd 5-9 *", /^221 /, []],
    ["XPAT :lines 1- 2", /^221 /, ["4 2"]],
    ["XPAT :none 1- *", /^503 /]
  ])
  cell("LIST OVERVIEW.FMT and LIST HEADERS", [
    ["LIST OVERVIEW.FMT", /^215 /, "any"],
    ["LIST OVERVIEW.FMT *", /^501 /],
    ["LIST HEADERS", /^215 /, [":", ":bytes", ":lines"]],
    ["LIST HEADERS MSGID", /^215 /, [":", ":bytes", ":lines"]],
    ["LIST HEADERS range", /^215 /, [":", ":bytes", ":lines"]],
    ["LIST HEADERS all", /^501 /]
  ])
})

describe("lists", () => {
  const all = [
    "misc.empty 0 1 y",
    "misc.ignored 0 1 x",
    "misc.junked 0 1 j",
    "misc.moderated 0 1 m",
    "misc.old 0 1 =misc.test",
    "misc.peers 0 1 n",
    "misc.test 4 1 y",
    "misc.wide 1 1 y"
  ]
  cell("ACTIVE with and without wildmat, with every status", [
    ["LIST", /^215 /, all],
    ["LIST ACTIVE", /^215 /, all],
    [
      "LIST ACTIVE *,!misc.?????,misc.peers,!*.o*",
      /^215 /,
      all.filter((line) => !/^misc\.(?:empty|other|old)/.test(line))
    ],
    ["LIST ACTIVE none.*", /^215 /, []],
    ["LIST ACTIVE [a-z]", /^501 /],
    ["LIST NOTHING", /^501 /]
  ])
  cell("NEWSGROUPS tells what control messages and operators say, ACTIVE.TIMES since when, COUNTS how many", [
    ["LIST NEWSGROUPS misc.e*", /^215 /, ["misc.empty\tNothing yet"]],
    ["LIST NEWSGROUPS misc.m*", /^215 /, [Buffer.from("misc.moderated\tÜber alles (Moderated)").toString("latin1")]],
    ["LIST NEWSGROUPS misc.test", /^215 /, [/^misc\.test\t./]],
    ["LIST ACTIVE.TIMES misc.t*", /^215 /, [`misc.test ${nowMillis / 1000} news@alpha.test`]],
    ["LIST COUNTS misc.?e*", /^215 /, ["misc.peers 0 1 0 n", "misc.test 4 1 3 y"]],
    ["LIST COUNTS a b", /^501 /]
  ])
  cell("what the operator writes, 503 for what nobody keeps", [
    ["LIST MOTD", /^215 /, ["Be kind.", "..signed"]],
    ["LIST MOTD *", /^501 /],
    ["LIST SUBSCRIPTIONS", /^215 /, ["misc.test", "comp.lang"]],
    ["LIST SUBSCRIPTIONS comp.*", /^215 /, ["comp.lang"]],
    ["LIST DISTRIBUTIONS", /^215 /, ["local\tThis town"]],
    ["LIST MODERATORS", /^215 /, []],
    ["LIST DISTRIB.PATS", /^503 /]
  ])
})

describe("new things", () => {
  cell("NEWGROUPS and NEWNEWS with wildmats, two- and four-digit years", [
    ["NEWGROUPS 20261121 000000 GMT", /^231 /, "any"],
    ["NEWGROUPS 20261121 000001", /^231 /, []],
    ["NEWGROUPS 261121 000001 gmt", /^231 /, []],
    ["NEWGROUPS 271121 000001", /^231 /, "any"],
    ["NEWGROUPS 20261321 000000", /^501 /],
    ["NEWGROUPS 20261121", /^501 /],
    ["NEWNEWS * 261121 000000", /^230 /, ["<1@t>", "<3@t>", "<4@t>"]],
    ["NEWNEWS misc.w*,!misc.test 20261121 000000 GMT", /^230 /, ["<4@t>"]],
    ["NEWNEWS *,!misc.* 20261121 000000", /^230 /, []],
    ["NEWNEWS * 20261121 000001", /^230 /, []],
    ["NEWNEWS * 991121 000000", /^230 /, "any"],
    ["NEWNEWS * 20261121 240000", /^501 /],
    ["NEWNEWS 20261121 000000", /^501 /]
  ])
})

describe("posting", () => {
  cell("POST, by the status of the groups", [
    ["POST", /^340 /],
    [proto("misc.test"), /^240 <\S+> /],
    ["POST", /^340 /],
    [proto("misc.test,misc.peers"), /^441 misc\.peers takes no posts here$/],
    ["POST", /^340 /],
    [proto("misc.ignored"), /^441 /],
    ["POST", /^340 /],
    [proto("misc.junked"), /^441 /],
    ["POST", /^340 /],
    [proto("misc.old"), /^441 .*misc\.test/],
    ["POST", /^340 /],
    [proto("misc.moderated"), /^441 .*moderated/],
    ["POST", /^340 /],
    [".", /^441 /],
    ["GROUP misc.test", /^211 4 1 5 /]
  ])
  cell("IHAVE, and what peers send to groups of each status", [
    ["IHAVE <1@t>", /^435 /],
    ["IHAVE <2@t>", /^435 /],
    ["IHAVE not-an-id", /^435 /],
    ["IHAVE", /^501 /],
    ["IHAVE <5@t>", /^335 /],
    [block(site.relayed("<5@t>", nowMillis, "misc.peers")), /^235 /],
    ["IHAVE <6@t>", /^335 /],
    [block(site.relayed("<6@t>", nowMillis, "misc.ignored")), /^437 /],
    ["IHAVE <7@t>", /^335 /],
    [block(site.relayed("<7@t>", nowMillis, "misc.junked,misc.ignored")), /^235 /],
    ["IHAVE <8@t>", /^335 /],
    [block(site.relayed("<8@t>", nowMillis, "misc.old")), /^235 /],
    ["IHAVE <9@t>", /^335 /],
    [block(site.relayed("<9@t>", nowMillis, "misc.moderated")), /^437 /],
    ["GROUP misc.peers", /^211 1 /],
    ["GROUP junk", /^211 1 /],
    ["GROUP misc.old", /^211 0 /],
    ["GROUP misc.test", /^211 4 1 5 /],
    ["ARTICLE 5", /^220 5 <8@t>$/, "any"]
  ])
})

describe("transit", () => {
  cell("CHECK and TAKETHIS work before MODE STREAM and after it", [
    ["CHECK <1@t>", /^438 <1@t>$/],
    ["CHECK <5@t>", /^238 <5@t>$/],
    [takeThis("<5@t>", site.relayed("<5@t>", nowMillis)), /^239 <5@t>$/],
    ["MODE STREAM", /^203 /],
    [takeThis("<5@t>", site.relayed("<5@t>", nowMillis)), /^439 <5@t> /],
    ["CHECK <5@t>", /^438 <5@t>$/],
    ["CHECK not-an-id", /^438 not-an-id$/],
    ["CHECK", /^501 /],
    [takeThis("<6@t>", site.relayed("<6@t>", nowMillis + 2 * 86_400_000)), /^431 <6@t> /],
    ["CHECK <6@t>", /^238 <6@t>$/],
    [takeThis("<7@t>", site.relayed("<7@t>", nowMillis - 11 * 86_400_000)), /^439 <7@t> /]
  ])
})

describe("security", () => {
  cell("is refused where there is nothing to be had", [
    ["STARTTLS", /^580 /],
    ["AUTHINFO USER ann", /^502 /],
    ["AUTHINFO", /^501 /],
    ["COMPRESS GZIP", /^503 /],
    ["COMPRESS", /^501 /]
  ])
  const secretive: AccessControl.Policy = {
    rules: [
      { ...Access.everything, users: ["*"], tls: true },
      { ...Access.nothing, read: Wildmat.everything }
    ],
    peers: []
  }
  cell(
    "is told to use TLS where a login would bring it, and the line is clear text",
    [
      ["AUTHINFO USER ann", /^483 /],
      ["AUTHINFO PASS secret", /^483 /],
      ["AUTHINFO SASL PLAIN AGFubgBzZWNyZXQ=", /^483 /],
      ["NEWNEWS * 20261121 000000", /^483 /],
      ["IHAVE <9@t>", /^483 /],
      ["CHECK <9@t>", /^483 /],
      [takeThis("<9@t>", site.relayed("<9@t>", nowMillis)), /^483 /],
      ["LIST ACTIVE misc.test", /^215 /, ["misc.test 4 1 y"]]
    ],
    secretive
  )
  const open: AccessControl.Policy = {
    rules: [
      { ...Access.everything, users: ["*"] },
      { ...Access.nothing, newnews: true }
    ],
    peers: []
  }
  cell(
    "takes a login in its order, where one is of use",
    [
      ["GROUP misc.test", /^480 /],
      ["LIST MOTD", /^480 /],
      ["XPAT Subject <1@t> *", /^480 /],
      ["POST", /^480 /],
      ["AUTHINFO PASS secret", /^482 /],
      ["AUTHINFO USER ann", /^381 /],
      ["AUTHINFO PASS secret", /^481 /],
      ["AUTHINFO SASL DIGEST-MD5", /^503 /],
      ["AUTHINFO SASL PLAIN ?", /^504 /],
      ["AUTHINFO SASL PLAIN AGFubgBzZWNyZXQ=", /^481 /],
      ["AUTHINFO SASL PLAIN", /^383 =$/],
      ["*", /^481 /]
    ],
    open
  )
})

describe("private", () => {
  cell("XSTATUS and XCHANGES tell what is held and what went", [
    ["XSTATUS <1@t> <2@t> <9@t>", /^283 \S+ held removed unknown$/],
    ["XSTATUS", /^501 /],
    ["XCHANGES misc.wide - 0 10", /^282 \S+ \d+ \d+ reset$/, [/^F\t\d+\t.*<4@t>/]],
    ["XCHANGES * - 0", /^501 /]
  ])
})
