/**
 * The decisions of the flood over an event queue, without sites: what goes over which link, how often, and how late.
 *
 * Links lose nothing and have a latency; a dead host swallows what is sent to it. Who is alive does not change in one run.
 */
import * as Flood from "@lupin/site/Flood"

export interface Post {
  readonly atMillis: number
  readonly host: string
}

export interface World {
  readonly hosts: ReadonlyArray<Flood.Host>
  readonly latencyMillis: (from: Flood.Host, to: Flood.Host) => number
  /** `push` sends everything at once on every link, `check` asks about everything first. */
  readonly strategy: "hybrid" | "push" | "check"
  readonly dead: ReadonlySet<string>
  /** Whether the others know who is dead. */
  readonly isNoticed: boolean
  readonly posts: ReadonlyArray<Post>
}

export interface Outcome {
  /** Article and live site, that of the post left out, where it did not arrive. */
  readonly missing: number
  /** Of each article at each other live site. */
  readonly hops: ReadonlyArray<number>
  readonly latenciesMillis: ReadonlyArray<number>
  /** Over all links, and over those between places. */
  readonly bodies: number
  readonly wideBodies: number
  readonly checks: number
  readonly wideChecks: number
  /** Flushed writes: commands said together, and answers given together, are one. */
  readonly writes: number
}

const gatherMillis = 250
const deferMillis = 1_000
/** How late an article may be before the model stops waiting. */
const patienceMillis = 20_000

interface Held {
  readonly path: ReadonlyArray<string>
  readonly atMillis: number
}

interface Link {
  readonly from: Flood.Host
  readonly to: Flood.Host
  readonly part: Flood.Link
  readonly latencyMillis: number
  readonly isWide: boolean
  batch: Array<number>
}

/** Which sites a site knows: those of its place, and, between a POP and a zone, where the POP has the zone. */
export const knows = (own: Flood.Host, other: Flood.Host): boolean => {
  if (own.name === other.name) return false
  if (own.kind === "central" && other.kind === "central") return true
  if (own.kind === "pop" && other.kind === "pop") return own.place === other.place
  return own.kind === "pop" ? own.zones.includes(other.place) : other.zones.includes(own.place)
}

export const topologyOf = (own: Flood.Host, hosts: ReadonlyArray<Flood.Host>): Flood.Topology => ({
  own,
  hosts: hosts.filter((other) => knows(own, other)).map((other) => ({ ...other, identities: [other.name] }))
})

/** POPs with three of the zones each, so that every zone is as often the first as any other. */
export const fleet = (zones: number, zoneHosts: number, pops: number, popHosts: number): ReadonlyArray<Flood.Host> => {
  const zoneNames = Array.from({ length: zones }, (_, at) => `z${at}`)
  const ofPop = (at: number): ReadonlyArray<string> => {
    const turn = Math.floor(at / zones)
    const steps = [0, 1 + (turn % (zones - 1)), 1 + ((turn + Math.floor(zones / 2)) % (zones - 1))]
    return [...new Set(steps.map((step) => zoneNames[(at + step) % zones] ?? ""))]
  }
  return [
    ...zoneNames.flatMap((place) =>
      Array.from({ length: zoneHosts }, (_, at) => ({
        name: `${place}h${at}`,
        kind: "central" as const,
        place,
        zones: []
      }))
    ),
    ...Array.from({ length: pops }, (_, pop) => pop).flatMap((pop) =>
      Array.from({ length: popHosts }, (_, at) => ({
        name: `p${pop}h${at}`,
        kind: "pop" as const,
        place: `p${pop}`,
        zones: ofPop(pop)
      }))
    )
  ]
}

/** Plays it to the end. */
export const run = (world: World): Outcome => {
  const { dead, hosts, strategy } = world
  const isAlive = (name: string): boolean => !(world.isNoticed && dead.has(name))
  const topologies = new Map(hosts.map((host) => [host.name, topologyOf(host, hosts)]))
  const linksOf = new Map(
    hosts.map((from) => {
      const topology = topologies.get(from.name) ?? { own: from, hosts: [] }
      const links = topology.hosts.map((to): Link => {
        const part = Flood.link(topology, isAlive, to)
        const isWide = from.kind !== to.kind || from.place !== to.place
        return { from, to, part, isWide, latencyMillis: world.latencyMillis(from, to), batch: [] }
      })
      return [from.name, strategy === "hybrid" ? links.filter(({ part }) => part.isActing) : links] as const
    })
  )
  const held = new Map(hosts.map(({ name }) => [name, new Map<number, Held>()]))
  const sending = new Map(hosts.map(({ name }) => [name, new Set<number>()]))
  const queue = new Queue()
  const count = { bodies: 0, wideBodies: 0, checks: 0, wideChecks: 0, writes: 0 }

  const isEager = (topology: Flood.Topology, { part }: Link, path: string): boolean => {
    if (strategy !== "hybrid") return strategy === "push"
    return typeof part.eager === "string" ? part.eager === "all" : part.eager(Flood.originOf(topology, path))
  }

  const store = (host: Flood.Host, article: number, from: ReadonlyArray<string>, atMillis: number): boolean => {
    const here = held.get(host.name)
    sending.get(host.name)?.delete(article)
    if (here === undefined || here.has(article)) return false
    const path = [host.name, ...from]
    here.set(article, { path, atMillis })
    const topology = topologies.get(host.name)
    if (topology === undefined) return true
    const text = `${path.join("!")}!x`
    for (const link of linksOf.get(host.name) ?? []) {
      if (path.includes(link.to.name)) continue
      if (isEager(topology, link, text)) send(link, article, atMillis)
      else ask(link, article, atMillis)
    }
    return true
  }

  const send = (link: Link, article: number, atMillis: number): void => {
    count.bodies += 1
    count.wideBodies += link.isWide ? 1 : 0
    count.writes += 1
    if (dead.has(link.to.name)) return
    const { path = [] } = held.get(link.from.name)?.get(article) ?? {}
    queue.at(atMillis + link.latencyMillis, (nowMillis) => {
      count.writes += 1
      store(link.to, article, path, nowMillis)
    })
  }

  const ask = (link: Link, article: number, atMillis: number): void => {
    link.batch.push(article)
    if (link.batch.length > 1) return
    queue.at(atMillis + gatherMillis, (nowMillis) => {
      const batch = link.batch.splice(0)
      count.checks += batch.length
      count.wideChecks += link.isWide ? batch.length : 0
      count.writes += 1
      if (dead.has(link.to.name)) return
      queue.at(nowMillis + link.latencyMillis, (askedMillis) => answer(link, batch, askedMillis))
    })
  }

  const answer = (link: Link, batch: ReadonlyArray<number>, atMillis: number): void => {
    const here = held.get(link.to.name)
    const underWay = sending.get(link.to.name)
    const unknown = batch.filter((article) => here?.has(article) === false)
    const wanted = unknown.filter((article) => underWay?.has(article) === false)
    for (const article of wanted) underWay?.add(article)
    count.writes += 1
    queue.at(atMillis + link.latencyMillis, (nowMillis) => {
      for (const article of wanted) send(link, article, nowMillis)
      for (const article of unknown) {
        if (!wanted.includes(article))
          queue.at(nowMillis + deferMillis, (laterMillis) => ask(link, article, laterMillis))
      }
    })
  }

  for (const [article, { atMillis, host }] of world.posts.entries()) {
    const at = hosts.find(({ name }) => name === host)
    if (at !== undefined) queue.at(atMillis, (nowMillis) => void store(at, article, [], nowMillis))
  }
  const endMillis = world.posts.reduce((latest, { atMillis }) => Math.max(latest, atMillis), 0) + patienceMillis
  queue.run(endMillis)

  const hops: Array<number> = []
  const latenciesMillis: Array<number> = []
  let missing = 0
  for (const [article, post] of world.posts.entries()) {
    for (const { name } of hosts) {
      if (dead.has(name) || name === post.host) continue
      const found = held.get(name)?.get(article)
      if (found === undefined) missing += 1
      else {
        hops.push(found.path.length - 1)
        latenciesMillis.push(found.atMillis - post.atMillis)
      }
    }
  }
  return { missing, hops, latenciesMillis, ...count }
}

type Act = (nowMillis: number) => void

/** Acts in the order of their times, and of their coming where these are equal. */
class Queue {
  readonly #heap: Array<{ readonly atMillis: number; readonly turn: number; readonly act: Act }> = []
  #turn = 0

  at(atMillis: number, act: Act): void {
    const heap = this.#heap
    heap.push({ atMillis, turn: this.#turn, act })
    this.#turn += 1
    for (let at = heap.length - 1; at > 0;) {
      const parent = (at - 1) >> 1
      if (!this.#swapIfBefore(at, parent)) return
      at = parent
    }
  }

  run(endMillis: number): void {
    for (let next = this.#take(); next !== undefined && next.atMillis <= endMillis; next = this.#take()) {
      next.act(next.atMillis)
    }
  }

  #take() {
    const heap = this.#heap
    const [first] = heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return first
    heap[0] = last
    for (let at = 0; ;) {
      const left = 2 * at + 1
      const child = this.#isBefore(left + 1, left) ? left + 1 : left
      if (!this.#swapIfBefore(child, at)) return first
      at = child
    }
  }

  #isBefore(a: number, b: number): boolean {
    const one = this.#heap[a]
    const other = this.#heap[b]
    if (one === undefined || other === undefined) return false
    return one.atMillis < other.atMillis || (one.atMillis === other.atMillis && one.turn < other.turn)
  }

  #swapIfBefore(a: number, b: number): boolean {
    const one = this.#heap[a]
    const other = this.#heap[b]
    if (one === undefined || other === undefined || !this.#isBefore(a, b)) return false
    this.#heap[a] = other
    this.#heap[b] = one
    return true
  }
}
