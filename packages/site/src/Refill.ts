/**
 * Fills a spool of a new generation from the zones: all they hold of the last days, this site's own articles included.
 *
 * Runs beside everything else, once for each zone and generation, while the site serves: by reconciliation from sites of
 * ours, by NEWNEWS or overview from others. What this site's history knows is passed over, the rest is taken. In the end the site
 * compares itself with its other peers: where all zones were wiped, these alone know what was removed.
 */
import * as Limits from "@lupin/core/Limits"
import * as Recoveries from "@lupin/core/Recoveries"
import * as Wildmat from "@lupin/core/Wildmat"
import * as NntpReader from "@lupin/nntp/NntpReader"
import type { NntpError } from "@lupin/nntp/NntpError"
import type * as Relayer from "@lupin/spool/Relayer"
import * as Spool from "@lupin/spool/Spool"
import { Clock, Context, Effect, Layer, Ref, Schedule, type Scope, Semaphore } from "effect"
import * as Arrivals from "./Arrivals.ts"
import * as Backfill from "./Backfill.ts"
import { Histories } from "./Histories.ts"
import { Live } from "./Live.ts"
import * as Reconcile from "./Reconcile.ts"
import { ReconcileRequests } from "./ReconcileRequests.ts"
import * as SiteConfig from "./SiteConfig.ts"

const retries = Schedule.min([Schedule.exponential("250 millis"), Schedule.spaced("30 seconds")])

export class Refill extends Context.Service<
  Refill,
  {
    /** Peers that have not been copied from yet in this generation. */
    readonly missing: Effect.Effect<ReadonlyArray<string>>
  }
>()("@lupin/site/Refill") {}

const follower = (peer: string) => `refill ${peer}`

type Needs = Spool.Spool | Relayer.Relayer | Live | Histories

const fillFrom = Effect.fn("Refill.fillFrom")(function* (
  peer: SiteConfig.Peer,
  turn: Semaphore.Semaphore
): Effect.fn.Return<void, NntpError | Spool.SpoolUnavailable, Needs | Scope.Scope> {
  const spool = yield* Spool.Spool
  const reader = yield* Reconcile.open(peer)
  const { note } = yield* Recoveries.Recoveries
  const found = reader && (yield* byHistory(reader, peer, turn))
  if (found === undefined) note("refill-by-arrivals")
  const sinceMillis = (yield* Clock.currentTimeMillis) - Limits.historyMillis
  const rest =
    found === undefined ? byArrivals(peer, Reconcile.wildmatOf(peer), sinceMillis) : byArrivals(peer, digests, 0)
  const taken = (found ?? 0) + (yield* rest)
  note("refilled")
  yield* spool.savePosition(follower(peer.name), yield* spool.head)
  yield* Effect.logInfo(`refilled from ${peer.name}: ${taken} articles were new`)
}, Effect.scoped)

/**
 * From a site of ours: the newest hour first, then the ones before, twice as many each time. Several sites take turns, so
 * that what one has brought is not fetched from the next. Nothing where its answers make no sense.
 */
const byHistory = Effect.fnUntraced(function* (
  reader: NntpReader.NntpReader,
  peer: SiteConfig.Peer,
  turn: Semaphore.Semaphore
): Effect.fn.Return<number | undefined, NntpError | Spool.SpoolUnavailable, Needs> {
  const histories = yield* Histories
  const { floor } = yield* histories.of(Reconcile.wildmatOf(peer))
  // What came in the last minute was perhaps sent to the host as it was before: it will not come again by itself.
  const window = Reconcile.windowAt(yield* Clock.currentTimeMillis, floor, Limits.injectAheadMillisMax / 1000)
  let taken = 0
  for (const slice of Reconcile.slices(window)) {
    const report = yield* turn.withPermits(1)(Reconcile.settle(reader, peer, slice, false))
    taken += report.taken
    if (report.trouble === undefined) continue
    yield* Effect.logWarning(`${peer.name} answers reconciliation with nonsense: ${report.trouble}`)
    return undefined
  }
  return taken
})

/** What outlives history: the newest digests of keys, and the partials of their days. */
const digests = Wildmat.ofSubtrees(["digests"])

/** What a server says has arrived: everything of any other server, and from a site of ours what is older than history. */
const byArrivals = Effect.fnUntraced(function* (
  peer: SiteConfig.Peer,
  wildmat: Wildmat.Wildmat,
  sinceMillis: number
): Effect.fn.Return<number, NntpError | Spool.SpoolUnavailable, Needs | Scope.Scope> {
  const live = yield* Live
  const reader = yield* NntpReader.connect(live.endpoint(peer.name) ?? SiteConfig.hostAndPort(peer.nntp))
  const ids = yield* Arrivals.since(reader, wildmat, sinceMillis)
  const from = { connection: follower(peer.name), paths: [peer.path], isBackfill: true }
  return yield* Backfill.copyAll(reader, ids, from)
})

/** Pure: zones are copied from, other peers where the configuration says so. */
export const isSource = ({ kind, refill }: Pick<SiteConfig.Peer, "kind" | "refill">): boolean =>
  refill ?? kind === "central"

const make = Effect.fn("Refill.make")(function* (peers: ReadonlyArray<SiteConfig.Peer>) {
  const spool = yield* Spool.Spool
  const turn = yield* Semaphore.make(1)
  const { note } = yield* Recoveries.Recoveries
  const sources = peers.filter(isSource)
  const done = yield* Effect.forEach(sources, (source) => spool.readPosition(follower(source.name)))
  const due = sources.filter((_, at) => done[at] === undefined)
  const missing = yield* Ref.make<ReadonlyArray<string>>(due.map(({ name }) => name))
  const requests = yield* ReconcileRequests
  const copied = Effect.fnUntraced(function* (source: SiteConfig.Peer) {
    const left = yield* Ref.updateAndGet(missing, (names) => names.filter((name) => name !== source.name))
    if (left.length > 0) return
    for (const peer of peers) if (SiteConfig.isOurs(peer) && !isSource(peer)) requests.add(peer.path, "gap")
  })
  yield* Effect.forEach(
    due,
    (source) =>
      fillFrom(source, turn).pipe(
        Effect.tapError((error) => {
          note("refill-retried")
          return Effect.logDebug(`not yet refilled from ${source.name}`, error)
        }),
        Effect.retry(retries),
        Effect.andThen(copied(source)),
        Effect.forkScoped
      ),
    { discard: true }
  )
  return Refill.of({ missing: Ref.get(missing) })
})

/** Refills in the background until the layer's scope closes. */
export const layer = (
  peers: ReadonlyArray<SiteConfig.Peer>
): Layer.Layer<Refill, Spool.SpoolUnavailable, Needs | ReconcileRequests> => Layer.effect(Refill, make(peers))
