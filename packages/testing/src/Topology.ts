/**
 * A simulated fleet as data: which sites there are, who peers with whom, how far they are apart, and the configuration of
 * each.
 *
 * Pure. Zones are in a full mesh; each POP host feeds a few zones, of which the first is its primary, and the other hosts
 * of its POP.
 */
import type * as SiteConfig from "@lupin/site/SiteConfig"
import type { Quality } from "./SimNetwork.ts"

/** A POP or a zone: its name, or so many hosts under a name. */
export type Place = string | { readonly name: string; readonly hosts: number }

export interface Options {
  /** So many of one host each, named `p1`, `p2`, …; or each by name. */
  readonly pops: number | ReadonlyArray<Place>
  /** So many of one host each, named `z1`, `z2`, …; or each by name. */
  readonly zones: number | ReadonlyArray<Place>
  /** Zones that each POP has links to: three where nothing is said. */
  readonly zonesPerPop?: number
  /** Instead of the flood: every link sends everything at once, or asks about everything first. */
  readonly eager?: boolean
  /** How long feeds hold articles back; as sites do by themselves where nothing is said. */
  readonly flood?: { readonly paceMillis?: number; readonly gatherMillis?: number }
  readonly links?: Links
  /** How long sites keep events; 14 days where nothing is said. */
  readonly keepMillis?: number
}

/** What links are like; each may be a function of the names of two sites. Latency is one way. */
export interface Links {
  readonly latencyMillis?: number | ((from: string, to: string) => number)
  readonly jitterMillis?: number
  readonly bytesPerSecond?: number
  readonly loss?: number
}

export interface Site {
  readonly name: string
  readonly kind: "pop" | "central"
  /** The POP of a POP host, the zone of a central one. */
  readonly place: string
  readonly path: string
  readonly address: string
  /** The zones of a POP host's POP, the one wanted most first; none of a zone. */
  readonly zones: ReadonlyArray<string>
  /** Sites it feeds and is fed by. */
  readonly peers: ReadonlyArray<string>
}

export interface Topology {
  readonly sites: ReadonlyArray<Site>
  readonly zones: ReadonlyArray<string>
  readonly pops: ReadonlyArray<string>
  readonly eager: boolean | undefined
  readonly flood: Options["flood"]
  readonly keepMillis: number | undefined
  /** The link from one site to another, by their addresses. */
  readonly quality: (from: string, to: string) => Quality
}

export const zonesPerPopDefault = 3
export const nntpPort = 119
const dayMillis = 24 * 60 * 60 * 1000

/** Between places, where nothing is said. */
export const farDefault: Quality = { latencyMillis: 50, jitterMillis: 5, bytesPerSecond: 12_500_000, loss: 0 }
/** Between the hosts of one place. */
const near: Quality = { latencyMillis: 0.3, jitterMillis: 0.1, bytesPerSecond: 125_000_000, loss: 0 }

type Bare = Omit<Site, "peers">

export const make = ({
  eager,
  flood,
  keepMillis,
  links = {},
  pops,
  zones,
  zonesPerPop = zonesPerPopDefault
}: Options): Topology => {
  const zonePlaces = placesOf(zones, "z")
  const zoneNames = zonePlaces.map(({ name }) => name)
  const popPlaces = placesOf(pops, "p")
  const bare: ReadonlyArray<Bare> = [
    ...zonePlaces.flatMap((place, at) => hostsOf(place, "central", at, [])),
    ...popPlaces.flatMap((place, at) => hostsOf(place, "pop", at, zonesOf(at, zoneNames, zonesPerPop)))
  ]
  const sites = bare.map((site): Site => ({
    ...site,
    peers: bare.filter((other) => arePeers(site, other)).map(({ name }) => name)
  }))
  const byAddress = new Map(sites.map((site) => [site.address, site]))
  const latencyOf = (from: Site, to: Site): number => {
    const { latencyMillis = farDefault.latencyMillis } = links
    return typeof latencyMillis === "number" ? latencyMillis : latencyMillis(from.name, to.name)
  }
  return {
    sites,
    zones: zoneNames,
    pops: popPlaces.map(({ name }) => name),
    eager,
    flood,
    keepMillis,
    quality: (fromAddress, toAddress) => {
      const from = byAddress.get(fromAddress)
      const to = byAddress.get(toAddress)
      if (from === undefined || to === undefined) return near
      if (from.place === to.place) return near
      return {
        latencyMillis: latencyOf(from, to),
        jitterMillis: links.jitterMillis ?? farDefault.jitterMillis,
        bytesPerSecond: links.bytesPerSecond ?? farDefault.bytesPerSecond,
        loss: links.loss ?? farDefault.loss
      }
    }
  }
}

const placesOf = (given: Options["pops"], letter: string): ReadonlyArray<{ name: string; hosts: number }> =>
  typeof given === "number"
    ? Array.from({ length: given }, (_, at) => ({ name: `${letter}${at + 1}`, hosts: 1 }))
    : given.map((place) => (typeof place === "string" ? { name: place, hosts: 1 } : place))

const hostsOf = (
  { hosts, name }: { readonly name: string; readonly hosts: number },
  kind: Site["kind"],
  at: number,
  zones: ReadonlyArray<string>
): ReadonlyArray<Bare> =>
  Array.from({ length: hosts }, (_, host) => ({
    name: hosts === 1 ? name : `${name}-h${host + 1}`,
    kind,
    place: name,
    path: `h${host + 1}.${name}.${kind === "pop" ? "pop" : "zone"}.lupin`,
    address: `10.${kind === "pop" ? 2 : 1}.${at}.${host + 1}`,
    zones
  }))

/** POPs take turns with the zones, so that each zone is the primary of as many. */
const zonesOf = (at: number, zones: ReadonlyArray<string>, count: number): ReadonlyArray<string> =>
  Array.from({ length: Math.min(count, zones.length) }, (_, step) => zones[(at + step) % zones.length] ?? "")

const arePeers = (one: Bare, other: Bare): boolean => {
  if (one.name === other.name) return false
  if (one.kind === "central" && other.kind === "central") return true
  if (one.place === other.place) return true
  return one.zones.includes(other.place) || other.zones.includes(one.place)
}

/** What a site keeps of what clients post, at most. */
export interface Retention {
  /** Articles of each group. */
  readonly articlesMax?: number
  readonly ageMillis?: number
  /** Octets of all its articles. */
  readonly bytesMax?: number
}

/** What an operator would write for this site. */
export const configOf = (
  { eager, flood = {}, keepMillis, sites, zones }: Topology,
  site: Site,
  own?: Retention
): (typeof SiteConfig.Pop)["Encoded"] | (typeof SiteConfig.Central)["Encoded"] => {
  const peers = sites
    .filter(({ name }) => site.peers.includes(name))
    .toSorted((one, other) => site.zones.indexOf(one.place) - site.zones.indexOf(other.place))
    .map((other) => ({
      name: other.name,
      path: other.path,
      nntp: `${other.address}:${nntpPort}`,
      kind: other.kind,
      ...(other.kind === "central" ? { zone: other.place } : { pop: other.place, zones: other.zones }),
      ...(eager === undefined ? {} : { eager }),
      accept: { addresses: [`${other.address}/32`] }
    }))
  const ageMillis = own?.ageMillis ?? keepMillis
  const retention =
    own === undefined && ageMillis === undefined
      ? []
      : [
          {
            groups: "clientposts.*",
            ...(ageMillis === undefined ? {} : { days: ageMillis / dayMillis }),
            ...(own?.articlesMax === undefined ? {} : { articlesMax: own.articlesMax }),
            ...(own?.bytesMax === undefined ? {} : { bytesMax: own.bytesMax })
          }
        ]
  const common = { name: site.name, path: site.path, directory: `/${site.name}`, peers, flood, retention }
  const listen = { nntp: `${site.address}:${nntpPort}`, meta: `${site.address}:80` }
  if (site.kind === "pop") {
    return { kind: "pop", pop: site.place, ...common, listen: { ...listen, json: `${site.address}:8080` } }
  }
  const [first = site.place, ...rest] = zones
  return { kind: "central", zone: site.place, ...common, listen, zones: [first, ...rest] }
}
