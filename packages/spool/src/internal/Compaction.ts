/**
 * Gives back what is dead in a log, a slice at a time: what is still needed of some files moves into a pack.
 *
 * Before anything goes, a checkpoint holds what could not be told from the rest. A removal stays as long as history
 * remembers it, and as long as an earlier file might still have what it removed. What cannot be read does not move: articles
 * that lay there go to quarantine, and come again from another site.
 */
import type { Buffer } from "node:buffer"
import * as Checkpoint from "./Checkpoint.ts"
import * as CompactionChoice from "./CompactionChoice.ts"
import type * as Recoveries from "@lupin/core/Recoveries"
import type { Reclaimed } from "../Spool.ts"
import type { DeadOctets } from "./DeadOctets.ts"
import type { Spot } from "./Erasures.ts"
import type { Index } from "./Index.ts"
import type { IdRow } from "./IndexRows.ts"
import type * as Overwrites from "./Overwrites.ts"
import type * as PackFile from "./PackFile.ts"
import { type Damaged, noteAll } from "./Quarantine.ts"
import * as Record from "./Record.ts"
import { addressSpan, type Stretch } from "./Segment.ts"
import type { SegmentLog } from "./SegmentLog.ts"
import type { Found } from "./SegmentReader.ts"

/** Octets that one slice reads and writes, give or take an article. */
export const sliceBytes = 1024 * 1024
/** Octets of files no longer needed that one slice overwrites. */
export const scrubBytes = 4 * 1024 * 1024

export interface Compaction {
  /** Does one slice; says whether there is more to do at once. */
  readonly step: (nowMillis: number) => boolean
  /** Gives up what is under way, and overwrites it and all that waits to be overwritten. */
  readonly abandon: () => void
  /** Whether records have copies that do not stand for them yet. */
  readonly isMoving: () => boolean
  /** What has been done so far. */
  readonly done: () => Done
}

export type Done = Pick<Reclaimed, "movedRecords" | "droppedFiles" | "freedBytes" | "lostStretches">

const nothing: Done = { movedRecords: 0, droppedFiles: 0, freedBytes: 0, lostStretches: 0 }

const sum = (one: Done, other: Done): Done => ({
  movedRecords: one.movedRecords + other.movedRecords,
  droppedFiles: one.droppedFiles + other.droppedFiles,
  freedBytes: one.freedBytes + other.freedBytes,
  lostStretches: one.lostStretches + other.lostStretches
})

interface Job {
  readonly stretches: ReadonlyArray<Stretch>
  readonly growing: PackFile.Growing
  readonly compactedAt: number
  readonly forgottenMillis: number
  /** All files before these were compacted at this position or later. */
  readonly settledAt: number
  readonly end: number
  readonly startedMillis: number
  /** What was dead when it was begun: counted until it is finished, so that a crash forgets none of it. */
  readonly deadBytes: number
  address: number
  movedRecords: number
  /** What cannot be read: from one address up to another. */
  readonly lost: Array<Span>
}

type Span = readonly [from: number, to: number]

/** What is compacted: the log of the spool, or of a class. */
export interface Ground {
  readonly log: SegmentLog
  readonly dead: () => DeadOctets
  /** Files up to but without the one of this number are known to the index. */
  readonly below: () => number
  /** How long a pack may become by merging. */
  readonly segmentBytes: number
  /** Whether an event has to stay in the log. `settledAt`: all files before it were compacted at this position or later. */
  readonly isNeeded: (event: Record.Logged, found: Found, settledAt: number) => boolean
  /** Where an article that is held lies, if it lies here. */
  readonly addressOf: (row: Extract<IdRow, { readonly _tag: "Held" }>) => number | undefined
}

/** Whose log it is, and who is told of what cannot be read. The checkpoint of the spool is taken whatever is compacted. */
export interface Keeper {
  readonly where: Overwrites.Where
  readonly spoolLog: SegmentLog
  readonly index: Index
  readonly note: (...damaged: ReadonlyArray<Damaged>) => void
  readonly count: Recoveries.Counting["note"]
}

export const make = ({ count, index, note, spoolLog, where }: Keeper, ground: Ground): Compaction => {
  const { log, segmentBytes } = ground
  let job: Job | undefined
  let done = nothing
  /** Packs given up that are still to be overwritten. */
  const discarded: Array<PackFile.Growing> = []

  /** Files of which the index knows all, for good. */
  const settled = (): ReadonlyArray<Stretch> => {
    const below = ground.below()
    return log.stretches().filter(({ last }) => last < below)
  }

  const choose = (nowMillis: number): ReadonlyArray<Stretch> | undefined =>
    CompactionChoice.choose(settled(), {
      nowMillis,
      segmentBytes,
      forgottenMillis: index.progress.forgottenMillis,
      position: index.progress.position,
      dead: ({ first, last }) => ground.dead().of(first, last),
      nextMillis: ({ end }) => log.seek(end)?.events[0]?.atMillis
    })

  /** What grows is not compacted: with something in it that was dead for long, it grows no more. */
  const turnWorn = (nowMillis: number): void => {
    const tail = log.stretches().at(-1)
    if (tail === undefined) return
    const { bytes, sinceMillis } = ground.dead().of(tail.first, tail.last)
    if (bytes > 0 && sinceMillis + CompactionChoice.deadMillisMax <= nowMillis) log.turn()
  }

  const start = (stretches: ReadonlyArray<Stretch>): Job => {
    const [first] = stretches
    const last = stretches.at(-1)
    if (first === undefined || last === undefined) throw new Error("nothing to compact")
    Checkpoint.take(where, spoolLog, index)
    const { forgottenMillis, position } = index.progress
    const earlier = log.stretches().filter((stretch) => stretch.last < first.first)
    const settledAt = Math.min(...earlier.map(({ pack }) => pack?.compactedAt ?? 0))
    const growing = log.beginPack(stretches, position)
    return {
      stretches,
      settledAt,
      forgottenMillis,
      growing,
      compactedAt: position,
      startedMillis: index.progress.latestMillis,
      deadBytes: ground.dead().of(first.first, last.last).bytes,
      address: first.start,
      end: last.end,
      movedRecords: 0,
      lost: []
    }
  }

  const finish = (finished: Job): void => {
    const { compactedAt, deadBytes, end, forgottenMillis, growing, movedRecords, startedMillis, stretches } = finished
    quarantine(finished)
    const nextPosition = log.peek(end)?.events[0]?.position ?? 0
    const first = stretches[0]?.first ?? 0
    const last = stretches.at(-1)?.last ?? 0
    log.adopt(growing.finish({ first, last, compactedAt, forgottenMillis, nextPosition }))
    const died = ground.dead().of(first, last).bytes - deadBytes
    ground.dead().reset(first, last)
    if (died > 0) ground.dead().add(first, died, startedMillis)
    const freedBytes = stretches.reduce((rest, { bytes }) => rest + bytes, -growing.bytes())
    done = sum(done, { movedRecords, droppedFiles: stretches.length, freedBytes, lostStretches: finished.lost.length })
  }

  /** Notes what is held and lay in stretches that cannot be read, by a look at every id. */
  const quarantine = ({ lost }: Job): void => {
    if (lost.length === 0) return
    index.commitAll()
    const damaged: Array<Damaged> = []
    for (const [id, row] of index.held()) {
      const at = ground.addressOf(row)
      if (at !== undefined && lost.some(([from, to]) => at >= from && at < to))
        damaged.push({ address: row.address, id })
    }
    noteAll(note, damaged)
  }

  /** Passes over what cannot be read. */
  const skip = (under: Job): void => {
    const from = under.address
    under.address = Math.min(log.seek(from)?.address ?? under.end, under.end)
    under.lost.push([from, under.address])
  }

  /** Moves what is needed of a slice; says whether there is more. */
  const move = (under: Job): boolean => {
    for (let bytes = 0; bytes < sliceBytes;) {
      if ((log.at(under.address) ?? under.end) >= under.end) return false
      const whole = log.whole(under.address)
      if (whole === undefined) {
        skip(under)
        return true
      }
      // An article that is damaged moves as it is: that it was here is known, and another copy may come.
      const octets = remains(ground, whole.found, whole.octets, under.settledAt)
      if (octets !== undefined) {
        under.growing.add(whole.found.address, octets)
        under.movedRecords += 1
      }
      bytes += whole.octets.length
      under.address = whole.found.next
    }
    return true
  }

  const giveUp = ({ growing }: Job): void => {
    job = undefined
    count("compaction-given-up")
    discarded.push(growing)
  }

  const discard = (): void => {
    for (let one = discarded[0]; one !== undefined; one = discarded[0]) {
      one.abandon()
      discarded.shift()
    }
  }

  return {
    step: (nowMillis) => {
      discard()
      if (job === undefined) {
        if (log.scrub(scrubBytes)) return true
        const chosen = choose(nowMillis)
        if (chosen === undefined) {
          turnWorn(nowMillis)
          return false
        }
        job = start(chosen)
        return true
      }
      const under = job
      try {
        if (move(under)) return true
        finish(under)
      } catch (error) {
        giveUp(under)
        throw error
      }
      job = undefined
      index.commitAll()
      return true
    },
    abandon: () => {
      if (job !== undefined) giveUp(job)
      discard()
      while (log.scrub(scrubBytes));
    },
    isMoving: () => job !== undefined,
    done: () => done
  }
}

/** Compacts one after another. */
export const ofAll = (keeper: Keeper, grounds: ReadonlyArray<Ground>): Compaction => {
  const compactions = grounds.map((ground) => make(keeper, ground))
  return {
    step: (nowMillis) => compactions.some((compaction) => compaction.step(nowMillis)),
    abandon: () => {
      for (const compaction of compactions) compaction.abandon()
    },
    isMoving: () => compactions.some((compaction) => compaction.isMoving()),
    done: () => compactions.reduce((all, compaction) => sum(all, compaction.done()), nothing)
  }
}

/** The log of the spool itself: its last record that the index knows stays where it is. */
export const spoolGround = (log: SegmentLog, index: Index, segmentBytes: number, logOf: Overwrites.LogOf): Ground => ({
  log,
  segmentBytes,
  dead: () => index.accounts.dead,
  below: () => Math.floor(index.progress.latestAddress / addressSpan),
  addressOf: ({ address }) => address,
  isNeeded: (event, found, settledAt) => {
    if (isNeeded(index, event, found, settledAt)) return true
    const { address } = found
    if (tellsOfClass(index, event, address, logOf)) {
      // Little enough not to be compacted again for it at once, and looked at again in a week.
      index.accounts.dead.add(Math.floor(address / addressSpan), 1, index.progress.latestMillis)
      return true
    }
    if ("id" in event) index.dropForgotten(event.id, address)
    return false
  }
})

/** The log of a class: only the last file grows. */
export const classGround = (log: SegmentLog, index: Index, name: string, segmentBytes: number): Ground => ({
  log,
  segmentBytes,
  dead: () => index.accounts.deadOf(name),
  below: () => log.stretches().at(-1)?.first ?? 0,
  addressOf: ({ stored }) => (stored?.class === name ? stored.address : undefined),
  isNeeded: (event, { address }) => {
    const row = Record.isCopy(event) ? index.id(event.id) : undefined
    return row?._tag === "Held" && row.stored?.class === name && row.stored.address === address
  }
})

/** What of a record has to stay: all of it, its events without the article, or nothing. */
const remains = (ground: Ground, found: Found, octets: Buffer, settledAt: number): Buffer | undefined => {
  const kept = found.events.filter((event) => ground.isNeeded(event, found, settledAt))
  if (kept.length === 0) return undefined
  if (kept.some(Record.isCopy)) return octets
  return Record.encode(kept, undefined)
}

const isNeeded = (index: Index, event: Record.Logged, found: Found, settledAt: number): boolean => {
  switch (event._tag) {
    case "Filed": {
      const row = index.id(event.id)
      if (row?._tag !== "Held" || row.position !== event.position) return false
      return row.address === found.address || index.mended.of(event.id).some((spot) => isAt(spot, found.address))
    }
    case "Mended": {
      const row = index.id(event.id)
      return row?._tag === "Held" && row.address === found.address
    }
    case "Claimed":
      return index.claims.isWaiting(event.claim.target, event.position)
    case "Cancelled":
    case "Superseded":
    case "Expired":
      return event.position > settledAt || index.isRemembered(event.id, found.address) || isNamedStill(index, found)
    case "Refused":
      return index.isRemembered(event.id, found.address)
    case "Erased":
      return isNamedStill(index, found)
    case "Forgotten":
    case "GroupAdded":
    case "GroupRemoved":
    case "Blank":
      // The checkpoint has them.
      return false
  }
}

/** What was removed from a class and still lies there has to be found by whoever erases it. */
const tellsOfClass = (index: Index, event: Record.Logged, address: number, logOf: Overwrites.LogOf): boolean => {
  if (!("id" in event)) return false
  const row = index.removed(event.id)
  if (row?.stored === undefined || (row.by.address !== address && row.filed?.address !== address)) return false
  return logOf(row.stored.class)?.at(row.stored.address) === row.stored.address
}

/** Followers learn from this record which article was erased. */
const isNamedStill = (index: Index, { events }: Found): boolean =>
  events.some((event) => event._tag === "Erased" && index.erasures.get(event.hash)?.names !== undefined)

const isAt = (spot: Spot, address: number): boolean => spot.class === undefined && spot.address === address
