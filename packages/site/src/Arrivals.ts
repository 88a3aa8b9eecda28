/**
 * Which articles another server got lately, asked as any news server allows: NEWNEWS, or overview where it does not tell.
 */
import type * as MessageId from "@lupin/core/MessageId"
import * as NewsDate from "@lupin/core/NewsDate"
import type * as Overview from "@lupin/core/Overview"
import type * as Wildmat from "@lupin/core/Wildmat"
import type { NntpError } from "@lupin/nntp/NntpError"
import type * as NntpReader from "@lupin/nntp/NntpReader"
import { Effect } from "effect"

/** Rows of overview asked for at a time. */
export const rowsMax = 1_000

/** Ids of what arrived since, or was injected since; about the newest first. */
export const since = Effect.fn("Arrivals.since")(function* (
  reader: Pick<NntpReader.NntpReader, "newnews" | "active" | "overview">,
  wildmat: Wildmat.Wildmat,
  sinceMillis: number
): Effect.fn.Return<ReadonlyArray<MessageId.MessageId>, NntpError> {
  return yield* reader.newnews(wildmat, sinceMillis).pipe(
    Effect.map((ids) => ids.toReversed()),
    Effect.catchTag("NntpRefused", () => byOverview(reader, wildmat, sinceMillis))
  )
})

/** Group by group from the highest number down, until a page has nothing that is new enough. */
const byOverview = Effect.fnUntraced(function* (
  reader: Pick<NntpReader.NntpReader, "active" | "overview">,
  wildmat: Wildmat.Wildmat,
  sinceMillis: number
): Effect.fn.Return<ReadonlyArray<MessageId.MessageId>, NntpError> {
  const found = new Map<MessageId.MessageId, number>()
  for (const { high, low, name } of yield* reader.active(wildmat)) {
    for (let top = high; top >= low; top -= rowsMax) {
      const rows = yield* reader.overview(name, Math.max(low, top - rowsMax + 1), top)
      const fresh = rows.filter((row) => injectedMillis(row) >= sinceMillis)
      for (const row of fresh) found.set(row.messageId, injectedMillis(row))
      if (rows.length > 0 && fresh.length === 0) break
    }
  }
  return [...found].toSorted(([, left], [, right]) => right - left).map(([id]) => id)
})

/** A date that cannot be read counts as new: the door looks at the article itself. */
const injectedMillis = ({ date, injectionDate }: Overview.Row): number =>
  NewsDate.parse(injectionDate === "" ? date : injectionDate) ?? Infinity
