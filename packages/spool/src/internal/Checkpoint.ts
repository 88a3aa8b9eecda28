/**
 * The checkpoint of a log: what a replay could not tell any more once records have gone, as it was at a position.
 *
 * It is written before anything leaves the log, so that a new index can always be made from both.
 */
import { Buffer } from "node:buffer"
import * as path from "node:path"
import { crc32 } from "node:zlib"
import type { Erasure } from "./Erasures.ts"
import type { Shelf } from "./GroupTable.ts"
import type { Index } from "./Index.ts"
import type { Where } from "./Overwrites.ts"
import type { SegmentLog } from "./SegmentLog.ts"
import type { Slot } from "./SlotRows.ts"

/** Groups, slots, erasures and history's horizon as they were at a position. Claims that wait are still in the log. */
export interface Checkpoint {
  readonly position: number
  readonly forgottenMillis: number
  readonly shelves: ReadonlyArray<Omit<Shelf, "isChanged">>
  /** Those whose highest is not held. */
  readonly slots: ReadonlyArray<readonly [key: string, slot: Slot]>
  readonly erasures: ReadonlyArray<Erasure>
}

const nameIn = (directory: string): string => path.join(directory, "checkpoint")

/** Takes a checkpoint of all that is in index and log, both of which are made safe first. */
export const take = (where: Where, log: SegmentLog, index: Index): void => {
  log.syncAll()
  index.commitAll()
  const { forgottenMillis, position } = index.progress
  save(where, {
    position,
    forgottenMillis,
    shelves: [...index.groups.all()].map(({ isChanged: _, ...shelf }) => shelf),
    slots: [...index.slots.all()].filter(([, { id }]) => index.status(id) !== "held"),
    erasures: index.erasures.all()
  })
}

/**
 * Sets what a new index cannot know from the log, once it has taken in all up to the checkpoint. What groups held is counted:
 * some of it may be damaged, or have been removed since and left the log.
 */
export const restore = (index: Index, checkpoint: Checkpoint): void => {
  for (const { key: _, ...shelf } of checkpoint.shelves) index.groups.set({ ...shelf, count: countOf(index, shelf) })
  for (const [key, slot] of checkpoint.slots) index.slots.fill(key, slot)
  for (const erasure of checkpoint.erasures) index.erasures.keep(erasure)
  const { forgottenMillis, position } = index.progress
  index.progress = {
    ...index.progress,
    forgottenMillis: Math.max(forgottenMillis, checkpoint.forgottenMillis),
    position: Math.max(position, checkpoint.position)
  }
}

/** Of the numbers of a group, those that the index has. */
const countOf = (index: Index, { floor, high, name }: Omit<Shelf, "key" | "isChanged">): number => {
  const shelf = index.groups.get(name)
  if (shelf === undefined) return 0
  return index.numbers.places({ ...shelf, floor, high, lowAtLeast: floor + 1 }, floor + 1, high, Infinity).length
}

/** Puts a checkpoint in the place of the one before; a power cut leaves one of the two. */
export const save = ({ directory, disk }: Where, checkpoint: Checkpoint): void => {
  const text = JSON.stringify(checkpoint)
  disk.replace(nameIn(directory), Buffer.from(`${crc32(text)}\n${text}`))
}

/** The checkpoint in a directory, if there is one. Throws if it is damaged. */
export const load = ({ directory, disk }: Where): Checkpoint | undefined => {
  const name = nameIn(directory)
  const loaded = disk.load(name)
  if (loaded === undefined) return undefined
  const octets = Buffer.from(loaded)
  const line = octets.indexOf("\n")
  const text = octets.subarray(line + 1)
  if (line < 0 || crc32(text) !== Number(octets.toString("latin1", 0, line))) throw new Error(`${name} is damaged`)
  // Written by `save`, and bears its checksum.
  return JSON.parse(text.toString("utf8")) as Checkpoint
}
