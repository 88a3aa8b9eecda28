/**
 * A look at a spool that nobody has open: reads every record, compares it with the index, and lists what is damaged.
 *
 * What it finds goes to quarantine: the next process that opens the spool serves none of it and fetches it again.
 */
import type * as Site from "@lupin/core/Site"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { node } from "./Disk.ts"
import * as DirectoryLock from "./internal/DirectoryLock.ts"
import * as ClassLogs from "./internal/ClassLogs.ts"
import * as ClassPlaces from "./internal/ClassPlaces.ts"
import { Index } from "./internal/Index.ts"
import * as Lineage from "./internal/Lineage.ts"
import * as Quarantine from "./internal/Quarantine.ts"
import * as Record from "./internal/Record.ts"
import * as SegmentLog from "./internal/SegmentLog.ts"
import type * as SegmentReader from "./internal/SegmentReader.ts"
import * as SpoolDirectory from "./internal/SpoolDirectory.ts"
import { SpoolUnavailable } from "./Spool.ts"

export interface Report {
  readonly records: number
  readonly articles: number
  /** Octets of the log and of the storage classes. */
  readonly bytes: number
  /** Ids whose record is damaged, where the id is still known. */
  readonly damaged: ReadonlyArray<string>
  /** Stretches of the log where nothing can be read. */
  readonly gaps: number
  /** Ids that the log holds and the index does not know; `rebuild` puts that right. */
  readonly missing: ReadonlyArray<string>
  /** Records of the log that the index has not taken in yet; the next opening does. */
  readonly behind: number
}

/** How far a look has come, in octets. */
export type OnProgress = (bytes: number, ofBytes: number) => void

/** Records between two words on progress, and between two chances for others. */
const recordsPerSlice = 500

/** Reads the whole log. Fails where a process has the spool open, or there is none. */
export const verify = (directory: string, onProgress: OnProgress): Effect.Effect<Report, SpoolUnavailable> =>
  opened(
    directory,
    Effect.fnUntraced(function* ({ index, log, shelves }) {
      const look = new Look(index, shelves)
      const total = log.bytes(log.end()) + shelfBytes(shelves)
      for (let address = log.start; ;) {
        const next = look.at(log, address)
        if (next === undefined) break
        address = next
        if (look.records % recordsPerSlice !== 0) continue
        onProgress(log.bytes(address) + look.storedBytes, total)
        yield* Effect.yieldNow
      }
      onProgress(total, total)
      yield* attempt(() => look.nameGaps())
      yield* attempt(() => Quarantine.write(directory, look.damaged, node))
      return look.report(total)
    })
  )

export interface Stats {
  readonly generation: string
  readonly position: number
  readonly segments: number
  readonly logBytes: number
  /** Octets in the storage classes, by name: what is dead in their files too. */
  readonly classes: ReadonlyArray<{ readonly name: string; readonly bytes: number }>
  readonly indexBytes: number
  readonly quarantined: number
  readonly groups: ReadonlyArray<{ readonly name: string; readonly count: number }>
}

/** What a spool holds, as its index tells; groups with most articles first. */
export const stats = (directory: string): Effect.Effect<Stats, SpoolUnavailable> =>
  opened(directory, ({ generation, index, shelves }) =>
    attempt(() => {
      const segments = fs.readdirSync(path.join(directory, "log"))
      const sizeOf = (name: string): number => fs.statSync(path.join(directory, name)).size
      return {
        generation,
        position: index.progress.position,
        segments: segments.length,
        logBytes: segments.reduce((sum, name) => sum + sizeOf(path.join("log", name)), 0),
        classes: shelves.all.map(([name, { log }]) => ({ name, bytes: log.bytes(log.end()) })),
        indexBytes: sizeOf("index/data.mdb") + sizeOf("index/ids"),
        quarantined: Quarantine.open(directory, node, () => true).all().length,
        groups: [...index.groups.all()]
          .filter(({ isThere }) => isThere)
          .map(({ count, name }) => ({ name, count }))
          .toSorted((left, right) => right.count - left.count)
      }
    })
  )

/** Throws the index away; the next opening makes it anew from the log. Fails where that could not open the spool. */
export const dropIndex = (directory: string): Effect.Effect<void, SpoolUnavailable> =>
  locked(directory, () =>
    attempt(() => {
      SpoolDirectory.describe(directory, nobody, node)
      fs.accessSync(directory, fs.constants.W_OK)
      fs.rmSync(path.join(directory, "index"), { recursive: true, force: true })
    })
  )

/**
 * Begins a storage class anew whose files are lost, in another directory where one is given; gives where. What it had is
 * damaged from then on: `verify` notes it. Fails where the class has its files, or the spool never had the class.
 */
export const beginClass = (directory: string, name: string, where?: string): Effect.Effect<string, SpoolUnavailable> =>
  locked(directory, () =>
    attempt(() => {
      SpoolDirectory.describe(directory, nobody, node)
      const home = { directory, disk: node }
      const places = ClassPlaces.had(home)
      const before = places.get(name)
      if (before === undefined) throw new Error(`${directory} has no storage class ${name}`)
      const there = where ?? before
      for (const each of new Set([before, there])) {
        if (ClassPlaces.isBegun(home, each)) throw new Error(`files of the storage class ${name} are in ${each}`)
      }
      SegmentLog.open(there, node, Infinity).close()
      ClassPlaces.remember(home, new Map([...places, [name, there]]))
      return there
    })
  )

/** Fails where a directory holds no spool: opening one there would make it. */
export const mustBeThere = (directory: string): Effect.Effect<void, SpoolUnavailable> =>
  Effect.suspend(() =>
    fs.existsSync(path.join(directory, "spool.json"))
      ? Effect.void
      : Effect.fail(new SpoolUnavailable({ reason: `${directory} holds no spool` }))
  )

/** The generation of a spool that is not there. */
const nobody: Site.Generation = { id: "", startedMillis: 0, numberBase: 0 }

const shelfBytes = (shelves: ClassLogs.ClassLogs): number =>
  shelves.all.reduce((sum, [, { log }]) => sum + log.bytes(log.end()), 0)

/** What has been seen of a log so far. */
class Look {
  readonly damaged: Array<Quarantine.Damaged> = []
  readonly #index: Index
  readonly #shelves: ClassLogs.ClassLogs
  readonly #unknown = new Set<string>()
  records = 0
  /** Octets of articles that lie in classes. */
  storedBytes = 0
  #articles = 0
  readonly #gaps: Array<readonly [number, number]> = []
  #behind = 0

  constructor(index: Index, shelves: ClassLogs.ClassLogs) {
    this.#index = index
    this.#shelves = shelves
  }

  /** Looks at one record, and gives where the next begins; nothing at the end of the log. */
  at(log: SegmentLog.SegmentLog, address: number): number | undefined {
    const found = log.verify(address)
    if (found === undefined) {
      const next = log.seek(address)
      if (next === undefined && address >= log.end()) return undefined
      this.#gaps.push([address, next?.address ?? log.end()])
      return next?.address
    }
    this.records += 1
    const { address: there } = found
    if (there >= this.#index.progress.address) this.#behind += 1
    else for (const event of found.events) this.#compare(event, there)
    const [copy] = found.events
    if (Record.isCopy(copy)) {
      this.#articles += 1
      this.storedBytes += copy.stored?.bytes ?? 0
    }
    if (Record.isCopy(copy) && this.#isCurrent(copy.id, there) && !this.#isWhole(found, copy)) {
      this.damaged.push({ address: there, id: copy.id })
    }
    return found.next
  }

  /** Names what lies in the gaps, where the index still knows. */
  nameGaps(): void {
    if (this.#gaps.length === 0) return
    for (const [id, { address }] of this.#index.held()) {
      if (this.#gaps.some(([from, to]) => address >= from && address < to)) this.damaged.push({ address, id })
    }
  }

  report(bytes: number): Report {
    return {
      records: this.records,
      articles: this.#articles,
      bytes,
      damaged: this.damaged.flatMap(({ id }) => id ?? []),
      gaps: this.#gaps.length,
      missing: [...this.#unknown],
      behind: this.#behind
    }
  }

  #isWhole({ isIntact }: SegmentReader.Found, { id, stored }: Record.Filed | Record.Mended): boolean {
    return isIntact && (stored === undefined || this.#shelves.read(stored, id) !== undefined)
  }

  #isCurrent(id: string, address: number): boolean {
    const row = this.#index.id(id)
    return row === undefined || (row._tag === "Held" && row.address === address)
  }

  #compare(event: Record.Logged, address: number): void {
    if (!("id" in event)) return
    // A removed id may have been forgotten.
    if (!Record.isCopy(event)) this.#unknown.delete(event.id)
    else if (this.#index.status(event.id) === "unknown" && this.#isCurrent(event.id, address)) {
      this.#unknown.add(event.id)
    }
  }
}

interface Opened {
  readonly generation: string
  readonly log: SegmentLog.SegmentLog
  readonly index: Index
  readonly shelves: ClassLogs.ClassLogs
}

const locked = <A>(
  directory: string,
  use: () => Effect.Effect<A, SpoolUnavailable>
): Effect.Effect<A, SpoolUnavailable> =>
  Effect.acquireUseRelease(
    Effect.andThen(
      mustBeThere(directory),
      attempt(() => DirectoryLock.take(directory))
    ),
    use,
    (unlock) => Effect.sync(unlock)
  )

/** Opens log and index as they are: nothing is replayed or cut. */
const opened = <A>(
  directory: string,
  use: (spool: Opened) => Effect.Effect<A, SpoolUnavailable>
): Effect.Effect<A, SpoolUnavailable> =>
  locked(directory, () =>
    Effect.acquireUseRelease(
      attempt(() => {
        const generation = SpoolDirectory.describe(directory, nobody, node)
        const log = SegmentLog.open(path.join(directory, "log"), node, Infinity)
        const lineage = Lineage.load({ directory, disk: node })
        return {
          generation: generation.id,
          log,
          shelves: ClassLogs.open(directory, [], node, { durability: "kernel", segmentBytes: Infinity }),
          index: new Index({ directory: path.join(directory, "index"), disk: node }, generation, log, 1, lineage)
        }
      }),
      use,
      ({ index, log, shelves }) =>
        Effect.andThen(
          Effect.promise(() => index.close()),
          Effect.sync(() => {
            log.close()
            shelves.close()
          })
        )
    )
  )

const attempt = <A>(act: () => A): Effect.Effect<A, SpoolUnavailable> =>
  Effect.try({
    try: act,
    catch: (error) => new SpoolUnavailable({ reason: error instanceof Error ? error.message : String(error) })
  })
