/**
 * Reads a subtree group by group, as any news server allows: water marks, overview, and the list of numbers for removals.
 */
import type * as GroupName from "@lupin/core/GroupName"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as CacheStore from "./CacheStore.ts"
import type { CacheUnavailable } from "./GroupCache.ts"
import type * as ScrapeCursor from "./ScrapeCursor.ts"
import type * as Source from "./Source.ts"

/** Numbers asked for in one overview command. */
export const overviewNumbersMax = 1_000

type Trouble = Source.SourceUnavailable | CacheUnavailable

/** Takes announced articles in, in batches; `toPage` says what else goes with each. The last is returned, not taken in. */
export type TakeIn = <A extends Source.Announced>(
  source: Source.Source,
  draft: CacheStore.Draft,
  announced: ReadonlyArray<A>,
  toPage: (batch: ReadonlyArray<A>) => Pick<CacheStore.ScrapedPage, "numbers" | "cursor">
) => Effect.Effect<CacheStore.ScrapedPage, Trouble>

/** Takes in all that a subtree holds now, without numbers: removals are to come from the change log. */
export const fill = Effect.fnUntraced(function* (
  source: Source.Source,
  subtree: GroupName.GroupName,
  draft: CacheStore.Draft,
  takeIn: TakeIn
) {
  for (const group of yield* source.groups(subtree)) {
    const marks = yield* source.marks(group)
    if (marks === undefined) continue
    for (const [low, high] of ranges(marks.low, marks.high)) {
      const rows = yield* source.overview(group, low, high)
      yield* draft.apply(yield* takeIn(source, draft, rows, () => ({})))
    }
  }
})

/** Scrapes by numbers and publishes. Groups that are gone at the source, or were renumbered there, lose their articles. */
export const run = Effect.fnUntraced(function* (
  source: Source.Source,
  subtree: GroupName.GroupName,
  first: CacheStore.Draft,
  takeIn: TakeIn
) {
  const isForeign = first.cursor?._tag === "Groups" && first.cursor.source !== source.name
  const draft = isForeign ? yield* (yield* CacheStore.CacheStore).freshDraft(subtree) : first
  const known = draft.cursor?._tag === "Groups" ? draft.cursor.groups : {}
  const scrapedAtMillis = yield* Clock.currentTimeMillis
  const groups: Record<string, ScrapeCursor.Marks> = { ...known }
  const cursor = () => ({ _tag: "Groups" as const, source: source.name, groups: { ...groups } })

  const forget = Effect.fnUntraced(function* (group: GroupName.GroupName, gone: ReadonlyArray<number>) {
    if (gone.length > 0)
      yield* draft.apply({ ...nothing, numbers: { group, added: [], removed: gone }, cursor: cursor() })
  })

  const readNew = Effect.fnUntraced(function* (group: GroupName.GroupName, from: number, marks: ScrapeCursor.Marks) {
    const count = () => groups[group]?.count ?? 0
    for (const [low, high] of ranges(from, marks.high)) {
      const rows = yield* source.overview(group, low, high)
      const page = yield* takeIn(source, draft, rows, (batch) => {
        groups[group] = { low: marks.low, high: batch.at(-1)?.number ?? low, count: count() + batch.length }
        const added = batch.map((row) => [row.number, row.messageId] as const)
        return { numbers: { group, added, removed: [] }, cursor: cursor() }
      })
      groups[group] = { low: marks.low, high, count: count() }
      yield* draft.apply({ ...page, cursor: cursor() })
    }
  })

  const readGroup = Effect.fnUntraced(function* (group: GroupName.GroupName) {
    const marks = yield* source.marks(group)
    if (marks === undefined) return
    if ((groups[group]?.high ?? 0) > marks.high) {
      groups[group] = { low: marks.low, high: 0, count: 0 }
      yield* forget(
        group,
        (yield* draft.numbers(group)).map(([number]) => number)
      )
    }
    yield* readNew(group, Math.max(marks.low, (groups[group]?.high ?? 0) + 1), marks)
    if ((groups[group]?.count ?? 0) === marks.count) return
    const held = new Set(yield* source.numbers(group))
    const mine = yield* draft.numbers(group)
    const gone = mine.flatMap(([number]) => (held.has(number) ? [] : [number]))
    groups[group] = { low: marks.low, high: marks.high, count: mine.length - gone.length }
    yield* forget(group, gone)
  })

  const listed = yield* source.groups(subtree)
  for (const group of listed) yield* readGroup(group)
  const stillThere = new Set<string>(listed)
  for (const group of Object.keys(known) as Array<GroupName.GroupName>) {
    if (stillThere.has(group)) continue
    delete groups[group]
    yield* forget(
      group,
      (yield* draft.numbers(group)).map(([number]) => number)
    )
  }
  const answeredAtMillis = yield* Clock.currentTimeMillis
  yield* draft.publish({ ...nothing, cursor: cursor() }, { scrapedAtMillis, answeredAtMillis })
})

/** A page that changes nothing. */
export const nothing: CacheStore.ScrapedPage = { filed: [], contents: [], removed: [] }

/** Ascending stretches of at most `overviewNumbersMax` numbers that make up `low..high`. */
export const ranges = (low: number, high: number): ReadonlyArray<readonly [low: number, high: number]> => {
  const count = Math.max(0, Math.ceil((high - low + 1) / overviewNumbersMax))
  return Array.from({ length: count }, (_, index) => {
    const start = low + index * overviewNumbersMax
    return [start, Math.min(high, start + overviewNumbersMax - 1)] as const
  })
}
