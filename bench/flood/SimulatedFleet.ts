/**
 * Floods articles through a simulated fleet, whose sites are those that run in production, and counts.
 */
import * as App from "@lupin/core/App"
import * as Path from "@lupin/core/Path"
import * as Fleet from "@lupin/testing/Fleet"
import type * as Topology from "@lupin/testing/Topology"
import { Effect, Schema } from "effect"
import * as Arrivals from "./Arrivals.ts"
import type * as Figures from "./Figures.ts"

export interface Options {
  readonly popHosts: number
  /** Instead of the hybrid: everything at once, or everything asked about. */
  readonly eager: boolean | undefined
  readonly zonesDead: number
  /** Whether the zones die so that their peers are told, and some time before; otherwise they lose power as the posts begin. */
  readonly isAnnounced: boolean
  readonly articles: number
}

const pops = 25
const zones = 6
/** Between two posts. */
const betweenMillis = 100
/** Within which the sites of a fleet have connected. */
const warmMillis = 10_000
/** Within which every article has arrived, or never will. */
const patienceMillis = 15_000

/** Without digestions: what is counted is what was posted. */
const app = App.defineApp({
  name: "bench",
  events: { note: App.defineEvent({ schema: Schema.Struct({ text: Schema.String }) }) },
  digestions: []
})

interface Counts {
  bodies: number
  wideBodies: number
  checks: number
  wideChecks: number
  writes: number
  /** Articles sent, by the name of the zone's host. */
  zones: Map<string, number>
}

const count = Effect.fnUntraced(function* (fleet: Fleet.Fleet) {
  const counts: Counts = { bodies: 0, wideBodies: 0, checks: 0, wideChecks: 0, writes: 0, zones: new Map() }
  const places = new Map(fleet.topology.sites.map(({ name, place }) => [name, place]))
  for (const { plan, running } of fleet.sites) {
    for (const { checks, name, sent } of running === undefined ? [] : yield* running.stats.snapshot) {
      const isWide = places.get(name) !== plan.place
      counts.bodies += sent
      if (plan.kind === "central") counts.zones.set(plan.name, (counts.zones.get(plan.name) ?? 0) + sent)
      counts.checks += checks
      counts.wideBodies += isWide ? sent : 0
      counts.wideChecks += isWide ? checks : 0
    }
  }
  for (const { messages } of fleet.network.links) counts.writes += messages
  return counts
})

const kill = (fleet: Fleet.Fleet, { isAnnounced, zonesDead }: Options): void => {
  for (const zone of fleet.topology.zones.slice(0, zonesDead)) {
    if (isAnnounced) fleet.kill(zone)
    else fleet.cutPower(zone)
  }
}

const flood = Effect.fnUntraced(function* (fleet: Fleet.Fleet, options: Options) {
  const arrivals = Arrivals.watch(fleet)
  yield* fleet.advance(warmMillis)
  if (options.isAnnounced) {
    kill(fleet, options)
    yield* fleet.advance(warmMillis)
  }
  const before = yield* count(fleet)
  const hosts = fleet.topology.sites.filter(({ kind }) => kind === "pop")
  if (!options.isAnnounced) kill(fleet, options)
  for (let at = 0; at < options.articles; at += 1) {
    const host = hosts[(at * 7) % hosts.length]
    if (host === undefined) break
    yield* Effect.forkChild(fleet.post(host.name, { kind: "note", payload: { text: `note ${at}` } }))
    yield* fleet.advance(betweenMillis)
  }
  yield* fleet.advance(patienceMillis)
  const after = yield* count(fleet)
  const perArticle = (of: Exclude<keyof Counts, "zones">): number => (after[of] - before[of]) / options.articles

  const hops: Array<number> = []
  const latenciesMillis: Array<number> = []
  let missing = 0
  for (const site of fleet.sites.filter(({ isUp }) => isUp)) {
    const pathOf = yield* paths(site)
    for (const [id, at] of arrivals) {
      const [[origin, postedMillis] = ["", 0]] = at
      if (site.name === origin) continue
      const atMillis = at.get(site.name)
      const path = pathOf.get(id)
      if (atMillis === undefined || path === undefined) missing += 1
      else {
        hops.push(Path.sites(path).length - 1)
        latenciesMillis.push(atMillis - postedMillis)
      }
    }
  }
  missing += (options.articles - arrivals.size) * fleet.sites.length
  const figures: Figures.Figures = {
    missing,
    hops,
    latenciesMillis,
    bodies: perArticle("bodies"),
    wideBodies: perArticle("wideBodies"),
    checks: perArticle("checks"),
    wideChecks: perArticle("wideChecks"),
    writes: perArticle("writes"),
    zoneBodies: [...after.zones].map(([name, sent]) => (sent - (before.zones.get(name) ?? 0)) / options.articles)
  }
  return figures
})

/** The Path of each article that a site has filed. */
const paths = Effect.fnUntraced(function* ({ running }: Fleet.Fleet["sites"][number]) {
  const found = new Map<string, string>()
  if (running === undefined) return found
  for (let after = 0; ;) {
    const page = yield* running.spool.changes(after, 500)
    for (const change of page.changes) if (change._tag === "Filed") found.set(change.id, change.path)
    if (page.next === after) return found
    after = page.next
  }
})

/** 25 POPs and six zones, 100 ms apart, ten posts a second. */
export const run = (options: Options): Promise<Figures.Figures> => {
  const places: ReadonlyArray<Topology.Place> = Array.from({ length: pops }, (_, at) => ({
    name: `p${at + 1}`,
    hosts: options.popHosts
  }))
  const fleet: Fleet.Options = {
    pops: places,
    zones,
    apps: [app],
    links: { latencyMillis: 100, jitterMillis: 0 },
    ...(options.eager === undefined ? {} : { eager: options.eager })
  }
  return Effect.runPromise(Fleet.run({ ...fleet, seed: 1 }, (running) => flood(running, options)))
}
