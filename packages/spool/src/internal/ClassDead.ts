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
    const strays = new Map<number, number>()
    for (const { class: of, from, to } of index.accounts.strays) {
      for (const { bytes, number } of of === name ? log.octetsIn(from, to) : []) {
        strays.set(number, (strays.get(number) ?? 0) + bytes)
      }
    }
    for (const { bytes: end, first, last, start } of log.stretches()) {
      const all = end - (start % addressSpan)
      const live = [...(held.get(name) ?? [])].reduce(
        (sum, [number, octets]) => (number < first || number > last ? sum : sum + octets),
        0
      )
      // What is held may be longer than what a power cut has left of it.
      const bytes = Math.max(all - live, strays.get(first) ?? 0)
      dead.reset(first, last)
      if (bytes > 0) dead.add(first, bytes, index.progress.latestMillis)
    }
  }
  index.commitAll()
}
