/**
 * Decides which subtrees leave the cache when it has outgrown its budget.
 */
import type * as GroupName from "@lupin/core/GroupName"

/** What a subtree counts besides its articles, in bytes: so much that a budget bounds the number of empty ones too. */
export const subtreeCost = 16_384

/** One cached subtree: what it takes, and when a query last asked for it. */
export interface Entry {
  readonly group: GroupName.GroupName
  /** Estimate of the space its rows take; rows shared with another subtree count in both. */
  readonly bytes: number
  readonly usedMillis: number
}

/**
 * The subtrees to drop, least recently used first, until the rest fits into `bytesMax`. Subtrees in `kept` stay, so that a
 * query larger than the budget is still answered.
 */
export const choose = (
  entries: ReadonlyArray<Entry>,
  bytesMax: number,
  kept: ReadonlySet<string>
): ReadonlyArray<GroupName.GroupName> => {
  let excess = entries.reduce((sum, entry) => sum + entry.bytes + subtreeCost, 0) - bytesMax
  const leaving: Array<GroupName.GroupName> = []
  const candidates = entries.filter((entry) => !kept.has(entry.group)).sort((a, b) => a.usedMillis - b.usedMillis)
  for (const entry of candidates) {
    if (excess <= 0) break
    leaving.push(entry.group)
    excess -= entry.bytes + subtreeCost
  }
  return leaving
}
