/**
 * Keeps the cache's rows in Postgres, or in PGlite, through one SqlClient.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Semaphore from "effect/Semaphore"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import * as CacheGeneration from "./CacheGeneration.ts"
import * as CacheSchema from "./CacheSchema.ts"
import * as CacheStore from "./CacheStore.ts"
import { CacheUnavailable } from "./GroupCache.ts"
import * as PostgresDraft from "./PostgresDraft.ts"
import * as PostgresPages from "./PostgresPages.ts"

/** Rows removed after which a database that does not tidy itself is vacuumed. */
const vacuumRowsMin = 20_000

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* CacheSchema.migrate
  const writer = yield* Semaphore.make(1)
  let generation = yield* readGeneration(sql)
  let removedRows = 0

  /** Writes come one after another, each as a whole, so that no content is dropped under a draft that counts on it. */
  const writing = <A>(effect: Effect.Effect<A, SqlError>) =>
    writer.withPermit(sql.withTransaction(effect)).pipe(Effect.mapError(unavailable))

  const vacuumIfDue = Effect.suspend(() => {
    if (removedRows < vacuumRowsMin) return Effect.void
    removedRows = 0
    return writer.withPermit(sql.unsafe("VACUUM")).pipe(Effect.asVoid, Effect.mapError(unavailable))
  })

  const drafts = PostgresDraft.make(sql, {
    writing,
    removed: (rows) => {
      removedRows += rows
    }
  })

  const drop = (groups: ReadonlyArray<string>) =>
    groups.length === 0
      ? Effect.void
      : writing(
          Effect.gen(function* () {
            yield* sql`DELETE FROM subtree WHERE name = ANY(${groups}::text[])`
            yield* drafts.sweep
          })
        ).pipe(Effect.andThen(vacuumIfDue))

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
    draft: (group) => drafts.draft(group).pipe(Effect.tap(vacuumIfDue)),
    freshDraft: drafts.freshDraft,
    events: (query) => PostgresPages.events(sql, query).pipe(Effect.mapError(unavailable)),
    digest: (query) => PostgresPages.digest(sql, query).pipe(Effect.mapError(unavailable)),
    subtrees: PostgresPages.subtrees(sql).pipe(Effect.mapError(unavailable)),
    drop,
    dropAll
  })
})

/** Opens the cache in the client's database, which has no other tables of these names. */
export const layer = Layer.effect(CacheStore.CacheStore, make)

const readGeneration = Effect.fnUntraced(function* (sql: SqlClient.SqlClient) {
  const [row] = yield* sql<{ generation: string }>`SELECT generation FROM cache_meta`
  if (row !== undefined) return row.generation
  const minted = yield* CacheGeneration.mint
  yield* sql`INSERT INTO cache_meta (generation) VALUES (${minted})`
  return minted
})

const unavailable = (error: SqlError) => new CacheUnavailable({ reason: `the cache database: ${error.message}` })
