/**
 * A spool on disk: an append-only log of segments is the truth, an LMDB index beside it is a projection.
 *
 * One write and one sync serve all who store at about the same time. Overview lines are made when an article is stored
 * and lie in its record, once for all its groups: about 400 octets on disk, and one read of the log for each row.
 */
import * as Event from "@lupin/core/Event"
import * as Filing from "@lupin/core/Filing"
import * as Group from "@lupin/core/Group"
import type * as GroupName from "@lupin/core/GroupName"
import type * as MessageId from "@lupin/core/MessageId"
import * as Prompt from "@lupin/core/Prompt"
import * as Recoveries from "@lupin/core/Recoveries"
import type * as Site from "@lupin/core/Site"
import { Clock, Effect, Exit, Layer, Scheduler } from "effect"
import { AppGroupsMax } from "./AppGroups.ts"
import { Disk } from "./Disk.ts"
import * as Generation from "./Generation.ts"
import type { Entry } from "./internal/Ahead.ts"
import * as Articles from "./internal/Articles.ts"
import * as Attempt from "./internal/Attempt.ts"
import type * as ClassLogs from "./internal/ClassLogs.ts"
import * as Compaction from "./internal/Compaction.ts"
import * as DamagedArticles from "./internal/DamagedArticles.ts"
import * as Eraser from "./internal/Eraser.ts"
import * as Find from "./internal/Find.ts"
import * as Follow from "./internal/Follow.ts"
import * as GroupCommit from "./internal/GroupCommit.ts"
import type * as GroupTable from "./internal/GroupTable.ts"
import * as HeadSignal from "./internal/HeadSignal.ts"
import type { Index } from "./internal/Index.ts"
import type { Place } from "./internal/IndexRows.ts"
import * as Opening from "./internal/Opening.ts"
import * as Known from "./internal/Known.ts"
import * as OverviewReader from "./internal/OverviewReader.ts"
import * as Plan from "./internal/Plan.ts"
import { PlannedIds } from "./internal/PlannedIds.ts"
import * as PositionsFile from "./internal/PositionsFile.ts"
import * as Quarantine from "./internal/Quarantine.ts"
import * as Record from "./internal/Record.ts"
import * as Recovery from "./internal/Recovery.ts"
import * as SecondLook from "./internal/SecondLook.ts"
import type { SegmentLog } from "./internal/SegmentLog.ts"
import * as SpoolDirectory from "./internal/SpoolDirectory.ts"
import { Takers } from "./internal/Takers.ts"
import { SiteIdentity } from "./SiteIdentity.ts"
import {
  type Change,
  eraseNamesMillis,
  type Held,
  type OverviewLine,
  Spool,
  SpoolUnavailable,
  type Stored
} from "./Spool.ts"
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

export const recordsPerCommitDefault = 16_000
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
      const { note } = yield* Recoveries.Recoveries
      const fresh = yield* Generation.fresh
      yield* Effect.acquireRelease(
        Attempt.later(() => disk.lock(options.directory)),
        (unlock) => Effect.sync(unlock)
      )
      const generation = yield* Attempt.later(() => SpoolDirectory.describe(options.directory, fresh, disk))
      const { directory, durability } = options
      const classes = yield* StorageClasses
      const sizes = {
        durability,
        recordsPerCommit: options.recordsPerCommit ?? recordsPerCommitDefault,
        segmentBytes: options.segmentBytes ?? segmentBytesDefault
      }
      const opened = yield* Effect.acquireRelease(
        Attempt.later(() => SpoolDirectory.open(directory, generation, disk, sizes, classes)),
        ({ index, log, shelves }) =>
          Effect.promise(() => index.close()).pipe(
            Effect.ensuring(Effect.sync(() => log.close())),
            Effect.ensuring(Effect.sync(() => shelves.close()))
          )
      )
      const { damaged, gaps, index, log, shelves } = opened
      const positions = yield* Effect.acquireRelease(
        Attempt.later(() => PositionsFile.open(options.directory, disk, index.progress.position)),
        (file) => Effect.sync(() => file.close())
      )
      yield* Opening.tell(directory, { ...opened, lost: positions.lost }, note)
      // What an earlier process left in the kernel's hands counts as stored from now on; and what it or this one has cut off
      // must not come back in the place of what follows.
      yield* Attempt.later(() => shelves.syncAll())
      const isSynced = options.durability === "fsync"
      yield* Attempt.later(() => (isSynced ? log.syncAll() : log.syncFrom(index.progress.address)))
      const quarantine = yield* Attempt.later(() =>
        Quarantine.open(options.directory, disk, Quarantine.isStill(index), note)
      )
      yield* Attempt.later(() => quarantine.note(...damaged.filter(Quarantine.isStill(index))))
      const where = { directory, disk }
      const logOf = SpoolDirectory.logOf(log, shelves)
      const eraser = Eraser.make(where, log, index, logOf)
      // What a power cut left of an erasure is done before anybody reads.
      note("erasure-done-later", yield* Attempt.later(() => eraser.eraseOctets()))
      const compaction = Compaction.ofAll({ where, spoolLog: log, index, note: quarantine.note, count: note }, [
        ...shelves.all.map(([name, shelf]) => Compaction.classGround(shelf.log, index, name, shelf.segmentBytes)),
        Compaction.spoolGround(log, index, sizes.segmentBytes, logOf)
      ])
      yield* Effect.addFinalizer(() => Effect.ignore(Attempt.later(() => compaction.abandon())))
      const parts = { note, generation, index, log, positions, quarantine, gaps, site: site.path, durability }
      const appGroupsMax = yield* AppGroupsMax
      return yield* make({ ...parts, appGroupsMax, shelves, compaction, eraser })
    })
  )

interface Parts extends Recoveries.Counting {
  readonly generation: Site.Generation
  readonly index: Index
  readonly log: SegmentLog
  readonly shelves: ClassLogs.ClassLogs
  readonly compaction: Compaction.Compaction
  readonly eraser: Eraser.Eraser
  readonly positions: PositionsFile.PositionsFile
  readonly quarantine: Quarantine.Quarantine
  readonly gaps: number
  readonly site: string
  readonly durability: Options["durability"]
  readonly appGroupsMax: number
}

const make = Effect.fnUntraced(function* (parts: Parts) {
  const { compaction, durability, eraser, gaps, generation, index, log, note, positions, quarantine, shelves, site } =
    parts
  const clock = yield* Clock.Clock
  const dispatcher = (yield* Scheduler.Scheduler).makeDispatcher()
  const signal = HeadSignal.make(index.progress.position)
  const follow = Follow.make(log, index)
  const records = Articles.make(log, shelves, quarantine, follow.idAt, site)
  const damaged = DamagedArticles.make(log, index, quarantine)
  const reader = OverviewReader.make(index, records)
  const known = Known.of(index, records, quarantine, parts.appGroupsMax)
  const decision = {
    site,
    isRead: reader.isRead,
    place: shelves.place,
    takers: new Takers(),
    ids: new PlannedIds<Entry>()
  }
  const commits = GroupCommit.make({
    plan: () => {
      shelves.begin()
      return Plan.make(known, log.draft(), decision)
    },
    write: ({ draft }) => {
      shelves.write()
      log.write(draft)
    },
    undo: () => {
      try {
        shelves.undo()
      } finally {
        log.cut(index.progress.address)
      }
    },
    recover: (done) => Recovery.recover(log, shelves, index, durability === "fsync", done),
    sync: (done) => shelves.sync((error) => (error === null && durability === "fsync" ? log.sync(done) : done(error))),
    publish: (records) => {
      const changes: Array<Change> = []
      const told = signal.isWatched() ? changes : undefined
      for (const record of records) {
        index.take(record.events, record, record.address + Record.headBytes + record.bytes, 0, record.takers)
        reader.note(record.events)
        for (const event of record.events) quarantine.release(event)
        follow.note(record, told)
      }
      signal.move(index.progress.position, changes)
    },
    soon: (act) => dispatcher.scheduleTask(act, 0),
    isShared: durability === "fsync",
    isUnsettled: () => index.isCommitDue,
    settle: () => index.commit(),
    note
  })
  yield* Effect.addFinalizer(() => Effect.callback<void>((resume) => commits.close(() => resume(Effect.void))))

  let latestMillis = index.progress.latestMillis
  /** Brings commands into the log. Time, as the log tells it, never goes back. */
  const submit = (unitsAt: (atMillis: number) => ReadonlyArray<Plan.Unit>): Effect.Effect<void, SpoolUnavailable> =>
    Effect.suspend(() => submitFor(unitsAt, () => undefined))

  const submitFor = <A>(
    unitsAt: (atMillis: number) => ReadonlyArray<Plan.Unit>,
    resultOf: (stored: ReadonlyArray<Stored | undefined>) => A
  ): Effect.Effect<A, SpoolUnavailable> =>
    Prompt.begun((done) => {
      latestMillis = Math.max(latestMillis, clock.currentTimeMillisUnsafe())
      commits.submit(unitsAt(latestMillis), (answer) =>
        done(
          "_tag" in answer ? Exit.fail(new SpoolUnavailable({ reason: answer.reason })) : Exit.succeed(resultOf(answer))
        )
      )
    })

  /** Commands that ask for nothing are enough to look at the disk again. */
  const look = Effect.ignore(submit(() => []))

  const shelfOf = (name: string): GroupTable.Shelf | undefined => index.groups.there(name)

  const groupOf = (shelf: GroupTable.Shelf): Group.Group => {
    const { count, createdMillis, description, high, name, status } = shelf
    const group = { name, low: index.numbers.low(shelf), high, count, status, createdMillis }
    return description === undefined ? group : { ...group, description }
  }

  const find = (id: MessageId.MessageId): Held | undefined => {
    const row = index.id(id)
    return row?._tag === "Held" ? records.held(row, id) : undefined
  }

  const lines = (group: GroupName.GroupName, low: number, high: number, limit: number): Array<OverviewLine> => {
    const shelf = shelfOf(group)
    if (shelf === undefined) return []
    return index.numbers.places(shelf, low, high, limit).flatMap(([number, place]) => {
      const line = records.line(place, number)
      return line === undefined ? [] : [{ number, line }]
    })
  }

  return Spool.of({
    generation,
    store: (batch) =>
      submitFor(
        (atMillis) => batch.map((article) => ({ command: Filing.unowned(article, atMillis), article })),
        (stored) => (stored.every(isStored) ? stored : stored.filter(isStored))
      ),
    remove: (ids, why) =>
      submit((atMillis) =>
        ids.map((id) => ({
          command: why === "cancelled" ? { _tag: "Cancel", target: id, atMillis } : { _tag: "Expire", id, atMillis }
        }))
      ),
    addGroup: (group, status, description) =>
      submit((atMillis) => [
        { command: { _tag: "AddGroup", group, ...Group.said({ status, description }), atMillis } }
      ]),
    removeGroup: (group) => submit((atMillis) => [{ command: { _tag: "RemoveGroup", group, atMillis } }]),
    refuse: (ids) => submit((atMillis) => ids.map((id) => ({ command: { _tag: "Refuse", id, atMillis } }))),
    forget: (beforeMillis) =>
      submit((atMillis) => [{ command: { _tag: "Forget", beforeMillis: Math.min(beforeMillis, atMillis), atMillis } }]),
    erase: (ids) =>
      submit((atMillis) => ids.map((id) => ({ command: { _tag: "Erase", id, atMillis } }))).pipe(
        Effect.andThen(
          Attempt.later(() => {
            for (const id of ids) follow.erase(id)
            compaction.abandon()
            eraser.eraseOctets()
          })
        )
      ),
    reclaim: Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
      Attempt.later(() => {
        // Where an erasure failed half-way, nobody may ask for it again.
        note("erasure-done-later", eraser.eraseOctets())
        const isMore = eraser.eraseNames(nowMillis - eraseNamesMillis, compaction.isMoving())
        return { isMore: compaction.step(nowMillis) || isMore }
      })
    ),
    reclaimed: Effect.sync(() => ({ ...compaction.done(), ...index.erasures.pending() })),
    expiring: (untilMillis, limit) =>
      Attempt.later(() => {
        const read = ({ address }: Place) => Follow.toFiled(log.peek(address)?.events[0])
        const { held, nextMillis } = index.expiring(untilMillis, limit, read)
        return nextMillis === undefined ? { changes: held } : { changes: held, nextMillis }
      }),
    damaged: Attempt.later(damaged.all),
    findLost: (after, upTo) => Attempt.later(() => damaged.findLost(after, upTo)),
    usage: Attempt.later(() => index.accounts.usage.all()),
    status: (ids) =>
      Attempt.now(() => {
        const isSound = quarantine.isEmpty()
        return ids.map((id) => (isSound || quarantine.address(id) === undefined ? index.status(id) : "unknown"))
      }),
    isKnown: (octets, from, to) => {
      try {
        return quarantine.isEmpty() && index.hasOctets(octets, from, to)
      } catch {
        // Whoever asks again hears of the trouble.
        return false
      }
    },
    isErased: (ids) => Attempt.later(() => ids.map((id) => index.erasures.hasId(id))),
    find: (id) => Attempt.later(() => find(id)),
    findAll: (ids, bytesMax) => Attempt.now(() => Find.upTo(find, ids, bytesMax)),
    findRemoved: (id) =>
      Attempt.later(() => {
        const filed = index.status(id) === "removed" ? index.removed(id)?.filed : undefined
        return filed && records.removed(filed, id)
      }),
    at: (group, number) =>
      Attempt.later(() => {
        const shelf = shelfOf(group)
        const place = shelf === undefined ? undefined : index.numbers.place(shelf, number)
        return place === undefined ? undefined : records.held(place, [group, number])
      }),
    findUuid: (uuid) =>
      Attempt.later(() => {
        const isOfUuid = (id: string): boolean => Event.parseMessageId(id)?.uuid === uuid
        // Only ids that passed a door are in the index.
        return index.firstOf(uuid, isOfUuid, uuidScanMax) as MessageId.MessageId | undefined
      }),
    group: (name) =>
      Attempt.later(() => {
        const shelf = shelfOf(name)
        return shelf === undefined ? undefined : groupOf(shelf)
      }),
    groups: Attempt.later(() =>
      [...index.groups.all()]
        .filter((shelf) => shelf.isThere)
        .map(groupOf)
        .toSorted((left, right) => (left.name < right.name ? -1 : 1))
    ),
    numbers: (group, low, high, limit) =>
      Attempt.later(() => {
        const shelf = shelfOf(group)
        return shelf === undefined ? [] : index.numbers.places(shelf, low, high, limit).map(([number]) => number)
      }),
    overviewText: (group, low, high, limit) =>
      Attempt.later(() => {
        const shelf = shelfOf(group)
        return shelf === undefined ? { rows: 0, last: 0, pieces: [] } : reader.text(shelf, low, high, limit)
      }),
    overview: (group, low, high, limit) => Attempt.later(() => lines(group, low, high, limit)),
    neighbour: (group, number, direction) =>
      Attempt.later(() => {
        const shelf = shelfOf(group)
        if (shelf === undefined) return undefined
        return direction === "next"
          ? index.numbers.places(shelf, number + 1, shelf.high, 1)[0]?.[0]
          : index.numbers.below(shelf, number - 1)
      }),
    overviewOf: (ids) =>
      Attempt.later(() =>
        ids.map((id) => {
          const row = index.id(id)
          if (row?._tag !== "Held") return undefined
          return records.firstLine(row, id)
        })
      ),
    changes: (after, limit) => Attempt.later(() => follow.changes(after, limit)),
    head: Effect.sync(signal.head),
    changed: signal.changed,
    watch: signal.watch,
    arrivedSince: (sinceMillis, limit, after = 0) =>
      Attempt.later(() => follow.arrivedSince(sinceMillis, limit, after)),
    refuses: SecondLook.make(commits.trouble, look),
    condition: Effect.suspend(() => Effect.as(commits.trouble() === undefined ? Effect.void : look, undefined)).pipe(
      Effect.map(() => {
        const refuses = commits.trouble()
        const all = quarantine.all()
        return {
          ...(refuses === undefined ? {} : { refuses }),
          damaged: all.flatMap(({ id }) => id ?? []),
          damagedRecords: all.length,
          ...(gaps === 0 ? {} : { gapsPassed: gaps }),
          ...(positions.lost === 0 ? {} : { lostEvents: positions.lost })
        }
      })
    ),
    readPosition: (follower) => Attempt.later(() => positions.read(follower)),
    savePosition: (follower, position) => Attempt.later(() => positions.save(follower, position))
  })
})

const isStored = (stored: Stored | undefined): stored is Stored => stored !== undefined
