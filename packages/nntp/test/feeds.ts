/**
 * Sites of one process that feed each other, and ways to wait for what they do.
 */
import * as FeedRule from "@lupin/core/FeedRule"
import type * as MessageId from "@lupin/core/MessageId"
import { Injector } from "@lupin/spool/Injector"
import { Spool } from "@lupin/spool/Spool"
import { Context, Effect, Layer, type Scope } from "effect"
import { NntpServer } from "../src/NntpServer.ts"
import * as PeerFeed from "../src/PeerFeed.ts"
import { PeerStats } from "../src/PeerStats.ts"
import * as site from "./site.ts"

export type Site = Context.Context<site.Services | NntpServer | PeerStats>

/** A site that lives as long as the scope. */
export const start = (
  name: string,
  options: Parameters<typeof site.layer>[1] = {}
): Effect.Effect<Site, never, Scope.Scope> =>
  Layer.build(Layer.mergeAll(site.layer(name, options), PeerStats.layer)) as Effect.Effect<Site, never, Scope.Scope>

const fast = { baseMillis: 5, millisMax: 20 }

/** Feeds one site from another, with short times. */
export const feed = (
  from: Site,
  to: { readonly name: string; readonly port: number },
  options: Partial<PeerFeed.Options> = {}
) =>
  PeerFeed.run({
    peer: { name: to.name, host: "127.0.0.1", port: to.port, identities: [`${to.name}.test`] },
    rule: FeedRule.everything,
    eager: true,
    gatherMillis: 5,
    reconnect: fast,
    defer: fast,
    ...options
  }).pipe(Effect.provideContext(from))

export const portOf = (running: Site): number => Context.get(running, NntpServer).address.port

export const post = (at: Site, subject: string, groups?: string) =>
  Context.get(at, Injector).inject(site.proto(subject, groups), { writer: "client" })

/** Waits until the site holds so many articles, and returns the ids in the order of their arrival. */
export const holds = (at: Site, count: number): Effect.Effect<ReadonlyArray<MessageId.MessageId>> =>
  Effect.gen(function* () {
    const spool = Context.get(at, Spool)
    for (;;) {
      const arrivals = yield* spool.arrivedSince(0, 10_000)
      if (arrivals.length >= count) return arrivals.map(({ id }) => id)
      yield* spool.changed(yield* spool.head)
    }
  }).pipe(Effect.orDie)

export const statsOf = (at: Site, name: string) => Context.get(at, PeerStats).of(name)

/** Waits for a state of a feed that no event announces. */
export const until = (isSo: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => (isSo() ? Effect.void : Effect.andThen(Effect.sleep(2), until(isSo))))

/** Waits until the peer has answered all that the site holds. */
export const settled = (at: Site, name: string) =>
  Effect.gen(function* () {
    const head = yield* Context.get(at, Spool).head
    yield* until(() => statsOf(at, name).position === head)
  })
