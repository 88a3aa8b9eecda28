import { expect, layer } from "@effect/vitest"
import * as GroupName from "@lupin/core/GroupName"
import * as Wildmat from "@lupin/core/Wildmat"
import { Spool } from "@lupin/spool/Spool"
import { Effect, Layer } from "effect"
import { Buffer } from "node:buffer"
import * as Access from "../src/Access.ts"
import * as AccessControl from "../src/AccessControl.ts"
import { Accounts, noAccounts } from "../src/Accounts.ts"
import { CancelSecret } from "../src/CancelSecret.ts"
import * as Cidr from "../src/Cidr.ts"
import { NntpServer } from "../src/NntpServer.ts"
import * as site from "./site.ts"
import * as wire from "./wire.ts"

const wildmat = (text: string): Wildmat.Wildmat => Wildmat.compile(text) ?? Wildmat.nothing
const rule = (part: Partial<Access.Rule>): Access.Rule => ({ ...Access.nothing, ...part })

/** Readers see misc.*, ann posts to misc.test alone, bob feeds all but alt.*; nobody else is told apart. */
const rules: Access.Rules = [
  rule({ users: ["ann"], read: wildmat("*"), post: wildmat("misc.test"), newnews: true }),
  rule({ users: ["bob"], feed: wildmat("*,!alt.*") }),
  rule({ users: ["mod"], read: wildmat("*"), post: wildmat("misc.*"), approve: wildmat("misc.mod") }),
  rule({ users: ["root"], ...Access.everything, control: true }),
  rule({ read: wildmat("misc.*") })
]

let policy: AccessControl.Policy = { rules, peers: [] }
const accounts = Layer.succeed(Accounts, {
  ...noAccounts,
  verify: (user, password) => Effect.succeed(password === `${user}'s word`)
})
const server = site
  .layer("alpha", { limits: () => ({ connectionsPerAddressMax: 3 }) })
  .pipe(
    Layer.provide(
      Layer.mergeAll(
        Layer.succeed(AccessControl.AccessControl, { current: () => policy }),
        Layer.succeed(CancelSecret, { current: Effect.succeed(Buffer.alloc(32, 7)) }),
        accounts
      )
    )
  )

const ask = (line: wire.Wire, text: string) => Effect.andThen(line.send(`${text}\r\n`), line.line)
const login = Effect.fnUntraced(function* (line: wire.Wire, user: string) {
  expect(yield* ask(line, `AUTHINFO USER ${user}`)).toMatch(/^381 /)
  expect(yield* ask(line, `AUTHINFO PASS ${user}'s word`)).toMatch(/^281 /)
})
const post = Effect.fnUntraced(function* (line: wire.Wire, groups: string) {
  expect(yield* ask(line, "POST")).toMatch(/^340 /)
  yield* line.sendBlock(site.proto("about access", groups))
  return yield* line.line
})
const capabilities = (line: wire.Wire) =>
  Effect.gen(function* () {
    expect(yield* ask(line, "CAPABILITIES")).toMatch(/^101 /)
    return yield* line.block
  })

layer(server, { excludeTestServices: true })("access", (it) => {
  it.effect("shows a reader the groups of its rule, and no others", () =>
    Effect.gen(function* () {
      const root = yield* wire.dial
      yield* root.line
      yield* login(root, "root")
      expect(yield* post(root, "misc.test")).toMatch(/^240 /)
      const hidden = yield* post(root, "alt.hidden")
      const id = hidden.split(" ")[1] ?? ""
      expect(hidden).toMatch(/^240 /)

      const reader = yield* wire.dial
      yield* reader.line
      expect(yield* ask(reader, "LIST ACTIVE")).toMatch(/^215 /)
      expect((yield* reader.block).map((line) => line.split(" ")[0])).toEqual(["misc.test"])
      expect(yield* ask(reader, "GROUP alt.hidden")).toMatch(/^411 /)
      expect(yield* ask(reader, `STAT ${id}`)).toMatch(/^430 /)
      expect(yield* ask(reader, `XSTATUS ${id}`)).toMatch(/ unknown$/)
      expect(yield* ask(reader, "XCHANGES * - 0 100")).toMatch(/^282 /)
      expect((yield* reader.block).length).toBe(1)
      expect(yield* ask(reader, "NEWNEWS * 20200101 000000")).toMatch(/^480 /)
      expect(yield* ask(root, `STAT ${id}`)).toMatch(/^223 /)
    }).pipe(Effect.scoped)
  )

  it.effect("asks to log in for what a login gives, and takes posts of the user's groups only", () =>
    Effect.gen(function* () {
      const ann = yield* wire.dial
      expect(yield* ann.line).toMatch(/^200 /)
      expect(yield* capabilities(ann)).toEqual(
        expect.arrayContaining(["AUTHINFO USER SASL", "SASL SCRAM-SHA-256 PLAIN", "POST"])
      )
      expect(yield* ask(ann, "POST")).toMatch(/^480 /)
      expect(yield* ask(ann, "CHECK <a@b>")).toMatch(/^480 /)
      yield* login(ann, "ann")
      const labels = (yield* capabilities(ann)).map((line) => line.split(" ")[0])
      expect(labels).toContain("POST")
      for (const gone of ["AUTHINFO", "SASL", "IHAVE", "STREAMING", "STARTTLS"]) expect(labels).not.toContain(gone)
      expect(yield* post(ann, "misc.test")).toMatch(/^240 /)
      expect(yield* post(ann, "misc.test,misc.other")).toMatch(/^441 .*misc\.other/)
      expect(yield* ask(ann, "IHAVE <a@b>")).toMatch(/^502 /)
      expect(yield* ask(ann, "NEWNEWS * 20200101 000000")).toMatch(/^230 /)
      yield* ann.block
    }).pipe(Effect.scoped)
  )

  it.effect("takes Approved from the moderator of a group alone, and only for that group", () =>
    Effect.gen(function* () {
      const spool = yield* Spool
      yield* spool.addGroup(GroupName.GroupName.make("misc.mod"), "m")
      yield* spool.addGroup(GroupName.GroupName.make("misc.other"), "m")
      const approved = Effect.fnUntraced(function* (user: string, groups: string) {
        const line = yield* wire.dial
        yield* line.line
        yield* login(line, user)
        expect(yield* ask(line, "POST")).toMatch(/^340 /)
        const proto = Buffer.from(site.proto("approved", groups)).toString("latin1")
        yield* line.sendBlock(Buffer.from(`Approved: ${user}@example.test\r\n${proto}`))
        return yield* line.line
      }, Effect.scoped)
      expect(yield* approved("ann", "misc.test")).toMatch(/^441 .*approve/)
      expect(yield* approved("mod", "misc.mod")).toMatch(/^240 /)
      expect(yield* approved("mod", "misc.test,misc.mod")).toMatch(/^240 /)
      expect(yield* approved("mod", "misc.test")).toMatch(/^441 .*approve/)
      expect(yield* approved("mod", "misc.mod,misc.other")).toMatch(/^441 .*approve/)
      expect(yield* approved("root", "misc.other")).toMatch(/^240 /)
      const line = yield* wire.dial
      yield* line.line
      yield* login(line, "mod")
      expect(yield* post(line, "misc.mod")).toMatch(/^441 .*moderated/)
    }).pipe(Effect.scoped)
  )

  it.effect(
    "lets a user who has logged in cancel what they posted, and nobody else, whatever they call themselves",
    () =>
      Effect.gen(function* () {
        const as = Effect.fnUntraced(function* (user: string) {
          const line = yield* wire.dial
          yield* line.line
          yield* login(line, user)
          return line
        })
        const say = Effect.fnUntraced(function* (line: wire.Wire, field = "X-Nothing: here") {
          expect(yield* ask(line, "POST")).toMatch(/^340 /)
          yield* line.sendBlock(Buffer.concat([Buffer.from(`${field}\r\n`), site.proto("mine", "misc.test")]))
          return (yield* line.line).split(" ")[1] ?? ""
        })
        const [ann, root] = [yield* as("ann"), yield* as("root")]
        const [first, second] = [yield* say(ann), yield* say(ann)]
        yield* say(root, `Control: cancel ${first}`)
        yield* say(root, `Supersedes: ${second}`)
        for (const id of [first, second]) expect(yield* ask(root, `STAT ${id}`)).toMatch(/^223 /)
        yield* say(ann, `Control: cancel ${first}`)
        yield* say(ann, `Supersedes: ${second}`)
        for (const id of [first, second]) expect(yield* ask(root, `STAT ${id}`)).toMatch(/^430 /)
      }).pipe(Effect.scoped)
  )

  it.effect("takes from a feed what its rule names, remembers nothing of the rest, and stays in step", () =>
    Effect.gen(function* () {
      const bob = yield* wire.dial
      yield* bob.line
      const article = site.relayed("<fed@x>", Date.now(), "alt.no,misc.test")
      yield* bob.send("TAKETHIS <fed@x>\r\n")
      yield* bob.sendBlock(article)
      expect(yield* bob.line).toMatch(/^480 /)
      yield* login(bob, "bob")
      yield* bob.send("TAKETHIS <fed@x>\r\n")
      yield* bob.sendBlock(article)
      expect(yield* bob.line).toMatch(/^439 <fed@x> alt\.no/)
      expect(yield* ask(bob, "CHECK <fed@x>")).toMatch(/^238 /)
      yield* bob.send("TAKETHIS <fed@x>\r\n")
      yield* bob.sendBlock(site.relayed("<fed@x>", Date.now(), "misc.test"))
      expect(yield* bob.line).toMatch(/^239 /)
      expect(yield* ask(bob, "GROUP misc.test")).toMatch(/^502 /)
    }).pipe(Effect.scoped)
  )

  it.effect("answers by new rules from the next command on, without dropping anybody", () =>
    Effect.gen(function* () {
      const reader = yield* wire.dial
      yield* reader.line
      expect(yield* ask(reader, "GROUP misc.test")).toMatch(/^211 /)
      const before = policy
      policy = { rules: [rule({ from: [Cidr.parse("192.0.2.0/24") ?? { text: "", octets: [], bits: 0 }] })], peers: [] }
      expect(yield* ask(reader, "STAT")).toMatch(/^502 /)
      const late = yield* wire.dial
      expect(yield* late.line).toMatch(/^502 /)
      yield* late.end
      policy = before
      expect(yield* ask(reader, "STAT")).toMatch(/^223 /)
    }).pipe(Effect.scoped)
  )

  it.effect("lets one address have only so many connections, and counts those that ended no more", () =>
    Effect.gen(function* () {
      const { connections } = yield* NntpServer
      while ((yield* connections) > 0) yield* Effect.yieldNow
      const open = [yield* wire.dial, yield* wire.dial, yield* wire.dial]
      for (const line of open) expect(yield* line.line).toMatch(/^200 /)
      const refused = yield* wire.dial
      expect(yield* refused.line).toMatch(/^400 .*address/)
      yield* refused.end
      yield* open[0]?.send("QUIT\r\n") ?? Effect.void
      yield* open[0]?.end ?? Effect.void
      while ((yield* connections) > 2) yield* Effect.yieldNow
      expect(yield* (yield* wire.dial).line).toMatch(/^200 /)
    }).pipe(Effect.scoped)
  )

  it.effect("takes no longer line of a SASL exchange than RFC 4643 allows", () =>
    Effect.gen(function* () {
      const line = yield* wire.dial
      yield* line.line
      expect(yield* ask(line, "AUTHINFO SASL PLAIN")).toBe("383 =")
      const long = Buffer.from(`\0ann\0${"x".repeat(8_000)}`).toString("base64")
      expect(yield* ask(line, long)).toMatch(/^481 /)
      expect(yield* ask(line, "AUTHINFO SASL PLAIN")).toBe("383 =")
      expect(yield* ask(line, "x".repeat(20_000))).toMatch(/^482 /)
      expect(yield* ask(line, "DATE")).toMatch(/^111 /)
    }).pipe(Effect.scoped)
  )
})
