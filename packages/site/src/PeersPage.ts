/**
 * What a site tells of each feed to a peer: how much went over, how much waits, and how far behind it is.
 */
import * as PeerStats from "@lupin/nntp/PeerStats"
import * as Spool from "@lupin/spool/Spool"
import { Clock, Effect, Schema } from "effect"

/** One feed. Counts are of articles since the process began. */
export const Peer = Schema.Struct({
  name: Schema.String,
  isConnected: Schema.Boolean,
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
  lastTrouble: Schema.optionalKey(Schema.String)
})
export type Peer = typeof Peer.Type

export const Peers = Schema.Struct({ peers: Schema.Array(Peer) })

const encode = Schema.encodeSync(Peers)

const describe = Effect.fnUntraced(function* (feed: Readonly<PeerStats.PeerState>, spool: Spool.Spool["Service"]) {
  const nowMillis = yield* Clock.currentTimeMillis
  const head = yield* spool.head
  const lagArticles = Math.max(0, head - feed.position)
  const oldest = lagArticles === 0 ? [] : (yield* spool.changes(feed.position, 1)).changes
  const [first] = oldest
  const sinceMillis =
    first === undefined ? nowMillis : first._tag === "Filed" ? first.arrivedMillis : first.removedMillis
  const peer: Peer = {
    name: feed.name,
    isConnected: feed.isConnected,
    offered: feed.offers,
    sent: feed.sent,
    accepted: feed.accepted,
    notWanted: feed.notWanted,
    refused: feed.refused,
    deferred: feed.deferred,
    lagArticles,
    lagSeconds: Math.max(0, nowMillis - sinceMillis) / 1000,
    ...(feed.lastTrouble === undefined ? {} : { lastTrouble: feed.lastTrouble })
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
