/**
 * Reconciles this site with others of ours: by the hour, when a peer or a loss here asks for it, and for an operator's look.
 *
 * One fiber, one timer. Each side takes what it lacks and removes what the other has removed, then invites the other to
 * do the same. Peers that do not know XRECONCILE are left alone.
 */
import * as Limits from "@lupin/core/Limits"
import type * as Reconciliation from "@lupin/core/Reconciliation"
import * as Inquiry from "@lupin/core/ReconciliationInquiry"
import * as Recoveries from "@lupin/core/Recoveries"
import * as Wildmat from "@lupin/core/Wildmat"
import * as Capabilities from "@lupin/nntp/Capabilities"
import type { NntpError } from "@lupin/nntp/NntpError"
import * as NntpReader from "@lupin/nntp/NntpReader"
import * as ReconcileClient from "@lupin/nntp/ReconcileClient"
import type { HistoryTree } from "@lupin/spool/HistoryTree"
import type { Relayer } from "@lupin/spool/Relayer"
import { Spool, type SpoolUnavailable } from "@lupin/spool/Spool"
import { Clock, Context, Effect, Layer, Metric, Random, type Scope } from "effect"
import * as Backfill from "./Backfill.ts"
import { Histories } from "./Histories.ts"
import { Live } from "./Live.ts"
import * as Requests from "./ReconcileRequests.ts"
import * as SiteConfig from "./SiteConfig.ts"

/** Between two audits of all peers, in the middle; each time between half of it and half as much again. */
export const auditMillis = 60 * 60 * 1000
/** That of production, unless something else is provided: simulated fleets have shorter days. */
export const AuditMillis = Context.Reference<number>("@lupin/site/AuditMillis", { defaultValue: () => auditMillis })
/** Until a peer that could not be reached is tried again, where it was asked for. */
export const retryMillis = 60 * 1000
/** What is younger may still be on its way. */
export const settleSeconds = 60
/** How often an inquiry that found too much for one is followed by another. */
const passesMax = 1_000

const hourSeconds = 3_600

const takenCount = Metric.counter("lupin_reconcile_taken", { description: "Articles that feeds had not brought" })
const removedCount = Metric.counter("lupin_reconcile_removed", { description: "Ids removed because a peer had" })

/** What came of it. Counts are of ids; octets before TLS and compression. */
export interface Report {
  readonly peer: string
  readonly isEqual: boolean
  readonly hereOnly: number
  readonly thereOnly: number
  /** Removed on one side alone. */
  readonly unlike: number
  /** Articles copied from there, and ids removed as there. */
  readonly taken: number
  readonly removed: number
  readonly roundTrips: number
  readonly octetsSent: number
  readonly octetsReceived: number
  /** Why nothing, or not all, is known. */
  readonly trouble?: string
}

const unable = "does not reconcile"

/** A server's answer that it cannot now (RFC 3977 §3.2.1). */
const laterCode = 403

const nothing = {
  hereOnly: 0,
  thereOnly: 0,
  unlike: 0,
  taken: 0,
  removed: 0,
  roundTrips: 0,
  octetsSent: 0,
  octetsReceived: 0
}

/** Pure: from the first whole hour that both sides still know to a minute ago, or to another distance from now. */
export const windowAt = (nowMillis: number, floor: number, aheadSeconds = -settleSeconds): Reconciliation.Window => {
  const oldest = Math.ceil((nowMillis - Limits.historyMillis) / 1000 / hourSeconds + 1) * hourSeconds
  const until = Math.floor(nowMillis / 1000 + aheadSeconds)
  return { from: Math.max(floor, oldest), until }
}

/**
 * Pure: how far from now the window ends, in seconds. What was lost here may be of the last minute, and so may what an
 * inviting peer lacks us to have; what is only on its way is then copied instead.
 */
export const aheadSeconds = (why: Requests.Why | "audit" | "look", untilSecond: number, nowMillis: number): number => {
  const aheadMax = Limits.injectAheadMillisMax / 1000
  if (why === "rule") return aheadMax
  return Math.min(aheadMax, Math.max(why === "gap" ? 0 : -settleSeconds, untilSecond - nowMillis / 1000))
}

/** Pure: a window in pieces of whole hours, the newest first, each twice as long as the one before. */
export const slices = ({ from, until }: Reconciliation.Window): ReadonlyArray<Reconciliation.Window> => {
  const pieces: Array<Reconciliation.Window> = []
  let end = until
  for (let hours = 1; end > from; hours *= 2) {
    const start = Math.max(from, Math.floor(end / hourSeconds - hours) * hourSeconds)
    pieces.push({ from: start, until: end })
    end = start
  }
  return pieces
}

/** What is asked about first: the groups of the feed to the peer. Where the feed from there has others, the peer says so. */
export const wildmatOf = ({ feed }: SiteConfig.Peer): Wildmat.Wildmat => Wildmat.compile(feed) ?? Wildmat.everything

/** A connection to a site of ours, or nothing where it does not reconcile. */
export const open = Effect.fnUntraced(function* (
  peer: SiteConfig.Peer
): Effect.fn.Return<NntpReader.NntpReader | undefined, NntpError, Live | Scope.Scope> {
  const live = yield* Live
  const reader = yield* NntpReader.connect(live.endpoint(peer.name) ?? SiteConfig.hostAndPort(peer.nntp))
  return Capabilities.has(yield* reader.capabilities, "XRECONCILE") ? reader : undefined
})

type Needs = Spool | Relayer | Histories

/** Compares one window, and makes this side's history that of the other unless it is only to look. */
export const settle = Effect.fn("Reconcile.settle")(function* (
  reader: NntpReader.NntpReader,
  peer: SiteConfig.Peer,
  asked: Reconciliation.Window,
  isLook: boolean
): Effect.fn.Return<Report, NntpError | SpoolUnavailable, Needs> {
  const histories = yield* Histories
  const { note } = yield* Recoveries.Recoveries
  let wildmat = wildmatOf(peer)
  let isCorrected = false
  const total = { ...nothing }
  let window = asked
  for (let pass = 0; pass < passesMax && window.from < window.until; pass += 1) {
    const history: HistoryTree = yield* histories.of(wildmat)
    const inquiry = new Inquiry.Inquiry(history.tree, window)
    const outcome = yield* ReconcileClient.run(reader.client, { wildmat, window }, inquiry)
    total.roundTrips += outcome.roundTrips
    total.octetsSent += outcome.octetsSent
    total.octetsReceived += outcome.octetsReceived
    if (outcome.wildmat !== undefined && !isCorrected) {
      wildmat = outcome.wildmat
      isCorrected = true
      continue
    }
    if (outcome.wildmat !== undefined) {
      return { peer: peer.name, isEqual: false, ...total, trouble: "names other groups each time" }
    }
    if (outcome.since !== undefined && outcome.since > window.from) {
      window = { ...window, from: outcome.since }
      continue
    }
    if (inquiry.trouble !== undefined) return { peer: peer.name, isEqual: false, ...total, trouble: inquiry.trouble }
    const found = yield* Backfill.difference(inquiry.found, history)
    total.hereOnly = found.hereOnly
    total.thereOnly += found.missing.length + found.expired + found.unknownRemovals
    total.unlike += found.removedHere + found.nameless + found.removals.length - found.unknownRemovals
    if (isLook) break
    yield* Backfill.remove(reader, found, inquiry.found, history)
    const nowMillis = yield* Clock.currentTimeMillis
    const wanted = Backfill.order(found.missing, nowMillis).map(({ id }) => id)
    const from = { connection: `reconcile ${peer.name}`, paths: [peer.path], isBackfill: true }
    const taken = yield* Backfill.copyAll(reader, wanted, from)
    note("reconcile-taken", taken)
    note("reconcile-removed", found.removals.length)
    total.taken += taken
    total.removed += found.removals.length
    if (found.nameless === 0 && (!inquiry.isFull || taken + found.removals.length === 0)) break
  }
  const isEqual = total.hereOnly + total.thereOnly + total.unlike === 0
  return { peer: peer.name, isEqual, ...total }
})

/** Reconciles with one peer, and invites it to do the same where it lacks something and did not ask itself. */
export const reconcile = Effect.fn("Reconcile.reconcile")(function* (
  peer: SiteConfig.Peer,
  why: Requests.Why | "audit" | "look",
  untilSecond = 0
): Effect.fn.Return<Report, NntpError | SpoolUnavailable, Needs | Live | Scope.Scope> {
  const histories = yield* Histories
  const { note } = yield* Recoveries.Recoveries
  const wildmat = wildmatOf(peer)
  const reader = yield* open(peer)
  if (reader === undefined) return { peer: peer.name, isEqual: false, ...nothing, trouble: unable }
  const nowMillis = yield* Clock.currentTimeMillis
  const ahead = aheadSeconds(why, untilSecond, nowMillis)
  if (why === "rule") {
    // What the peer has cannot tell what it lacks: it may be fed other groups than it feeds us.
    return yield* ReconcileClient.invite(reader.client, { wildmat, window: windowAt(nowMillis, 0, ahead) }).pipe(
      Effect.map((): Report => {
        note("reconcile-invited")
        return { peer: peer.name, isEqual: false, ...nothing }
      }),
      // A peer that grants us nothing to compare will not the next time.
      Effect.catchTag("NntpRefused", (error) =>
        error.code === laterCode
          ? Effect.fail(error)
          : Effect.succeed({ peer: peer.name, isEqual: false, ...nothing, trouble: unable })
      )
    )
  }
  const { floor } = yield* histories.of(wildmat)
  const window = windowAt(nowMillis, floor, ahead)
  const report = yield* settle(reader, peer, window, why === "look")
  const isLacking = report.hereOnly + report.unlike > 0
  if (isLacking && (why === "audit" || why === "gap")) {
    yield* ReconcileClient.invite(reader.client, { wildmat, window })
    note("reconcile-invited")
  }
  if (why === "asked") note("reconcile-asked")
  yield* Metric.update(takenCount, report.taken)
  yield* Metric.update(removedCount, report.removed)
  if (report.taken + report.removed > 0) {
    yield* Effect.logInfo(`reconciled with ${peer.name}: ${report.taken} articles taken, ${report.removed} removed`)
  }
  return report
}, Effect.scoped)

export class Reconcile extends Context.Service<
  Reconcile,
  {
    /** What each site of ours that is a peer has otherwise; changes nothing. */
    readonly compare: Effect.Effect<ReadonlyArray<Report>>
    /** Takes what any of them holds and this one lacks, up to now, and removes what they have removed. */
    readonly catchUp: Effect.Effect<ReadonlyArray<Report>>
  }
>()("@lupin/site/Reconcile") {}

const make = Effect.gen(function* () {
  const context = yield* Effect.context<Needs | Live>()
  const live = yield* Live
  const requests = yield* Requests.ReconcileRequests
  const { note } = yield* Recoveries.Recoveries
  const everyMillis = yield* AuditMillis

  const attempt = (
    peer: SiteConfig.Peer,
    why: Requests.Why | "audit" | "look",
    untilSecond = 0
  ): Effect.Effect<Report> =>
    reconcile(peer, why, untilSecond).pipe(
      Effect.catch((error) =>
        Effect.as(Effect.logDebug(`could not reconcile with ${peer.name}`, error), {
          peer: peer.name,
          isEqual: false,
          ...nothing,
          trouble: error._tag === "SpoolUnavailable" ? error.reason : error.message
        })
      ),
      Effect.provide(context)
    )

  /** Requests of peers that could not be reached, which wait to be tried again. */
  const waiting = new Map<string, Requests.Request>()
  const serve = Effect.fnUntraced(function* (asked: ReadonlyArray<Requests.Request>) {
    for (const request of asked) {
      const { onDone, path, untilSecond, why } = request
      const peer = live.peers().find((known) => known.path === path && SiteConfig.isOurs(known))
      if (peer === undefined) continue
      const { trouble } = yield* attempt(peer, why, untilSecond)
      if (trouble === undefined || trouble === unable) {
        yield* onDone
        continue
      }
      note("reconcile-retried")
      const key = Requests.key(request)
      const before = waiting.get(key)
      waiting.set(key, before === undefined ? request : Requests.merge(before, request))
      if (before !== undefined) continue
      yield* Effect.forkScoped(
        Effect.andThen(
          Effect.sleep(retryMillis),
          Effect.sync(() => {
            const again = waiting.get(key) ?? request
            waiting.delete(key)
            requests.add(path, again.why, again)
          })
        )
      )
    }
  })

  const audit = Effect.suspend(() =>
    Effect.forEach(live.peers().filter(SiteConfig.isOurs), (peer) => attempt(peer, "audit"), { discard: true })
  )

  const turn = Effect.gen(function* () {
    const delay = everyMillis * (0.5 + (yield* Random.next))
    const nextAudit = (yield* Clock.currentTimeMillis) + delay
    for (;;) {
      const leftMillis = nextAudit - (yield* Clock.currentTimeMillis)
      if (leftMillis <= 0) break
      const asked = yield* Effect.raceFirst(requests.take, Effect.as(Effect.sleep(leftMillis), undefined))
      if (asked === undefined) break
      yield* serve(asked)
    }
    yield* audit
  })
  const { damagedRecords, gapsPassed = 0, lostEvents = 0 } = yield* (yield* Spool).condition
  const losses = damagedRecords + gapsPassed + lostEvents
  note("reconcile-after-damage", losses > 0 ? 1 : 0)
  // What the log has lost, history has forgotten too.
  if (losses > 0) for (const { path } of live.peers().filter(SiteConfig.isOurs)) requests.add(path, "gap")
  yield* Effect.forkScoped(Effect.forever(turn))
  const all = (why: "gap" | "look") =>
    Effect.suspend(() => Effect.forEach(live.peers().filter(SiteConfig.isOurs), (peer) => attempt(peer, why)))
  return Reconcile.of({ compare: all("look"), catchUp: all("gap") })
})

/** Audits until the layer's scope closes. */
export const layer: Layer.Layer<Reconcile, never, Needs | Live | Requests.ReconcileRequests> = Layer.effect(
  Reconcile,
  make
)
