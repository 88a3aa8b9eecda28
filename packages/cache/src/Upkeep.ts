/**
 * Decides when a database that does not look after itself is to be analysed or vacuumed.
 *
 * Without statistics Postgres reads a whole subtree for one page of it, and PGlite has no autovacuum that would gather
 * them.
 */

export interface Upkeep {
  /** Rows there are, as far as is known. */
  readonly rows: number
  /** Rows that came or went since statistics were gathered. */
  readonly changed: number
  /** Rows that went since their space was made free. */
  readonly removed: number
}

export type Due = "analyze" | "vacuum"

/** Fewer changes than this are not worth it, whatever the size. */
export const changedMin = 200

/** The share of the rows that may change before statistics mislead. */
export const changedShareMax = 0.2

/** Removed rows whose space is worth making free. */
export const removedMin = 20_000

export const fresh: Upkeep = { rows: 0, changed: 0, removed: 0 }

export const count = (upkeep: Upkeep, added: number, removed: number): Upkeep => ({
  rows: Math.max(0, upkeep.rows + added - removed),
  changed: upkeep.changed + added + removed,
  removed: upkeep.removed + removed
})

/** What is due now. Vacuuming gathers statistics too. */
export const due = ({ rows, changed, removed }: Upkeep): Due | undefined => {
  if (removed >= removedMin) return "vacuum"
  return changed >= changedMin + rows * changedShareMax ? "analyze" : undefined
}

export const done = ({ rows, removed }: Upkeep, what: Due): Upkeep => ({
  rows,
  changed: 0,
  removed: what === "vacuum" ? 0 : removed
})
