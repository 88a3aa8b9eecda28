/**
 * What the flood decides for each feed of a site now: `Flood` asked over what the feeds know of their peers.
 *
 * Asked again only when a link or the topology has changed.
 */
import type * as Recoveries from "@lupin/core/Recoveries"
import type * as PeerFeed from "@lupin/nntp/PeerFeed"
import type { PeerStats } from "@lupin/nntp/PeerStats"
import * as Flood from "./Flood.ts"

export interface FloodParts {
  /** The sites known from now on. */
  readonly set: (topology: Flood.Topology) => void
  /** The part of the feed to a peer, to be asked at each of its turns. A peer that is no host of the topology is asked about all. */
  readonly partOf: (peer: string) => () => PeerFeed.Part
}

const lazy: PeerFeed.Part = { isActing: true, eager: "none", asks: "soon", turn: 1, isWatched: false }

/** A peer that was never tried counts as alive, until it is silent. `onTaken` is told of a peer to which we offer from now on in place of another host. */
export const make = (
  stats: PeerStats["Service"],
  note: Recoveries.Counting["note"] = () => {},
  onTaken: (peer: string) => void = () => {}
): FloodParts => {
  let topology: Flood.Topology | undefined
  /** How many topologies there have been. */
  let topologies = 0
  let asOf = -1
  const parts = new Map<string, PeerFeed.Part>()
  const before = new Map<string, PeerFeed.Part>()
  // The feeds of a site look at an article one after the other.
  let latest: { readonly path: string; readonly origin: Flood.Origin } | undefined

  const isAlive = (name: string): boolean => {
    const { link } = stats.of(name)
    return link === "up" || link === "untried"
  }

  const decide = (known: Flood.Topology, name: string): PeerFeed.Part => {
    const host = known.hosts.find((one) => one.name === name)
    if (host === undefined) return lazy
    const { asks, eager, isActing, isWatched, turn } = Flood.link(known, isAlive, host)
    const byPath =
      <A>(is: (origin: Flood.Origin) => A) =>
      (path: string): A => {
        if (latest?.path !== path) latest = { path, origin: Flood.originOf(known, path) }
        return is(latest.origin)
      }
    return {
      isActing,
      eager: typeof eager === "string" ? eager : byPath(eager),
      asks: typeof asks === "string" ? asks : byPath(asks),
      turn,
      isWatched
    }
  }

  const now = (name: string): PeerFeed.Part => {
    if (topology === undefined) return lazy
    if (asOf !== stats.linkChanges()) {
      for (const [peer, part] of parts) before.set(peer, part)
      parts.clear()
      asOf = stats.linkChanges()
    }
    const known = parts.get(name)
    if (known !== undefined) return known
    const part = decide(topology, name)
    const last = before.get(name)
    if (last !== undefined && part.isActing && !last.isActing) {
      note("link-taken")
      onTaken(name)
    }
    if (last?.eager === "none" && part.eager !== "none") note("primary-taken")
    parts.set(name, part)
    return part
  }

  return {
    set: (known) => {
      topology = known
      topologies += 1
      latest = undefined
      asOf = -1
      before.clear()
      parts.clear()
    },
    partOf: (name) => {
      let last: PeerFeed.Part = lazy
      let lastOf = -1
      let lastAsOf = -1
      return () => {
        const changes = stats.linkChanges()
        if (lastAsOf === changes && lastOf === topologies) return last
        last = now(name)
        lastAsOf = changes
        lastOf = topologies
        return last
      }
    }
  }
}
