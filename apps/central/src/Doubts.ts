/**
 * Has a zone compare itself with its peers where a digest counts what is not here, so that its digester may tell what is gone
 * from what is on its way.
 *
 * Waits until the zone is refilled. A zone that keeps less of what clients post than is counted never says what is gone: others hold it.
 */
import * as Calendar from "@lupin/digest/Calendar"
import * as Digester from "@lupin/digest/Digester"
import { Live } from "@lupin/site/Live"
import * as Reconcile from "@lupin/site/Reconcile"
import { Refill } from "@lupin/site/Refill"
import * as SiteConfig from "@lupin/site/SiteConfig"
import * as Storage from "@lupin/site/Storage"
import * as RetentionRule from "@lupin/spool/RetentionRule"
import * as Spool from "@lupin/spool/Spool"
import { Clock, Effect, Layer } from "effect"

/** Pure: whether rules let go of articles in these groups before they are so old. */
export const letsGoBefore = (
  rules: ReadonlyArray<RetentionRule.RetentionRule>,
  groups: ReadonlyArray<string>,
  keepMillis: number
): boolean => {
  const few = rules.filter(
    (rule) =>
      Math.min(rule.keepMillis, rule.keepMillisMax) < keepMillis ||
      rule.countMax !== undefined ||
      rule.bytesMax !== undefined
  )
  return few.some((rule) => groups.some((group) => RetentionRule.fits(rule, group)))
}

/** Pure: whether so many peers have told all they hold: half of the other zones at least, as two of six may be dead. */
export const haveTold = (
  peers: ReadonlyArray<Pick<SiteConfig.Peer, "kind" | "name">>,
  reports: ReadonlyArray<Pick<Reconcile.Report, "peer" | "trouble">>
): boolean => {
  const zones = peers.filter(({ kind }) => kind === "central").map(({ name }) => name)
  const told = reports.filter(({ peer, trouble }) => zones.includes(peer) && trouble === undefined)
  return 2 * told.length >= zones.length
}

const keepsAll = Effect.fnUntraced(function* (config: SiteConfig.SiteConfig) {
  const spool = yield* Spool.Spool
  const groups = yield* Effect.orElseSucceed(spool.groups, () => [])
  const { keepMillis } = yield* Calendar.Calendar
  const posted = groups.map(({ name }) => name).filter(isPosted)
  return groups.length > 0 && !letsGoBefore(Storage.rulesOf(config), posted, keepMillis)
})

const isPosted = (group: string): boolean => group.startsWith("clientposts.")

/** Compares until enough peers have answered; gives when it began. */
const caughtUp = Effect.fn("Doubts.caughtUp")(function* (config: SiteConfig.SiteConfig) {
  const { peers } = yield* Live
  const { catchUp } = yield* Reconcile.Reconcile
  const { missing } = yield* Refill
  while (true) {
    const beganMillis = yield* Clock.currentTimeMillis
    const isWhole = yield* keepsAll(config)
    if (isWhole && (yield* missing).length === 0) {
      const reports = yield* catchUp
      if (haveTold(peers().filter(SiteConfig.isOurs), reports)) return beganMillis
    }
    yield* Effect.sleep(isWhole ? Reconcile.retryMillis : Reconcile.auditMillis)
  }
})

const settling = Effect.fnUntraced(function* (config: SiteConfig.SiteConfig) {
  const { compared, inDoubt } = yield* Digester.Digester
  while (true) {
    yield* inDoubt
    yield* compared(yield* caughtUp(config))
  }
})

/** Looks into each doubt until the layer's scope closes. */
export const layer = (config: SiteConfig.SiteConfig) => Layer.effectDiscard(Effect.forkScoped(settling(config)))
