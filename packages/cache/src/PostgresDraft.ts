/**
 * Drafts of subtrees as rows: statements that take in what a scrape found, and show it.
 */
import type * as GroupName from "@lupin/core/GroupName"
import type * as MessageId from "@lupin/core/MessageId"
import * as Effect from "effect/Effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type * as Scope from "effect/Scope"
import type * as CachedArticle from "./CachedArticle.ts"
import type * as CacheStore from "./CacheStore.ts"
import type { CacheUnavailable } from "./GroupCache.ts"
import * as ScrapeCursor from "./ScrapeCursor.ts"

/** What drafts need of the store: a transaction, alone, and somebody who counts rows that come and go. */
export interface Environment {
  readonly writing: <A>(effect: Effect.Effect<A, SqlError>) => Effect.Effect<A, CacheUnavailable>
  readonly count: (added: number, removed: number) => void
  /** Looks after the database if that is due. */
  readonly upkeep: Effect.Effect<void, CacheUnavailable>
}

export interface Drafts {
  readonly draft: (group: GroupName.GroupName) => Effect.Effect<CacheStore.Draft, CacheUnavailable, Scope.Scope>
  readonly freshDraft: (group: GroupName.GroupName) => Effect.Effect<CacheStore.Draft, CacheUnavailable, Scope.Scope>
  /** Deletes subtrees by their ids, with the content that only they hold and no draft counts on. Runs inside a write. */
  readonly discard: (ids: ReadonlyArray<number>) => Effect.Effect<void, SqlError>
  /** Deletes all content that no subtree holds and no draft counts on; looks at every article. Runs inside a write. */
  readonly sweep: Effect.Effect<void, SqlError>
}

interface DraftRow {
  readonly id: number
  readonly cursor: string | null
}

export const make = (sql: SqlClient.SqlClient, environment: Environment): Drafts => {
  const { writing } = environment
  const pins = new Set<ReadonlySet<string>>()
  const pinned = () => [...pins].flatMap((ids) => [...ids])

  const sweep = Effect.gen(function* () {
    const [swept] = yield* sql<{ rows: number }>`WITH gone AS (
      DELETE FROM article a WHERE NOT EXISTS (SELECT 1 FROM holding h WHERE h.message_id = a.message_id)
        AND a.message_id <> ALL(${pinned()}::text[]) RETURNING 1)
      SELECT count(*)::int AS rows FROM gone`
    environment.count(0, swept?.rows ?? 0)
  })

  const discard = Effect.fnUntraced(function* (ids: ReadonlyArray<number>) {
    if (ids.length === 0) return
    const [gone] = yield* sql<{ rows: number }>`WITH leaving AS (
        SELECT DISTINCT h.message_id FROM holding h WHERE h.subtree_id = ANY(${ids}::int[])
          AND h.message_id <> ALL(${pinned()}::text[])
          AND NOT EXISTS (SELECT 1 FROM holding other
            WHERE other.message_id = h.message_id AND other.subtree_id <> ALL(${ids}::int[]))),
      emptied AS (DELETE FROM holding WHERE subtree_id = ANY(${ids}::int[]) RETURNING 1),
      gone AS (DELETE FROM article WHERE message_id IN (SELECT message_id FROM leaving) RETURNING 1)
      SELECT (SELECT count(*) FROM emptied)::int + (SELECT count(*) FROM gone)::int AS rows`
    environment.count(0, gone?.rows ?? 0)
    yield* sql`DELETE FROM subtree WHERE id = ANY(${ids}::int[])`
  })

  const insertContents = Effect.fnUntraced(function* (contents: ReadonlyArray<CachedArticle.CachedArticle>) {
    if (contents.length === 0) return
    yield* sql`INSERT INTO article (message_id, posted_millis, cost, groups, app, kind, version, lat, lon, uncertainty, payload)
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(contents.map(articleRow))}::jsonb) AS t(message_id text,
        posted_millis float8, cost int, groups text, app text, kind text, version int, lat float8, lon float8,
        uncertainty float8, payload text)
      ON CONFLICT (message_id) DO NOTHING`
    const digests = contents.flatMap(digestRow)
    if (digests.length === 0) return
    yield* sql`INSERT INTO digest (message_id, app, name, key, rank, version, events, removals, fingerprint, newest_millis, view)
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(digests)}::jsonb) AS t(message_id text, app text, name text, key text,
        rank text, version int, events float8, removals float8, fingerprint text, newest_millis float8, view text)
      ON CONFLICT (message_id) DO NOTHING`
  })

  const hold = Effect.fnUntraced(function* (subtreeId: number, ids: ReadonlyArray<MessageId.MessageId>) {
    if (ids.length === 0) return
    environment.count(ids.length, 0)
    yield* sql`WITH added AS (
        INSERT INTO holding (subtree_id, message_id, posted_millis, round)
        SELECT s.id, a.message_id, a.posted_millis, s.round + 1 FROM subtree s, article a
        WHERE s.id = ${subtreeId} AND a.message_id = ANY(${ids}::text[])
        ON CONFLICT DO NOTHING RETURNING message_id)
      UPDATE subtree SET pending = pending + (SELECT count(*) FROM added),
        bytes = bytes + (SELECT coalesce(sum(a.cost), 0) FROM added JOIN article a USING (message_id))
      WHERE id = ${subtreeId}`
  })

  const release = Effect.fnUntraced(function* (subtreeId: number, ids: ReadonlyArray<string>) {
    if (ids.length === 0) return
    const [gone] = yield* sql<{ rows: number }>`WITH gone AS (
        DELETE FROM holding h USING article a
        WHERE h.subtree_id = ${subtreeId} AND h.message_id = ANY(${ids}::text[]) AND a.message_id = h.message_id
        RETURNING h.round, a.cost),
      counted AS (
        UPDATE subtree s SET articles = articles - (SELECT count(*) FROM gone WHERE gone.round <= s.round),
          pending = pending - (SELECT count(*) FROM gone WHERE gone.round > s.round),
          bytes = bytes - (SELECT coalesce(sum(cost), 0) FROM gone)
        WHERE s.id = ${subtreeId})
      SELECT count(*)::int AS rows FROM gone`
    environment.count(0, gone?.rows ?? 0)
    yield* sql`DELETE FROM article a WHERE a.message_id = ANY(${ids}::text[]) AND a.message_id <> ALL(${pinned()}::text[])
      AND NOT EXISTS (SELECT 1 FROM holding h WHERE h.message_id = a.message_id)`
  })

  const changeNumbers = Effect.fnUntraced(function* (subtreeId: number, changes: CacheStore.NumberChanges) {
    const rows = changes.added.map(([number, message_id]) => ({ number, message_id }))
    yield* sql`INSERT INTO group_number (subtree_id, group_name, number, message_id)
      SELECT ${subtreeId}, ${changes.group}, t.number, t.message_id
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS t(number int, message_id text)
      ON CONFLICT DO NOTHING`
    if (changes.removed.length === 0) return
    const left = yield* sql<{ message_id: string }>`WITH gone AS (
        DELETE FROM group_number WHERE subtree_id = ${subtreeId} AND group_name = ${changes.group}
          AND number = ANY(${changes.removed}::int[]) RETURNING number, message_id)
      SELECT DISTINCT gone.message_id FROM gone WHERE NOT EXISTS (
        SELECT 1 FROM group_number n WHERE n.subtree_id = ${subtreeId} AND n.message_id = gone.message_id
          AND NOT (n.group_name = ${changes.group} AND n.number = ANY(${changes.removed}::int[])))`
    yield* release(
      subtreeId,
      left.map((row) => row.message_id)
    )
  })

  const takeIn = Effect.fnUntraced(function* (subtreeId: number, page: CacheStore.ScrapedPage) {
    yield* insertContents(page.contents)
    yield* hold(subtreeId, page.filed)
    if (page.numbers !== undefined) yield* changeNumbers(subtreeId, page.numbers)
    yield* release(subtreeId, page.removed)
    if (page.cursor === undefined) return
    yield* sql`UPDATE subtree SET cursor = ${ScrapeCursor.encode(page.cursor)} WHERE id = ${subtreeId}`
  })

  const show = Effect.fnUntraced(function* (subtreeId: number, group: string, times: CacheStore.ScrapeTimes) {
    const replaced = yield* sql<DraftRow>`SELECT id FROM subtree WHERE name = ${group} AND id <> ${subtreeId}`
    yield* discard(replaced.map((row) => row.id))
    yield* sql`UPDATE subtree SET round = round + 1, articles = articles + pending, pending = 0,
      scraped_at_millis = ${String(times.scrapedAtMillis)}::float8,
      answered_at_millis = ${String(times.answeredAtMillis)}::float8 WHERE id = ${subtreeId}`
  })

  /** Content that a draft was told is here stays here until the draft has taken it in, or is closed. */
  const pin = Effect.acquireRelease(
    Effect.sync(() => {
      const ids = new Set<string>()
      pins.add(ids)
      return ids
    }),
    (ids) => Effect.sync(() => pins.delete(ids))
  )

  const open = Effect.fnUntraced(function* (group: GroupName.GroupName, isFresh: boolean) {
    const mine = yield* pin
    const found = yield* writing(begin(group, isFresh))
    const isLegible = found.cursor === null || ScrapeCursor.decode(found.cursor) !== undefined
    const row = isLegible ? found : yield* writing(begin(group, true))
    const unpin = Effect.sync(() => mine.clear())
    const draft: CacheStore.Draft = {
      cursor: row.cursor === null ? undefined : ScrapeCursor.decode(row.cursor),
      missing: Effect.fnUntraced(function* (ids) {
        if (ids.length === 0) return []
        for (const id of ids) mine.add(id)
        const here = yield* writing(
          sql<{ message_id: string }>`SELECT message_id FROM article WHERE message_id = ANY(${ids}::text[])`
        )
        const found = new Set(here.map((held) => held.message_id))
        return ids.filter((id) => !found.has(id))
      }),
      numbers: (name) =>
        writing(
          sql<{ number: number; message_id: MessageId.MessageId }>`SELECT number, message_id FROM group_number
            WHERE subtree_id = ${row.id} AND group_name = ${name} ORDER BY number`
        ).pipe(Effect.map((rows) => rows.map(({ number, message_id }) => [number, message_id] as const))),
      apply: (page) => writing(takeIn(row.id, page)).pipe(Effect.tap(unpin)),
      publish: (page, times) =>
        writing(Effect.andThen(takeIn(row.id, page), show(row.id, group, times))).pipe(
          Effect.tap(unpin),
          Effect.andThen(environment.upkeep)
        )
    }
    return draft
  })

  const begin = Effect.fnUntraced(function* (group: GroupName.GroupName, isFresh: boolean) {
    yield* sql`DELETE FROM subtree WHERE name = ${group} AND scraped_at_millis IS NULL
      AND (cursor IS NULL OR ${isFresh}) RETURNING id`
    const [row] = isFresh
      ? []
      : yield* sql<DraftRow>`SELECT id, cursor FROM subtree WHERE name = ${group}
          ORDER BY scraped_at_millis NULLS FIRST LIMIT 1`
    if (row !== undefined) return row
    const [created] = yield* sql<DraftRow>`INSERT INTO subtree (name) VALUES (${group}) RETURNING id, cursor`
    return created as DraftRow
  })

  return {
    draft: (group) => open(group, false),
    freshDraft: (group) => open(group, true),
    discard,
    sweep
  }
}

const articleRow = (article: CachedArticle.CachedArticle) => ({
  message_id: article.messageId,
  posted_millis: article.postedMillis,
  cost: article.cost,
  groups: JSON.stringify(article.groups),
  app: article.event?.app,
  kind: article.event?.kind,
  version: article.event?.version,
  lat: article.event?.at?.lat,
  lon: article.event?.at?.lon,
  uncertainty: article.event?.at?.uncertainty,
  payload: article.event?.payload
})

const digestRow = ({ digest, messageId }: CachedArticle.CachedArticle) =>
  digest === undefined
    ? []
    : [
        {
          message_id: messageId,
          app: digest.app,
          name: digest.name,
          key: digest.key,
          rank: digest.rank,
          version: digest.version,
          events: digest.events,
          removals: digest.removals,
          fingerprint: digest.fingerprint,
          newest_millis: digest.newestMillis,
          view: digest.view
        }
      ]
