/**
 * Counts what a suite of simulated histories has seen: each fault, and each way in which sites recover.
 *
 * A kind of fault that never happened, or a recovery that was never needed, has not been tested.
 */
import * as Recoveries from "@lupin/core/Recoveries"
import { Struct } from "effect"
import type * as Census from "./Census.ts"
import type { Evidence } from "./Evidence.ts"
import type * as Trace from "./Trace.ts"

/** What happens to a fleet; each is the verb of a command. */
export const faults = [
  "cut",
  "cut-way",
  "heal",
  "heal-way",
  "reset",
  "slow",
  "kill",
  "power",
  "start",
  "wipe",
  "pause",
  "resume",
  "sick",
  "well",
  "rot",
  "skew",
  "keep-count",
  "keep-age",
  "keep-bytes",
  "narrow",
  "widen",
  "garbage"
] as const

/** What comes of it, as clients and checkers see it; what sites do about it they count themselves. */
export const outcomes = [
  "a copy that came another way is refused",
  "an article whose cancel came first is not taken",
  "a cancel waits for its event",
  "a cancel removes its event",
  "a wrong key is refused",
  "an operator erases an article that is held",
  "a better digest supersedes one",
  "an article expires at a site that keeps little",
  "a low water mark moves as articles expire",
  "a file of a log goes whose articles have expired",
  "a record of such a file is moved into another",
  "what has expired at a site is offered again there, and declined",
  "what has expired at a site is posted again there, and known",
  "a reader asks for what has expired",
  "a host refuses while its disk does",
  "a sync that hung goes on",
  "a peer declines what it has",
  "an answer from a copy that is fresh enough",
  "a receipt is durable",
  "a client hears nothing from a host that stands still",
  "garbage gets an answer or a close"
] as const

/** Ways to recover that no short history of a simulated fleet comes to, with the test that looks for them. */
export const elsewhere = {
  "feed-dropped": "packages/nntp/test/FeedVerdict.test.ts",
  "overwrite-redone": "packages/spool/test/Faults.test.ts",
  "compaction-given-up": "packages/spool/test/Faults.test.ts",
  "refill-by-arrivals": "packages/site/test/reconcile.integration.test.ts",
  "seal-taken-over": "packages/digest/test/Sealing.test.ts",
  "seal-outranked": "packages/digest/test/Sealing.test.ts",
  "pump-waited": "packages/digest/test/Pump.test.ts",
  "fanout-redelivered": "packages/fanout/test/InProcessFanout.test.ts",
  "cache-begun-anew": "packages/cache/test/contract.ts",
  "scrape-retried": "packages/cache/test/contract.ts",
  "cache-served-old": "packages/cache/test/contract.ts",
  "cache-made-anew": "packages/cache/test/PgliteLife.integration.test.ts"
} as const satisfies Partial<Readonly<Record<Recoveries.Recovery, string>>>

/** Ways to recover that a suite of histories has to have taken. */
export const expected: ReadonlyArray<Recoveries.Recovery> = Struct.keys(Recoveries.recoveries).filter(
  (what) => !(what in elsewhere)
)

export type Sighting = (typeof faults)[number] | (typeof outcomes)[number]

/** What has expired at sites that keep little, and what came of it. */
class Expiries {
  readonly #sites = new Map<string, { readonly ids: Set<string>; before?: Census.Look }>()

  keep(site: string): void {
    if (!this.#sites.has(site)) this.#sites.set(site, { ids: new Set() })
  }

  has(site: string, id: string): boolean {
    return this.#sites.get(site)?.ids.has(id) === true
  }

  /** What is new in a look. */
  *read(look: Census.Look): IterableIterator<(typeof outcomes)[number]> {
    const known = this.#sites.get(look.name)
    if (known === undefined) return
    const { before, ids } = known
    const isSame = before?.generation === look.generation
    if (!isSame) ids.clear()
    let expired = 0
    for (const [id, why] of look.removed) {
      if (why !== "expired" || ids.has(id)) continue
      ids.add(id)
      expired += 1
      yield "an article expires at a site that keeps little"
    }
    if (isSame && expired > 0) {
      for (const [group, { low }] of look.groups) {
        if (low > (before.groups.get(group)?.low ?? low)) yield "a low water mark moves as articles expire"
      }
    }
    if (look.reclaimed.droppedFiles > (before?.reclaimed.droppedFiles ?? 0))
      yield "a file of a log goes whose articles have expired"
    if (look.reclaimed.movedRecords > (before?.reclaimed.movedRecords ?? 0))
      yield "a record of such a file is moved into another"
    known.before = look
  }
}

export class Sightings {
  readonly #counts = new Map<string, number>()
  readonly #expiries = new Expiries()

  add(what: Sighting, times = 1): void {
    if (times > 0) this.#counts.set(what, (this.#counts.get(what) ?? 0) + times)
  }

  addAll(other: Iterable<readonly [string, number]>): void {
    for (const [what, times] of other) this.#counts.set(what, (this.#counts.get(what) ?? 0) + times)
  }

  get counts(): ReadonlyMap<string, number> {
    return this.#counts
  }

  /** What was not seen at all. */
  get missing(): ReadonlyArray<string> {
    return [...faults, ...outcomes, ...expected].filter((what) => !this.#counts.has(what))
  }

  /** Of what a site did. */
  see(evidence: Evidence): void {
    switch (evidence._tag) {
      case "Stored":
        for (const { id, stored } of evidence.articles) {
          if (stored._tag === "AlreadyHere") this.add("a copy that came another way is refused")
          if (stored._tag !== "Removed") continue
          const isExpired = this.#expiries.has(evidence.site, id)
          this.add(
            isExpired
              ? "what has expired at a site is posted again there, and known"
              : "an article whose cancel came first is not taken"
          )
        }
        return
      case "Withdrawn":
        if (evidence.state === "waiting") return this.add("a cancel waits for its event")
        if (evidence.state === "cancelled") return this.add("a cancel removes its event")
        if (evidence.state === "removed") return
        return this.add("a wrong key is refused", evidence.isForged ? 1 : 0)
      case "Receipted":
        return this.add("a receipt is durable", evidence.receipt.stages.includes("durable") ? 1 : 0)
      case "Answered":
        if (evidence.outcome === "Silence") return this.add("a client hears nothing from a host that stands still")
        if (evidence.id !== undefined && this.#expiries.has(evidence.site, evidence.id))
          this.add("a reader asks for what has expired", evidence.verb === "read" ? 1 : 0)
        return this.add("a host refuses while its disk does", evidence.outcome === "Unavailable" ? 1 : 0)
      case "Settled":
        if (!evidence.isNew && this.#expiries.has(evidence.to, evidence.id))
          this.add("what has expired at a site is offered again there, and declined")
        return this.add("a peer declines what it has", evidence.isNew ? 0 : 1)
      case "Retained":
        return this.#expiries.keep(evidence.site)
      case "Shown":
        return this.#shown(evidence)
      case "Probed":
        return this.add("garbage gets an answer or a close", evidence.outcome === "silent" ? 0 : 1)
      case "Looked":
        for (const { removed } of evidence.sites) {
          for (const why of removed.values()) if (why === "superseded") this.add("a better digest supersedes one")
        }
        for (const site of evidence.sites) for (const what of this.#expiries.read(site)) this.add(what)
        return
      default:
    }
  }

  /** Of a line of the trace. */
  read({ text, what }: Trace.Entry): void {
    if (what === "erase" && text.includes("it was held")) this.add("an operator erases an article that is held")
  }

  #shown({ answer, atMillis, source, staleMillisMax }: Evidence & { readonly _tag: "Shown" }): void {
    // Where a clock was wrong, ages mean nothing.
    if (source === undefined) return
    for (const { scrapedAtMillis } of answer.freshness) {
      const ageMillis = atMillis - scrapedAtMillis
      if (staleMillisMax > 0 && ageMillis > freshMillis && ageMillis <= staleMillisMax) {
        this.add("an answer from a copy that is fresh enough")
      }
    }
  }
}

/** Younger copies may have been scraped for the very question. */
const freshMillis = 1_000
