/**
 * Records that failed their checksum: never served, listed for operators, and waiting to be fetched from a peer again.
 *
 * Kept in a file beside the log, a line a record, and synced: else peers would be told after a power cut that what nobody
 * has read since is here. Losing the file loses nothing more: what is damaged is found again when it is read.
 */
import type * as Recoveries from "@lupin/core/Recoveries"
import type * as MessageId from "@lupin/core/MessageId"
import { Buffer } from "node:buffer"
import * as path from "node:path"
import type { Disk } from "../Disk.ts"
import type { Index } from "./Index.ts"
import type { Logged } from "./Record.ts"

export interface Damaged {
  /** Where the log holds it. */
  readonly address: number
  /** Known where the events of the record, or the index, still tell. */
  readonly id?: MessageId.MessageId
}

export interface Quarantine {
  /** Takes records in, for good when it returns; again is harmless. */
  readonly note: (...damaged: ReadonlyArray<Damaged>) => void
  /** Where the damaged record of an id lies. */
  readonly address: (id: string) => number | undefined
  /** No id of a damaged record is known. */
  readonly isEmpty: () => boolean
  readonly has: (address: number) => boolean
  /** Lets go of an id that has a good copy from an event on, or is removed by it. */
  readonly release: (event: Logged) => void
  readonly all: () => ReadonlyArray<Damaged>
}

const fileName = "quarantine"

/** Damaged records that are remembered; beyond it they are still not served. */
export const damagedMax = 10_000

/** Damaged articles that are noted with one write. */
const noteMax = 1_000

/** As `note`, of any number of them: a call with all of them would have too many arguments. */
export const noteAll = (note: Quarantine["note"], damaged: ReadonlyArray<Damaged>): void => {
  for (let at = 0; at < damaged.length; at += noteMax) note(...damaged.slice(at, at + noteMax))
}

/** Whether a record once found damaged is still what the index knows of its id. */
export const isStill =
  (index: Pick<Index, "id">) =>
  ({ address, id }: Damaged): boolean => {
    if (id === undefined) return true
    const row = index.id(id)
    return row?._tag === "Held" && row.address === address
  }

/** `isStill` tells whether a record of the file is still the one that the index knows. */
export const open = (
  directory: string,
  disk: Disk,
  isStill: (damaged: Damaged) => boolean,
  count: Recoveries.Counting["note"] = () => {}
): Quarantine => {
  const name = path.join(directory, fileName)
  const records = new Map<number, Damaged>()
  const addresses = new Map<string, number>()

  const keep = (damaged: Damaged): boolean => {
    const known = records.get(damaged.address)
    if (known !== undefined && (known.id !== undefined || damaged.id === undefined)) return false
    if (known === undefined && records.size >= damagedMax) return false
    records.set(damaged.address, damaged)
    if (damaged.id !== undefined) addresses.set(damaged.id, damaged.address)
    return true
  }

  for (const damaged of read(name, disk)) if (isStill(damaged)) keep(damaged)
  write(directory, [...records.values()], disk)

  return {
    note: (...damaged) => {
      const fresh = damaged.filter(keep)
      count("record-quarantined", fresh.length)
      if (fresh.length > 0) append(name, fresh.map(format).join(""), disk)
    },
    // Nearly always there is nothing: then not even the id is hashed.
    address: (id) => (addresses.size === 0 ? undefined : addresses.get(id)),
    isEmpty: () => addresses.size === 0,
    has: (address) => records.has(address),
    release: (event) => {
      const address = "id" in event && event._tag !== "Filed" ? addresses.get(event.id) : undefined
      if (address === undefined || !("id" in event)) return
      if (event._tag === "Mended") count("record-mended")
      addresses.delete(event.id)
      records.delete(address)
      write(directory, [...records.values()], disk)
    },
    all: () => [...records.values()]
  }
}

/** Writes what a repair has found where the next opening reads it. */
export const write = (directory: string, damaged: ReadonlyArray<Damaged>, disk: Disk): void => {
  const name = path.join(directory, fileName)
  if (damaged.length > 0) disk.replace(name, Buffer.from(damaged.map(format).join("")))
  else if (disk.load(name) !== undefined) disk.remove(name)
}

const append = (name: string, lines: string, disk: Disk): void => {
  const isThere = disk.load(name) !== undefined
  const file = disk.open(name, isThere ? "existing" : "create")
  try {
    disk.write(file, [Buffer.from(lines)], disk.size(file))
    disk.syncNow(file)
  } finally {
    disk.close(file)
  }
  if (!isThere) disk.syncDirectory(path.dirname(name))
}

const format = ({ address, id }: Damaged): string => `${address} ${id ?? "-"}\n`

const read = (name: string, disk: Disk): ReadonlyArray<Damaged> =>
  Buffer.from(disk.load(name) ?? [])
    .toString("utf8")
    .split("\n")
    .flatMap((line) => {
      const [, address, id] = /^(\d{1,16}) (-|<\S+>)$/.exec(line) ?? []
      if (address === undefined || id === undefined) return []
      // Only ids that passed a door were ever written here.
      return [{ address: Number(address), ...(id === "-" ? {} : { id: id as MessageId.MessageId }) }]
    })
