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
