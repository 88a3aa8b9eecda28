/**
 * Decides from the age of a cached subtree whether it is served or scraped, and words that age.
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

/** Judges the copy of one subtree, or its absence, for a query that began at `askedMillis`. */
export const judge = (
  copy: Pick<Freshness, "scrapedAtMillis"> | undefined,
  tolerance: Tolerance,
  askedMillis: number
): Verdict => {
  if (copy === undefined) return "Scrape"
  if (copy.scrapedAtMillis >= askedMillis - tolerance.staleMillisMax) return "Serve"
  return tolerance.whileScraping === "serve" ? "Refresh" : "Scrape"
}

/** Age in milliseconds; 0 where the clock was set back. */
export const ageMillis = (freshness: Pick<Freshness, "scrapedAtMillis">, nowMillis: number): number =>
  Math.max(0, nowMillis - freshness.scrapedAtMillis)

/** `clientposts.trailblaze.topic.partner: 12 articles as of 3 seconds ago`, for people. */
export const describe = (freshness: Freshness, nowMillis: number): string =>
  `${freshness.group}: ${counted(freshness.articles, "article")} as of ${describeAge(ageMillis(freshness, nowMillis))}`

const units = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000]
] as const

const describeAge = (millis: number): string => {
  for (const [unit, size] of units) {
    if (millis >= size) return `${counted(Math.floor(millis / size), unit)} ago`
  }
  return "now"
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`
