/**
 * Stray octets: stretches of a log between records that count, which nothing points to and nobody is served from.
 *
 * They are what a power cut left of records that nobody was told of, records overtaken by others of their positions, and
 * records that have become unreadable. They may hold pieces of anything: so they count as dead, which has their file
 * compacted within a week, and who erases has them overwritten at once.
 */
import { type Spot, spotsOf } from "./Erasures.ts"
import type { Index } from "./Index.ts"
import type { LogOf } from "./Overwrites.ts"
import type { SegmentLog } from "./SegmentLog.ts"
import type { Found } from "./SegmentReader.ts"

/** From one address up to another, in the log of the spool or of a class. */
export interface Stray {
  readonly class?: string
  readonly from: number
  readonly to: number
  /** They have been overwritten. */
  readonly isClear?: boolean
}

/** Stretches that are remembered, so that who erases finds them; those beyond it go when their files are compacted. */
export const straysMax = 1_000

/** Takes a stretch in, if anything lies there. `log`: the one it lies in. */
export const note = (index: Index, log: SegmentLog, stray: Stray, atMillis: number): void => {
  const files = log.octetsIn(stray.from, stray.to)
  if (files.length > 0) index.accounts.stray(stray, files, atMillis)
}

/** Forgets what has left the log. */
export const prune = (index: Index, logOf: LogOf): void =>
  index.accounts.keepStrays(({ class: name, from, to }) => (logOf(name)?.octetsIn(from, to).length ?? 0) > 0)

/** Whether some are still to be overwritten, because something was erased here that they may hold. */
export const isDue = (index: Index): boolean =>
  index.accounts.strays.some(({ isClear }) => isClear !== true) && index.erasures.all().length > 0

/** Overwrites all of them; stopped halfway, it is done again. The index is not committed. */
export const clear = (index: Index, logOf: LogOf): void => {
  for (const stray of index.accounts.strays) {
    const log = logOf(stray.class)
    if (stray.isClear === true || log === undefined) continue
    clearOne(index, log, stray)
    index.accounts.clearStray(stray)
  }
}

const clearOne = (index: Index, log: SegmentLog, { class: name, from, to }: Stray): void => {
  for (let address = from; address < to;) {
    const found = log.peek(address)
    if (found === undefined) {
      const next = Math.min(log.seek(address)?.address ?? to, to)
      log.clear(address, next)
      address = next
      continue
    }
    // What the index points to is no stray, whatever was noted.
    if (found.address < to && !isKnown(index, found, name)) log.clear(found.address, found.next)
    address = found.next
  }
}

const isKnown = (index: Index, { address, events }: Found, name: string | undefined): boolean =>
  events.some((event) => {
    if (!("id" in event)) return false
    const row = index.id(event.id) ?? index.removed(event.id)
    const spots: ReadonlyArray<Spot> = [...(row === undefined ? [] : spotsOf(row)), ...index.mended.of(event.id)]
    return spots.some((spot) => spot.address === address && spot.class === name)
  })
