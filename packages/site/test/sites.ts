/**
 * Whole sites on their own files, and articles that are the same wherever they are stored.
 */
import { assert } from "@effect/vitest"
import * as Article from "@lupin/core/Article"
import * as Event from "@lupin/core/Event"
import type * as MessageId from "@lupin/core/MessageId"
import * as NewsDate from "@lupin/core/NewsDate"
import * as Uuid from "@lupin/core/Uuid"
import { NntpServer } from "@lupin/nntp/NntpServer"
import { PeerStats } from "@lupin/nntp/PeerStats"
import * as Histories from "@lupin/site/Histories"
import * as Reconcile from "@lupin/site/Reconcile"
import * as Site from "@lupin/site/Site"
import * as SiteConfig from "@lupin/site/SiteConfig"
import { Relayer } from "@lupin/spool/Relayer"
import { Spool } from "@lupin/spool/Spool"
import * as Events from "@lupin/testing/Events"
import { Context, Effect, Layer, Result } from "effect"
import * as FileSystem from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"

export const directory = Effect.acquireRelease(
  Effect.sync(() => FileSystem.mkdtempSync(Path.join(Os.tmpdir(), "lupin-reconcile-"))),
  (path) => Effect.sync(() => FileSystem.rmSync(path, { recursive: true, force: true }))
)

export const configOf = (name: string, path: string, peers: ReadonlyArray<object>, port = 0) =>
  Result.getOrThrow(
    SiteConfig.central(
      JSON.stringify({
        kind: "central",
        zone: name,
        zones: ["sea", "mk"],
        name,
        path: `h1.${name}.zone.lupin`,
        directory: path,
        durability: "kernel",
        listen: { nntp: `127.0.0.1:${port}`, meta: "127.0.0.1:0" },
        peers
      }),
      name
    )
  )

/** A peer at an address; feeds of nothing keep the two apart. */
export const peerAt = (name: string, port: number) => ({
  name,
  path: `h1.${name}.zone.lupin`,
  nntp: `127.0.0.1:${port}`,
  kind: "central"
})

/** A whole site on its own files, and an outer `Histories` for calls by hand. */
export const site = Effect.fnUntraced(function* (
  name: string,
  path: string,
  peers: ReadonlyArray<object> = [],
  port = 0
) {
  const config = configOf(name, path, peers, port)
  return yield* Layer.build(
    Layer.mergeAll(
      Site.serving(
        config,
        Effect.succeed(() => false)
      ),
      Histories.Histories.layer
    ).pipe(Layer.provideMerge(Site.doors(config, [])))
  )
})
export type Built = Effect.Success<ReturnType<typeof site>>

export const portOf = (built: Built): number => Context.get(built, NntpServer).address.port

const hour = 60 * 60 * 1000
const startMillis = Math.floor(Date.now() / 1000) * 1000

/** How long ago a name was injected: told by its letters. */
const agoMillis: Readonly<Record<string, number>> = {
  common: 2 * hour,
  sea: 3 * hour,
  mk: 12 * 24 * hour,
  old: 5 * 24 * hour,
  new: 4 * hour,
  now: 0
}

/** The same article wherever it is stored: of a client where its number is even, else of another network. */
export const article = (name: string): Article.Article => {
  const [, prefix = "", digits = "0"] = /^([a-z]+)(\d*)$/.exec(name) ?? []
  const number = Number(digits)
  const atMillis = startMillis - (agoMillis[prefix] ?? 0) - number * 1000
  if (number % 2 === 0) {
    const id = Uuid.v7(atMillis, new TextEncoder().encode(`${name}..........`).subarray(0, 10))
    const event = Event.make({ app: "trailblaze", kind: "review", version: 1, id, payload: { name }, routing: 1 })
    if (event === undefined) throw new Error("no event")
    return Events.articleOf(event)
  }
  const octets = Article.make(
    [
      ["Path", "h1.sea.zone.lupin!h1.mk.zone.lupin!far.test!.POSTED!not-for-mail"],
      ["From", "Bob <bob@example.test>"],
      ["Newsgroups", "misc.test"],
      ["Subject", name],
      ["Date", NewsDate.format(atMillis)],
      ["Message-ID", `<${name}@reconcile.test>`]
    ],
    `${name}\r\n`
  )
  const read = Article.read(octets)
  if (Article.isMalformed(read)) throw new Error(read.reason)
  return read
}

export const id = (name: string): MessageId.MessageId => article(name).messageId

export const offer = (built: Context.Context<Relayer>, offered: ReadonlyArray<string>) =>
  Context.get(built, Relayer).receive(
    offered.map((name) => ({ id: id(name), octets: article(name).octets })),
    { connection: "test", isBackfill: true }
  )

export const store = (built: Context.Context<Relayer>, stored: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const received = yield* offer(built, stored)
    assert.deepStrictEqual(
      received.filter(({ _tag }) => _tag !== "Accepted"),
      []
    )
  })

export const remove = (built: Built, names: ReadonlyArray<string>, why: "cancelled" | "expired") =>
  Context.get(built, Spool).remove(names.map(id), why)

export const statuses = (built: Built, names: ReadonlyArray<string>) => Context.get(built, Spool).status(names.map(id))

/** Waits until a site holds all of these. */
export const holds = (built: Built, wanted: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const spool = Context.get(built, Spool)
    for (;;) {
      const head = yield* spool.head
      if ((yield* statuses(built, wanted)).every((status) => status === "held")) return
      yield* spool.changed(head)
    }
  })

/** Waits until the feed has passed all that is in the log, answered by the peer or not wanted by its rule. */
export const isPassed = (built: Built, peer: string) =>
  Effect.gen(function* () {
    const stats = Context.get(built, PeerStats).of(peer)
    while (stats.position < (yield* Context.get(built, Spool).head)) yield* Effect.sleep("5 millis")
  })

export const names = (prefix: string, count: number) => Array.from({ length: count }, (_, at) => `${prefix}${at}`)

/** `own` reconciles with `other`. */
export const reconcile = (own: Built, other: string, otherPort: number, why: "asked" | "look" | "audit") =>
  Effect.gen(function* () {
    const peer = Result.getOrThrow(
      SiteConfig.central(JSON.stringify(configOf("x", "/", [peerAt(other, otherPort)])), "x")
    )
    const [known] = peer.peers
    if (known === undefined) throw new Error("no peer")
    return yield* Reconcile.reconcile(known, why)
  }).pipe(Effect.provide(own))
