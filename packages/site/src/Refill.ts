/**
 * Fills a spool of a new generation from the zones: all they hold of the last days, this site's own articles included.
 *
 * Runs beside everything else, once for each zone and generation, and serves while it fills. Path and age do not
 * matter here (design §4, Backfill): what this site's history knows is passed over, the rest is taken.
 */
import * as Limits from "@lupin/core/Limits"
import type * as MessageId from "@lupin/core/MessageId"
import * as Wildmat from "@lupin/core/Wildmat"
import * as NntpReader from "@lupin/nntp/NntpReader"
import * as Relayer from "@lupin/spool/Relayer"
import * as Spool from "@lupin/spool/Spool"
import { Clock, Context, Effect, Layer, Ref, Schedule } from "effect"
import { Live } from "./Live.ts"
import * as SiteConfig from "./SiteConfig.ts"

/** Articles asked for at a time. */
export const batchMax = 200

const retries = Schedule.min([Schedule.exponential("250 millis"), Schedule.spaced("30 seconds")])

export class Refill extends Context.Service<
  Refill,
  {
    /** Zones that have not been copied from yet in this generation. */
    readonly missing: Effect.Effect<ReadonlyArray<string>>
  }
>()("@lupin/site/Refill") {}

const follower = (zone: string) => `refill ${zone}`

const chunks = <A>(all: ReadonlyArray<A>, size: number): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size))

/** Copies the articles that are not known here; gives how many were taken. */
export const copy = Effect.fnUntraced(function* (
  reader: NntpReader.NntpReader,
  ids: ReadonlyArray<MessageId.MessageId>,
  peer: Relayer.Peer
) {
  const spool = yield* Spool.Spool
  const relayer = yield* Relayer.Relayer
  const statuses = yield* spool.status(ids)
  const unknown = ids.filter((_, at) => statuses[at] === "unknown")
  if (unknown.length === 0) return 0
  const articles = yield* reader.articles(unknown)
  const batch = articles.flatMap((octets, at) => {
    const id = unknown[at]
    return octets === undefined || id === undefined ? [] : [{ id, octets }]
  })
  const received = yield* relayer.receive(batch, peer)
  return received.filter(({ _tag }) => _tag === "Accepted").length
})

const everything = Wildmat.compile("*")

const fillFrom = Effect.fn("Refill.fillFrom")(function* (zone: SiteConfig.Peer) {
  const spool = yield* Spool.Spool
  if (everything === undefined) return
  const live = yield* Live
  const reader = yield* NntpReader.connect(live.endpoint(zone.name) ?? SiteConfig.hostAndPort(zone.nntp))
  const nowMillis = yield* Clock.currentTimeMillis
  const ids = yield* reader.newnews(everything, nowMillis - Limits.historyMillis)
  const peer = { connection: follower(zone.name), paths: [zone.path], isBackfill: true }
  let taken = 0
  for (const batch of chunks(ids, batchMax)) taken += yield* copy(reader, batch, peer)
  yield* spool.savePosition(follower(zone.name), yield* spool.head)
  yield* Effect.logInfo(`refilled from ${zone.name}: ${taken} of ${ids.length} articles were new`)
}, Effect.scoped)

const make = Effect.fn("Refill.make")(function* (peers: ReadonlyArray<SiteConfig.Peer>) {
  const spool = yield* Spool.Spool
  const zones = peers.filter(({ kind }) => kind === "central")
  const done = yield* Effect.forEach(zones, (zone) => spool.readPosition(follower(zone.name)))
  const due = zones.filter((_, at) => done[at] === undefined)
  const missing = yield* Ref.make<ReadonlyArray<string>>(due.map(({ name }) => name))
  yield* Effect.forEach(
    due,
    (zone) =>
      fillFrom(zone).pipe(
        Effect.tapError((error) => Effect.logDebug(`not yet refilled from ${zone.name}`, error)),
        Effect.retry(retries),
        Effect.andThen(Ref.update(missing, (names) => names.filter((name) => name !== zone.name))),
        Effect.forkScoped
      ),
    { discard: true }
  )
  return Refill.of({ missing: Ref.get(missing) })
})

/** Refills in the background until the layer's scope closes. */
export const layer = (
  peers: ReadonlyArray<SiteConfig.Peer>
): Layer.Layer<Refill, Spool.SpoolUnavailable, Live | Spool.Spool | Relayer.Relayer> =>
  Layer.effect(Refill, make(peers))
