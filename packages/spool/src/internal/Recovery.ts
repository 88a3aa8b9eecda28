/**
 * Whether a disk that refused takes writes again, found out without a risk to what is acknowledged.
 */
import { Buffer } from "node:buffer"
import type { ClassLogs } from "./ClassLogs.ts"
import type { Index } from "./Index.ts"
import type { SegmentLog } from "./SegmentLog.ts"

/** Octets that are written to see whether there is room: about what the next commits need. */
const probeBytes = 64 * 1024

/**
 * Cuts off what was never acknowledged, tries room behind it, and begins a new segment: after a failed sync nobody knows
 * what of the old one the disk has, but nothing acknowledged is in doubt, and nothing more is added to it.
 */
export const recover = (
  log: SegmentLog,
  shelves: ClassLogs,
  index: Index,
  isSynced: boolean,
  done: (error: Error | null) => void
): void => {
  const end = index.progress.address
  try {
    log.cut(end)
    // Were this cut lost, what it takes away would stand before what is stored next, whatever else is synced.
    log.syncFrom(end)
    log.turn()
    log.append(Buffer.alloc(probeBytes))
    log.cut(end)
    shelves.recover((name) => index.accounts.endOf(name))
    index.commit()
  } catch (error) {
    return done(error instanceof Error ? error : new Error(String(error)))
  }
  if (isSynced) log.sync(done)
  else done(null)
}
