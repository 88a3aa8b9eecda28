/**
 * The broadcast load of Gossip Glomers, challenge 3, on a simulated fleet of 25 nodes whose links take 100 ms.
 *
 * It counts as Maelstrom does: an operation is a broadcast or a read, a message one flushed write on a connection between
 * two nodes, and the latency of a broadcast lasts until every node shows it. Broadcasts are events posted at any node,
 * reads are asked at the node's spool. 19 nodes are POPs and six are zones, with what an operator can configure.
 */
import * as EventId from "@lupin/api/EventId"
import type * as PopOperations from "@lupin/api/PopOperations"
import * as App from "@lupin/core/App"
import type * as MessageId from "@lupin/core/MessageId"
import * as Posting from "@lupin/api/Posting"
import * as Injector from "@lupin/spool/Injector"
import * as SiteIdentity from "@lupin/spool/SiteIdentity"
import * as Spool from "@lupin/spool/Spool"
import type * as Chance from "@lupin/testing/Chance"
import * as Fleet from "@lupin/testing/Fleet"
import type * as SimSite from "@lupin/testing/SimSite"
import type * as Topology from "@lupin/testing/Topology"
import { Effect, Layer, Schema } from "effect"
import * as Arrivals from "./Arrivals.ts"

export interface Options {
  readonly seed: number
  /** How long operations are asked for, 100 a second. */
  readonly loadMillis: number
  readonly flood: NonNullable<Topology.Options["flood"]>
  /** Whether the network falls into two halves, again and again, with nodes in either half by chance. */
  readonly isPartitioned: boolean
}

export interface Outcome {
  readonly broadcasts: number
  readonly reads: number
  /** Broadcasts that were not acknowledged. */
  readonly unanswered: number
  /** Acknowledged broadcasts and nodes that do not hold them in the end. */
  readonly lost: number
  /** Reads that did not show a broadcast which the node had stored before. */
  readonly staleReads: number
  /** Of each broadcast, from the call until the last node showed it. */
  readonly latenciesMillis: ReadonlyArray<number>
  readonly messagesPerOperation: number
}

export const pops = 19
export const zones = 6
const latencyMillis = 100
/** Between two operations. */
const betweenMillis = 10
/** Within which the nodes have connected. */
const warmMillis = 10_000
/** After the load; messages are counted to the end of it, as Maelstrom does. */
const quietMillis = 10_000
/** How long a partition lasts, and how long until the next. */
const partitionMillis = 5_000
const betweenPartitionsMillis = 2_000

/** Without digestions: what is counted is what was broadcast. */
const app = App.defineApp({
  name: "gossip",
  events: { broadcast: App.defineEvent({ schema: Schema.Struct({ message: Schema.Number }) }) },
  digestions: []
})

interface Broadcast {
  readonly atMillis: number
  readonly id: MessageId.MessageId
}

export const run = ({ flood, isPartitioned, loadMillis, seed }: Options): Effect.Effect<Outcome, unknown> =>
  Fleet.run({ pops, zones, apps: [app], links: { latencyMillis, jitterMillis: 0 }, flood, seed }, (fleet) =>
    Effect.gen(function* () {
      const arrivals = Arrivals.watch(fleet)
      yield* fleet.advance(warmMillis)
      const messagesBefore = messages(fleet)
      if (isPartitioned) yield* Effect.forkChild(partitions(fleet, loadMillis))
      const load = yield* ask(fleet, arrivals, loadMillis)
      yield* fleet.advance(quietMillis)
      const sent = messages(fleet) - messagesBefore
      // Whoever lacks something then is counted below.
      yield* Effect.ignore(fleet.settle())

      const { broadcasts, reads, staleReads } = load
      const nodes = fleet.sites.map(({ holdings }) => holdings.ids)
      const lost = load.acknowledged.flatMap(({ id }) => nodes.filter((ids) => !ids.has(id))).length
      const latenciesMillis = load.acknowledged.map(
        ({ atMillis, id }) => Math.max(...(arrivals.get(id)?.values() ?? [])) - atMillis
      )
      return {
        broadcasts,
        reads,
        unanswered: broadcasts - load.acknowledged.length,
        lost,
        staleReads,
        latenciesMillis,
        messagesPerOperation: sent / (broadcasts + reads)
      }
    })
  )

const messages = (fleet: Fleet.Fleet): number =>
  fleet.network.links.reduce((sum, { from, messages: count, to }) => sum + (from === to ? 0 : count), 0)

/** Asks for operations at nodes by chance, as many broadcasts as reads by chance, and does not wait for the answers. */
const ask = Effect.fnUntraced(function* (fleet: Fleet.Fleet, arrivals: Arrivals.Arrivals, loadMillis: number) {
  const chance = fleet.world.chance.split("load")
  const acknowledged: Array<Broadcast> = []
  const asked = { broadcasts: 0, reads: 0, staleReads: 0 }
  for (let at = 0; at * betweenMillis < loadMillis; at += 1) {
    const site = chance.pick(fleet.sites)
    const { nowMillis: atMillis } = fleet.world
    if (chance.happens(0.5)) {
      asked.broadcasts += 1
      const acknowledge = (id: MessageId.MessageId): void => void acknowledged.push({ id, atMillis })
      yield* Effect.forkChild(Effect.map(broadcast(fleet, site, at), acknowledge))
    } else {
      asked.reads += 1
      const count = (isStale: boolean): void => void (asked.staleReads += isStale ? 1 : 0)
      yield* Effect.forkChild(Effect.map(isStaleAt(site, arrivals, acknowledged, chance), count))
    }
    yield* fleet.advance(betweenMillis)
  }
  return { ...asked, acknowledged }
})

const broadcast = (
  fleet: Fleet.Fleet,
  site: SimSite.SimSite,
  message: number
): Effect.Effect<MessageId.MessageId, unknown> => {
  const post: PopOperations.PostEvent = { app: app.name, kind: "broadcast", payload: { message } }
  return site.plan.kind === "pop"
    ? Effect.map(fleet.post(site.name, post), ({ posted }) => posted.messageId)
    : site.call(({ spool }) => inject(site, post).pipe(Effect.provideService(Spool.Spool, spool)))
}

/** Through the door of a zone, which has no clients of its own. */
const inject = ({ config }: SimSite.SimSite, post: PopOperations.PostEvent) => {
  const identity: SiteIdentity.Identity = {
    name: config.name,
    path: config.path,
    kind: config.kind,
    apps: new Set([app.name])
  }
  return Effect.gen(function* () {
    const prepared = yield* Effect.fromResult(Posting.prepare([app], post, yield* EventId.mint))
    const injector = yield* Injector.Injector
    return (yield* injector.inject(prepared.proto, { writer: "client" })).id
  }).pipe(Effect.provide(Layer.provide(Injector.Injector.layer, SiteIdentity.SiteIdentity.layer(identity))))
}

/** Asks a node for a broadcast of any age, which it must show if it has stored it. */
const isStaleAt = Effect.fnUntraced(function* (
  site: SimSite.SimSite,
  arrivals: Arrivals.Arrivals,
  acknowledged: ReadonlyArray<Broadcast>,
  chance: Chance.Chance
) {
  if (acknowledged.length === 0) return false
  const { id } = chance.pick(acknowledged)
  const isThere = arrivals.get(id)?.has(site.name) === true
  const found = yield* site.call(({ spool }) => spool.find(id))
  return isThere && found === undefined
})

/**
 * Cuts the nodes in two until the load is over, in other halves each time, and heals. What was under way between the halves
 * is lost with its connection, as Maelstrom drops messages.
 */
const partitions = Effect.fnUntraced(function* (fleet: Fleet.Fleet, loadMillis: number) {
  const chance = fleet.world.chance.split("partitions")
  const names = fleet.sites.map(({ name }) => name)
  const endMillis = fleet.elapsedMillis + loadMillis
  while (fleet.elapsedMillis < endMillis) {
    const shuffled = chance.shuffled(names)
    const half = shuffled.splice(0, Math.floor(names.length / 2))
    fleet.isolate(...half)
    yield* fleet.advance(Math.min(partitionMillis, endMillis - fleet.elapsedMillis))
    for (const one of half) for (const other of shuffled) fleet.reset(one, other)
    fleet.healAll()
    yield* fleet.advance(betweenPartitionsMillis)
  }
})
