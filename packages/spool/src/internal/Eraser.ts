/**
 * Overwrites what was erased, in the place where it lies; done twice it does no harm.
 */
import * as Site from "@lupin/core/Site"
import { Buffer } from "node:buffer"
import * as Checkpoint from "./Checkpoint.ts"
import type { Erasure, Spot } from "./Erasures.ts"
import type { Index } from "./Index.ts"
import * as Overwrites from "./Overwrites.ts"
import * as Record from "./Record.ts"
import type { SegmentLog } from "./SegmentLog.ts"
import * as StrayOctets from "./StrayOctets.ts"

export interface Eraser {
  /** Overwrites the octets of all that was erased and still has some, stray ones too; gives how many articles that were. */
  readonly eraseOctets: () => number
  /** Overwrites ids of what was erased before a time, in the log and in the index; says whether there are more. */
  readonly eraseNames: (beforeMillis: number) => boolean
}

/** Ids that one call overwrites: each is looked for in all of the index, about a second for two gigabytes. */
const namesMax = 4

/** `log`: of the spool, which `logOf` gives too. */
export const make = (where: Overwrites.Where, log: SegmentLog, index: Index, logOf: Overwrites.LogOf): Eraser => {
  /** One at a time: records of which several are erased change more than once. */
  const blank = (spot: Spot, hash: string): void => {
    const there = logOf(spot.class)
    const record = there === undefined ? undefined : blanked(there, spot, hash)
    if (record === undefined) return
    const { address, class: name } = spot
    Overwrites.run(where, logOf, [{ address, record, ...(name === undefined ? {} : { class: name }) }])
  }

  return {
    eraseOctets: () => {
      Overwrites.redo(where, logOf)
      const pending = index.erasures.all().filter(({ blanks }) => blanks.length > 0)
      const isStray = StrayOctets.isDue(index)
      if (pending.length === 0 && !isStray) return 0
      // The groups of an erased article are told by the checkpoint; and a power cut from here on is made good on opening.
      if (pending.length > 0) Checkpoint.take(where, log, index)
      for (const erasure of pending) {
        for (const spot of erasure.blanks) blank(spot, erasure.hash)
        index.erasures.keep({ ...erasure, blanks: [] })
      }
      // Nothing tells what lies there, so that any of it may be what was erased.
      if (isStray) StrayOctets.clear(index, logOf)
      index.commitAll()
      return pending.length
    },
    eraseNames: (beforeMillis) => {
      const all = index.erasures.all().filter(({ atMillis, names }) => names !== undefined && atMillis < beforeMillis)
      const due = all.slice(0, namesMax)
      if (due.length === 0) return false
      Overwrites.redo(where, logOf)
      // Only the log tells which ids these are.
      const ids = due.flatMap(({ hash, names }) => (names === undefined ? [] : idsIn(log, names, hash)))
      index.overwrite(ids.map((id) => [id, Record.masked(id)]))
      Checkpoint.take(where, log, index)
      for (const { atMillis, blanks, hash, names } of due) {
        if (names !== undefined) blank(names, hash)
        const erasure: Erasure = { atMillis, blanks, hash }
        index.erasures.keep(erasure)
      }
      index.commitAll()
      return all.length > due.length
    }
  }
}

/** The record as it is to be; nothing where it does not name that id. */
const blanked = (log: SegmentLog, { address, bytes }: Spot, hash: string): Buffer | undefined => {
  if (log.at(address) !== address) return undefined
  const whole = log.whole(address)
  // Of a record that cannot be read nothing is worth keeping.
  if (whole === undefined) return Buffer.alloc(Record.headBytes + bytes)
  return Record.names(whole.found.events, hash) ? Record.blank(whole.octets, hash) : undefined
}

/** The ids of that hash that a record names. */
const idsIn = (log: SegmentLog, { address }: Spot, hash: string): ReadonlyArray<string> => {
  const found = log.at(address) === address ? log.peek(address) : undefined
  return (found?.events ?? []).flatMap((event) => ("id" in event && Site.hashOf(event.id) === hash ? [event.id] : []))
}
