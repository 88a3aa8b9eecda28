/**
 * Fills a spool of a new generation from the zones: all they hold of the last days, this site's own articles included.
 *
 * Runs beside everything else, once for each zone and generation, while the site serves: by reconciliation from sites of
 * ours, by NEWNEWS from others. What this site's history knows is passed over, the rest is taken.
 */
import * as Limits from "@lupin/core/Limits"
import * as Wildmat from "@lupin/core/Wildmat"
import * as NntpReader from "@lupin/nntp/NntpReader"
import type { NntpError } from "@lupin/nntp/NntpError"
import type * as Relayer from "@lupin/spool/Relayer"
import * as Spool from "@lupin/spool/Spool"
import { Clock, Context, Effect, Layer, Ref, Schedule, type Scope } from "effect"
import * as Backfill from "./Backfill.ts"
import { Histories } from "./Histories.ts"
import { Live } from "./Live.ts"
import * as Reconcile from "./Reconcile.ts"
import * as SiteConfig from "./SiteConfig.ts"

const retries = Schedule.min([Schedule.exponential("250 millis"), Schedule.spaced("30 seconds")])

export class Refill extends Context.Service<
  Refill,
  {
    /** Zones that have not been copied from yet in this generation. */
    readonly missing: Effect.Effect<ReadonlyArray<string>>
  }
>()("@lupin/site/Refill") {}

const follower = (zone: string) => `refill ${zone}`

type Needs = Spool.Spool | Relayer.Relayer | Live | Histories

const fillFrom = Effect.fn("Refill.fillFrom")(function* (
  zone: SiteConfig.Peer
): Effect.fn.Return<void, NntpError | Spool.SpoolUnavailable, Needs | Scope.Scope> {
  const spool = yield* Spool.Spool
  const nowMillis = yield* Clock.currentTimeMillis
  const reader = yield* Reconcile.open(zone)
  const taken = reader === undefined ? yield* byNewnews(zone) : yield* byHistory(reader, zone, nowMillis)
  yield* spool.savePosition(follower(zone.name), yield* spool.head)
  yield* Effect.logInfo(`refilled from ${zone.name}: ${taken} articles were new`)
}, Effect.scoped)

/** From a site of ours: the newest hour first, then the ones before, twice as many each time. */
const byHistory = Effect.fnUntraced(function* (
  reader: NntpReader.NntpReader,
  zone: SiteConfig.Peer,
  nowMillis: number
): Effect.fn.Return<number, NntpError | Spool.SpoolUnavailable, Needs> {
  const histories = yield* Histories
  const { floor } = yield* histories.of(Reconcile.wildmatOf(zone))
  let taken = 0
  // What came in the last minute was perhaps sent to the host as it was before: it will not come again by itself.
  const window = Reconcile.windowAt(nowMillis, floor, Limits.injectAheadMillisMax / 1000)
  for (const slice of Reconcile.slices(window)) {
    const report = yield* Reconcile.settle(reader, zone, slice, false)
    taken += report.taken
    if (report.trouble !== undefined) {
      yield* Effect.logWarning(`${zone.name} answered nonsense: ${report.trouble}`)
    }
  }
  return taken
})

/** From any other server: what it says has arrived. */
const byNewnews = Effect.fnUntraced(function* (
  zone: SiteConfig.Peer
): Effect.fn.Return<number, NntpError | Spool.SpoolUnavailable, Needs | Scope.Scope> {
  const live = yield* Live
  const reader = yield* NntpReader.connect(live.endpoint(zone.name) ?? SiteConfig.hostAndPort(zone.nntp))
  const nowMillis = yield* Clock.currentTimeMillis
  const ids = yield* reader.newnews(Wildmat.everything, nowMillis - Limits.historyMillis)
  const from = { connection: follower(zone.name), path: zone.path, isBackfill: true }
  return yield* Backfill.copyAll(reader, ids.toReversed(), from)
})

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
export const layer = (peers: ReadonlyArray<SiteConfig.Peer>): Layer.Layer<Refill, Spool.SpoolUnavailable, Needs> =>
  Layer.effect(Refill, make(peers))
