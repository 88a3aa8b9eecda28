/**
 * The block in which records are put together one after the other: texts are moved within it and sums taken where they lie,
 * neither of which costs a view.
 */
import { Buffer } from "node:buffer"
import * as RecordSum from "./RecordSum.ts"

const { head, memory, move } = RecordSum.make()

/** The record that is made begins where this does. */
export const octets = Buffer.from(memory.buffer)

/** Octets of the longest record that is made here. */
export const bytesMax = octets.length

/** Views begin where the record does and have lengths of so many octets. */
const viewBytes = 64
const views: Array<Uint8Array | undefined> = Array.from({ length: bytesMax / viewBytes + 1 }, () => undefined)

/** As many octets as `copy` writes for so many of a record. */
export const roomOf = (bytes: number): number => Math.ceil(bytes / viewBytes) * viewBytes

/** Copies octets from one place of the block to another. */
export const copyWithin: (to: number, from: number, bytes: number) => void = move

/** Writes the head: length and checksums of so many octets of events, and of the article behind them. */
export const close: (metaBytes: number, articleBytes: number) => void = head

/** Copies a record of so many octets to a place, and some more behind it. */
export const copy = (target: Buffer, at: number, bytes: number): void => {
  const room = roomOf(bytes)
  const view = (views[room / viewBytes] ??= new Uint8Array(memory.buffer, 0, room))
  target.set(view, at)
}
