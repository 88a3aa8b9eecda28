/**
 * A file of the log and where its records are: what addresses mean.
 */
import { Buffer } from "node:buffer"
import type * as PackFile from "./PackFile.ts"
import * as Runs from "./Runs.ts"

/** Room that an address gives to one segment: twice what it may have when a batch is added. */
export const addressSpan = 2 ** 27
/** Marks a file as a segment, with the version of its format. */
export const magic = Buffer.from("lupinlog\0\0\0\x02", "latin1")

export interface Segment {
  /** Of a pack the first that it stands for. */
  readonly number: number
  readonly name: string
  readonly file: number
  bytes: number
  /** What it stands for, and where its records are, if it is a pack. */
  readonly pack?: { readonly scope: PackFile.Scope; readonly runs: Runs.Runs }
}

/** A file of the log: a segment, or the pack that stands for some. */
export interface Stretch {
  readonly first: number
  readonly last: number
  /** Where its first record begins, and where the next file does. */
  readonly start: number
  readonly end: number
  /** Octets of its records. */
  readonly bytes: number
  readonly pack?: PackFile.Scope
}

/** Octets of one file of the log, from an offset on. */
export interface Span {
  /** The first segment that the file stands for. */
  readonly number: number
  readonly offset: number
  readonly bytes: number
}

/** What a file has of the octets between two addresses. */
export const spanOf = ({ bytes, number, pack }: Segment, from: number, to: number): Span => {
  const offsetAt = (address: number): number =>
    pack === undefined
      ? Math.min(bytes, Math.max(magic.length, address - number * addressSpan))
      : (Runs.locate(pack.runs, address)?.offset ?? bytes)
  const offset = offsetAt(from)
  return { number, offset, bytes: Math.max(0, offsetAt(to) - offset) }
}

/** Where the first record of a segment begins. */
export const startOf = (number: number): number => number * addressSpan + magic.length

export const addressOf = ({ number, pack }: Segment, offset: number): number =>
  pack === undefined ? number * addressSpan + offset : Runs.addressAt(pack.runs, offset)

export const stretchOf = ({ bytes, number, pack }: Segment): Stretch => {
  const last = pack?.scope.last ?? number
  return {
    first: number,
    last,
    start: startOf(number),
    end: startOf(last + 1),
    bytes,
    ...(pack === undefined ? {} : { pack: pack.scope })
  }
}
