/**
 * A spool's directory: which generation it holds and in which format, and the opening of what lies in it.
 */
import * as Schema from "effect/Schema"
import type * as Site from "@lupin/core/Site"
import { Buffer } from "node:buffer"
import * as path from "node:path"
import type { Disk } from "../Disk.ts"
import type { StorageClass } from "../StorageClass.ts"
import * as Checkpoint from "./Checkpoint.ts"
import * as ClassDead from "./ClassDead.ts"
import * as ClassLogs from "./ClassLogs.ts"
import { Index } from "./Index.ts"
import * as Lineage from "./Lineage.ts"
import * as Overwrites from "./Overwrites.ts"
import type * as Quarantine from "./Quarantine.ts"
import * as Record from "./Record.ts"
import * as SegmentLog from "./SegmentLog.ts"
import type * as SegmentReader from "./SegmentReader.ts"
import * as StrayOctets from "./StrayOctets.ts"

/** Raised when an older program could not read what a newer one wrote. */
export const format = 5
/** Of these all can be read as it is; only what is new since is not in them. */
const formatsBefore = [2, 3, 4] as const

const Description = Schema.fromJsonString(
  Schema.Struct({
    format: Schema.Literals([...formatsBefore, format]),
    generation: Schema.Struct({ id: Schema.String, startedMillis: Schema.Finite, numberBase: Schema.Finite })
  })
)

/** The generation in a directory, or `fresh` written into a new one. Throws if it cannot be read here. */
export const describe = (directory: string, fresh: Site.Generation, disk: Disk): Site.Generation => {
  const name = path.join(directory, "spool.json")
  const octets = disk.load(name)
  if (octets !== undefined) {
    const text = Buffer.from(octets).toString("utf8")
    try {
      const described = Schema.decodeSync(Description)(text)
      if (described.format !== format) write(name, described.generation, disk)
      return described.generation
    } catch (error) {
      throw new Error(`${name} is of no format known here (this program writes format ${format})`, { cause: error })
    }
  }
  if (disk.names(path.join(directory, "log")).length > 0) throw new Error(`${directory} has a log but no spool.json`)
  write(name, fresh, disk)
  return fresh
}

const write = (name: string, generation: Site.Generation, disk: Disk): void =>
  disk.replace(name, Buffer.from(Schema.encodeSync(Description)({ format, generation })))

export interface Sizes {
  readonly recordsPerCommit: number
  readonly segmentBytes: number
  readonly durability: "fsync" | "kernel"
}

export interface Contents {
  readonly log: SegmentLog.SegmentLog
  readonly index: Index
  readonly shelves: ClassLogs.ClassLogs
  /** Octets of a torn tail that were cut off. */
  readonly cutBytes: number
  /** Records that the index had missed. */
  readonly replayed: number
  /** Records whose article is damaged, among those replayed. */
  readonly damaged: ReadonlyArray<Quarantine.Damaged>
  /** Stretches of the log, among what was replayed, where nothing can be read. */
  readonly gaps: number
  /** All of the index was made from the log. */
  readonly isNewIndex: boolean
  /** What an earlier process was overwriting is overwritten now. */
  readonly isRedone: boolean
}

/**
 * Opens log and index, and takes in what the index has missed. What is damaged at the end of the log, with nothing intact
 * behind it, was never acknowledged and is cut off; what is damaged within the log is passed over and reported.
 */
export const open = (
  directory: string,
  generation: Site.Generation,
  disk: Disk,
  sizes: Sizes,
  classes: ReadonlyArray<StorageClass>
): Contents => {
  const indexDirectory = path.join(directory, "index")
  const log = SegmentLog.open(path.join(directory, "log"), disk, sizes.segmentBytes)
  const shelves = ClassLogs.open(directory, classes, disk, sizes)
  const isRedone = Overwrites.redo({ directory, disk }, logOf(log, shelves))
  const lineage = Lineage.load({ directory, disk })
  const index = openIndex(
    () => new Index({ directory: indexDirectory, disk }, generation, log, sizes.recordsPerCommit, lineage),
    () => disk.dropTables(indexDirectory)
  )
  const compactedAt = Math.max(0, ...log.stretches().map(({ pack }) => pack?.compactedAt ?? 0))
  const checkpoint = Checkpoint.load({ directory, disk })
  const knownAt = Math.max(compactedAt, checkpoint?.position ?? 0)
  if (!isOfLog(index, log)) index.renew(log.start, Lineage.next({ directory, disk }, lineage))
  // An index that is older than what has left the log would still tell of it, or never learn of it.
  if (index.progress.position < knownAt) index.empty(log.start)
  const isNew = index.progress.position === 0
  if (isNew && (checkpoint?.position ?? 0) < compactedAt) {
    throw new Error(`the checkpoint in ${directory} is missing or too old: no index can be made from the log`)
  }
  StrayOctets.prune(index, logOf(log, shelves))
  const replayed = replay(index, log, shelves, isNew ? checkpoint : undefined)
  shelves.trim((name) => index.accounts.endOf(name))
  for (const [name, { log }] of shelves.all) {
    const stray = { class: name, from: index.accounts.endOf(name) ?? log.start, to: log.end() }
    StrayOctets.note(index, log, stray, index.progress.latestMillis)
  }
  if (isNew) ClassDead.find(index, shelves)
  return { log, index, shelves, isRedone, isNewIndex: isNew && replayed.replayed > 0, ...replayed }
}

/** The log of the spool, or of a class by its name. */
export const logOf =
  (log: SegmentLog.SegmentLog, shelves: ClassLogs.ClassLogs) =>
  (name: string | undefined): SegmentLog.SegmentLog | undefined =>
    name === undefined ? log : shelves.all.find(([other]) => other === name)?.[1].log

const replay = (
  index: Index,
  log: SegmentLog.SegmentLog,
  shelves: ClassLogs.ClassLogs,
  checkpoint: Checkpoint.Checkpoint | undefined
): Pick<Contents, "damaged" | "gaps" | "replayed" | "cutBytes"> => {
  const damaged: Array<Quarantine.Damaged> = []
  let doubtful: Array<SegmentReader.Found> = []
  let strays: Array<StrayOctets.Stray> = []
  let waiting = checkpoint
  let replayed = 0
  let gaps = 0
  let skipped = 0
  const restore = (): void => {
    if (waiting !== undefined) Checkpoint.restore(index, waiting)
    waiting = undefined
  }
  const take = (found: SegmentReader.Found): void => {
    const position = found.events[0]?.position ?? 0
    if (waiting !== undefined && position > waiting.position) restore()
    for (const event of found.events) {
      if (event._tag === "Filed") index.statusToFile(event.id, index.progress.forgottenMillis)
    }
    noteStrays(found)
    index.take(found.events, found, found.next, log.lostBetween(index.progress.position, position, found.address))
    // An index that is committed at the position of the checkpoint has to have what it tells.
    if (waiting !== undefined && index.progress.position >= waiting.position) restore()
    if (index.isCommitDue) index.commit()
    replayed += 1
  }
  /** With the record that follows, so that the index has come past them once it knows of them. */
  const noteStrays = ({ address, events: [copy] }: SegmentReader.Found): void => {
    const atMillis = Math.max(index.progress.latestMillis, copy?.atMillis ?? 0)
    for (const stray of strays) if (stray.from < address) StrayOctets.note(index, log, stray, atMillis)
    strays = strays.filter(({ from }) => from > address)
    const stored = Record.isCopy(copy) ? copy.stored : undefined
    const shelf = stored === undefined ? undefined : logOf(log, shelves)(stored.class)
    if (stored === undefined || shelf === undefined) return
    // An article of which no event tells any more, or that nobody was told of.
    const from = index.accounts.endOf(stored.class) ?? shelf.start
    StrayOctets.note(index, shelf, { class: stored.class, from, to: stored.address }, atMillis)
  }
  const note = ({ address, events }: SegmentReader.Found): void => {
    const [copy] = events
    damaged.push({ address, ...(copy !== undefined && "id" in copy ? { id: copy.id } : {}) })
  }
  for (let address = index.progress.address; ;) {
    const found = log.verify(address)
    if (found === undefined) {
      const next = log.seek(address)
      if (next === undefined) break
      skipped += 1
      strays.push({ from: address, to: next.address })
      address = next.address
      continue
    }
    address = found.next
    // Octets of an earlier time, which a cut that failed or was lost has left: their place in the log is taken.
    if ((found.events[0]?.position ?? 0) <= latestOf(doubtful, index)) {
      strays.push({ from: found.address, to: found.next })
      continue
    }
    if (!found.isIntact) {
      doubtful.push(found)
      continue
    }
    for (const each of doubtful) {
      take(each)
      note(each)
    }
    doubtful = []
    gaps += skipped
    skipped = 0
    take(found)
    if (!isWhole(found, shelves)) note(found)
  }
  // Of what was there at the checkpoint nothing was cut off, so that what is doubtful now is only damaged.
  for (const each of doubtful) {
    if (waiting === undefined || (each.events[0]?.position ?? 0) > waiting.position) break
    take(each)
    note(each)
  }
  restore()
  const cutBytes = log.cut(index.progress.address)
  // What is left behind the last record lies in a pack.
  StrayOctets.note(index, log, { from: index.progress.address, to: log.end() }, index.progress.latestMillis)
  return { damaged, gaps, replayed, cutBytes }
}

/** Whether the article of a record, if it lies in a class, is there. */
const isWhole = ({ events: [copy] }: SegmentReader.Found, shelves: ClassLogs.ClassLogs): boolean =>
  !Record.isCopy(copy) || copy.stored === undefined || shelves.read(copy.stored, copy.id) !== undefined

const latestOf = (doubtful: ReadonlyArray<SegmentReader.Found>, index: Index): number =>
  doubtful.at(-1)?.events.at(-1)?.position ?? index.progress.position

/** An index that cannot be opened is made anew: the log has all that was in it. */
const openIndex = (open: () => Index, drop: () => void): Index => {
  try {
    return open()
  } catch {
    // What the tables say of a file they cannot use makes no difference to what is done.
  }
  drop()
  return open()
}

/**
 * Whether the index ends within this log. After a power cut the log may have lost more than the index; a damaged record
 * at the end of what was taken in says nothing against the index, which knows of it what the log no longer tells.
 */
const isOfLog = (index: Index, log: SegmentLog.SegmentLog): boolean => {
  const { address, latestAddress, position } = index.progress
  if (latestAddress === 0) return true
  if (address > log.end()) return false
  const latest = log.peek(latestAddress)
  return latest === undefined || (latest.next === address && latest.events.at(-1)?.position === position)
}
