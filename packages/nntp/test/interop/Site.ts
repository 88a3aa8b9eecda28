/**
 * A site of ours in this process, and what the interop tests ask of it.
 */
import * as Article from "@lupin/core/Article"
import * as FeedRule from "@lupin/core/FeedRule"
import type * as MessageId from "@lupin/core/MessageId"
import * as Wildmat from "@lupin/core/Wildmat"
import { Injector } from "@lupin/spool/Injector"
import { Relayer } from "@lupin/spool/Relayer"
import { Spool } from "@lupin/spool/Spool"
import { Context, Effect, Layer, type Scope } from "effect"
import * as Access from "../../src/Access.ts"
import { AccessControl, type Policy } from "../../src/AccessControl.ts"
import { Accounts, noAccounts } from "../../src/Accounts.ts"
import { CancelSecret } from "../../src/CancelSecret.ts"
import { NntpServer } from "../../src/NntpServer.ts"
import * as PeerFeed from "../../src/PeerFeed.ts"
import { type PeerState, PeerStats } from "../../src/PeerStats.ts"
import * as Scram from "../../src/Scram.ts"
import * as site from "../site.ts"
import * as Corpus from "./Corpus.ts"
import * as Programs from "./Programs.ts"

export type Site = Context.Context<site.Services | NntpServer | PeerStats>

/** Runs until the scope ends; its name in the Path is `<name>.test`. `settings` are what it is served by. */
export const start = (
  name: string,
  options: Parameters<typeof site.layer>[1] = {},
  settings: Layer.Layer<never> = Layer.empty
): Effect.Effect<Site, never, Scope.Scope> =>
  Layer.build(
    Layer.mergeAll(site.layer(name, options).pipe(Layer.provide(settings)), PeerStats.layer)
  ) as Effect.Effect<Site, never, Scope.Scope>

/** People of these names may log in by the password `secret`, and do everything then; others may look. */
export const withUsers = (...users: ReadonlyArray<string>): Layer.Layer<never> =>
  Layer.mergeAll(
    Layer.succeed(Accounts, {
      ...noAccounts,
      scram: (user) =>
        Effect.succeed(Scram.keysOf(users.includes(user) ? "secret" : "of nobody", new Uint8Array(16), 4_096)),
      verify: (user, password) => Effect.succeed(users.includes(user) && password === "secret")
    }),
    Layer.succeed(AccessControl, {
      current: () => usersPolicy
    }),
    Layer.succeed(CancelSecret, { current: Effect.succeed(new Uint8Array(32)) })
  ) as Layer.Layer<never>

const usersPolicy: Policy = {
  rules: [
    { ...Access.everything, users: ["*"] },
    { ...Access.nothing, read: Wildmat.everything }
  ],
  peers: []
}

export const port = (at: Site): number => Context.get(at, NntpServer).address.port

export const spool = (at: Site): Spool["Service"] => Context.get(at, Spool)

/** Feeds a peer until the scope ends. */
export const feed = (
  from: Site,
  to: { readonly name: string; readonly identity: string; readonly port: number },
  options: Partial<PeerFeed.Options> = {}
): Effect.Effect<void, never, Scope.Scope> =>
  PeerFeed.run({
    peer: { name: to.name, host: "127.0.0.1", port: to.port, identities: [to.identity] },
    rule: FeedRule.everything,
    eager: false,
    gatherMillis: 5,
    reconnect: { baseMillis: 20, millisMax: 200 },
    defer: { baseMillis: 50, millisMax: 500 },
    ...options
  }).pipe(Effect.provideContext(from), Effect.forkScoped, Effect.asVoid)

export const stats = (at: Site, peer: string): PeerState => Context.get(at, PeerStats).of(peer)

/** Takes articles from an INN-like neighbour, as if a feed had brought them. */
export const take = (at: Site, articles: ReadonlyArray<Article.Article>): Effect.Effect<void> =>
  Effect.gen(function* () {
    const received = yield* Context.get(at, Relayer).receive(
      articles.map(({ messageId, octets }) => ({ id: messageId, octets })),
      { connection: "neighbour" }
    )
    for (const [index, answer] of received.entries()) {
      if (answer._tag !== "Accepted")
        return yield* Effect.die(new Error(`${articles[index]?.messageId}: ${JSON.stringify(answer)}`))
    }
  }).pipe(Effect.orDie)

/** Ann posts as a newsreader does; the article's id. */
export const post = (at: Site, subject: string, group: string): Effect.Effect<MessageId.MessageId> =>
  Context.get(at, Injector)
    .inject(
      Article.make(
        [
          ["From", "Ann Reader <ann@reader.test>"],
          ["Newsgroups", group],
          ["Subject", subject]
        ],
        "hello\r\n"
      ),
      { writer: "client" }
    )
    .pipe(
      Effect.map(({ id }) => id),
      Effect.orDie
    )

/** Returns once the site has removed an article. */
export const lacks = (at: Site, id: MessageId.MessageId): Effect.Effect<void> =>
  Effect.asVoid(
    Programs.until(
      Effect.map(spool(at).status([id]), ([status]) => (status === "removed" ? true : undefined)).pipe(Effect.orDie)
    )
  )

/** Returns the ids held, in the order of their arrival, once there are so many. */
export const holds = (at: Site, count: number): Effect.Effect<ReadonlyArray<MessageId.MessageId>> =>
  Effect.gen(function* () {
    for (;;) {
      const arrivals = yield* spool(at).arrivedSince(0, 100_000)
      if (arrivals.length >= count) return arrivals.map(({ id }) => id)
      yield* spool(at).changed(yield* spool(at).head)
    }
  }).pipe(Effect.orDie)

/** Returns once the feed to a peer has had an answer for everything. */
export const settled = (at: Site, peer: string): Effect.Effect<void> =>
  Effect.flatMap(spool(at).head, (head) =>
    Effect.asVoid(Programs.until(Effect.sync(() => (stats(at, peer).position === head ? true : undefined))))
  )

/** What no relaying site may change of the articles held, by id. */
export const lasting = (at: Site, ids: ReadonlyArray<MessageId.MessageId>): Effect.Effect<Map<string, string>> =>
  Effect.map(
    Effect.forEach(ids, (id) =>
      Effect.map(spool(at).find(id), (held) => [id, held === undefined ? "" : Corpus.lasting(held.article)] as const)
    ),
    (entries) => new Map(entries)
  ).pipe(Effect.orDie)
