/**
 * All octets of an index, gone through as one: those of its tables, and behind them those of its file of ids.
 */
import type { Tables } from "../Tables.ts"
import type { IdRows } from "./IdRows.ts"
import type { Texts } from "./TextOverwrite.ts"

/** Where the file of ids begins; tables have fewer octets. */
const idsStart = 2 ** 50

/** As `Tables.overwrite`. */
export const overwrite = (tables: Tables, ids: IdRows, texts: Texts, from: number, bytesMax: number) => {
  if (from < idsStart) return tables.overwrite(texts, from, bytesMax) ?? idsStart
  const next = ids.overwrite(texts, from - idsStart, bytesMax)
  return next === undefined ? undefined : idsStart + next
}
