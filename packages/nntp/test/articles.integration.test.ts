import { expect, layer } from "@effect/vitest"
import * as Article from "@lupin/core/Article"
import * as CancelLock from "@lupin/core/CancelLock"
import * as GroupName from "@lupin/core/GroupName"
import * as NewsDate from "@lupin/core/NewsDate"
import { Spool } from "@lupin/spool/Spool"
import { Effect, Layer } from "effect"
import { Buffer } from "node:buffer"
import * as Access from "../src/Access.ts"
import * as AccessControl from "../src/AccessControl.ts"
import { Accounts, noAccounts } from "../src/Accounts.ts"
import * as Cidr from "../src/Cidr.ts"
import * as site from "./site.ts"
import * as wire from "./wire.ts"

type Fields = ReadonlyArray<readonly [string, string]>

const loopback = Cidr.parse("127.0.0.1/32")
const here = loopback === undefined ? [] : [loopback]
const peerAt = (name: string, part: Partial<AccessControl.PeerIdentity>): AccessControl.PeerIdentity => ({
  name,
  path: `${name}.test`,
  addresses: [],
  certificates: [],
  users: [],
  ...part
})
const far = peerAt("far", { addresses: here })
let policy = AccessControl.open
const server = site
  .layer("alpha")
  .pipe(
    Layer.provide(Layer.succeed(AccessControl.AccessControl, { current: () => policy })),
    Layer.provide(Layer.succeed(Accounts, { ...noAccounts, verify: () => Effect.succeed(true) }))
  )

const ask = (line: wire.Wire, text: string) => Effect.andThen(line.send(`${text}\r\n`), line.line)
const dial = Effect.tap(wire.dial, (line) => line.line)

const post = Effect.fnUntraced(function* (line: wire.Wire, groups: string, fields: Fields) {
  const proto: Fields = [
    ["From", "Ann <ann@example.test>"],
    ["Newsgroups", groups],
    ["Subject", "about groups"],
    ...fields
  ]
  expect(yield* ask(line, "POST")).toMatch(/^340 /)
  yield* line.sendBlock(Article.make(proto, "words\r\n"))
  return yield* line.line
})

const takeThis = Effect.fnUntraced(function* (line: wire.Wire, id: string, path: string, fields: Fields = []) {
  const article: Fields = [
    ["Path", path],
    ["From", "Bob <bob@far.test>"],
    ["Newsgroups", "misc.test"],
    ["Subject", `about ${id}`],
    ["Date", NewsDate.format(Date.now())],
    ["Message-ID", id],
    ["Xref", "far.test misc.test:7"],
    ...fields
  ]
  yield* line.send(`TAKETHIS ${id}\r\n`)
  yield* line.sendBlock(Buffer.from(Article.make(article, "words\r\n")))
  return yield* line.line
})

const headOf = Effect.fnUntraced(function* (line: wire.Wire, id: string) {
  expect(yield* ask(line, `HEAD ${id}`)).toMatch(/^221 /)
  return yield* line.block
})

layer(server, { excludeTestServices: true })("articles", (it) => {
  it.effect("says in the Path how well it knows whom an article came from, and writes its own Xref", () =>
    Effect.gen(function* () {
      policy = AccessControl.open
      const stranger = yield* dial
      expect(yield* takeThis(stranger, "<1@far.test>", "far.test!not-for-mail")).toMatch(/^239 /)
      policy = { rules: Access.open, peers: [far] }
      const peer = yield* dial
      expect(yield* takeThis(peer, "<2@far.test>", "far.test!not-for-mail")).toMatch(/^239 /)
      expect(yield* takeThis(peer, "<3@far.test>", "farther.test!not-for-mail")).toMatch(/^239 /)
      const paths = yield* Effect.forEach(["<1@far.test>", "<2@far.test>", "<3@far.test>"], (id) =>
        Effect.map(headOf(peer, id), (lines) => lines.find((line) => line.startsWith("Path: ")))
      )
      expect(paths).toEqual([
        "Path: alpha.test!.SEEN.127.0.0.1!far.test!not-for-mail",
        "Path: alpha.test!!far.test!not-for-mail",
        "Path: alpha.test!.MISMATCH.far.test!farther.test!not-for-mail"
      ])
      const xrefs = (yield* headOf(peer, "<2@far.test>")).filter((line) => line.startsWith("Xref: "))
      expect(xrefs).toHaveLength(1)
      expect(xrefs[0]).toMatch(/^Xref: alpha\.test misc\.test:\d+$/)
    }).pipe(Effect.scoped)
  )

  it.effect("tells sites of one address apart by what their Paths say, and by a login for certain", () =>
    Effect.gen(function* () {
      const rules: Access.Rules = [
        { ...Access.everything, users: ["mk"] },
        { ...Access.everything, users: ["nobody"] },
        { ...Access.everything, peers: ["far", "near"] }
      ]
      const peers = [far, peerAt("near", { addresses: here }), peerAt("mk", { addresses: here, users: ["mk"] })]
      policy = { rules: [...rules, Access.everything], peers }
      const pathOf = Effect.fnUntraced(function* (line: wire.Wire, id: string, path: string) {
        expect(yield* takeThis(line, id, `${path}!not-for-mail`)).toMatch(/^239 /)
        return (yield* headOf(line, id)).find((text) => text.startsWith("Path: "))
      })
      const some = yield* dial
      expect(yield* pathOf(some, "<p1@far.test>", "near.test!x.test")).toBe(
        "Path: alpha.test!!near.test!x.test!not-for-mail"
      )
      expect(yield* pathOf(some, "<p2@far.test>", "FAR.test")).toBe("Path: alpha.test!!FAR.test!not-for-mail")
      expect(yield* pathOf(some, "<p3@far.test>", "x.test")).toBe(
        "Path: alpha.test!.SEEN.127.0.0.1!x.test!not-for-mail"
      )
      expect(yield* ask(some, "AUTHINFO USER mk")).toMatch(/^381 /)
      expect(yield* ask(some, "AUTHINFO PASS secret")).toMatch(/^281 /)
      expect(yield* pathOf(some, "<p4@far.test>", "mk.test")).toBe("Path: alpha.test!!mk.test!not-for-mail")
      expect(yield* pathOf(some, "<p5@far.test>", "near.test")).toBe(
        "Path: alpha.test!.MISMATCH.mk.test!near.test!not-for-mail"
      )
      policy = AccessControl.open
    }).pipe(Effect.scoped)
  )

  it.effect("refuses what no moderator has approved, and says so by name", () =>
    Effect.gen(function* () {
      const spool = yield* Spool
      yield* spool.addGroup(GroupName.GroupName.make("misc.moderated"), "m")
      yield* spool.addGroup(GroupName.GroupName.make("misc.closed"), "n")
      const line = yield* dial
      expect(yield* post(line, "misc.moderated", [])).toMatch(/^441 .*misc\.moderated is moderated/)
      expect(yield* post(line, "misc.moderated", [["Approved", "moderator@example.test"]])).toMatch(/^240 /)
      expect(yield* post(line, "misc.closed", [])).toMatch(/^441 .*misc\.closed/)
      yield* spool.addGroup(GroupName.GroupName.make("misc.test"), "m")
      expect(yield* takeThis(line, "<4@far.test>", "far.test!not-for-mail")).toMatch(/^439 <4@far.test> .*moderated/)
      expect(yield* ask(line, "CHECK <4@far.test>")).toMatch(/^238 /)
      yield* spool.addGroup(GroupName.GroupName.make("misc.test"), "y")
      expect(yield* takeThis(line, "<4@far.test>", "far.test!not-for-mail")).toMatch(/^239 /)
    }).pipe(Effect.scoped)
  )

  it.effect("refuses an article whose cancel came first, then knows it as gone", () =>
    Effect.gen(function* () {
      const line = yield* dial
      const key = "sha256:known+to+the+author"
      const lock: Fields = [["Cancel-Lock", CancelLock.lockOf(key) ?? ""]]
      const cancel = (of: string, fields: Fields): Fields => [["Control", `cancel ${of}`], ...fields]
      const path = "far.test!not-for-mail"
      expect(yield* takeThis(line, "<c5@far.test>", path, cancel("<5@far.test>", [["Cancel-Key", key]]))).toMatch(
        /^239 /
      )
      expect(yield* takeThis(line, "<c6@far.test>", path, cancel("<6@far.test>", []))).toMatch(/^239 /)
      expect(yield* ask(line, "CHECK <5@far.test>")).toMatch(/^238 /)
      expect(yield* takeThis(line, "<5@far.test>", path, lock)).toMatch(/^439 /)
      expect(yield* ask(line, "CHECK <5@far.test>")).toMatch(/^438 /)
      expect(yield* takeThis(line, "<6@far.test>", path, lock)).toMatch(/^239 /)
      expect(yield* ask(line, "STAT <5@far.test>")).toMatch(/^430 /)
      expect(yield* ask(line, "STAT <6@far.test>")).toMatch(/^223 /)
      expect(yield* ask(line, "GROUP control.cancel")).toMatch(/^211 2 /)
      expect(yield* post(line, "misc.test", cancel("<6@far.test>", [["Cancel-Key", key]]))).toMatch(/^240 /)
      expect(yield* ask(line, "STAT <6@far.test>")).toMatch(/^430 /)
    }).pipe(Effect.scoped)
  )

  it.effect("changes groups for the control message of an operator alone", () =>
    Effect.gen(function* () {
      const control: Fields = [["Control", "newgroup misc.new moderated"]]
      policy = AccessControl.open
      const anyone = yield* dial
      expect(yield* post(anyone, "misc.test", control)).toMatch(/^441 /)
      expect(yield* takeThis(anyone, "<7@far.test>", "far.test!not-for-mail", control)).toMatch(/^239 /)
      expect(yield* ask(anyone, "GROUP misc.new")).toMatch(/^411 /)
      policy = { rules: [{ ...Access.nothing, ...Access.everything, control: true }], peers: [] }
      const operator = yield* dial
      expect(yield* post(operator, "misc.test", control)).toMatch(/^240 /)
      expect(yield* ask(operator, "LIST ACTIVE misc.new")).toMatch(/^215 /)
      expect((yield* operator.block)[0]).toMatch(/^misc\.new \d+ \d+ m$/)
      policy = AccessControl.open
    }).pipe(Effect.scoped)
  )
})
