/**
 * What was erased: hashes of ids that never come back, and which octets on the disk are still to be overwritten.
 */
import type { Place } from "./IndexRows.ts"

export interface Erasure {
  readonly hash: string
  readonly atMillis: number
  /** Records in which the article or its id stands, to be overwritten at once. */
  readonly blanks: ReadonlyArray<Place>
  /** The record of the erasure itself, which names the id for followers until a while later. */
  readonly names?: Place
}

export const write = (erasure: Erasure): string => JSON.stringify(erasure)

/** Reads what `write` wrote. */
export const read = (text: string): Erasure => JSON.parse(text) as Erasure
