/**
 * One feed for each peer of the configuration.
 */
import * as Wildmat from "@lupin/core/Wildmat"
import * as PeerFeed from "@lupin/nntp/PeerFeed"
import * as PeerStats from "@lupin/nntp/PeerStats"
import type { Spool } from "@lupin/spool/Spool"
import { Layer } from "effect"
import * as SiteConfig from "./SiteConfig.ts"

/** What a feed needs to know of a peer; the configuration was checked, so its wildmat is one. */
const optionsOf = (peer: SiteConfig.Peer): PeerFeed.Options => ({
  peer: { name: peer.name, identities: [peer.path], ...SiteConfig.hostAndPort(peer.nntp) },
  rule: { wildmat: Wildmat.compile(peer.feed) ?? Wildmat.everything },
  eager: peer.eager
})

/** Feeds every peer as long as the layer lives, and tells how it goes. */
export const layer = (peers: ReadonlyArray<SiteConfig.Peer>): Layer.Layer<PeerStats.PeerStats, never, Spool> =>
  peers
    .map((peer) => PeerFeed.layer(optionsOf(peer)))
    .reduce<Layer.Layer<never, never, Spool | PeerStats.PeerStats>>(
      (all, feed) => Layer.mergeAll(all, feed),
      Layer.empty
    )
    .pipe(Layer.provideMerge(PeerStats.PeerStats.layer))
