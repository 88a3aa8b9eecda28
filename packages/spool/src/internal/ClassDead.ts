/**
 * Finds what is dead in the logs of classes by what is held there: for a new index, whose log may tell no more of what
 * has gone.
 */
import type { ClassLogs } from "./ClassLogs.ts"
import type { Index } from "./Index.ts"
import * as Record from "./Record.ts"
import { addressSpan } from "./Segment.ts"

/** Looks at every id; dead from now on, since nobody knows for how long already. */
export const find = (index: Index, shelves: ClassLogs): void => {
  if (shelves.all.length === 0) return
  index.commitAll()
  const held = new Map<string, Map<number, number>>()
  for (const [, { stored }] of index.held()) {
    if (stored === undefined) continue
    const files = held.get(stored.class) ?? new Map<number, number>()
    held.set(stored.class, files)
    const number = Math.floor(stored.address / addressSpan)
    files.set(number, (files.get(number) ?? 0) + Record.headBytes + stored.bytes)
  }
  for (const [name, { log }] of shelves.all) {
    const dead = index.accounts.deadOf(name)
    for (const { bytes, first, last, start } of log.stretches()) {
      const all = bytes - (start % addressSpan)
      const live = [...(held.get(name) ?? [])].reduce(
        (sum, [number, octets]) => (number < first || number > last ? sum : sum + octets),
        0
      )
      dead.reset(first, last)
      if (all > live) dead.add(first, all - live, index.progress.latestMillis)
    }
  }
  index.commitAll()
}
