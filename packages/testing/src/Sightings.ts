/**
 * Counts what a suite of simulated histories has seen: each fault, and each way in which sites recover.
 *
 * A kind of fault that never happened, or a recovery that was never needed, has not been tested.
 */
import * as MessageId from "@lupin/core/MessageId"
import * as Homes from "@lupin/digest/Homes"
import type * as PeerStats from "@lupin/nntp/PeerStats"
import type * as Spool from "@lupin/spool/Spool"
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
  "skew",
  "narrow",
  "widen",
  "garbage"
] as const

/** What sites do about it. */
export const recoveries = [
  "a repeat is answered with the same id",
  "a copy that came another way is refused",
  "an article whose cancel came first is not taken",
  "a cancel waits for its event",
  "a cancel removes its event",
  "a wrong key is refused",
  "an operator erases an article that is held",
  "a better digest supersedes one",
  "a zone digests in place of the home of a key",
  "a host refuses while its disk does",
  "a torn record is cut off a log",
  "an index is made again from the log",
  "a new spool is refilled",
  "a refill brings articles",
  "a feed connects again",
  "a feed offers again what was deferred",
  "a peer declines what it has",
  "a connection of a feed fails",
  "an answer from a copy that is fresh enough",
  "a receipt is durable",
  "a client hears nothing from a host that stands still",
  "garbage gets an answer or a close"
] as const

export type Sighting = (typeof faults)[number] | (typeof recoveries)[number]

export class Sightings {
  readonly #zones: ReadonlyArray<string>
  readonly #counts = new Map<string, number>()
  readonly #digests = new Set<MessageId.MessageId>()

  /** Of a fleet with these zones, of one host each. */
  constructor(zones: ReadonlyArray<string> = []) {
    this.#zones = zones
  }

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
    return [...faults, ...recoveries].filter((what) => !this.#counts.has(what))
  }

  /** Of what a site did. */
  see(evidence: Evidence): void {
    switch (evidence._tag) {
      case "Stored":
        for (const { id, stored } of evidence.articles) {
          if (stored._tag === "Filed") this.#filed(evidence.site, id, stored.numbers)
          if (stored._tag === "AlreadyHere") this.add("a copy that came another way is refused")
          if (stored._tag === "Removed") this.add("an article whose cancel came first is not taken")
        }
        return
      case "Acknowledged":
        return this.add("a repeat is answered with the same id", evidence.isNew ? 0 : 1)
      case "Withdrawn":
        if (evidence.state === "waiting") return this.add("a cancel waits for its event")
        if (evidence.state === "cancelled") return this.add("a cancel removes its event")
        return this.add("a wrong key is refused", evidence.isForged ? 1 : 0)
      case "Receipted":
        return this.add("a receipt is durable", evidence.receipt.stages.includes("durable") ? 1 : 0)
      case "Answered":
        if (evidence.outcome === "Silence") return this.add("a client hears nothing from a host that stands still")
        return this.add("a host refuses while its disk does", evidence.outcome === "Unavailable" ? 1 : 0)
      case "Settled":
        return this.add("a peer declines what it has", evidence.isNew ? 0 : 1)
      case "Shown":
        return this.#shown(evidence)
      case "Probed":
        return this.add("garbage gets an answer or a close", evidence.outcome === "silent" ? 0 : 1)
      case "Looked":
        for (const { removed } of evidence.sites) {
          for (const why of removed.values()) if (why === "superseded") this.add("a better digest supersedes one")
        }
        return
      default:
    }
  }

  /** Of a line of the trace. */
  read({ text, what }: Trace.Entry): void {
    if (what === "erase" && text.includes("it was held")) this.add("an operator erases an article that is held")
    if (what === "warn" && text.includes("of a torn record")) this.add("a torn record is cut off a log")
    if (what !== "info") return
    if (text.includes("records of the log into the index")) this.add("an index is made again from the log")
    const refill = /^refilled from \S+: (\d+) articles were new/.exec(text)
    if (refill === null) return
    this.add("a new spool is refilled")
    if (Number(refill[1]) > 0) this.add("a refill brings articles")
  }

  /** Of what the feeds of a process have done in all its life. */
  count(states: ReadonlyArray<Readonly<PeerStats.PeerState>>): void {
    for (const { connects, deferrals, failures } of states) {
      this.add("a feed connects again", connects > 1 ? connects - 1 : 0)
      this.add("a feed offers again what was deferred", deferrals)
      this.add("a connection of a feed fails", failures)
    }
  }

  /** The site that has a digest first has made it. */
  #filed(site: string, id: MessageId.MessageId, numbers: Spool.Numbers): void {
    const [group] = numbers[0] ?? []
    if (group === undefined || MessageId.kindOf(id) !== "digest" || this.#digests.has(id)) return
    this.#digests.add(id)
    if (Homes.order(group, this.#zones)[0] !== site) this.add("a zone digests in place of the home of a key")
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
