/**
 * Keys and values of the index, in octets that sort as they should.
 */
import type * as GroupName from "@lupin/core/GroupName"
import { Buffer } from "node:buffer"
import type { Stored } from "./ClassLogs.ts"
import type { Shelf } from "./GroupTable.ts"
import { putUint32, putUint48 } from "./Octets.ts"

/** Where a record of the log lies, and how long its payload is. */
export interface Place {
  readonly address: number
  readonly bytes: number
}

/** An article that is held. */
export type Held = {
  readonly _tag: "Held"
  readonly position: number
  readonly stored?: Stored
  /** The record there was seen to bring the very id that was asked for. */
  readonly isSeen?: true
} & Place

/** What history knows of an id. */
export type IdRow =
  | Held
  | {
      readonly _tag: "Removed"
      readonly atMillis: number
      /** The record that removed it. */
      readonly by: Place
      /** Where its octets were. */
      readonly filed?: Place
      readonly stored?: Stored
    }

export const idKey = (id: string): Buffer => Buffer.from(id, "latin1")

/** As many octets as `writeIdAt` needs. */
export const idBytesMax = ({ stored }: IdRow): number => 7 + 3 * placeBytes + (stored?.class.length ?? 0)

/** Writes what is known of an id at an offset, and gives where it ends. */
export const writeIdAt = (octets: Buffer, at: number, row: IdRow): number => {
  if (row._tag === "Held") {
    octets[at] = 0
    putUint48(octets, at + 1, row.position)
    const end = writePlaceAt(octets, at + 7, row.address, row.bytes)
    return row.stored === undefined ? end : writeStoredAt(octets, end, row.stored)
  }
  octets[at] = 1
  putUint48(octets, at + 1, row.atMillis)
  const end = writePlaceAt(octets, at + 7, row.by.address, row.by.bytes)
  if (row.filed === undefined) return end
  const filedEnd = writePlaceAt(octets, end, row.filed.address, row.filed.bytes)
  return row.stored === undefined ? filedEnd : writeStoredAt(octets, filedEnd, row.stored)
}

export const readId = (octets: Buffer, from = 0, to = octets.length): IdRow =>
  octets[from] === 1
    ? {
        _tag: "Removed",
        atMillis: octets.readUIntBE(from + 1, 6),
        by: readPlace(octets, from + 7),
        ...(to > from + 17 ? { filed: readPlace(octets, from + 17) } : {}),
        ...(to > from + 27 ? { stored: readStored(octets, from + 27, to) } : {})
      }
    : to > from + 17
      ? { ...readHeld(octets, from), stored: readStored(octets, from + 17, to) }
      : readHeld(octets, from)

/** When an id was removed, by what is known of it at an offset; `Infinity` where it is held. */
export const removedMillis = (octets: Buffer, from: number): number =>
  octets[from] === 1 ? octets.readUIntBE(from + 1, 6) : Infinity

const readHeld = (octets: Buffer, from: number): Held => ({
  _tag: "Held",
  position: octets.readUIntBE(from + 1, 6),
  address: octets.readUIntBE(from + 7, 6),
  bytes: octets.readUInt32BE(from + 13)
})

export const numberKey = (group: number, number: number): Buffer => {
  const octets = Buffer.allocUnsafe(8)
  octets.writeUInt32BE(group, 0)
  // A number just below or above all is asked for at the ends of a range.
  octets.writeUInt32BE(Math.min(Math.max(number, 0), 0xffff_ffff), 4)
  return octets
}

export const readNumber = (key: Buffer): number => key.readUInt32BE(4)

/** Octets of a place. */
export const placeBytes = 10

/** Writes a place at an offset, and gives where it ends. */
export const writePlaceAt = (octets: Buffer, at: number, address: number, bytes: number): number => {
  putUint48(octets, at, address)
  putUint32(octets, at + 6, bytes)
  return at + placeBytes
}

export const readPlace = (octets: Buffer, at = 0): Place => ({
  address: octets.readUIntBE(at, 6),
  bytes: octets.readUInt32BE(at + 6)
})

const writeStoredAt = (octets: Buffer, at: number, stored: Stored): number => {
  const end = writePlaceAt(octets, at, stored.address, stored.bytes)
  return end + octets.write(stored.class, end, "latin1")
}

const readStored = (octets: Buffer, from: number, to: number): Stored => ({
  ...readPlace(octets, from),
  class: octets.toString("latin1", from + 10, to)
})

/** A landmark of the log: from here a follower reads on. */
export interface Mark {
  readonly position: number
  readonly address: number
  readonly atMillis: number
}

/** Orders articles by their Expires. */
export const expiryKey = (expiresMillis: number, position: number): Buffer => {
  const octets = Buffer.allocUnsafe(12)
  octets.writeUIntBE(expiresMillis, 0, 6)
  octets.writeUIntBE(position, 6, 6)
  return octets
}

export const readExpiry = (key: Buffer): { readonly expiresMillis: number; readonly position: number } => ({
  expiresMillis: key.readUIntBE(0, 6),
  position: key.readUIntBE(6, 6)
})

export const positionKey = (position: number): Buffer => {
  const octets = Buffer.allocUnsafe(6)
  octets.writeUIntBE(position, 0, 6)
  return octets
}

export const writeMark = ({ address, atMillis }: Mark): Buffer => {
  const octets = Buffer.allocUnsafe(12)
  octets.writeUIntBE(address, 0, 6)
  octets.writeUIntBE(atMillis, 6, 6)
  return octets
}

export const readMark = (key: Buffer, octets: Buffer): Mark => ({
  position: key.readUIntBE(0, 6),
  address: octets.readUIntBE(0, 6),
  atMillis: octets.readUIntBE(6, 6)
})

export const writeShelf = (shelf: Shelf): Buffer => {
  const { count, createdMillis, description, floor, high, isThere, key, lowAtLeast, status } = shelf
  return Buffer.from(JSON.stringify([key, isThere, floor, lowAtLeast, high, count, status, createdMillis, description]))
}

export const readShelf = (name: Buffer, octets: Buffer): Shelf => {
  const [key, isThere, floor, lowAtLeast, high, count, status, createdMillis, description] = JSON.parse(
    octets.toString("utf8")
  )
  const group = name.toString("latin1") as GroupName.GroupName
  const shelf = { key, name: group, isThere, floor, lowAtLeast, high, count, status, createdMillis, isChanged: false }
  return typeof description === "string" ? { ...shelf, description } : shelf
}
