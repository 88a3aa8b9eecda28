/**
 * What had to be put right when a spool was opened: counted, and told to operators.
 */
import type * as Recoveries from "@lupin/core/Recoveries"
import { Effect } from "effect"
import type { PositionsFile } from "./PositionsFile.ts"
import type { Contents } from "./SpoolDirectory.ts"

export const tell = Effect.fnUntraced(function* (
  directory: string,
  { cutBytes, gaps, isNewIndex, isRedone, lost, replayed }: Contents & Pick<PositionsFile, "lost">,
  note: Recoveries.Counting["note"]
): Effect.fn.Return<void> {
  note("log-tail-cut", cutBytes > 0 ? 1 : 0)
  note("index-replayed", replayed > 0 && !isNewIndex ? 1 : 0)
  note("index-made-anew", isNewIndex ? 1 : 0)
  note("log-gap-passed", gaps)
  note("overwrite-redone", isRedone ? 1 : 0)
  note("log-end-lost", lost > 0 ? 1 : 0)
  if (lost > 0) yield* Effect.logError(`the newest ${lost} events, at least, are gone from ${directory}`)
  if (cutBytes > 0) yield* Effect.logWarning(`cut ${cutBytes} octets of a torn record off ${directory}`)
  if (replayed > 0) yield* Effect.logInfo(`took ${replayed} records of the log into the index again`)
  if (gaps > 0) yield* Effect.logError(`passed over ${gaps} stretches of the log of ${directory}: damaged`)
})
