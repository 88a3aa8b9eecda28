/**
 * What a site tells of each feed to a peer: how much went over, how much waits, and how far behind it is.
 */
import * as Instant from "@lupin/api/Instant"
import * as PeerStats from "@lupin/nntp/PeerStats"
import * as Spool from "@lupin/spool/Spool"
import { Clock, Effect, Schema } from "effect"

/** One feed. Counts are of articles since the process began. */
export const Peer = Schema.Struct({
  name: Schema.String,
  isConnected: Schema.Boolean,
  /** Articles that may wait for an answer at a time, as the peer's answers have made it. */
  window: Schema.Int,
  offered: Schema.Int,
  sent: Schema.Int,
  accepted: Schema.Int,
  /** The peer had it already, or did not want it. */
  notWanted: Schema.Int,
  refused: Schema.Int,
  /** Waiting to be offered again, because the peer asked for it. */
  deferred: Schema.Int,
  /** Events of the spool that the peer has not answered yet. */
  lagArticles: Schema.Int,
  /** Age of the oldest of them, in seconds; 0 where there is none. */
  lagSeconds: Schema.Number,
  /** Why the last connection ended or was not made; over while `isConnected`. */
  lastTrouble: Schema.optionalKey(Schema.String),
  /** When that was, by the site's clock. */
  lastTroubleMillis: Schema.optionalKey(Instant.Instant)
}).pipe(Schema.encodeKeys({ lastTroubleMillis: "lastTroubleAt" }))
export type Peer = typeof Peer.Type

export const Peers = Schema.Struct({ peers: Schema.Array(Peer) })

const encode = Schema.encodeSync(Peers)

/** How far a feed is behind. */
export interface Lag {
  readonly articles: number
  readonly seconds: number
}

/** Pages of the log that are searched for the oldest event a peer has not answered. */
const searchPagesMax = 20

/** Counts from the position that is stored, so a peer that is down has its lag too. */
export const lag = Effect.fnUntraced(function* (
  spool: Spool.Spool["Service"],
  position: number
): Effect.fn.Return<Lag, Spool.SpoolUnavailable> {
  const articles = Math.max(0, (yield* spool.head) - position)
  let after = position
  for (let page = 0; articles > 0 && page < searchPagesMax; page += 1) {
    const { changes, head, next } = yield* spool.changes(after, 1)
    const [first] = changes
    if (first !== undefined) {
      const sinceMillis = first._tag === "Filed" ? first.arrivedMillis : first.removedMillis
      return { articles, seconds: Math.max(0, (yield* Clock.currentTimeMillis) - sinceMillis) / 1000 }
    }
    if (next >= head || next === after) break
    after = next
  }
  return { articles, seconds: 0 }
})

const describe = Effect.fnUntraced(function* (feed: Readonly<PeerStats.PeerState>, spool: Spool.Spool["Service"]) {
  const { articles, seconds } = yield* lag(spool, feed.position)
  const { lastTrouble: trouble } = feed
  const peer: Peer = {
    name: feed.name,
    isConnected: feed.isConnected,
    window: feed.window,
    offered: feed.offers,
    sent: feed.sent,
    accepted: feed.accepted,
    notWanted: feed.notWanted,
    refused: feed.refused,
    deferred: feed.deferred,
    lagArticles: articles,
    lagSeconds: seconds,
    ...(trouble === undefined ? {} : { lastTrouble: trouble.reason, lastTroubleMillis: trouble.atMillis })
  }
  return peer
})

/** The page as JSON; a spool that cannot be read leaves the ages out by showing no peer. */
export const make = Effect.gen(function* () {
  const spool = yield* Spool.Spool
  const stats = yield* PeerStats.PeerStats
  return stats.snapshot.pipe(
    Effect.flatMap((feeds) => Effect.forEach(feeds, (feed) => describe(feed, spool))),
    Effect.catch(({ reason }) => Effect.as(Effect.logWarning("the peers page", reason), [])),
    Effect.map((peers) => encode({ peers }) as unknown as Schema.Json)
  )
})
