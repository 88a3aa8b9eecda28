/**
 * Keeps the cache's rows in Postgres, or in PGlite, through one SqlClient.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Semaphore from "effect/Semaphore"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import * as CacheGeneration from "./CacheGeneration.ts"
import * as CacheSchema from "./CacheSchema.ts"
import * as CacheStore from "./CacheStore.ts"
import { CacheUnavailable } from "./GroupCache.ts"
import * as PostgresDraft from "./PostgresDraft.ts"
import * as PostgresPages from "./PostgresPages.ts"
import * as Upkeep from "./Upkeep.ts"

/** Opens the cache in the client's database, and creates its tables there, unless somebody else has tables of these names. */
export const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const writer = yield* Semaphore.make(1)
  const prepare = Effect.andThen(CacheSchema.migrate, readGeneration(sql))
  yield* CacheSchema.claim
  // A cache can always be lost: tables of ours that are not as they should be make way.
  let generation = yield* Effect.catch(prepare, () => Effect.andThen(CacheSchema.drop, prepare))
  let kept = Upkeep.fresh

  /** Writes come one after another, each as a whole, so that no content is dropped under a draft that counts on it. */
  const writing = <A>(effect: Effect.Effect<A, SqlError>) => writer.withPermit(whole(sql.withTransaction(effect)))

  const upkeep: Effect.Effect<void, CacheUnavailable> = Effect.suspend(() => {
    const due = Upkeep.due(kept)
    if (due === undefined) return Effect.void
    kept = Upkeep.done(kept, due)
    const look = writer.withPermit(whole(Effect.asVoid(sql.unsafe(CacheSchema.upkeep[due]))))
    return due === "vacuum" ? Effect.andThen(writing(drafts.sweep), look) : look
  })

  const drafts = PostgresDraft.make(sql, {
    writing,
    upkeep,
    count: (added, removed) => {
      kept = Upkeep.count(kept, added, removed)
    }
  })

  // Scrapes that ended with an earlier process; nobody may ask for their subtrees again.
  yield* writing(
    Effect.gen(function* () {
      const unfinished = yield* sql<{ id: number }>`SELECT id FROM subtree WHERE scraped_at_millis IS NULL`
      yield* drafts.discard(unfinished.map((row) => row.id))
    })
  )

  const drop = (groups: ReadonlyArray<string>) =>
    groups.length === 0
      ? Effect.void
      : writing(
          Effect.gen(function* () {
            const rows = yield* sql<{ id: number }>`SELECT id FROM subtree WHERE name = ANY(${groups}::text[])`
            yield* drafts.discard(rows.map((row) => row.id))
          })
        ).pipe(Effect.andThen(upkeep))

  const dropAll = Effect.gen(function* () {
    const next = yield* CacheGeneration.mint
    yield* writing(
      Effect.gen(function* () {
        yield* sql.unsafe(`TRUNCATE ${CacheSchema.contentTables}`)
        yield* sql`INSERT INTO cache_meta (generation) VALUES (${next})`
      })
    )
    generation = next
  })

  return CacheStore.CacheStore.of({
    generation: Effect.sync(() => generation),
    draft: drafts.draft,
    freshDraft: drafts.freshDraft,
    events: (query) => whole(PostgresPages.events(sql, query)),
    digest: (query) => whole(PostgresPages.digest(sql, query)),
    subtrees: whole(PostgresPages.subtrees(sql)),
    drop,
    dropAll
  })
})

/** Opens the cache in the client's database, of which no other host has use. */
export const layer = Layer.effect(CacheStore.CacheStore, make)

/** Connections to a Postgres server: one writes, the others read. */
const connectionsMax = 4

/** Opens the cache in the database that `url` names: `postgres://user:password@host:port/database`. */
export const layerAt = (url: string) =>
  URL.canParse(url)
    ? layer.pipe(
        Layer.provide(PgClient.layer({ url: Redacted.make(url), maxConnections: connectionsMax })),
        Layer.catchTag("SqlError", (error) => Layer.effect(CacheStore.CacheStore, Effect.fail(unavailable(error))))
      )
    : Layer.effect(
        CacheStore.CacheStore,
        Effect.fail(new CacheUnavailable({ reason: "the cache database: its address is no URL" }))
      )

const readGeneration = Effect.fnUntraced(function* (sql: SqlClient.SqlClient) {
  const [row] = yield* sql<{ generation: string }>`SELECT generation FROM cache_meta`
  if (row !== undefined) return row.generation
  const minted = yield* CacheGeneration.mint
  yield* sql`INSERT INTO cache_meta (generation) VALUES (${minted})`
  return minted
})

/**
 * Runs to its end even when nobody waits any more: PGlite cannot cancel a query, and its client gives up a connection
 * whose query does not end soon after it was asked to.
 */
const whole = <A>(effect: Effect.Effect<A, SqlError>) => Effect.uninterruptible(Effect.mapError(effect, unavailable))

const unavailable = ({ reason }: SqlError) => {
  const cause = reason.cause instanceof Error ? `: ${reason.cause.message}` : ""
  return new CacheUnavailable({ reason: `the cache database: ${reason.message ?? reason._tag}${cause}` })
}
