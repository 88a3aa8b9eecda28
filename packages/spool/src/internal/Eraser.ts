/**
 * Overwrites what was erased, in the place where it lies; done twice it does no harm.
 */
import * as Site from "@lupin/core/Site"
import * as Checkpoint from "./Checkpoint.ts"
import type { Erasure } from "./Erasures.ts"
import type { Index } from "./Index.ts"
import * as Record from "./Record.ts"
import type { SegmentLog } from "./SegmentLog.ts"

/** The log of a storage class. */
type LogOf = (name: string) => SegmentLog | undefined

/** Overwrites the octets of all that was erased and still has some. */
export const eraseOctets = (directory: string, log: SegmentLog, index: Index, logOf: LogOf): void => {
  const pending = index.erasures.all().filter(({ blanks }) => blanks.length > 0)
  if (pending.length === 0) return
  // The groups of an erased article are told by the checkpoint; and a power cut from here on is made good on opening.
  Checkpoint.take(directory, log, index)
  for (const erasure of pending) {
    for (const { address, class: name } of erasure.blanks) {
      const where = name === undefined ? log : logOf(name)
      if (where !== undefined) blank(where, address, erasure.hash)
    }
    index.erasures.keep({ ...erasure, blanks: [] })
  }
  index.commitAll()
}

/** Overwrites ids of erased articles whose time is over; says how many. */
export const eraseNames = (log: SegmentLog, index: Index, beforeMillis: number): number => {
  const due = index.erasures.all().filter(({ atMillis, names }) => names !== undefined && atMillis < beforeMillis)
  for (const { atMillis, blanks, hash, names } of due) {
    if (names !== undefined) blank(log, names.address, hash)
    const erasure: Erasure = { atMillis, blanks, hash }
    index.erasures.keep(erasure)
  }
  if (due.length > 0) index.commitAll()
  return due.length
}

const blank = (log: SegmentLog, address: number, hash: string): void => {
  const whole = log.whole(address)
  if (whole?.found.address !== address) return
  const payload = whole.octets.subarray(Record.headBytes)
  const isErased = (event: Record.Logged): boolean => "id" in event && Site.hashOf(event.id) === hash
  if (whole.found.events.some(isErased)) log.overwrite(address, Record.blank(payload, isErased))
}
