/**
 * Reads spans of overview of a spool on disk: through pages where a span is long or was asked for before, else line by
 * line out of the log.
 */
import type * as Xref from "@lupin/core/Xref"
import type * as Articles from "./Articles.ts"
import type * as GroupTable from "./GroupTable.ts"
import type { Index } from "./Index.ts"
import { OverviewPages, pageNumbers, pageStart, slice } from "./OverviewPages.ts"
import * as Record from "./Record.ts"
import type { OverviewText } from "../Spool.ts"

/** A shorter span does not bring pages into being. */
const longRowsMin = pageNumbers / 4

export interface OverviewReader {
  /** Lines of a group's numbers `low..high`, at most `limit`. */
  readonly text: (shelf: GroupTable.Shelf, low: number, high: number, limit: number) => OverviewText
  /** Takes note of what was stored or removed. */
  readonly note: (events: ReadonlyArray<Record.Logged>) => void
  /** Whether the lines of some numbers will go into pages that were asked for. */
  readonly isRead: (numbers: Xref.Numbers) => boolean
}

/** `articles` reads what is not in a page out of the log. */
export const make = (
  index: Index,
  articles: Pick<Articles.Articles, "overview">,
  bytesMax?: number
): OverviewReader => {
  const pages = new OverviewPages(bytesMax)

  const linesOf = function* (shelf: GroupTable.Shelf, low: number, high: number, limit: number) {
    for (const [number, place] of index.numbers.places(shelf, low, high, limit)) {
      const overview = articles.overview(place, number)
      if (overview !== undefined) yield [number, overview] as const
    }
  }

  const text: OverviewReader["text"] = (shelf, low, high, limit) => {
    const pieces: Array<Uint8Array> = []
    let rows = 0
    let last = 0
    let at = Math.max(low, shelf.floor + 1, shelf.lowAtLeast)
    const end = Math.min(high, shelf.high)
    // Of a long span, pages at its ends count too: a group may have few numbers there.
    const isLong = Math.min(high - low + 1, limit) >= longRowsMin
    while (at <= end && rows < limit) {
      let page = pages.get(shelf.key, at)
      if (page === undefined) {
        // Long stretches may hold nothing: go to the next number held.
        const [next] = index.numbers.places(shelf, at, end, 1)
        if (next === undefined) break
        at = next[0]
        const start = pageStart(at)
        const wanted = Math.min(high - at + 1, start + pageNumbers - at, limit - rows)
        page =
          pages.get(shelf.key, at) ??
          (isLong
            ? pages.make(shelf.key, at, linesOf(shelf, start, start + pageNumbers - 1, pageNumbers))
            : new OverviewPages(0).make(shelf.key, at, linesOf(shelf, at, at + wanted - 1, wanted)))
      }
      const found = slice(page, at, end, limit - rows)
      if (found.rows > 0) {
        pieces.push(found.octets)
        rows += found.rows
        last = found.last
      }
      at = pageStart(at) + pageNumbers
    }
    return { rows, last, pieces }
  }

  return {
    text,
    note: (events) => {
      if (pages.isEmpty) return
      for (const event of events) {
        if (!("numbers" in event)) continue
        for (const [name, number] of event.numbers) {
          const shelf = index.groups.get(name)
          if (shelf === undefined) continue
          const isTold = Record.isCopy(event) && event.overview !== ""
          if (isTold) pages.filed(shelf.key, number, event.overview)
          else pages.removed(shelf.key, number)
        }
      }
    },
    isRead: (numbers) => {
      if (pages.isEmpty) return false
      return numbers.some(([name, number]) => {
        const shelf = index.groups.get(name)
        return shelf !== undefined && pages.has(shelf.key, number)
      })
    }
  }
}
