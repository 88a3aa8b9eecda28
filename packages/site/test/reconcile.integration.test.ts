import { assert, it } from "@effect/vitest"
import * as Article from "@lupin/core/Article"
import * as Event from "@lupin/core/Event"
import type * as MessageId from "@lupin/core/MessageId"
import * as NewsDate from "@lupin/core/NewsDate"
import * as Uuid from "@lupin/core/Uuid"
import { NntpServer } from "@lupin/nntp/NntpServer"
import * as Histories from "@lupin/site/Histories"
import * as Reconcile from "@lupin/site/Reconcile"
import { Refill } from "@lupin/site/Refill"
import * as Site from "@lupin/site/Site"
import * as SiteConfig from "@lupin/site/SiteConfig"
import { Relayer } from "@lupin/spool/Relayer"
import { Spool } from "@lupin/spool/Spool"
import * as Events from "@lupin/testing/Events"
import { Context, Effect, Layer, Result } from "effect"
import * as FileSystem from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"

const directory = Effect.acquireRelease(
  Effect.sync(() => FileSystem.mkdtempSync(Path.join(Os.tmpdir(), "lupin-reconcile-"))),
  (path) => Effect.sync(() => FileSystem.rmSync(path, { recursive: true, force: true }))
)

const configOf = (name: string, path: string, peers: ReadonlyArray<object>) =>
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
        listen: { nntp: "127.0.0.1:0", meta: "127.0.0.1:0" },
        peers
      }),
      name
    )
  )

/** A peer at an address; feeds of nothing keep the two apart. */
const peerAt = (name: string, port: number) => ({
  name,
  path: `h1.${name}.zone.lupin`,
  nntp: `127.0.0.1:${port}`,
  kind: "central"
})

/** A whole site on its own files, and an outer `Histories` for calls by hand. */
const site = Effect.fnUntraced(function* (name: string, path: string, peers: ReadonlyArray<object> = []) {
  const config = configOf(name, path, peers)
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
type Built = Effect.Success<ReturnType<typeof site>>

const portOf = (built: Built): number => Context.get(built, NntpServer).address.port

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
const article = (name: string): Article.Article => {
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

const id = (name: string): MessageId.MessageId => article(name).messageId

const offer = (built: Built, offered: ReadonlyArray<string>) =>
  Context.get(built, Relayer).receive(
    offered.map((name) => ({ id: id(name), octets: article(name).octets })),
    { connection: "test", isBackfill: true }
  )

const store = (built: Built, stored: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const received = yield* offer(built, stored)
    assert.deepStrictEqual(
      received.filter(({ _tag }) => _tag !== "Accepted"),
      []
    )
  })

const remove = (built: Built, names: ReadonlyArray<string>, why: "cancelled" | "expired") =>
  Context.get(built, Spool).remove(names.map(id), why)

const statuses = (built: Built, names: ReadonlyArray<string>) => Context.get(built, Spool).status(names.map(id))

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, at) => `${prefix}${at}`)

/** `own` reconciles with `other`. */
const reconcile = (own: Built, other: string, otherPort: number, why: "asked" | "look" | "audit") =>
  Effect.gen(function* () {
    const peer = Result.getOrThrow(
      SiteConfig.central(JSON.stringify(configOf("x", "/", [peerAt(other, otherPort)])), "x")
    )
    const [known] = peer.peers
    if (known === undefined) throw new Error("no peer")
    return yield* Reconcile.reconcile(known, why)
  }).pipe(Effect.provide(own))

it.live("makes two sites that diverged while cut off the same, and what was removed stays removed", () =>
  Effect.gen(function* () {
    const sea = yield* site("sea", yield* directory)
    const mk = yield* site("mk", yield* directory)
    const common = names("common", 700)
    yield* store(sea, common)
    yield* store(mk, common.toReversed())
    yield* store(sea, names("sea", 40))
    yield* store(mk, names("mk", 30))
    yield* remove(sea, ["common1", "common2", "sea3"], "cancelled")
    yield* remove(mk, ["common3", "mk5", "never"], "cancelled")
    yield* remove(mk, ["common4", "common5"], "expired")
    yield* remove(sea, ["common5"], "cancelled")

    const look = yield* reconcile(sea, "mk", portOf(mk), "look")
    assert.deepInclude(look, { hereOnly: 40, thereOnly: 30, taken: 0, removed: 0 })
    assert.isAbove(look.unlike, 0)
    const first = yield* reconcile(sea, "mk", portOf(mk), "asked")
    assert.strictEqual(first.taken, 29)
    const second = yield* reconcile(mk, "sea", portOf(sea), "asked")
    assert.strictEqual(second.taken, 39)
    for (const built of [sea, mk]) {
      assert.deepStrictEqual(
        yield* statuses(built, ["common0", "sea0", "mk0", "common1", "common2", "common3", "sea3", "mk5"]),
        ["held", "held", "held", "removed", "removed", "removed", "removed", "removed"]
      )
    }
    // What has expired on one side is history there, and not fetched again.
    assert.deepStrictEqual(yield* statuses(mk, ["common4"]), ["removed"])
    assert.deepStrictEqual(yield* statuses(sea, ["common4"]), ["held"])
    for (const [own, name, other] of [
      [sea, "mk", mk],
      [mk, "sea", sea]
    ] as const) {
      const equal = yield* reconcile(own, name, portOf(other), "look")
      assert.deepInclude(equal, { isEqual: true, roundTrips: 1 })
      assert.isBelow(equal.octetsSent + equal.octetsReceived, 200)
    }
  }).pipe(Effect.scoped)
)

it.live("fills a wiped site from one of ours, its own articles and the removals included", () =>
  Effect.gen(function* () {
    const sea = yield* site("sea", yield* directory)
    yield* store(sea, names("old", 300))
    yield* store(sea, names("new", 300))
    yield* store(sea, names("now", 10))
    yield* remove(sea, ["old0", "old1", "old2"], "cancelled")
    const mk = yield* site("mk", yield* directory, [peerAt("sea", portOf(sea))])
    const { missing } = Context.get(mk, Refill)
    while ((yield* missing).length > 0) yield* Effect.sleep("20 millis")
    const all = [...names("old", 300), ...names("new", 300), ...names("now", 10)]
    assert.deepStrictEqual(yield* statuses(mk, all), yield* statuses(sea, all))
    assert.deepStrictEqual(yield* statuses(mk, ["old0", "old1"]), ["removed", "removed"])
  }).pipe(Effect.scoped)
)

it.live("asks in its turn where a peer says that it lacks something, and tells operators what differs", () =>
  Effect.gen(function* () {
    const sea = yield* site("sea", yield* directory)
    yield* store(sea, names("common", 20))
    const accept = { addresses: ["127.0.0.1"] }
    const mk = yield* site("mk", yield* directory, [{ ...peerAt("sea", portOf(sea)), accept }])
    const { missing } = Context.get(mk, Refill)
    while ((yield* missing).length > 0) yield* Effect.sleep("20 millis")
    const { compare } = Context.get(mk, Reconcile.Reconcile)
    assert.deepInclude((yield* compare)[0], { peer: "sea", isEqual: true, roundTrips: 1 })

    yield* remove(sea, names("common", 2), "cancelled")
    assert.deepInclude((yield* compare)[0], { isEqual: false, hereOnly: 0, thereOnly: 0, unlike: 2, removed: 0 })
    const spool = Context.get(mk, Spool)
    const before = yield* spool.head
    assert.deepInclude(yield* reconcile(sea, "mk", portOf(mk), "audit"), { unlike: 2, taken: 0, removed: 0 })
    yield* spool.changed(before)
    assert.deepStrictEqual(yield* statuses(mk, names("common", 3)), ["removed", "removed", "held"])
    assert.deepInclude((yield* compare)[0], { isEqual: true })
  }).pipe(Effect.scoped)
)

it.live("asks about the groups that the other site feeds it, not about those that it feeds the other", () =>
  Effect.gen(function* () {
    const accept = { addresses: ["127.0.0.1"] }
    const mk = { ...peerAt("mk", 9), feed: "clientposts.*", accept }
    const sea = yield* site("sea", yield* directory, [{ ...mk, kind: "pop" }])
    yield* store(sea, names("common", 20))
    const own = yield* site("mk", yield* directory)
    const report = yield* reconcile(own, "sea", portOf(sea), "asked")
    assert.deepInclude(report, { thereOnly: 10, taken: 10, roundTrips: 2 })
    assert.deepStrictEqual(yield* statuses(own, ["common0", "common1"]), ["held", "unknown"])
  }).pipe(Effect.scoped)
)

it.live("brings nothing back that an operator has erased, and lets go of it wherever it is held", () =>
  Effect.gen(function* () {
    const sea = yield* site("sea", yield* directory)
    const mk = yield* site("mk", yield* directory)
    yield* store(sea, names("common", 20))
    yield* store(mk, names("common", 20))
    yield* Context.get(sea, Spool).erase([id("common3"), id("common4")])

    assert.deepInclude(yield* reconcile(sea, "mk", portOf(mk), "asked"), { taken: 0, removed: 0 })
    yield* offer(sea, ["common3", "common4"])
    assert.deepStrictEqual(yield* statuses(sea, ["common3", "common4"]), ["removed", "removed"])
    assert.deepInclude(yield* reconcile(mk, "sea", portOf(sea), "asked"), { taken: 0, removed: 2 })
    assert.deepStrictEqual(yield* statuses(mk, ["common3", "common4", "common5"]), ["removed", "removed", "held"])
    assert.deepInclude(yield* reconcile(sea, "mk", portOf(mk), "look"), { isEqual: true })

    // A new host next to them learns of the removal, and not of the article.
    const cape = yield* site("cape", yield* directory, [peerAt("sea", portOf(sea)), peerAt("mk", portOf(mk))])
    const { missing } = Context.get(cape, Refill)
    while ((yield* missing).length > 0) yield* Effect.sleep("20 millis")
    assert.deepStrictEqual(yield* statuses(cape, ["common3", "common4", "common5"]), ["removed", "removed", "held"])
  }).pipe(Effect.scoped)
)
