/**
 * A spool's directory: which generation it holds and in which format, and the opening of what lies in it.
 */
import * as Schema from "effect/Schema"
import type * as Site from "@lupin/core/Site"
import { Buffer } from "node:buffer"
import * as fs from "node:fs"
import * as path from "node:path"
import type { Disk } from "../Disk.ts"
import type { StorageClass } from "../StorageClass.ts"
import * as Checkpoint from "./Checkpoint.ts"
import * as ClassLogs from "./ClassLogs.ts"
import { Index } from "./Index.ts"
import type * as Record from "./Record.ts"
import * as SegmentLog from "./SegmentLog.ts"

/** Raised when an older program could not read what a newer one wrote. */
export const format = 1

const Description = Schema.fromJsonString(
  Schema.Struct({
    format: Schema.Literal(format),
    generation: Schema.Struct({ id: Schema.String, startedMillis: Schema.Finite, numberBase: Schema.Finite })
  })
)

/** The generation in a directory, or `fresh` written into a new one. Throws if it cannot be read here. */
export const describe = (directory: string, fresh: Site.Generation): Site.Generation => {
  const name = path.join(directory, "spool.json")
  if (fs.existsSync(name)) {
    const text = fs.readFileSync(name, "utf8")
    try {
      return Schema.decodeSync(Description)(text).generation
    } catch (error) {
      throw new Error(`${name} is of no format known here (this program writes format ${format})`, { cause: error })
    }
  }
  if (fs.existsSync(path.join(directory, "log"))) throw new Error(`${directory} has a log but no spool.json`)
  fs.writeFileSync(`${name}.new`, Schema.encodeSync(Description)({ format, generation: fresh }), { flush: true })
  fs.renameSync(`${name}.new`, name)
  SegmentLog.syncDirectory(directory)
  return fresh
}

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
}

/** Opens log and index, and takes in what the index has missed. Throws where a record within the log is damaged. */
export const open = (
  directory: string,
  generation: Site.Generation,
  disk: Disk,
  sizes: Sizes,
  classes: ReadonlyArray<StorageClass>
): Contents => {
  const indexDirectory = path.join(directory, "index")
  const log = SegmentLog.open(path.join(directory, "log"), disk, sizes.segmentBytes)
  const index = openIndex(
    () => new Index(indexDirectory, generation, log.start, sizes.recordsPerCommit),
    indexDirectory
  )
  const compactedAt = Math.max(0, ...log.stretches().map(({ pack }) => pack?.compactedAt ?? 0))
  // An index that is older than what has left the log would still tell of it.
  if (!isOfLog(index, log) || index.progress.position < compactedAt) index.empty(log.start)
  let checkpoint = index.progress.position === 0 ? Checkpoint.load(directory) : undefined
  if (index.progress.position === 0 && (checkpoint?.position ?? 0) < compactedAt) {
    throw new Error(`the checkpoint in ${directory} is missing or too old: no index can be made from the log`)
  }
  const shelves = ClassLogs.open(directory, classes, disk, sizes)
  // An article that did not get to its class is not held, and may come again.
  const asFound = (event: Record.Logged): Record.Logged =>
    event._tag === "Filed" && shelves.isLost(event) ? { ...event, isLost: true } : event
  let replayed = 0
  for (let found = log.verify(index.progress.address); found !== undefined; found = log.verify(found.next)) {
    const [first] = found.events
    if (checkpoint !== undefined && first !== undefined && first.position > checkpoint.position) {
      Checkpoint.restore(index, checkpoint)
      checkpoint = undefined
    }
    if (first === undefined || !log.mayFollow(index.progress.position, first.position, found.address)) {
      throw new Error(`the log is damaged: event ${index.progress.position + 1} is missing`)
    }
    index.take(found.events.map(asFound), found, found.next)
    if (index.isCommitDue) index.commit()
    replayed += 1
  }
  if (checkpoint !== undefined) Checkpoint.restore(index, checkpoint)
  shelves.trim((name) => index.accounts.endOf(name))
  return { log, index, shelves, cutBytes: log.cut(index.progress.address), replayed }
}

/** An index that cannot be opened is made anew: the log has all that was in it. */
const openIndex = (open: () => Index, directory: string): Index => {
  try {
    if (isReadable(path.join(directory, "data.mdb"))) return open()
  } catch {
    // What LMDB says of a file it cannot use makes no difference to what is done.
  }
  fs.rmSync(directory, { recursive: true, force: true })
  return open()
}

/** The magic number of LMDB in the first of its meta pages. */
const lmdbMagic = 0xbeefc0de
const lmdbMagicOffset = 24
const lmdbMetaBytes = 8192

/** LMDB maps its file without a look at what it is, and a stranger's octets would end the process. */
const isReadable = (name: string): boolean => {
  if (!fs.existsSync(name)) return true
  const file = fs.openSync(name, "r")
  try {
    const meta = Buffer.alloc(lmdbMetaBytes)
    const bytes = fs.readSync(file, meta, 0, meta.length, 0)
    return bytes === 0 || (bytes === meta.length && meta.readUInt32LE(lmdbMagicOffset) === lmdbMagic)
  } finally {
    fs.closeSync(file)
  }
}

/** Whether the index ends at a record of this log. After a power cut the log may have lost more than the index. */
const isOfLog = (index: Index, log: SegmentLog.SegmentLog): boolean => {
  const { address, latestAddress, position } = index.progress
  if (latestAddress === 0) return true
  const latest = log.verify(latestAddress)
  return latest !== undefined && latest.next === address && latest.events.at(-1)?.position === position
}
