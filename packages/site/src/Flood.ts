/**
 * How each link takes part in the flood (design §4): who offers on it, what is sent at once, whose silence must be noticed.
 *
 * Pure: a function of the sites this one knows, of which of them seem alive, and of where an article came from. A POP is
 * eager to its primary zone; a zone to the POPs whose primary it is, and to the other zones with what came from no zone.
 * What came from a zone is with the other zones as soon as it is here: they are asked about it late, if at all.
 * Between two places one pair of hosts holds the link; the others keep up behind it, and step in when it falls silent.
 */
import * as Path from "@lupin/core/Path"
import type * as PeerFeed from "@lupin/nntp/PeerFeed"
import * as Gateways from "./Gateways.ts"
import * as Primary from "./Primary.ts"

/** A host of a POP or of a central zone. */
export interface Host {
  readonly name: string
  readonly kind: "pop" | "central"
  /** The POP or the zone it belongs to. */
  readonly place: string
  /** The zones of its POP, the one wanted most first; empty where that is not known, and at zones. */
  readonly zones: ReadonlyArray<string>
}

/** What a site knows of the others. */
export interface Topology {
  readonly own: Host
  /** All others, with the names under which a Path knows them, in lower case. */
  readonly hosts: ReadonlyArray<Host & { readonly identities: ReadonlyArray<string> }>
}

/** The hosts of a topology by the names under which a Path knows them; of two with one name, the first. */
type Identified = ReadonlyMap<string, Host>

const identified = new WeakMap<Topology["hosts"], Identified>()

const identitiesOf = (hosts: Topology["hosts"]): Identified => {
  const known = identified.get(hosts)
  if (known !== undefined) return known
  const found = new Map<string, Host>()
  for (const host of hosts) {
    for (const identity of host.identities) if (!found.has(identity)) found.set(identity, host)
  }
  identified.set(hosts, found)
  return found
}

/** Where an article came from, as its Path tells. */
export interface Origin {
  /** The place it came into ours from; `here` where it entered the network in our place. */
  readonly from: "here" | "pop" | "central" | "foreign"
  /** The host of our own place that handed it on to us, where one did. */
  readonly via: string | undefined
}

/** One link at this moment. */
export interface Link {
  /** Otherwise another host offers in our place, and we only keep up. */
  readonly isActing: boolean
  /** Which articles go at once; the others are asked about, in batches. */
  readonly eager: "all" | "none" | ((origin: Origin) => boolean)
  /** When the others are asked about. */
  readonly asks: "soon" | ((origin: Origin) => PeerFeed.When)
  /** When it is our turn to ask late: of two sites that would ask each other at the same time, one is the second. */
  readonly turn: 1 | 2
  /** Its silence decides something, also while nothing is fed: it has a heartbeat. */
  readonly isWatched: boolean
}

/** The link to `peer`, which is one of the hosts. */
export const link = (topology: Topology, isAlive: Gateways.IsAlive, peer: Host): Link => {
  const { own } = topology
  const seems: Gateways.IsAlive = (name) => name === own.name || isAlive(name)
  if (peer.kind === own.kind && peer.place === own.place) return within(topology, seems, peer)
  if (own.kind === "central" && peer.kind === "central") return betweenZones(topology, seems, peer)
  if (own.kind === "pop" && peer.kind === "pop")
    return { isActing: true, eager: "none", asks: "soon", turn: 1, isWatched: false }
  return own.kind === "pop" ? toZone(topology, seems, peer) : toPop(topology, seems, peer)
}

/** Reads the Path that an article has here: our own identity first. */
export const originOf = ({ hosts, own }: Topology, path: string): Origin => {
  const known = identitiesOf(hosts)
  const passed = Path.eachSite(path)
  passed.next()
  let via: string | undefined
  let isFirst = true
  for (const identity of passed) {
    const host = known.get(identity.toLowerCase())
    if (host === undefined) return { from: "foreign", via }
    if (host.kind !== own.kind || host.place !== own.place) return { from: host.kind, via }
    if (isFirst) via = host.name
    isFirst = false
  }
  return { from: "here", via }
}

const namesOf = ({ hosts, own }: Topology, kind: Host["kind"], place: string): ReadonlyArray<string> =>
  [own, ...hosts].filter((host) => host.kind === kind && host.place === place).map(({ name }) => name)

const isZoneAlive = (topology: Topology, isAlive: Gateways.IsAlive) => (zone: string) =>
  namesOf(topology, "central", zone).some(isAlive)

const isFromNoZone = ({ from }: Origin): boolean => from !== "central"

/** Zones have it from that zone at once, unless two links are cut. */
const lateFromZone = ({ from }: Origin): PeerFeed.When => (from === "central" ? "late" : "soon")

/** The primary has what came to us from no zone a hop after us, and sends it at once. */
const afterPrimary = ({ from }: Origin): PeerFeed.When => (from === "central" ? "soon" : "after")

const toZone = (topology: Topology, isAlive: Gateways.IsAlive, { name, place: zone }: Host): Link => {
  const { own } = topology
  const hosts = namesOf(topology, "pop", own.place)
  const gateway = Gateways.toZone(own.place, hosts, own.zones, zone, isAlive)
  const isActing =
    (gateway ?? own.name) === own.name &&
    Gateways.ofZone(own.place, namesOf(topology, "central", zone), isAlive) === name
  const isPrimary = Primary.of(own.zones, isZoneAlive(topology, isAlive)) === zone
  const isGateway = Gateways.of(own.place, hosts, isAlive).includes(own.name)
  return {
    isActing,
    eager: isPrimary ? isFromNoZone : "none",
    asks: lateFromZone,
    turn: 1,
    isWatched: isPrimary && isGateway
  }
}

const toPop = (topology: Topology, isAlive: Gateways.IsAlive, { name, place: pop, zones }: Host): Link => {
  const { own } = topology
  const gateway = Gateways.toZone(pop, namesOf(topology, "pop", pop), zones, own.place, isAlive)
  const isActing =
    (gateway ?? name) === name && Gateways.ofZone(pop, namesOf(topology, "central", own.place), isAlive) === own.name
  const isPrimary = Primary.of(zones, isZoneAlive(topology, isAlive)) === own.place
  return { isActing, eager: isPrimary ? "all" : "none", asks: afterPrimary, turn: 1, isWatched: false }
}

const betweenZones = (topology: Topology, isAlive: Gateways.IsAlive, { name, place }: Host): Link => {
  const { own } = topology
  const isActing =
    Gateways.ofZone(place, namesOf(topology, "central", own.place), isAlive) === own.name &&
    Gateways.ofZone(own.place, namesOf(topology, "central", place), isAlive) === name
  return { isActing, eager: isFromNoZone, asks: lateFromZone, turn: own.name < name ? 1 : 2, isWatched: true }
}

/** Hosts of a zone all feed one another; those of a POP feed its gateways, and are fed by them. */
const within = (topology: Topology, isAlive: Gateways.IsAlive, peer: Host): Link => {
  const { own } = topology
  const hosts = namesOf(topology, own.kind, own.place)
  const hubs = own.kind === "central" ? hosts : Gateways.of(own.place, hosts, isAlive)
  const isHub = hubs.includes(own.name)
  const isPeerHub = hubs.includes(peer.name)
  // What another host got, its sender sends to all hubs; the first of them hands it to the hosts that are none.
  const isHandedOn = (via: string): boolean => !hubs.includes(via) && hubs[0] === own.name && !isPeerHub
  return {
    isActing: isHub || isPeerHub,
    eager: ({ via }) => via === undefined || isHandedOn(via),
    asks: "soon",
    turn: 1,
    isWatched: isHub && isPeerHub
  }
}
