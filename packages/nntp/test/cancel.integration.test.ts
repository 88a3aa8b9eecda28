import { describe, expect, it } from "@effect/vitest"
import * as Article from "@lupin/core/Article"
import * as CancelLock from "@lupin/core/CancelLock"
import * as FeedRule from "@lupin/core/FeedRule"
import * as MessageId from "@lupin/core/MessageId"
import { Injector } from "@lupin/spool/Injector"
import { Spool } from "@lupin/spool/Spool"
import { Context, Effect, Fiber, Layer, type Scope } from "effect"
import { NntpServer } from "../src/NntpServer.ts"
import * as PeerFeed from "../src/PeerFeed.ts"
import { PeerStats } from "../src/PeerStats.ts"
import * as site from "./site.ts"

type Site = Context.Context<site.Services | NntpServer | PeerStats>
type Fields = ReadonlyArray<readonly [string, string]>

const start = (name: string): Effect.Effect<Site, never, Scope.Scope> =>
  Layer.build(Layer.mergeAll(site.layer(name), PeerStats.layer)) as Effect.Effect<Site, never, Scope.Scope>

const feed = (from: Site, to: Site, name: string) =>
  Effect.forkScoped(
    PeerFeed.run({
      peer: { name, host: "127.0.0.1", port: Context.get(to, NntpServer).address.port, identities: [`${name}.test`] },
      rule: FeedRule.everything,
      eager: false,
      gatherMillis: 5
    }).pipe(Effect.provideContext(from))
  )

const secret = new TextEncoder().encode("the author's own")
const group = "clientposts.app.topic.note"
const id = (name: string) => MessageId.MessageId.make(`<${name}@author.example>`)
const lock = (name: string): Fields => [["Cancel-Lock", CancelLock.mintLock(secret, id(name))]]
const key = (name: string): Fields => [["Cancel-Key", CancelLock.mintKey(secret, id(name))]]

const post = (at: Site, name: string, fields: Fields) =>
  Context.get(at, Injector).inject(
    Article.make(
      [
        ["From", "Ann <ann@author.example>"],
        ["Newsgroups", group],
        ["Subject", `about ${name}`],
        ["Message-ID", id(name)],
        ...fields
      ],
      "words\r\n"
    ),
    { writer: "client" }
  )
const cancel = (at: Site, name: string, fields: Fields) =>
  post(at, `cancel.${name}`, [["Control", `cancel ${id(name)}`], ...fields])

const statusOf = (at: Site, name: string) => Effect.map(Context.get(at, Spool).status([id(name)]), ([status]) => status)

/** Waits for what a site is to know of an article. */
const until = (at: Site, name: string, wanted: "held" | "removed"): Effect.Effect<void> =>
  Effect.gen(function* () {
    const spool = Context.get(at, Spool)
    for (let head = yield* spool.head; (yield* statusOf(at, name)) !== wanted; head = yield* spool.head) {
      yield* spool.changed(head)
    }
  }).pipe(Effect.orDie)

describe("A cancel among sites", () => {
  it.live("removes its article at both of two sites, and one without the key at none", () =>
    Effect.gen(function* () {
      const [alpha, beta] = [yield* start("alpha"), yield* start("beta")]
      yield* feed(alpha, beta, "beta")
      yield* feed(beta, alpha, "alpha")
      yield* post(alpha, "mine", lock("mine"))
      yield* post(alpha, "kept", lock("kept"))
      yield* until(beta, "mine", "held")
      yield* until(beta, "kept", "held")
      yield* cancel(beta, "kept", key("mine"))
      yield* cancel(beta, "mine", key("mine"))
      yield* until(alpha, "mine", "removed")
      yield* until(beta, "mine", "removed")
      yield* until(alpha, "cancel.kept", "held")
      for (const at of [alpha, beta]) expect(yield* statusOf(at, "kept")).toBe("held")
    }).pipe(Effect.scoped)
  )

  it.live("lets an article replace the one that it supersedes, at both", () =>
    Effect.gen(function* () {
      const [alpha, beta] = [yield* start("alpha"), yield* start("beta")]
      yield* feed(alpha, beta, "beta")
      yield* post(alpha, "first", lock("first"))
      yield* until(beta, "first", "held")
      yield* post(alpha, "second", [["Supersedes", id("first")], ...key("first"), ...lock("second")])
      yield* until(beta, "second", "held")
      for (const at of [alpha, beta]) expect(yield* statusOf(at, "first")).toBe("removed")
    }).pipe(Effect.scoped)
  )

  it.live("waits where it overtakes its article, which then is not taken", () =>
    Effect.gen(function* () {
      const [alpha, beta, gamma] = [yield* start("alpha"), yield* start("beta"), yield* start("gamma")]
      const first = yield* feed(alpha, gamma, "gamma")
      yield* post(alpha, "mine", lock("mine"))
      yield* post(alpha, "kept", lock("kept"))
      yield* until(gamma, "kept", "held")
      yield* Fiber.interrupt(first)
      yield* cancel(alpha, "mine", key("mine"))
      yield* cancel(alpha, "kept", [])
      yield* until(alpha, "mine", "removed")
      yield* feed(alpha, beta, "beta")
      yield* until(beta, "cancel.kept", "held")
      expect(yield* statusOf(beta, "mine")).toBe("unknown")
      yield* feed(gamma, beta, "beta")
      yield* until(beta, "mine", "removed")
      yield* until(beta, "kept", "held")
      const { changes } = yield* Context.get(beta, Spool).changes(0, 100)
      expect(changes.filter((change) => change._tag === "Filed").map((change) => change.id)).not.toContain(id("mine"))
      yield* feed(beta, gamma, "gamma")
      yield* until(gamma, "mine", "removed")
      yield* until(gamma, "cancel.kept", "held")
      for (const at of [alpha, beta, gamma]) expect(yield* statusOf(at, "kept")).toBe("held")
    }).pipe(Effect.scoped)
  )
})
