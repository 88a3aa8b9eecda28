/**
 * The ways in which a site recovers, each with a counter of how often it was taken.
 *
 * A way that was never taken has not been tested: the simulated fleet counts them all. Operators see them as
 * `lupin_recoveries_total` on the meta port.
 */
import * as Context from "effect/Context"
import * as Metric from "effect/Metric"

/** What each counter counts. */
export const recoveries = {
  "feed-reconnected": "A feed connected to its peer again",
  "feed-backed-off": "A feed failed twice without use in between, and waits longer",
  "feed-offered-again": "What a lost connection of a feed left unanswered is offered again",
  "feed-begun-anew": "A peer came back with a new generation, and is fed from the beginning",
  "feed-rule-changed": "A feed goes on by another rule, and what the one before passed is looked for",
  "feed-put-off": "A peer put an article off by 431 or 436, and it is offered again later",
  "feed-dropped": "An article was put off until no peer would take it any more, and is given up",
  "feed-missed": "A feed came to events that the log could not tell any more, and had them looked for",
  "peer-silent": "A peer owes an answer for too long, and counts as dead",
  "peer-speaks-again": "A peer that was silent has answered",
  "peer-given-up": "The connection to a peer that stayed silent was closed",
  "primary-taken": "A zone that was not the primary of a POP took that part, on this feed",
  "link-taken": "A feed that stood by offers now in place of another host's",
  "transit-freed": "A peer that was to send articles has gone, and others may send them",
  "pool-reconnected": "A connection for reading that had broken was replaced",
  "spool-refused": "The disk did not take a commit, and those who stored were refused",
  "spool-took-again": "A disk that had refused takes writes again",
  "log-tail-cut": "A torn record at the end of the log, never acknowledged, was cut off",
  "log-gap-passed": "A stretch in the midst of the log that cannot be read was passed over",
  "log-end-lost": "The log had lost its newest events on opening, and followers went back to its end",
  "index-replayed": "The index took in records of the log that it had missed",
  "index-made-anew": "The index was made from the log as a whole",
  "overwrite-redone": "Overwriting that a crash had stopped was done again on opening",
  "compaction-given-up": "A compaction under way was given up, and will begin again",
  "erasure-done-later": "An erasure that the disk had not taken was done later",
  "record-quarantined": "A damaged record is not served any more",
  "record-mended": "A damaged article has a good copy again",
  "record-looked-for": "A damaged record does not tell what it was, and all peers were asked",
  refilled: "A spool of a new generation was filled from a site",
  "refill-retried": "A site to refill from did not answer, and is asked again",
  "refill-by-arrivals": "A refill went by NEWNEWS or overview, as the site does not reconcile",
  "reconcile-taken": "Reconciliation brought articles that feeds had not",
  "reconcile-removed": "Reconciliation removed what another site had removed",
  "reconcile-erased": "Reconciliation erased what another site had erased",
  "reconcile-invited": "A peer that lacks something was invited to reconcile",
  "reconcile-asked": "A peer's invitation to reconcile was followed",
  "reconcile-retried": "A peer that had asked could not be reached, and is tried again",
  "reconcile-after-damage": "A site whose log is damaged reconciled as it started",
  "digester-rebuilt": "A digester read again what its spool held when it started",
  "digester-stood-in": "A zone emitted a digest in place of the home of its key",
  "digest-retried": "A digest that could not be stored is tried again",
  "digest-removals-adopted": "A digester learned from another's digest what was removed",
  "digest-loss-found": "A digester found out by their ids alone what a digest counts that is gone",
  "digest-loss-given-up": "A digest counts what no site holds and nobody can name, and was outranked by what is left",
  "seal-taken-over": "A day was sealed over other events than a zone had of it, and the zone counts them",
  "seal-left-out": "An event came after its day was sealed, and is not counted",
  "seal-revised": "An event of a sealed day was removed, and its partial was replaced by the next one",
  "seal-outranked": "The partial of a sealed day gave way to one over other events that ranks higher",
  "pump-waited": "What changed could not be carried to the digester, and is tried again",
  "fanout-redelivered": "What a consumer did not acknowledge in time was handed out again",
  "cache-begun-anew": "A subtree was scraped from the beginning, as its source has a new generation",
  "scrape-retried": "A scrape whose source failed was tried again at once",
  "cache-served-old": "A subtree whose scrape failed was shown as old as it is",
  "cache-made-anew": "A cache database that could not be opened was replaced by an empty one",
  "repeat-answered": "A post that was taken before got the same answer again",
  "receipt-without-zone": "A receipt was made without a zone that did not answer in time"
} as const satisfies Readonly<Record<string, string>>

export type Recovery = keyof typeof recoveries

/** Synchronous, and cheap enough for any branch that is no hot path. */
export interface Counting {
  readonly note: (what: Recovery, times?: number) => void
}

const counter = Metric.counter("lupin_recoveries_total", {
  description: "How often each way to recover was taken since the start",
  incremental: true
})

const counterOf = (what: Recovery): Metric.Counter<number> => Metric.withAttributes(counter, { recovery: what })

/** Counters of this process; those of nothing are shown too. */
export const metrics: Counting = {
  note: (what, times = 1) => {
    if (times > 0) counterOf(what).updateUnsafe(times, Context.empty())
  }
}

/** Has all counters shown, also those of ways that were not taken yet. */
export const show = (): void => {
  for (const what of Object.keys(recoveries)) counterOf(what as Recovery).updateUnsafe(0, Context.empty())
}

/** Metrics, unless something else is provided. */
export const Recoveries = Context.Reference<Counting>("@lupin/core/Recoveries", { defaultValue: () => metrics })
