/**
 * The groups of a spool on disk: water marks and counts, kept in memory and taken along event by event as `core/Site`
 * does.
 *
 * `low` is found by asking for the first number held, and only when somebody looks: removals in a row cost nothing.
 */
import type * as Group from "@lupin/core/Group"
import * as GroupName from "@lupin/core/GroupName"

/** A group by its key in the index. One that was removed stays known, so that its numbers are never given again. */
export interface Shelf {
  readonly key: number
  readonly name: GroupName.GroupName
  isThere: boolean
  /** Numbers up to this belong to an earlier life of the group, and are not shown. */
  floor: number
  /** No number held is below this. */
  lowAtLeast: number
  high: number
  count: number
  status: Group.Status
  createdMillis: number
  description?: string
  /** It has changed since `takeChanged` was asked. */
  isChanged: boolean
}

export interface GroupTable {
  readonly get: (name: string) => Shelf | undefined
  /** As `get`, unless the group was removed. */
  readonly there: (name: string) => Shelf | undefined
  readonly all: () => Iterable<Shelf>
  /** Groups of an app that are known, removed ones too; without an app, of other networks. */
  readonly countOf: (app: string | undefined) => number
  /** Shelves changed since the last time this was asked. */
  readonly takeChanged: () => ReadonlyArray<Shelf>
  /** Gives back what was taken and could not be kept. */
  readonly keepChanged: (shelves: ReadonlyArray<Shelf>) => void
  /** The highest number that a group has given, were it there or not. */
  readonly high: (name: string) => number
  /** So many events of the log are lost: any group may have given as many numbers in them. */
  readonly skip: (events: number) => void
  /** `shelf`: that of the name, where it is known already. */
  readonly file: (name: GroupName.GroupName, number: number, atMillis: number, shelf?: Shelf) => Shelf
  /** The shelf whose number that is now; nothing where it was of an earlier life of the group. */
  readonly unfile: (name: string, number: number) => Shelf | undefined
  /** Shows again a number given earlier, whose record was lost. */
  readonly restore: (name: GroupName.GroupName, number: number, atMillis: number) => void
  readonly add: (name: GroupName.GroupName, status: Group.Status, atMillis: number, description?: string) => void
  readonly remove: (name: string) => void
  /** Sets all that is known of a group; a number that may have been given stays so. */
  readonly set: (shelf: Omit<Shelf, "key" | "isChanged">) => void
}

/** `lost`: events lost so far, as `skip` was told. */
export const make = (shelves: Iterable<Shelf>, numberBase: number, lost = 0): GroupTable => {
  let highOfNew = numberBase + lost
  const table = new Map<string, Shelf>()
  let changed: Array<Shelf> = []
  const counts = new Map<string | undefined, number>()
  const enter = (shelf: Shelf): void => {
    const app = GroupName.appOf(shelf.name)
    counts.set(app, (counts.get(app) ?? 0) + 1)
    table.set(shelf.name, shelf)
  }
  for (const shelf of shelves) enter(shelf)

  const change = (shelf: Shelf): void => {
    if (shelf.isChanged) return
    shelf.isChanged = true
    changed.push(shelf)
  }

  const reach = (name: GroupName.GroupName, atMillis: number, known = table.get(name)): Shelf => {
    let shelf = known
    if (shelf === undefined) {
      shelf = {
        key: table.size + 1,
        name,
        isThere: false,
        floor: numberBase,
        lowAtLeast: numberBase + 1,
        high: highOfNew,
        count: 0,
        status: "y",
        createdMillis: atMillis,
        isChanged: false
      }
      enter(shelf)
    }
    if (!shelf.isThere) shelf.createdMillis = atMillis
    shelf.isThere = true
    change(shelf)
    return shelf
  }

  return {
    get: (name) => table.get(name),
    there: (name) => {
      const shelf = table.get(name)
      return shelf?.isThere === true ? shelf : undefined
    },
    all: () => table.values(),
    countOf: (app) => counts.get(app) ?? 0,
    high: (name) => table.get(name)?.high ?? highOfNew,
    skip: (events) => {
      highOfNew += events
      for (const shelf of table.values()) {
        shelf.high += events
        change(shelf)
      }
    },
    takeChanged: () => {
      const taken = changed
      for (const shelf of taken) shelf.isChanged = false
      changed = []
      return taken
    },
    keepChanged: (shelves) => {
      for (const shelf of shelves) change(shelf)
    },
    file: (name, number, atMillis, known) => {
      const shelf = reach(name, atMillis, known)
      if (shelf.count === 0) shelf.lowAtLeast = number
      shelf.high = number
      shelf.count += 1
      return shelf
    },
    restore: (name, number, atMillis) => {
      const shelf = reach(name, atMillis)
      if (number <= shelf.floor) return
      shelf.lowAtLeast = Math.min(shelf.lowAtLeast, number)
      shelf.high = Math.max(shelf.high, number)
      shelf.count += 1
    },
    unfile: (name, number) => {
      const shelf = table.get(name)
      if (shelf === undefined || number <= shelf.floor) return undefined
      shelf.count -= 1
      if (shelf.count === 0) shelf.lowAtLeast = shelf.high + 1
      else if (number === shelf.lowAtLeast) shelf.lowAtLeast = number + 1
      change(shelf)
      return shelf
    },
    add: (name, status, atMillis, description) => {
      const shelf = reach(name, atMillis)
      shelf.status = status
      if (description !== undefined) shelf.description = description
    },
    remove: (name) => {
      const shelf = table.get(name)
      if (shelf === undefined) return
      Object.assign(shelf, { isThere: false, floor: shelf.high, lowAtLeast: shelf.high + 1, count: 0, status: "y" })
      delete shelf.description
      change(shelf)
    },
    set: (known) => {
      const before = table.get(known.name)
      const shelf = reach(known.name, known.createdMillis, before)
      // Whoever has found it keeps it.
      delete shelf.description
      Object.assign(shelf, known, { high: Math.max(known.high, before?.high ?? 0) })
      // What it held has left, and the removals may tell nobody any more.
      if (shelf.count === 0) shelf.lowAtLeast = shelf.high + 1
    }
  }
}
