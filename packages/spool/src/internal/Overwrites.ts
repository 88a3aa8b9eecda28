/**
 * Overwrites records in place so that a power cut leaves none of them torn: what is to stand there is safe elsewhere
 * first, and is written again on the next opening.
 */
import { Buffer } from "node:buffer"
import * as path from "node:path"
import { crc32 } from "node:zlib"
import type { Disk } from "../Disk.ts"
import type { SegmentLog } from "./SegmentLog.ts"

/** A record as it is to be, of the same length as the one that lies there. */
export interface Overwrite {
  /** In the log of a storage class; else in that of the spool. */
  readonly class?: string
  readonly address: number
  readonly record: Uint8Array
}

/** The spool's log, or that of a class that is known. */
export type LogOf = (name: string | undefined) => SegmentLog | undefined

/** Where a spool lies. */
export interface Where {
  readonly directory: string
  readonly disk: Disk
}

const nameIn = (directory: string): string => path.join(directory, "overwriting")

/** Overwrites all of them, or throws and has them overwritten by `redo`. */
export const run = (where: Where, logOf: LogOf, overwrites: ReadonlyArray<Overwrite>): void => {
  if (overwrites.length === 0) return
  const kept = overwrites.map(({ record, ...place }) => ({ ...place, record: Buffer.from(record).toString("base64") }))
  const text = JSON.stringify(kept)
  where.disk.replace(nameIn(where.directory), Buffer.from(`${crc32(text)}\n${text}`))
  apply(where, logOf, overwrites)
}

/** Does again what an earlier run has begun; says whether there was any. */
export const redo = (where: Where, logOf: LogOf): boolean => {
  const loaded = Buffer.from(where.disk.load(nameIn(where.directory)) ?? [])
  const line = loaded.indexOf("\n")
  const text = loaded.subarray(line + 1)
  // Written by `run` and whole, or of no use: then the records themselves were not touched.
  if (line < 0 || crc32(text) !== Number(loaded.toString("latin1", 0, line))) return false
  const kept: ReadonlyArray<Overwrite & { readonly record: string }> = JSON.parse(text.toString("utf8"))
  apply(
    where,
    logOf,
    kept.map(({ record, ...place }) => ({ ...place, record: Buffer.from(record, "base64") }))
  )
  return true
}

const apply = ({ directory, disk }: Where, logOf: LogOf, overwrites: ReadonlyArray<Overwrite>): void => {
  for (const { address, class: name, record } of overwrites) logOf(name)?.overwrite(address, record)
  disk.replace(nameIn(directory), new Uint8Array(0))
}
