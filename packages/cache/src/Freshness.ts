/**
 * Decides from the age of a cached subtree whether it is served or scraped.
 *
 * Pure: the caller brings the time. All times are milliseconds since the epoch on this host's clock.
 */
import type * as GroupName from "@lupin/core/GroupName"

/**
 * How fresh the copy of one subtree is. It holds all that the source held when the last scrape asked
 * (`scrapedAtMillis`), but for what was removed since, and nothing that came after the source had answered
 * (`answeredAtMillis`).
 */
export interface Freshness {
  readonly group: GroupName.GroupName
  readonly scrapedAtMillis: number
  readonly answeredAtMillis: number
  /** Articles of the subtree in the cache, those that are not events included. */
  readonly articles: number
}

/** What a query says about the age it accepts. */
export interface Tolerance {
  /** A copy at most this old, in milliseconds, is served as it is. 0: nothing older than the query itself. */
  readonly staleMillisMax: number
  /** What to do with an older copy while a scrape runs: wait for the scrape (the default), or serve the copy. */
  readonly whileScraping?: "wait" | "serve"
}

/** What to do about one subtree: `Refresh` serves the copy and scrapes behind it. */
export type Verdict = "Serve" | "Refresh" | "Scrape"

/**
 * Judges the copy of one subtree, or its absence, for a query that began at `askedMillis`. A copy that says it is later
 * than `nowMillis` was made before the clock was set back: nobody knows how old it is.
 */
export const judge = (
  copy: Pick<Freshness, "scrapedAtMillis"> | undefined,
  tolerance: Tolerance,
  askedMillis: number,
  nowMillis: number
): Verdict => {
  if (copy === undefined) return "Scrape"
  const isYoung = copy.scrapedAtMillis >= askedMillis - tolerance.staleMillisMax
  if (isYoung && copy.scrapedAtMillis <= nowMillis) return "Serve"
  return tolerance.whileScraping === "serve" ? "Refresh" : "Scrape"
}
