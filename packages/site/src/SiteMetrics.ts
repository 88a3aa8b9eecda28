/**
 * Gauges of a site, brought up to date whenever somebody asks for metrics.
 */
import * as Recoveries from "@lupin/core/Recoveries"
import * as NntpServer from "@lupin/nntp/NntpServer"
import * as PeerStats from "@lupin/nntp/PeerStats"
import * as Spool from "@lupin/spool/Spool"
import { Effect, Metric, Struct } from "effect"
import * as PeersPage from "./PeersPage.ts"

const position = Metric.gauge("lupin_spool_position", { description: "Events in the spool's log so far" })
const groups = Metric.gauge("lupin_spool_groups", { description: "Groups that exist here" })
const damaged = Metric.gauge("lupin_spool_damaged_records", {
  description: "Records in quarantine: damaged, and not served until they are mended"
})
const refusing = Metric.gauge("lupin_spool_refusing", { description: "1 while the spool stores nothing" })
const roomGauges = {
  movedRecords: ["lupin_spool_moved_records", "Records that compaction has moved since the start"],
  droppedFiles: ["lupin_spool_dropped_files", "Files of the log that compaction has dropped since the start"],
  freedBytes: ["lupin_spool_freed_bytes", "Octets that compaction has given back since the start"],
  lostStretches: ["lupin_spool_lost_stretches", "Stretches of files that compaction could not read since the start"],
  pendingErasures: ["lupin_spool_pending_erasures", "Erased articles whose octets are still on the disk"],
  namedErasures: ["lupin_spool_named_erasures", "Erased articles whose ids are still in the log, for followers"]
} as const
const held = Metric.gauge("lupin_spool_held_articles", { description: "Articles held in a storage class" })
const heldBytes = Metric.gauge("lupin_spool_held_bytes", {
  description: "Octets of the articles held in a storage class, overview included"
})
const connections = Metric.gauge("lupin_nntp_connections", { description: "NNTP connections open now" })

const feedGauges = {
  lag: ["lupin_feed_lag_articles", "Events of the spool that a peer has not answered yet"],
  lagSeconds: ["lupin_feed_lag_seconds", "Age of the oldest event that a peer has not answered yet"],
  deferred: ["lupin_feed_deferred_articles", "Articles a peer asked to be offered again"],
  offers: ["lupin_feed_offers", "Articles offered to a peer since the start"],
  accepted: ["lupin_feed_accepted", "Articles a peer took since the start"],
  notWanted: ["lupin_feed_not_wanted", "Articles offered that a peer had or did not want, since the start"],
  sent: ["lupin_feed_sent", "Articles sent to a peer since the start"],
  checks: ["lupin_feed_checks", "CHECK commands to a peer since the start"],
  window: ["lupin_feed_window", "Articles that may wait for a peer's answer at a time"],
  refused: ["lupin_feed_refused", "Articles a peer refused since the start"],
  missed: ["lupin_feed_missed_events", "Events that the log could not tell a feed any more, since the start"],
  connected: ["lupin_feed_connected", "1 while a feed is connected"],
  troubleSeconds: [
    "lupin_feed_last_trouble_timestamp_seconds",
    "When a connection to a peer last ended or was not made, in seconds since 1970; absent before the first time"
  ]
} as const

const gauge = (which: keyof typeof feedGauges, peer: string) => {
  const [name, description] = feedGauges[which]
  return Metric.withAttributes(Metric.gauge(name, { description }), { peer })
}

/** A peer that the configuration names no more is shown no more. */
const dropFeed = (name: string): Effect.Effect<void> =>
  Effect.forEach(Struct.keys(feedGauges), (which) => Metric.remove(gauge(which, name)), { discard: true })

/** What retention has come to. The class of articles that lie in the log itself is "none"; `known` are those told of before. */
const updateRoom = Effect.fnUntraced(function* (
  spool: Spool.Spool["Service"],
  known: Set<string>
): Effect.fn.Return<void, Spool.SpoolUnavailable> {
  const reclaimed = yield* spool.reclaimed
  for (const which of Struct.keys(roomGauges)) {
    const [name, description] = roomGauges[which]
    yield* Metric.update(Metric.gauge(name, { description }), reclaimed[which])
  }
  const usage = yield* spool.usage
  for (const { class: name } of usage) known.add(name)
  for (const name of known) {
    const { articles = 0, bytes = 0 } = usage.find((one) => one.class === name) ?? {}
    const attributes = { class: name === "" ? "none" : name }
    yield* Metric.update(Metric.withAttributes(held, attributes), articles)
    yield* Metric.update(Metric.withAttributes(heldBytes, attributes), bytes)
  }
})

const updateFeed = Effect.fnUntraced(function* (
  spool: Spool.Spool["Service"],
  feed: Readonly<PeerStats.PeerState>
): Effect.fn.Return<void, Spool.SpoolUnavailable> {
  const { name } = feed
  const counted = [
    "deferred",
    "offers",
    "accepted",
    "notWanted",
    "sent",
    "checks",
    "window",
    "refused",
    "missed"
  ] as const
  for (const which of counted) {
    yield* Metric.update(gauge(which, name), feed[which])
  }
  yield* Metric.update(gauge("connected", name), feed.isConnected ? 1 : 0)
  if (feed.lastTrouble !== undefined) {
    yield* Metric.update(gauge("troubleSeconds", name), feed.lastTrouble.atMillis / 1000)
  }
  const { articles, seconds } = yield* PeersPage.lag(spool, feed.position)
  yield* Metric.update(gauge("lag", name), articles)
  yield* Metric.update(gauge("lagSeconds", name), seconds)
})

/** The effect that brings all gauges up to date. */
export const make = Effect.gen(function* () {
  const spool = yield* Spool.Spool
  const stats = yield* PeerStats.PeerStats
  const server = yield* NntpServer.NntpServer
  const classes = new Set<string>()
  let shown: ReadonlySet<string> = new Set()
  Recoveries.show()
  return Effect.gen(function* () {
    yield* Metric.update(position, yield* spool.head)
    const condition = yield* spool.condition
    yield* Metric.update(damaged, condition.damagedRecords)
    yield* Metric.update(refusing, condition.refuses === undefined ? 0 : 1)
    yield* Metric.update(connections, yield* server.connections)
    yield* Effect.ignore(Effect.flatMap(spool.groups, (all) => Metric.update(groups, all.length)))
    yield* Effect.ignore(updateRoom(spool, classes))
    const feeds = yield* stats.snapshot
    const names = new Set(feeds.map(({ name }) => name))
    for (const name of shown) if (!names.has(name)) yield* dropFeed(name)
    shown = names
    yield* Effect.forEach(feeds, (feed) => Effect.ignore(updateFeed(spool, feed)), { discard: true })
  })
})
