/**
 * A spool on disk: an append-only log of segments is the truth, an LMDB index beside it is a projection.
 *
 * One write and one sync serve all who store at about the same time. Overview lines are made when an article is stored
 * and lie in its record, once for all its groups: about 400 octets on disk, and one read of the log for each row.
 */
import * as Event from "@lupin/core/Event"
import type * as Article from "@lupin/core/Article"
import * as DigestArticle from "@lupin/core/DigestArticle"
import type * as Group from "@lupin/core/Group"
import type * as GroupName from "@lupin/core/GroupName"
import type * as MessageId from "@lupin/core/MessageId"
import type * as Site from "@lupin/core/Site"
import { Clock, Effect, Layer } from "effect"
import { Buffer } from "node:buffer"
import * as fs from "node:fs"
import { Disk } from "./Disk.ts"
import * as Generation from "./Generation.ts"
import type * as ClassLogs from "./internal/ClassLogs.ts"
import * as Compaction from "./internal/Compaction.ts"
import * as DirectoryLock from "./internal/DirectoryLock.ts"
import * as Eraser from "./internal/Eraser.ts"
import * as Follow from "./internal/Follow.ts"
import * as GroupCommit from "./internal/GroupCommit.ts"
import type * as GroupTable from "./internal/GroupTable.ts"
import * as HeadSignal from "./internal/HeadSignal.ts"
import type { Index } from "./internal/Index.ts"
import type { Place } from "./internal/IndexRows.ts"
import * as Plan from "./internal/Plan.ts"
import * as PositionsFile from "./internal/PositionsFile.ts"
import * as Record from "./internal/Record.ts"
import type { SegmentLog } from "./internal/SegmentLog.ts"
import * as SpoolDirectory from "./internal/SpoolDirectory.ts"
import { SiteIdentity } from "./SiteIdentity.ts"
import { eraseNamesMillis, type Held, type OverviewLine, Spool, SpoolUnavailable, type Stored } from "./Spool.ts"
import { StorageClasses } from "./StorageClass.ts"

export interface Options {
  /** Made if it is not there. One process at a time. */
  readonly directory: string
  /** `fsync`: what was stored survives a power cut. `kernel`: it survives a kill of the process only. */
  readonly durability: "fsync" | "kernel"
  /** Records taken into the index at once; so many are replayed after a crash. More are cheaper and take longer. */
  readonly recordsPerCommit?: number
  /** How long a segment of the log grows before the next one begins; at most the default. */
  readonly segmentBytes?: number
}

export const recordsPerCommitDefault = 1_000
export const segmentBytesDefault = 64 * 1024 * 1024

/** Ids with the same UUID in front that `findUuid` looks at. */
const uuidScanMax = 64

/** Opens the spool in a directory, or makes one there. Fails where another process has it, or its log is damaged. */
export const layer = (options: Options): Layer.Layer<Spool, SpoolUnavailable, SiteIdentity> =>
  Layer.effect(
    Spool,
    Effect.gen(function* () {
      const site = yield* SiteIdentity
      const disk = yield* Disk
      const fresh = yield* Generation.fresh
      yield* Effect.acquireRelease(
        attempt(() => {
          fs.mkdirSync(options.directory, { recursive: true })
          return DirectoryLock.take(options.directory)
        }),
        (unlock) => Effect.sync(unlock)
      )
      const generation = yield* attempt(() => SpoolDirectory.describe(options.directory, fresh))
      const { durability } = options
      const segmentBytes = options.segmentBytes ?? segmentBytesDefault
      const classes = yield* StorageClasses
      const { cutBytes, index, log, replayed, shelves } = yield* Effect.acquireRelease(
        attempt(() =>
          SpoolDirectory.open(
            options.directory,
            generation,
            disk,
            { durability, segmentBytes, recordsPerCommit: options.recordsPerCommit ?? recordsPerCommitDefault },
            classes
          )
        ),
        ({ index, log, shelves }) =>
          Effect.promise(() => index.close()).pipe(
            Effect.ensuring(
              Effect.sync(() => {
                log.close()
                shelves.close()
              })
            )
          )
      )
      const positions = yield* Effect.acquireRelease(
        attempt(() => PositionsFile.open(options.directory)),
        (file) => Effect.sync(() => file.close())
      )
      if (cutBytes > 0) yield* Effect.logWarning(`cut ${cutBytes} octets of a torn record off ${options.directory}`)
      if (replayed > 0) yield* Effect.logInfo(`took ${replayed} records of the log into the index again`)
      // What an earlier process left in the kernel's hands counts as stored from now on.
      if (options.durability === "fsync") yield* syncOnce(log)
      yield* attempt(() => Eraser.eraseOctets(options.directory, log, index, (name) => logOf(shelves, name)))
      const compaction = Compaction.ofAll(options.directory, log, index, [
        Compaction.spoolGround(log, index, segmentBytes),
        ...shelves.all.map(([name, shelf]) => Compaction.classGround(shelf.log, index, name, shelf.segmentBytes))
      ])
      yield* Effect.addFinalizer(() => Effect.sync(compaction.abandon))
      const { directory } = options
      const parts = { shelves, compaction, directory, generation, index, log, positions, site: site.path, durability }
      return yield* make(parts)
    })
  )

interface Parts {
  readonly shelves: ClassLogs.ClassLogs
  readonly compaction: Compaction.Compaction
  readonly directory: string
  readonly generation: Site.Generation
  readonly index: Index
  readonly log: SegmentLog
  readonly positions: PositionsFile.PositionsFile
  readonly site: string
  readonly durability: Options["durability"]
}

const make = Effect.fnUntraced(function* ({
  compaction,
  directory,
  durability,
  generation,
  index,
  log,
  positions,
  shelves,
  site
}: Parts) {
  const signal = HeadSignal.make(index.progress.position)
  const follow = Follow.make(log, index)
  const commits = GroupCommit.make({
    plan: () => {
      shelves.begin()
      return Plan.make(knownOf(index, log, generation), site, shelves.place)
    },
    write: (records) => {
      shelves.write()
      return log.append(records.map(({ pieces }) => pieces))
    },
    undo: () => {
      log.cut(index.progress.address)
      shelves.undo()
    },
    sync: (done) => shelves.sync((error) => (error === null && durability === "fsync" ? log.sync(done) : done(error))),
    publish: (records, addresses) => {
      for (const [at, { events, pieces }] of records.entries()) {
        const address = addresses[at] ?? 0
        const bytes = pieces.reduce((sum, piece) => sum + piece.length, -Record.headBytes)
        index.take(events, { address, bytes }, address + Record.headBytes + bytes)
        follow.note(events)
      }
      signal.move(index.progress.position)
    },
    settle: () => {
      if (index.isCommitDue) index.commit()
    }
  })
  yield* Effect.addFinalizer(() => Effect.callback<void>((resume) => commits.close(() => resume(Effect.void))))

  let latestMillis = index.progress.latestMillis
  /** Brings commands into the log. Time, as the log tells it, never goes back. */
  const submit = (
    unitsAt: (atMillis: number) => ReadonlyArray<Plan.Unit>
  ): Effect.Effect<ReadonlyArray<Stored | undefined>, SpoolUnavailable> =>
    Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
      Effect.callback((resume) => {
        latestMillis = Math.max(latestMillis, nowMillis)
        commits.submit(unitsAt(latestMillis), (answer) =>
          resume(
            "_tag" in answer ? Effect.fail(new SpoolUnavailable({ reason: answer.reason })) : Effect.succeed(answer)
          )
        )
      })
    )

  const shelfOf = (name: string): GroupTable.Shelf | undefined => {
    const shelf = index.groups.get(name)
    return shelf?.isThere === true ? shelf : undefined
  }

  const groupOf = (shelf: GroupTable.Shelf): Group.Group => {
    const { count, createdMillis, high, name, status } = shelf
    return { name, low: index.low(shelf), high, count, status, createdMillis }
  }

  const held = (place: Place): Held => readHeld(log, shelves, place)

  const lines = (group: GroupName.GroupName, low: number, high: number, limit: number): Array<OverviewLine> => {
    const shelf = shelfOf(group)
    if (shelf === undefined) return []
    return index.places(shelf, low, high, limit).map(([number, { address }]) => ({
      number,
      line: lineOf(filedAt(log, address), number)
    }))
  }

  return Spool.of({
    generation,
    store: (batch) =>
      Effect.map(
        submit((atMillis) => batch.map((article) => ({ command: fileCommand(article, atMillis), article }))),
        (stored) => stored.filter((one) => one !== undefined)
      ),
    remove: (ids, why) =>
      Effect.asVoid(
        submit((atMillis) =>
          ids.map((id) => ({
            command: why === "cancelled" ? { _tag: "Cancel", target: id, atMillis } : { _tag: "Expire", id, atMillis }
          }))
        )
      ),
    addGroup: (group, status) =>
      Effect.asVoid(submit((atMillis) => [{ command: { _tag: "AddGroup", group, status, atMillis } }])),
    removeGroup: (group) =>
      Effect.asVoid(submit((atMillis) => [{ command: { _tag: "RemoveGroup", group, atMillis } }])),
    forget: (beforeMillis) =>
      Effect.asVoid(
        submit((atMillis) => [
          { command: { _tag: "Forget", beforeMillis: Math.min(beforeMillis, atMillis), atMillis } }
        ])
      ),
    erase: (ids) =>
      submit((atMillis) => ids.map((id) => ({ command: { _tag: "Erase", id, atMillis } }))).pipe(
        Effect.andThen(
          attempt(() => {
            compaction.abandon()
            Eraser.eraseOctets(directory, log, index, (name) => logOf(shelves, name))
            for (const id of ids) follow.erase(id)
          })
        )
      ),
    reclaim: Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
      attempt(() => {
        Eraser.eraseNames(log, index, nowMillis - eraseNamesMillis)
        return { isMore: compaction.step(nowMillis) }
      })
    ),
    expiring: (untilMillis, limit) =>
      attempt(() => {
        const { held, nextMillis } = index.expiring(untilMillis, limit)
        const changes = held.flatMap(({ address }) => Follow.toFiled(filedAt(log, address)) ?? [])
        return nextMillis === undefined ? { changes } : { changes, nextMillis }
      }),
    usage: attempt(() => index.accounts.usage.all()),
    status: (ids) => attempt(() => ids.map((id) => index.status(id))),
    find: (id) =>
      attempt(() => {
        const row = index.id(id)
        return row?._tag === "Held" ? held(row) : undefined
      }),
    at: (group, number) =>
      attempt(() => {
        const shelf = shelfOf(group)
        const place = shelf === undefined ? undefined : index.place(shelf, number)
        return place === undefined ? undefined : held(place)
      }),
    findUuid: (uuid) =>
      attempt(() => {
        const isOfUuid = (id: string): boolean => Event.parseMessageId(id)?.uuid === uuid
        // Only ids that passed a door are in the index.
        return index.firstId(`<${uuid}.`, isOfUuid, uuidScanMax) as MessageId.MessageId | undefined
      }),
    group: (name) =>
      attempt(() => {
        const shelf = shelfOf(name)
        return shelf === undefined ? undefined : groupOf(shelf)
      }),
    groups: attempt(() =>
      [...index.groups.all()]
        .filter((shelf) => shelf.isThere)
        .map(groupOf)
        .toSorted((left, right) => (left.name < right.name ? -1 : 1))
    ),
    numbers: (group, low, high, limit) =>
      attempt(() => {
        const shelf = shelfOf(group)
        return shelf === undefined ? [] : index.places(shelf, low, high, limit).map(([number]) => number)
      }),
    overview: (group, low, high, limit) => attempt(() => lines(group, low, high, limit)),
    neighbour: (group, number, direction) =>
      attempt(() => {
        const shelf = shelfOf(group)
        if (shelf === undefined) return undefined
        return direction === "next"
          ? index.places(shelf, number + 1, shelf.high, 1)[0]?.[0]
          : index.numberBelow(shelf, number - 1)
      }),
    overviewOf: (ids) =>
      attempt(() =>
        ids.map((id) => {
          const row = index.id(id)
          if (row?._tag !== "Held") return undefined
          const filed = filedAt(log, row.address)
          return lineOf(filed, filed.numbers[0]?.[1] ?? 0)
        })
      ),
    changes: (after, limit) => attempt(() => follow.changes(after, limit)),
    head: Effect.sync(signal.head),
    changed: signal.changed,
    arrivedSince: (sinceMillis, limit, after = 0) => attempt(() => follow.arrivedSince(sinceMillis, limit, after)),
    readPosition: (follower) => attempt(() => positions.read(follower)),
    savePosition: (follower, position) => attempt(() => positions.save(follower, position))
  })
})

const fileCommand = (article: Article.Article, atMillis: number): Site.Command => {
  const slot = DigestArticle.slot(article)
  const { groups, messageId } = article
  return { _tag: "File", id: messageId, groups, atMillis, ...(slot === undefined ? {} : { slot }) }
}

/** What is safely in the log, as the decider asks for it. */
const knownOf = (index: Index, log: SegmentLog, generation: Site.Generation): Plan.Known => ({
  position: index.progress.position,
  status: (id) => index.status(id),
  statusSince: (id, forgottenMillis) => index.status(id, forgottenMillis),
  isErased: (hash) => index.erasures.has(hash),
  forgottenMillis: index.progress.forgottenMillis,
  high: (name) => index.groups.get(name)?.high ?? generation.numberBase,
  groupStatus: (name) => {
    const shelf = index.groups.get(name)
    return shelf?.isThere === true ? shelf.status : undefined
  },
  highest: (key) => index.slots.get(key),
  numbers: (id) => {
    const row = index.id(id)
    return row?._tag === "Held" ? filedAt(log, row.address).numbers : []
  }
})

const filedAt = (log: SegmentLog, address: number): Record.Filed => {
  const [filed] = log.peek(address)?.events ?? []
  if (filed?._tag !== "Filed") throw new Error(`the log holds no article at ${address}`)
  return filed
}

const readHeld = (log: SegmentLog, shelves: ClassLogs.ClassLogs, { address, bytes }: Place): Held => {
  const payload = log.read(address, bytes)
  const [filed] = Record.decode(payload, bytes)
  if (filed?._tag !== "Filed") throw new Error(`the log holds no article at ${address}`)
  const article = filed.stored === undefined ? payload.subarray(bytes - filed.bytes) : shelves.read(filed.stored)
  return { article, numbers: filed.numbers, position: filed.position, arrivedMillis: filed.atMillis }
}

const logOf = (shelves: ClassLogs.ClassLogs, name: string): SegmentLog | undefined =>
  shelves.all.find(([other]) => other === name)?.[1].log

const lineOf = ({ overview }: Record.Filed, number: number): Uint8Array =>
  Buffer.concat([Buffer.from(String(number), "latin1"), overview])

const syncOnce = (log: SegmentLog): Effect.Effect<void, SpoolUnavailable> =>
  Effect.callback((resume) =>
    log.sync((error) => resume(error === null ? Effect.void : Effect.fail(unavailable(error))))
  )

/** Runs what touches files or index, and names what they say in our own words. */
const attempt = <A>(act: () => A): Effect.Effect<A, SpoolUnavailable> => Effect.try({ try: act, catch: unavailable })

const unavailable = (error: unknown): SpoolUnavailable =>
  new SpoolUnavailable({ reason: error instanceof Error ? error.message : String(error) })
