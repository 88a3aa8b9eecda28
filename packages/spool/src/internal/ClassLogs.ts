/**
 * The articles of storage classes: a log of segments each, in a directory of its own. The spool's log says where they are.
 *
 * An article is written here before its event is written there, and counts only with it.
 */
import type * as Article from "@lupin/core/Article"
import type { Buffer } from "node:buffer"
import * as fs from "node:fs"
import * as path from "node:path"
import type { Disk } from "../Disk.ts"
import * as StorageClass from "../StorageClass.ts"
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
  waiting: Array<ReadonlyArray<Uint8Array>>
  waitingBytes: number
  /** Where the log ended before the last write. */
  before: number
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
  /** The article; throws if it is not there as it was written. */
  readonly read: (stored: Stored) => Buffer
  /** Whether an article that the log tells of never got here, or went. Throws for a class that is not known. */
  readonly isLost: (event: Record.Logged) => boolean
  /** Cuts off what a crash left behind the last article of each class that counts. */
  readonly trim: (endOf: (name: string) => number | undefined) => void
  readonly all: ReadonlyArray<readonly [name: string, shelf: Pick<Shelf, "log" | "segmentBytes">]>
  readonly close: () => void
}

type EventOf = Pick<Record.Filed, "id" | "position" | "atMillis">

/** Opens the classes below a spool's directory, and those that lie elsewhere. */
export const open = (
  directory: string,
  classes: ReadonlyArray<StorageClass.StorageClass>,
  disk: Disk,
  defaults: Defaults
): ClassLogs => {
  if (classes.length > StorageClass.classesMax) throw new Error(`more than ${StorageClass.classesMax} storage classes`)
  const shelves = new Map<string, Shelf>()
  const add = (name: string, where: string, one: Partial<StorageClass.StorageClass>): void => {
    const segmentBytes = Math.min(one.segmentBytes ?? defaults.segmentBytes, defaults.segmentBytes)
    const log = SegmentLog.open(where, disk, segmentBytes)
    shelves.set(name, {
      log,
      segmentBytes,
      durability: one.durability ?? defaults.durability,
      waiting: [],
      waitingBytes: 0,
      before: log.end()
    })
  }
  const below = path.join(directory, "classes")
  for (const one of classes) add(one.name, one.directory ?? path.join(below, one.name), one)
  // A class that takes nothing more still has what it took.
  for (const name of fs.existsSync(below) ? fs.readdirSync(below) : []) {
    if (!shelves.has(name)) add(name, path.join(below, name), {})
  }

  const shelfOf = (name: string): Shelf => {
    const shelf = shelves.get(name)
    if (shelf === undefined) throw new Error(`the storage class ${name} has articles here, and is not configured`)
    return shelf
  }

  const touched = (): ReadonlyArray<Shelf> => [...shelves.values()].filter(({ waiting }) => waiting.length > 0)

  return {
    begin: () => {
      for (const shelf of touched()) Object.assign(shelf, { waiting: [], waitingBytes: 0 })
    },
    place: (article, { atMillis, id, position }) => {
      const chosen = classes.length === 0 ? undefined : StorageClass.choose(classes, article, atMillis)
      if (chosen === undefined) return undefined
      const shelf = shelfOf(chosen.name)
      if (shelf.waiting.length === 0) {
        shelf.log.roll()
        shelf.before = shelf.log.end()
      }
      const { length } = article.octets
      const event: Record.Filed = {
        _tag: "Filed",
        id,
        position,
        atMillis,
        numbers: [],
        path: "",
        overview: new Uint8Array(0),
        bytes: length
      }
      const pieces = Record.encode([event], article.octets)
      const address = shelf.before + shelf.waitingBytes
      const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0)
      shelf.waiting.push(pieces)
      shelf.waitingBytes += bytes
      return { class: chosen.name, address, bytes: bytes - Record.headBytes }
    },
    write: () => {
      for (const shelf of touched()) shelf.log.append(shelf.waiting)
    },
    undo: () => {
      for (const shelf of touched()) shelf.log.cut(shelf.before)
    },
    sync: (done) => {
      const rest = touched().filter(({ durability }) => durability === "fsync")
      const next = (): void => {
        const shelf = rest.pop()
        if (shelf === undefined) done(null)
        else shelf.log.sync((error) => (error === null ? next() : done(error)))
      }
      next()
    },
    read: ({ address, bytes, class: name }) => {
      const payload = shelfOf(name).log.read(address, bytes)
      const [filed] = Record.decode(payload, bytes)
      if (filed?._tag !== "Filed") throw new Error(`the class ${name} holds no article at ${address}`)
      return payload.subarray(bytes - filed.bytes)
    },
    isLost: (event) => {
      if (event._tag !== "Filed" || event.stored === undefined) return false
      const found = shelfOf(event.stored.class).log.verify(event.stored.address)
      const [there] = found?.address === event.stored.address ? found.events : []
      return there?._tag !== "Filed" || there.id !== event.id || there.position !== event.position
    },
    trim: (endOf) => {
      for (const [name, { log }] of shelves) {
        const start = log.stretches().at(-1)?.start ?? log.start
        log.cut(Math.min(log.end(), Math.max(start, endOf(name) ?? start)))
      }
    },
    all: [...shelves],
    close: () => {
      for (const { log } of shelves.values()) log.close()
    }
  }
}
