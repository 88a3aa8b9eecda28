/**
 * The development fleet as data: which sites there are, who peers with whom, and the configuration of each.
 *
 * Pure. Three zones of one host in a full mesh; each POP host feeds all three zones and its neighbours in the POP.
 */
import type * as SiteConfig from "@lupin/site/SiteConfig"

/** One site of the fleet; its ports follow from where it stands in `sites`. */
export interface Site {
  readonly name: string
  readonly kind: "pop" | "central"
  /** The POP of a POP host, the zone of a central one. */
  readonly place: string
  readonly path: string
  /** The zone that is wanted most: it gets the POP's articles at once, and sends it everybody's. */
  readonly primary?: string
}

export interface Ports {
  readonly nntp: number
  readonly json: number
  readonly meta: number
}

const zone = (name: string): Site => ({ name, kind: "central", place: name, path: `h1.${name}.zone.lupin` })

const popHost = (pop: string, host: number, primary: string): Site => ({
  name: `${pop}${host}`,
  kind: "pop",
  place: pop,
  path: `h${host}.${pop}.pop.lupin`,
  primary
})

/** In the order in which they are shown. */
export const sites: ReadonlyArray<Site> = [
  zone("lupin-us-sea"),
  zone("lupin-uk-mk"),
  zone("lupin-sa-cape"),
  popHost("boi", 1, "lupin-us-sea"),
  popHost("boi", 2, "lupin-us-sea"),
  popHost("lhr", 1, "lupin-uk-mk")
]

export const find = (name: string): Site | undefined => sites.find((site) => site.name === name)

/** The ports a site asks for first; what is taken is replaced by a free one. */
export const portsWanted = (index: number): Ports => ({ nntp: 11190 + index, json: 18080 + index, meta: 19100 + index })

const arePeers = (a: Site, b: Site): boolean =>
  a.name !== b.name && (a.kind === "central" || b.kind === "central" || a.place === b.place)

/** The zones of a POP host's POP, the one wanted most first. */
const zonesOf = ({ primary }: Site): ReadonlyArray<string> =>
  sites
    .filter(({ kind }) => kind === "central")
    .map(({ place }) => place)
    .toSorted((left, right) => Number(right === primary) - Number(left === primary))

const peersOf = (site: Site, ports: ReadonlyMap<string, Ports>) => {
  const zones = zonesOf(site)
  return sites
    .filter((other) => arePeers(site, other))
    .toSorted((left, right) => zones.indexOf(left.place) - zones.indexOf(right.place))
    .map((other) => ({
      name: other.name,
      path: other.path,
      nntp: `127.0.0.1:${ports.get(other.name)?.nntp}`,
      kind: other.kind,
      ...(other.kind === "central" ? { zone: other.place } : { pop: other.place, zones: zonesOf(other) }),
      feed: "*",
      // All sites of the fleet share this address: their Paths tell them apart.
      accept: { addresses: ["127.0.0.1"] }
    }))
}

/** Where things are on this machine, all absolute. */
export interface Layout {
  /** Root of the fleet's data, `.lupin`. */
  readonly root: string
  readonly apps: ReadonlyArray<string>
  readonly cacheTemplate: string
}

/** The configuration file of one site, as `lupin pop` and `lupin central` take it. */
export const configOf = (
  site: Site,
  ports: ReadonlyMap<string, Ports>,
  layout: Layout
): (typeof SiteConfig.Pop)["Encoded"] | (typeof SiteConfig.Central)["Encoded"] => {
  const own = ports.get(site.name) ?? { nntp: 0, json: 0, meta: 0 }
  const common = {
    name: site.name,
    path: site.path,
    directory: `${layout.root}/${site.name}`,
    apps: layout.apps,
    peers: peersOf(site, ports)
  }
  const listen = { nntp: `127.0.0.1:${own.nntp}`, meta: `127.0.0.1:${own.meta}` }
  if (site.kind === "pop")
    return {
      kind: "pop",
      pop: site.place,
      ...common,
      listen: { ...listen, json: `127.0.0.1:${own.json}` },
      cache: { template: layout.cacheTemplate }
    }
  const zones = sites.filter(({ kind }) => kind === "central").map(({ place }) => place)
  return { kind: "central", zone: site.place, ...common, listen, zones: [zones[0] ?? site.place, ...zones.slice(1)] }
}
