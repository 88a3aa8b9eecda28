/**
 * Overwrites what was erased, in the place where it lies; done twice it does no harm.
 */
import * as Site from "@lupin/core/Site"
import { Buffer } from "node:buffer"
import * as Checkpoint from "./Checkpoint.ts"
import type { Erasure, Names, Spot } from "./Erasures.ts"
import type { Index } from "./Index.ts"
import * as Overwrites from "./Overwrites.ts"
import * as Record from "./Record.ts"
import type { SegmentLog } from "./SegmentLog.ts"
import * as StrayOctets from "./StrayOctets.ts"

export interface Eraser {
  /** Overwrites the octets of all that was erased and still has some, stray ones too; gives how many articles that were. */
  readonly eraseOctets: () => number
  /**
   * Overwrites ids of what was erased before a time, in the log and in the index, a slice a call; says whether there is
   * more to do at once. What a crash stops begins anew. `isMoving`: a compaction may have a copy of the records that name
   * them, and is waited for.
   */
  readonly eraseNames: (beforeMillis: number, isMoving: boolean) => boolean
}

/** Ids that are overwritten together: each is looked for in all of the index, about a second for two gigabytes and four of them. */
const namesMax = 4
/** Octets of the index that one slice looks at: some ten milliseconds. */
export const overwriteBytesMax = 16 * 1024 * 1024
/** Rows of what expires that one slice looks at. */
const expiringRowsMax = 5_000

/** Ids on their way out: no row but of what expires names them any more. */
interface Unnaming {
  readonly due: ReadonlyArray<Erasure>
  readonly names: Names
  /** The next row of what expires that is to be looked at. */
  row: Buffer | undefined
  /** The next octet of the index that is to be looked at, once there are no more rows. */
  octet: number | undefined
}

/** `log`: of the spool, which `logOf` gives too. */
export const make = (where: Overwrites.Where, log: SegmentLog, index: Index, logOf: Overwrites.LogOf): Eraser => {
  let unnaming: Unnaming | undefined

  /** One at a time: records of which several are erased change more than once. */
  const blank = (spot: Spot, hash: string): void => {
    const there = logOf(spot.class)
    const record = there === undefined ? undefined : blanked(there, spot, hash)
    if (record === undefined) return
    const { address, class: name } = spot
    Overwrites.run(where, logOf, [{ address, record, ...(name === undefined ? {} : { class: name }) }])
  }

  const allDue = (beforeMillis: number): ReadonlyArray<Erasure> =>
    index.erasures.all().filter(({ atMillis, names }) => names !== undefined && atMillis < beforeMillis)

  const begin = (beforeMillis: number): Unnaming | undefined => {
    const due = allDue(beforeMillis).slice(0, namesMax)
    if (due.length === 0) return undefined
    Overwrites.redo(where, logOf)
    // Only the log tells which ids these are.
    const ids = due.flatMap(({ hash, names }) => (names === undefined ? [] : idsIn(log, names, hash)))
    const names = ids.map((id) => [id, Record.masked(id)] as const)
    // From here on nothing moves a name to where it was looked for already: all that is left of one stays where it is.
    index.unname(names)
    return names.length === 0
      ? { due, names, row: undefined, octet: undefined }
      : { due, names, row: firstRow, octet: 0 }
  }

  /** Does one slice; says whether there is more of them. */
  const slice = (under: Unnaming): boolean => {
    const { names, octet, row } = under
    if (row !== undefined) under.row = index.unnameExpiring(new Set(names.map(([id]) => id)), row, expiringRowsMax)
    else if (octet !== undefined) under.octet = index.overwrite(names, octet, overwriteBytesMax)
    return under.row !== undefined || under.octet !== undefined
  }

  const finish = ({ due }: Unnaming): void => {
    Checkpoint.take(where, log, index)
    for (const { hash, names } of due) {
      const kept = index.erasures.get(hash)
      if (names !== undefined) blank(names, hash)
      if (kept !== undefined) index.erasures.keep({ hash, atMillis: kept.atMillis, blanks: kept.blanks })
    }
    index.commitAll()
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
    eraseNames: (beforeMillis, isMoving) => {
      unnaming ??= begin(beforeMillis)
      if (unnaming === undefined) return false
      if (slice(unnaming) || isMoving) return true
      finish(unnaming)
      unnaming = undefined
      return allDue(beforeMillis).length > 0
    }
  }
}

/** No key of a row comes before it. */
const firstRow = Buffer.of(0)

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
