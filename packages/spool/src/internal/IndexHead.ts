/**
 * What an index says of itself: its format, of which log it is a projection, and how far it has taken that in.
 */
import type * as Site from "@lupin/core/Site"
import { Buffer } from "node:buffer"
import type { Table, Tables } from "../Tables.ts"
import type { Accounts } from "./Accounts.ts"
import type * as Progress from "./Progress.ts"

/** Raised when rows change their form: an older index is made anew from the log. */
const indexFormat = 7

const key = Buffer.from("progress")

/** Databases of the parts of an index, by name; `idTags` and `idFilters` are of earlier formats. */
const partNames = ["ids", "numbers", "slots", "marks", "waiting", "erased", "mended", "expiring", "idTags", "idFilters"]

/** Clears all of an index, or nothing: a head that outlived its parts would speak of what has gone. */
export const clear = (tables: Tables): void => {
  const all = ["meta", "groups", ...partNames].map((name) => tables.table(name))
  tables.transactionSync(() => {
    for (const rows of all) rows.clearSync()
  })
}

export interface IndexHead {
  readonly progress: Progress.Progress
  readonly accounts: ReturnType<Accounts["kept"]>
}

/** What was written, if it is of this format, generation and lineage. */
export const read = (rows: Table, generation: Site.Generation, lineage: number): IndexHead | undefined => {
  const octets = rows.get(key)
  const kept = octets === undefined ? undefined : JSON.parse(octets.toString("utf8"))
  if (kept?.format !== indexFormat || kept.generation !== generation.id) return undefined
  return (kept.lineage ?? 0) === lineage ? kept : undefined
}

/** Within a transaction. */
export const write = (rows: Table, generation: Site.Generation, lineage: number, head: IndexHead): void => {
  const kept = { format: indexFormat, generation: generation.id, lineage, ...head }
  rows.putSync(key, Buffer.from(JSON.stringify(kept)))
}
