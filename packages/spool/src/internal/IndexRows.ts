/**
 * Keys and values of the index, in octets that sort as they should.
 */
import type * as GroupName from "@lupin/core/GroupName"
import { Buffer } from "node:buffer"
import type { Shelf } from "./GroupTable.ts"

/** Where a record of the log lies, and how long its payload is. */
export interface Place {
  readonly address: number
  readonly bytes: number
}

/** An article that is held. */
export type Held = { readonly _tag: "Held"; readonly position: number } & Place

/** What history knows of an id. */
export type IdRow = Held | { readonly _tag: "Removed"; readonly atMillis: number }

export const idKey = (id: string): Buffer => Buffer.from(id, "latin1")

export const writeId = (row: IdRow): Buffer => {
  if (row._tag === "Removed") {
    const octets = Buffer.allocUnsafe(7)
    octets[0] = 1
    octets.writeUIntBE(row.atMillis, 1, 6)
    return octets
  }
  const octets = Buffer.allocUnsafe(17)
  octets[0] = 0
  octets.writeUIntBE(row.position, 1, 6)
  octets.writeUIntBE(row.address, 7, 6)
  octets.writeUInt32BE(row.bytes, 13)
  return octets
}

export const readId = (octets: Buffer): IdRow =>
  octets[0] === 1
    ? { _tag: "Removed", atMillis: octets.readUIntBE(1, 6) }
    : {
        _tag: "Held",
        position: octets.readUIntBE(1, 6),
        address: octets.readUIntBE(7, 6),
        bytes: octets.readUInt32BE(13)
      }

export const numberKey = (group: number, number: number): Buffer => {
  const octets = Buffer.allocUnsafe(8)
  octets.writeUInt32BE(group, 0)
  // A number just below or above all is asked for at the ends of a range.
  octets.writeUInt32BE(Math.min(Math.max(number, 0), 0xffff_ffff), 4)
  return octets
}

export const readNumber = (key: Buffer): number => key.readUInt32BE(4)

export const writePlace = ({ address, bytes }: Place): Buffer => {
  const octets = Buffer.allocUnsafe(10)
  octets.writeUIntBE(address, 0, 6)
  octets.writeUInt32BE(bytes, 6)
  return octets
}

export const readPlace = (octets: Buffer): Place => ({
  address: octets.readUIntBE(0, 6),
  bytes: octets.readUInt32BE(6)
})

/** A landmark of the log: from here a follower reads on. */
export interface Mark {
  readonly position: number
  readonly address: number
  readonly atMillis: number
}

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
  const { count, createdMillis, floor, high, isThere, key, lowAtLeast, status } = shelf
  return Buffer.from(JSON.stringify([key, isThere, floor, lowAtLeast, high, count, status, createdMillis]))
}

export const readShelf = (name: Buffer, octets: Buffer): Shelf => {
  const [key, isThere, floor, lowAtLeast, high, count, status, createdMillis] = JSON.parse(octets.toString("utf8"))
  const group = name.toString("latin1") as GroupName.GroupName
  return { key, name: group, isThere, floor, lowAtLeast, high, count, status, createdMillis }
}
