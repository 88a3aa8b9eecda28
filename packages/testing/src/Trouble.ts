/**
 * Trouble that a drawn history may have: cuts, faults of disks, sites that die, clocks that are off.
 */
import type { Chance } from "./Chance.ts"
import * as Command from "./Command.ts"
import type * as History from "./History.ts"

/** Trouble of one kind: commands from its beginning to its end. */
export type Episode = (
  chance: Chance,
  sites: Sites,
  fromMillis: number,
  toMillis: number
) => ReadonlyArray<Command.Command>

export interface Sites {
  readonly zones: ReadonlyArray<string>
  /** Hosts of POPs. */
  readonly hosts: ReadonlyArray<string>
  readonly all: ReadonlyArray<string>
}

/** Names of the sites of a shape, as `Topology` gives them. */
export const sitesOf = ({ pops, zones }: History.Shape): Sites => {
  const zoneNames = Array.from({ length: zones }, (_, at) => `z${at + 1}`)
  const hosts = pops.flatMap((count, at) =>
    count === 1 ? [`p${at + 1}`] : Array.from({ length: count }, (_, host) => `p${at + 1}-h${host + 1}`)
  )
  return { zones: zoneNames, hosts, all: [...zoneNames, ...hosts] }
}

const between =
  (verb: Command.Verb, end: Command.Verb): Episode =>
  (chance, sites, from, to) => {
    const [one = "", other = ""] = chance.shuffled(sites.all)
    return [Command.make(from, verb, [one, other]), Command.make(to, end, [one, other])]
  }

const ofSite =
  (verb: Command.Verb, end: Command.Verb): Episode =>
  (chance, { all }, from, to) => {
    const site = chance.pick(all)
    return [Command.make(from, verb, [site]), Command.make(to, end, [site])]
  }

/** Links go one by one, and come back in another order. */
const swizzle: Episode = (chance, sites, from, to) => {
  const centre = chance.pick(sites.all)
  const others = chance.shuffled(sites.all.filter((name) => name !== centre)).slice(0, 5)
  const step = (to - from) / (2 * others.length)
  return [
    ...others.map((name, at) => Command.make(from + at * step, "cut", [centre, name])),
    ...chance.shuffled(others).map((name, at) => Command.make(to - at * step, "heal", [centre, name]))
  ]
}

const slow: Episode = (chance, sites, from) => {
  const [one = "", other = ""] = chance.shuffled(sites.all)
  return [Command.make(from, "slow", [one, other], chance.between(300, 4_000))]
}

export const skew: Episode = (chance, { all }, from, to) => {
  const site = chance.pick(all)
  return [Command.make(from, "skew", [site], chance.between(-120_000, 120_000)), Command.make(to, "skew", [site], 0)]
}

const wipe: Episode = (chance, { all, hosts }, from) => [
  Command.make(from, "wipe", [chance.happens(0.7) ? chance.pick(hosts) : chance.pick(all)])
]

const reset: Episode = (chance, { all }, from) => {
  const [one = "", other = ""] = chance.shuffled(all)
  return [Command.make(from, "reset", [one, other])]
}

const garbage: Episode = (chance, { all }, from) => [
  Command.make(from, "garbage", [chance.pick(all)], chance.between(0, 1_000_000))
]

/** Now and then somebody dies of it. */
const sick: Episode = (chance, { all, hosts }, from, to) => {
  const site = chance.happens(0.7) ? chance.pick(hosts) : chance.pick(all)
  const isDeadly = chance.happens(0.3)
  return [
    Command.make(from, "sick", [site], chance.between(0, hangs)),
    ...(hosts.includes(site) ? [Command.make(from, "post", [site], flightEvents + from)] : []),
    ...(isDeadly ? [Command.make(chance.between(from, to), chance.happens(0.5) ? "kill" : "power", [site])] : []),
    Command.make(to, "well", [site]),
    ...(isDeadly ? [Command.make(to, "start", [site])] : [])
  ]
}

/** Bits of a log turn over; now and then the site starts on it before anybody has read there. */
export const rot: Episode = (chance, { all }, from, to) => {
  const site = chance.pick(all)
  // Nothing rots while a site lacks something: at some moment none does.
  const bits = Array.from({ length: rotsMax }, (_, at) =>
    Command.make(from + at * rotMillis, "rot", [site], chance.between(0, rotOctetMax))
  )
  const goes = chance.between(from, to)
  const restarts = chance.happens(0.5)
    ? [Command.make(goes, chance.happens(0.5) ? "kill" : "power", [site]), Command.make(to, "start", [site])]
    : []
  return [...bits, ...restarts]
}

const rotsMax = 4
const rotMillis = 300
/** Logs are shorter: it is taken modulo their length. */
const rotOctetMax = 1_000_000

/** A zone goes at once, with a word to its peers or without one, and comes back. */
const zoneOut: Episode = (chance, { zones }, from, to) => {
  const zone = chance.pick(zones)
  return [Command.make(from, chance.happens(0.5) ? "kill" : "power", [zone]), Command.make(to, "start", [zone])]
}

const restart: Episode = (chance, { all }, from) => {
  const site = chance.pick(all)
  return [Command.make(from, "kill", [site]), Command.make(from + chance.between(1, 1_500), "start", [site])]
}

/** A host dies just after a post: what it acknowledged is on its way, or is stuck as nothing gets out of the host. */
export const crashInFlight: Episode = (chance, { all, hosts }, from, to) => {
  const host = chance.pick(hosts)
  const crashMillis = from + chance.between(0, chance.happens(0.7) ? flightMillis : stuckMillis)
  const others = chance.happens(0.5) ? all.filter((name) => name !== host) : []
  return [
    ...others.map((name) => Command.make(from, "cut", [host, name])),
    // Its disk stops in the middle of the sync.
    ...(chance.happens(0.5) ? [Command.make(from, "sick", [host], hangs), Command.make(to, "well", [host])] : []),
    Command.make(from, "post", [host], flightEvents + from),
    Command.make(crashMillis, chance.happens(0.5) ? "kill" : "power", [host]),
    ...others.map((name) => Command.make(Math.max(crashMillis, to), "heal", [host, name])),
    Command.make(Math.max(crashMillis, to), "start", [host])
  ]
}

/** A disk stands still for a while, and its machine is started again once it goes on. */
export const hangingDisk: Episode = (chance, { all }, from, to) => {
  const site = chance.pick(all)
  return [
    Command.make(from, "sick", [site], hangs),
    Command.make(to, "well", [site]),
    Command.make(to, chance.happens(0.5) ? "kill" : "power", [site]),
    Command.make(to + hangMillis, "start", [site])
  ]
}

/** The number of that fault. */
const hangs = 5
const hangMillis = 1_000
/** Until what was posted has reached a zone, and its answer the host. */
const flightMillis = 150
/** Until feeds have stored how far they are, with what is on its way not answered yet. */
const stuckMillis = 6_000
/** Their events have these numbers and up. */
const flightEvents = 200_000

/** All kinds of trouble; what comes often stands here twice. */
export const episodes: ReadonlyArray<Episode> = [
  between("cut", "heal"),
  between("cut-way", "heal-way"),
  between("narrow", "widen"),
  ofSite("kill", "start"),
  ofSite("power", "start"),
  ofSite("pause", "resume"),
  swizzle,
  slow,
  skew,
  wipe,
  reset,
  garbage,
  zoneOut,
  restart,
  crashInFlight,
  crashInFlight,
  sick,
  rot
]
