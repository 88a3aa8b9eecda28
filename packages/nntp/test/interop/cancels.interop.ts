import { describe, expect, it } from "@effect/vitest"
import * as Article from "@lupin/core/Article"
import * as CancelLock from "@lupin/core/CancelLock"
import * as MessageId from "@lupin/core/MessageId"
import { Effect, type Scope } from "effect"
import * as NntpReader from "../../src/NntpReader.ts"
import * as Corpus from "./Corpus.ts"
import * as Inn from "./Inn.ts"
import * as Programs from "./Programs.ts"
import * as Site from "./Site.ts"

type Fields = ReadonlyArray<readonly [string, string]>

const group = "misc.test"
const secret = new TextEncoder().encode("a secret of Ann's")
const id = (name: string) => MessageId.MessageId.make(`<${name}@author.test>`)
const lock = (name: string): Fields => [["Cancel-Lock", CancelLock.mintLock(secret, id(name))]]
const key = (name: string, of = secret): Fields => [["Cancel-Key", CancelLock.mintKey(of, id(name))]]

const proto = (name: string, fields: Fields = []): Uint8Array =>
  Article.make(
    [
      ["From", "Ann <ann@author.test>"],
      ["Newsgroups", group],
      ["Subject", `about ${name}`],
      ["Message-ID", id(name)],
      ...fields
    ],
    "words\r\n"
  )
const cancelOf = (name: string, fields: Fields): Uint8Array =>
  proto(`cancel.${name}`, [["Control", `cancel ${id(name)}`], ...fields])

/** A server as its readers see it. */
interface Server {
  readonly post: (octets: Uint8Array) => Effect.Effect<void>
  /** Names of those that it gives to readers. */
  readonly shows: (names: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<string>>
}

const at = (port: number): Effect.Effect<Server, never, Scope.Scope> =>
  NntpReader.connect({ host: "127.0.0.1", port }).pipe(
    Effect.map((reader): Server => ({
      post: (octets) => Effect.orDie(Effect.asVoid(reader.post(octets))),
      shows: (names) =>
        reader.client.exchange(names.map((name) => ({ line: `STAT ${id(name)}` }))).pipe(
          Effect.map((replies) => names.filter((_, index) => replies[index]?.code === 223)),
          Effect.orDie
        )
    })),
    Effect.orDie
  )

/** Returns once the server shows these of all names, and no others. */
const showing = (server: Server, of: ReadonlyArray<string>, wanted: ReadonlyArray<string>): Effect.Effect<void> =>
  Effect.asVoid(
    Programs.until(Effect.map(server.shows(of), (shown) => (shown.toString() === wanted.toString() ? true : undefined)))
  )

/** Ours and INN, each feeding the other. */
const pair = Effect.gen(function* () {
  const ours = yield* Site.start("ours")
  const inn = yield* Inn.start({
    identity: "inn.test",
    groups: [group],
    isCancelling: true,
    feeds: [{ name: "ours", identity: "ours.test", port: Site.port(ours), by: "innfeed" }]
  })
  yield* Site.feed(ours, { name: "inn", identity: inn.identity, port: inn.port })
  return { site: ours, inn, servers: { us: yield* at(Site.port(ours)), INN: yield* at(inn.port) } }
})

describe.skipIf(Programs.isWithout(...Inn.programs))("Cancels between INN and us", () => {
  for (const [here, there] of [
    ["us", "INN"],
    ["INN", "us"]
  ] as const) {
    it.live(
      `act at both when they are posted at ${here}: by the key of a lock, or by the author of an open article`,
      () =>
        Effect.gen(function* () {
          const { servers } = yield* pair
          const names = ["locked", "guessed", "open", "old", "new", "cancel.locked", "cancel.guessed", "cancel.open"]
          const first = names.slice(0, 4)
          for (const name of first) yield* servers[here].post(proto(name, name === "open" ? [] : lock(name)))
          for (const server of [servers.us, servers.INN]) yield* showing(server, names, first)

          yield* servers[here].post(cancelOf("locked", key("locked")))
          yield* servers[here].post(cancelOf("guessed", key("guessed", new TextEncoder().encode("a guess"))))
          yield* servers[here].post(cancelOf("open", []))
          yield* servers[here].post(proto("new", [["Supersedes", id("old")], ...key("old")]))
          const left = ["guessed", "new", "cancel.locked", "cancel.guessed", "cancel.open"]
          for (const server of [servers[here], servers[there]]) yield* showing(server, names, left)
        }).pipe(Effect.scoped)
    )
  }

  it.live("that come before what they cancel keep it away, when INN feeds it to us later", () =>
    Effect.gen(function* () {
      const { inn, servers, site: ours } = yield* pair
      const to = ["-S", "127.0.0.1", "-P", String(Site.port(ours))]
      const head = Buffer.from(`Path: author.test!not-for-mail\r\nDate: ${new Date().toUTCString()}\r\n`)
      const early = Buffer.concat([head, cancelOf("late", key("late"))])
      expect(yield* inn.run("rnews", to, Corpus.batch([early]))).toMatchObject({ status: 0 })
      yield* showing(servers.us, ["cancel.late"], ["cancel.late"])
      yield* servers.INN.post(proto("late", lock("late")))
      yield* servers.INN.post(proto("after", lock("after")))
      yield* showing(servers.us, ["late", "after"], ["after"])
      yield* Site.lacks(ours, id("late"))
    }).pipe(Effect.scoped)
  )
})
