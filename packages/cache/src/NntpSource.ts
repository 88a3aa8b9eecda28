/**
 * Scrapes from an NNTP server: ours, by its change log, or any other, group by group.
 */
import * as GroupName from "@lupin/core/GroupName"
import type * as Overview from "@lupin/core/Overview"
import * as Wildmat from "@lupin/core/Wildmat"
import * as Capabilities from "@lupin/nntp/Capabilities"
import type { NntpError } from "@lupin/nntp/NntpError"
import type * as NntpReader from "@lupin/nntp/NntpReader"
import * as NntpReaderPool from "@lupin/nntp/NntpReaderPool"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Source from "./Source.ts"

/** Longer names leave no room for a wildmat of two patterns in a command line. */
const twoPatternsBytesMax = 200

/** A source over one connection. `name` is the server's, as `host:port`. */
export const make = (reader: NntpReader.NntpReader, name: string, offersChanges: boolean): Source.Source => ({
  name,
  offersChanges,
  changes: (subtree, from, limit) =>
    reader.changes(wildmatOf(subtree), from ?? { after: 0 }, limit).pipe(
      Effect.map((page) => ({
        generation: page.generation,
        next: page.next,
        head: page.head,
        isReset: page.reset,
        changes: page.rows.flatMap((change) => toChange(subtree, change))
      })),
      Effect.mapError(unavailable)
    ),
  groups: (subtree) =>
    reader.active(wildmatOf(subtree)).pipe(
      Effect.map((groups) => groups.map((group) => group.name).filter((group) => GroupName.isWithin(group, subtree))),
      Effect.mapError(unavailable)
    ),
  marks: (group) => Effect.mapError(reader.group(group), unavailable),
  overview: (group, low, high) =>
    reader.overview(group, low, high).pipe(
      Effect.map((rows) => rows.map(({ number, messageId, bytes }) => ({ number, messageId, bytes }))),
      Effect.mapError(unavailable)
    ),
  numbers: (group) => Effect.mapError(reader.listgroup(group), unavailable),
  articles: (ids) => Effect.mapError(reader.articles(ids), unavailable)
})

/** Scrapes from the server at `host:port`, over at most `connectionsMax` connections. */
export const layer = (options: NntpReaderPool.Options): Layer.Layer<Source.CacheSource> =>
  Layer.effect(
    Source.CacheSource,
    Effect.gen(function* () {
      const pool = yield* NntpReaderPool.make(options)
      const name = `${options.host}:${options.port}`
      const asked = new WeakMap<NntpReader.NntpReader, boolean>()

      const offersChanges = Effect.fnUntraced(function* (reader: NntpReader.NntpReader) {
        const known = asked.get(reader)
        if (known !== undefined) return known
        const told = Capabilities.has(yield* reader.capabilities, Capabilities.privateLabel)
        asked.set(reader, told)
        return told
      })

      return Source.CacheSource.of({
        use: (scrape) =>
          pool
            .use((reader) =>
              Effect.mapError(offersChanges(reader), unavailable).pipe(
                Effect.flatMap((isOffered) => scrape(make(reader, name, isOffered))),
                Effect.result
              )
            )
            .pipe(Effect.mapError(unavailable), Effect.flatMap(Effect.fromResult))
      })
    })
  )

const wildmatOf = (subtree: GroupName.GroupName): Wildmat.Wildmat =>
  (subtree.length > twoPatternsBytesMax ? Wildmat.compile(`${subtree}*`) : undefined) ?? Wildmat.ofSubtrees([subtree])

const toChange = (subtree: GroupName.GroupName, change: NntpReader.Change): ReadonlyArray<Source.Change> => {
  if (change._tag === "Removed") return [{ _tag: "Removed", messageId: change.id }]
  return isOf(subtree, change.row) ? [{ _tag: "Filed", messageId: change.id, bytes: change.row.bytes }] : []
}

/** The wildmat for a long name matches its neighbours too. */
const isOf = (subtree: GroupName.GroupName, row: Overview.Row): boolean =>
  subtree.length <= twoPatternsBytesMax ||
  row.newsgroups.split(",").some((text) => {
    const group = GroupName.parse(text.trim())
    return group !== undefined && GroupName.isWithin(group, subtree)
  })

const unavailable = (error: NntpError) => new Source.SourceUnavailable({ reason: error.message })
