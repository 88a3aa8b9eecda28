/**
 * `lupin peers`: the feeds of a site as a table.
 */
import * as PeersPage from "@lupin/site/PeersPage"
import { Console, Effect, Schema } from "effect"
import * as Table from "./Table.ts"
import * as Wire from "./Wire.ts"

const row = (peer: PeersPage.Peer): ReadonlyArray<string> => [
  peer.name,
  peer.isConnected ? "connected" : "away",
  String(peer.offered),
  String(peer.accepted),
  String(peer.notWanted),
  String(peer.refused),
  String(peer.deferred),
  String(peer.lagArticles),
  peer.lagSeconds.toFixed(1),
  peer.lastTrouble ?? ""
]

const head = ["peer", "link", "offered", "accepted", "had", "refused", "deferred", "lag", "lag s", "last trouble"]

/** Asks the meta port of a site. */
export const show = Effect.fn("Peers.show")(function* (options: { readonly meta: string; readonly isJson: boolean }) {
  const page = yield* Wire.request(`${options.meta}/peers`)
  if (options.isJson) return yield* Wire.show(page)
  const { peers } = yield* Effect.mapError(
    Schema.decodeUnknownEffect(PeersPage.Peers)(page),
    (error) => new Wire.SiteSaid({ reason: `${options.meta} is no meta port of ours: ${error.message}` })
  )
  yield* Console.log(Table.format([head, ...peers.map(row)]))
})
