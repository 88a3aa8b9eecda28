/**
 * Queries over published copies: each one statement, so that rows and freshness are of one moment.
 */
import type * as GeoPoint from "@lupin/core/GeoPoint"
import type * as GroupName from "@lupin/core/GroupName"
import type * as MessageId from "@lupin/core/MessageId"
import * as Place from "@lupin/core/Place"
import * as S2 from "@lupin/core/S2"
import * as Effect from "effect/Effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { Fragment } from "effect/sql/Statement"
import type * as CacheStore from "./CacheStore.ts"
import type * as Freshness from "./Freshness.ts"
import type * as GroupCache from "./GroupCache.ts"

interface SubtreeRow {
  readonly name: GroupName.GroupName
  readonly articles: number
  readonly bytes: number
  readonly scraped_at_millis: number
  readonly answered_at_millis: number
}

interface EventRow {
  readonly message_id: MessageId.MessageId
  readonly posted_millis: number
  readonly groups: string
  readonly app: string
  readonly kind: string
  readonly version: number
  readonly lat: number | null
  readonly lon: number | null
  readonly uncertainty: number | null
  readonly payload: string
}

interface DigestRow {
  readonly message_id: MessageId.MessageId
  readonly name: string
  readonly version: number
  readonly key: string
  readonly events: number
  readonly removals: number
  readonly fingerprint: string
  readonly newest_millis: number
  readonly view: string
}

interface Answer<Row> {
  readonly subtrees: ReadonlyArray<SubtreeRow> | null
  readonly rows: ReadonlyArray<Row> | null
}

/** Subtrees give their newest rows each, and of these the newest are the page. */
export const events = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  query: CacheStore.PageQuery
): Effect.fn.Return<CacheStore.StoredPage, SqlError> {
  const { after, area } = query
  // Not a parameter: a plan made for any limit sorts the whole subtree.
  const limit = sql.literal(String(Math.trunc(query.limit) + 1))
  const ofKind = query.kind === undefined ? sql`` : sql`AND a.kind = ${text(query.kind)}`
  const inArea = area === undefined ? sql`` : sql`AND ${nearby(sql, area)}`
  const further =
    after === undefined
      ? sql``
      : sql`AND (h.posted_millis, h.message_id) < (${String(after.postedMillis)}::float8, ${after.messageId})`
  const [answer] = yield* sql<Answer<EventRow>>`WITH s AS (${published(sql, query.subtrees)}),
    page AS (
      SELECT DISTINCT ON (e.posted_millis, e.message_id) e.* FROM s CROSS JOIN LATERAL (
        SELECT a.* FROM holding h JOIN article a USING (message_id)
        WHERE h.subtree_id = s.id AND h.round <= s.round AND a.app = ${text(query.app)} ${ofKind} ${further} ${inArea}
        ORDER BY h.posted_millis DESC, h.message_id DESC LIMIT ${limit}) e
      ORDER BY e.posted_millis DESC, e.message_id DESC LIMIT ${limit})
    SELECT (SELECT json_agg(s) FROM s) AS subtrees,
      (SELECT json_agg(page ORDER BY page.posted_millis DESC, page.message_id DESC) FROM page) AS rows`
  const rows = answer?.rows ?? []
  const page = rows.slice(0, query.limit)
  const last = rows.length > query.limit ? page.at(-1) : undefined
  return {
    events: page.map(toEvent).filter((event) => area === undefined || isWithin(area, event.at)),
    ...(last && { end: { postedMillis: last.posted_millis, messageId: last.message_id } }),
    freshness: inOrder(query.subtrees, answer?.subtrees ?? [])
  }
})

export const digest = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  query: CacheStore.BestQuery
): Effect.fn.Return<CacheStore.StoredDigest, SqlError> {
  const [answer] = yield* sql<Answer<DigestRow>>`WITH s AS (${published(sql, [query.group])}),
    best AS (
      SELECT d.* FROM s CROSS JOIN digest d JOIN holding h ON h.subtree_id = s.id AND h.message_id = d.message_id
      WHERE d.app = ${text(query.app)} AND d.name = ${text(query.digestion)} AND d.key = ${text(query.key)}
        AND h.round <= s.round
      ORDER BY d.rank DESC LIMIT 1)
    SELECT (SELECT json_agg(s) FROM s) AS subtrees, (SELECT json_agg(best) FROM best) AS rows`
  const row = answer?.rows?.[0]
  const freshness = answer?.subtrees?.[0]
  return { ...(row && { digest: toDigest(row) }), ...(freshness && { freshness: toFreshness(freshness) }) }
})

export const subtrees = (sql: SqlClient.SqlClient): Effect.Effect<ReadonlyArray<CacheStore.StoredSubtree>, SqlError> =>
  sql<SubtreeRow>`SELECT name, articles, bytes, scraped_at_millis, answered_at_millis FROM subtree
    WHERE scraped_at_millis IS NOT NULL`.pipe(
    Effect.map((rows) => rows.map((row) => ({ freshness: toFreshness(row), bytes: row.bytes })))
  )

const published = (sql: SqlClient.SqlClient, groups: ReadonlyArray<string>): Fragment =>
  sql`SELECT id, name, round, articles, bytes, scraped_at_millis, answered_at_millis FROM subtree
    WHERE name = ANY(${groups}::text[]) AND scraped_at_millis IS NOT NULL`

/** Lets through all that is in the area, and little else; `Place.contains` has the last word. */
const nearby = (sql: SqlClient.SqlClient, area: Place.Area): Fragment => {
  if (area._tag === "Circle") {
    const [lat, lon] = [degrees(area.center.lat), degrees(area.center.lon)]
    return sql`2 * ${S2.earthRadiusMetres.toFixed(1)}::float8 * asin(least(1, sqrt(
      sin(radians(a.lat - ${lat}::float8) / 2) ^ 2 + cos(radians(${lat}::float8)) * cos(radians(a.lat))
      * sin(radians(a.lon - ${lon}::float8) / 2) ^ 2))) <= ${(area.radiusMetres + slackMetres).toFixed(3)}::float8`
  }
  const [south, north] = [degrees(area.south - slackDegrees), degrees(area.north + slackDegrees)]
  const [west, east] = [degrees(area.west - slackDegrees), degrees(area.east + slackDegrees)]
  const meridians =
    area.west <= area.east
      ? sql`a.lon BETWEEN ${west}::float8 AND ${east}::float8`
      : sql`(a.lon >= ${west}::float8 OR a.lon <= ${east}::float8)`
  return sql`a.lat BETWEEN ${south}::float8 AND ${north}::float8
    AND (${meridians} OR abs(a.lon) = 180 OR abs(a.lat) = 90)`
}

/** Rounding, and the difference of two computations of a distance, are far below these. */
const slackMetres = 1
const slackDegrees = 1e-6

/** As text without an exponent: Postgres fails on numbers so small that their squares are nothing. */
const degrees = (angle: number): string => angle.toFixed(9)

/** Postgres knows no NUL in text, and no row has one. */
const text = (value: string): string => value.replaceAll("\0", "\uffff")

const isWithin = (area: Place.Area, at: GeoPoint.GeoPoint | undefined): boolean =>
  at !== undefined && Place.contains(area, at)

const toEvent = (row: EventRow): GroupCache.CachedEvent => ({
  messageId: row.message_id,
  app: row.app,
  kind: row.kind,
  version: row.version,
  ...(row.lat !== null &&
    row.lon !== null && {
      at: { lat: row.lat, lon: row.lon, ...(row.uncertainty !== null && { uncertainty: row.uncertainty }) }
    }),
  payload: JSON.parse(row.payload),
  groups: JSON.parse(row.groups),
  postedMillis: row.posted_millis
})

const toDigest = (row: DigestRow): GroupCache.CachedDigest => ({
  messageId: row.message_id,
  name: row.name,
  version: row.version,
  key: row.key,
  events: row.events,
  removals: row.removals,
  fingerprint: row.fingerprint,
  view: JSON.parse(row.view),
  newestMillis: row.newest_millis
})

const toFreshness = (row: SubtreeRow): Freshness.Freshness => ({
  group: row.name,
  scrapedAtMillis: row.scraped_at_millis,
  answeredAtMillis: row.answered_at_millis,
  articles: row.articles
})

const inOrder = (groups: ReadonlyArray<string>, rows: ReadonlyArray<SubtreeRow>): ReadonlyArray<Freshness.Freshness> =>
  groups.flatMap((group) => rows.filter((row) => row.name === group).map(toFreshness))
