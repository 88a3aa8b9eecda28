/**
 * A spool's directory: which generation it holds and in which format, and the opening of what lies in it.
 */
import * as Schema from "effect/Schema"
import type * as Site from "@lupin/core/Site"
import { Buffer } from "node:buffer"
import * as fs from "node:fs"
import * as path from "node:path"
import type { Disk } from "../Disk.ts"
import { Index } from "./Index.ts"
import type * as Quarantine from "./Quarantine.ts"
import * as SegmentLog from "./SegmentLog.ts"

/** Raised when an older program could not read what a newer one wrote. */
export const format = 2

const Description = Schema.fromJsonString(
  Schema.Struct({
    format: Schema.Literal(format),
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
      return Schema.decodeSync(Description)(text).generation
    } catch (error) {
      throw new Error(`${name} is of no format known here (this program writes format ${format})`, { cause: error })
    }
  }
  if (disk.names(path.join(directory, "log")).length > 0) throw new Error(`${directory} has a log but no spool.json`)
  disk.replace(name, Buffer.from(Schema.encodeSync(Description)({ format, generation: fresh })))
  return fresh
}

export interface Sizes {
  readonly recordsPerCommit: number
  readonly segmentBytes: number
}

export interface Contents {
  readonly log: SegmentLog.SegmentLog
  readonly index: Index
  /** Octets of a torn tail that were cut off. */
  readonly cutBytes: number
  /** Records that the index had missed. */
  readonly replayed: number
  /** Records whose article is damaged, among those replayed. */
  readonly damaged: ReadonlyArray<Quarantine.Damaged>
  /** Stretches of the log, among what was replayed, where nothing can be read. */
  readonly gaps: number
}

/**
 * Opens log and index, and takes in what the index has missed. What is damaged at the end of the log, with nothing intact
 * behind it, was never acknowledged and is cut off; what is damaged within the log is passed over and reported.
 */
export const open = (directory: string, generation: Site.Generation, disk: Disk, sizes: Sizes): Contents => {
  const indexDirectory = path.join(directory, "index")
  const log = SegmentLog.open(path.join(directory, "log"), disk, sizes.segmentBytes)
  const index = openIndex(() => new Index(indexDirectory, generation, log, sizes.recordsPerCommit), indexDirectory)
  if (!isOfLog(index, log)) index.empty(log.start)
  return { log, index, ...replay(index, log) }
}

const replay = (index: Index, log: SegmentLog.SegmentLog): Omit<Contents, "log" | "index"> => {
  const damaged: Array<Quarantine.Damaged> = []
  let doubtful: Array<SegmentLog.Found> = []
  let replayed = 0
  let gaps = 0
  let skipped = 0
  const take = (found: SegmentLog.Found): void => {
    index.take(found.events, found, found.next)
    if (index.isCommitDue) index.commit()
    replayed += 1
  }
  for (let address = index.progress.address; ;) {
    const found = log.verify(address)
    if (found === undefined) {
      const next = log.seek(address)
      if (next === undefined) break
      skipped += 1
      address = next.address
      continue
    }
    address = found.next
    // Octets of an earlier time, which a cut that failed or was lost has left: their place in the log is taken.
    if ((found.events[0]?.position ?? 0) <= latestOf(doubtful, index)) continue
    if (!found.isIntact) {
      doubtful.push(found)
      continue
    }
    for (const each of doubtful) {
      take(each)
      const [filed] = each.events
      damaged.push({ address: each.address, ...(filed !== undefined && "id" in filed ? { id: filed.id } : {}) })
    }
    doubtful = []
    gaps += skipped
    skipped = 0
    take(found)
  }
  return { damaged, gaps, replayed, cutBytes: log.cut(index.progress.address) }
}

const latestOf = (doubtful: ReadonlyArray<SegmentLog.Found>, index: Index): number =>
  doubtful.at(-1)?.events.at(-1)?.position ?? index.progress.position

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
