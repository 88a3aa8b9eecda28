/**
 * A group as readers see it: its water marks, how many articles it holds, and whether it takes new ones.
 */
import type * as GroupName from "./GroupName.ts"

/** `y` takes posts, `n` does not, `m` is moderated (RFC 3977 §7.6.3). */
export type Status = "y" | "n" | "m"

/**
 * Between `low` and `high` lie all held numbers; both only ever grow in a generation. In an empty group `low` is one
 * above `high` (RFC 3977 §6.1.1.2).
 */
export interface Group {
  readonly name: GroupName.GroupName
  readonly low: number
  readonly high: number
  readonly count: number
  readonly status: Status
  readonly createdMillis: number
}

/** A group without articles whose first one gets the number after `base`. */
export const empty = (name: GroupName.GroupName, base: number, createdMillis = 0, status: Status = "y"): Group => ({
  name,
  low: base + 1,
  high: base,
  count: 0,
  status,
  createdMillis
})
