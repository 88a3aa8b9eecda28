/**
 * The articles of storage classes: a log of segments each, in a directory of its own. The spool's log says where they are.
 *
 * An article is written here before its event is written there, and counts only with it.
 */
import type * as Article from "@lupin/core/Article"
import type { Buffer } from "node:buffer"
import type { Disk } from "../Disk.ts"
import * as StorageClass from "../StorageClass.ts"
import * as ClassPlaces from "./ClassPlaces.ts"
import type { Draft } from "./Draft.ts"
import * as Record from "./Record.ts"
import * as SegmentLog from "./SegmentLog.ts"

/** Where the article of an event lies, if not with the event. */
export interface Stored {
  readonly class: string
  readonly address: number
  /** Length of the payload there. */
  readonly bytes: number
}

export interface Defaults {
  readonly durability: "fsync" | "kernel"
  readonly segmentBytes: number
}

interface Shelf {
  readonly log: SegmentLog.SegmentLog
  readonly durability: "fsync" | "kernel"
  readonly segmentBytes: number
  /** What a commit has placed here. */
  draft: Draft | undefined
  /** The disk did not do as told: what of the last segment it has, nobody knows. */
  isDoubtful: boolean
}

export interface ClassLogs {
  /** Sets what a commit has begun to place aside, for the next one. */
  readonly begin: () => void
  /** Chooses a class, and a place in it that `write` will fill. */
  readonly place: (article: Article.Article, event: EventOf) => Stored | undefined
  /** Writes what was placed. */
  readonly write: () => void
  /** Cuts off what the last write left. */
  readonly undo: () => void
  readonly sync: (done: (error: Error | null) => void) => void
  /** Makes all that lies in the classes survive a power cut, as far as each class promises it; and cuts in any case. */
  readonly syncAll: () => void
  /** Cuts off what the disk did not take as told, and goes on in new segments. `endOf` as for `trim`. */
  readonly recover: (endOf: EndOf) => void
  /** The article of an id; nothing if it is not there as it was written. Throws for a class that is not known. */
  readonly read: (stored: Stored, id: string) => Buffer | undefined
  /** Cuts off what a crash left behind the last article of each class that counts. */
  readonly trim: (endOf: EndOf) => void
  readonly all: ReadonlyArray<readonly [name: string, shelf: Pick<Shelf, "log" | "segmentBytes">]>
  readonly close: () => void
}

/** Where the last article of a class that counts ends. */
type EndOf = (name: string) => number | undefined

type EventOf = Pick<Record.Filed, "id" | "position" | "atMillis">

const none: ReadonlyArray<never> = []

/** Opens the classes below a spool's directory, and those that lie elsewhere. Throws where the files of one are missing. */
export const open = (
  directory: string,
  classes: ReadonlyArray<StorageClass.StorageClass>,
  disk: Disk,
  defaults: Defaults
): ClassLogs => {
  if (classes.length > StorageClass.classesMax) throw new Error(`more than ${StorageClass.classesMax} storage classes`)
  const shelves = new Map<string, Shelf>()
  // A class that takes nothing more still has what it took.
  const places = ClassPlaces.find({ directory, disk }, classes)
  for (const [name, where] of places) {
    const one = classes.find((each) => each.name === name)
    const segmentBytes = Math.min(one?.segmentBytes ?? defaults.segmentBytes, defaults.segmentBytes)
    shelves.set(name, {
      log: SegmentLog.open(where, disk, segmentBytes),
      segmentBytes,
      durability: one?.durability ?? defaults.durability,
      draft: undefined,
      isDoubtful: false
    })
  }
  ClassPlaces.remember({ directory, disk }, places)

  const shelfOf = (name: string): Shelf => {
    const shelf = shelves.get(name)
    if (shelf === undefined) throw new Error(`the storage class ${name} has articles here, and is not configured`)
    return shelf
  }

  const trim = (name: string, { log }: Pick<Shelf, "log">, endOf: EndOf): void => {
    const start = log.stretches().at(-1)?.start ?? log.start
    const end = Math.max(start, endOf(name) ?? start)
    log.cut(Math.min(log.end(), end))
    // A power cut may have left the event of an article and not the article: whoever erases that overwrites its place, where
    // nothing else may lie.
    log.reach(end)
  }

  const touched = (): ReadonlyArray<Shelf> =>
    shelves.size === 0 ? none : [...shelves.values()].filter(({ draft }) => draft !== undefined)

  return {
    begin: () => {
      for (const shelf of touched()) shelf.draft = undefined
      // A class that takes nothing more has to let go of what is dead in it all the same.
      for (const { log } of shelves.values()) log.roll()
    },
    place: (article, { atMillis, id, position }) => {
      const chosen = classes.length === 0 ? undefined : StorageClass.choose(classes, article, atMillis)
      if (chosen === undefined) return undefined
      const shelf = shelfOf(chosen.name)
      const draft = (shelf.draft ??= shelf.log.draft())
      const { length } = article.octets
      const event: Record.Filed = {
        _tag: "Filed",
        id,
        position,
        atMillis,
        numbers: [],
        path: "",
        overview: "",
        bytes: length
      }
      const before = draft.bytes
      const address = draft.add([event], article.octets)
      return { class: chosen.name, address, bytes: draft.bytes - before - Record.headBytes }
    },
    write: () => {
      for (const shelf of touched()) {
        shelf.isDoubtful = true
        if (shelf.draft !== undefined) shelf.log.write(shelf.draft)
        shelf.isDoubtful = false
      }
    },
    undo: () => {
      for (const shelf of touched()) {
        shelf.isDoubtful = true
        if (shelf.draft !== undefined) shelf.log.cut(shelf.draft.start)
      }
    },
    syncAll: () => {
      for (const { durability, log } of shelves.values()) {
        if (durability === "fsync") log.syncAll()
        else log.syncFrom(log.end())
      }
    },
    recover: (endOf) => {
      for (const [name, shelf] of shelves) {
        if (!shelf.isDoubtful) continue
        trim(name, shelf, endOf)
        shelf.log.syncFrom(shelf.log.end())
        shelf.log.turn()
        shelf.isDoubtful = false
      }
    },
    sync: (done) => {
      if (shelves.size === 0) return done(null)
      const rest = touched().filter(({ durability }) => durability === "fsync")
      const next = (): void => {
        const shelf = rest.pop()
        if (shelf === undefined) done(null)
        else shelf.log.sync((error) => (error === null ? next() : done(error)))
      }
      next()
    },
    read: ({ address, bytes, class: name }, id) => {
      const payload = shelfOf(name).log.read(address, bytes)
      if (payload === undefined) return undefined
      const [filed] = Record.decode(payload, bytes)
      return filed?._tag === "Filed" && filed.id === id ? payload.subarray(bytes - filed.bytes) : undefined
    },
    trim: (endOf) => {
      for (const [name, shelf] of shelves) trim(name, shelf, endOf)
    },
    all: [...shelves],
    close: () => {
      for (const { log } of shelves.values()) log.close()
    }
  }
}
