/**
 * Which log an index is of, where a power cut has taken from the log what the index knew: a number in a file of its own.
 *
 * Such a log goes on from where it ends now, with other records at the same addresses. An index of before, which the next
 * power cut might bring back, would take them for those that it knows; it is told by its number, and made anew.
 */
import { Buffer } from "node:buffer"
import * as path from "node:path"
import type { Where } from "./Overwrites.ts"

const nameIn = (directory: string): string => path.join(directory, "lineage")

/** The number of the log in a directory; 0 where it has never lost anything, or the file tells nothing. */
export const load = ({ directory, disk }: Where): number => {
  const lineage = Number(Buffer.from(disk.load(nameIn(directory)) ?? []).toString("latin1"))
  return Number.isSafeInteger(lineage) ? lineage : 0
}

/** Begins the next one, for good when this returns. */
export const next = (where: Where, lineage: number): number => {
  where.disk.replace(nameIn(where.directory), Buffer.from(`${lineage + 1}`))
  return lineage + 1
}
