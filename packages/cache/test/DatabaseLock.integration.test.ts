import * as PgClient from "@effect/sql-pg/PgClient"
import { afterAll, assert, describe, it } from "@effect/vitest"
import * as LocalPostgres from "@lupin/testing/LocalPostgres"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as SqlClient from "effect/sql/SqlClient"
import * as CacheStore from "../src/CacheStore.ts"
import * as DatabaseLock from "../src/DatabaseLock.ts"
import * as PostgresStore from "../src/PostgresStore.ts"

const scope = Scope.makeUnsafe()
const url = (await Effect.runPromise(Scope.provide(LocalPostgres.acquire, scope))) ?? ""
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))
if (url === "") console.log("the lock on a cache's database: skipped, no Postgres is installed here")

const config = { url: Redacted.make(url) }
const client = PgClient.layer({ ...config, maxConnections: 1 })
const store = Effect.provide(
  CacheStore.CacheStore,
  Layer.suspend(() => Layer.fresh(PostgresStore.layerAt(url)))
)

/** Sessions that have the lock. */
const holders = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => sql<{ pid: number }>`SELECT pid FROM pg_locks
    WHERE locktype = 'advisory' AND classid = ${DatabaseLock.lockClass}::int8::oid AND granted`
)

describe.skipIf(url === "")("the lock on a cache's database", () => {
  it.live("is one cache's at a time, and free once that is closed", () =>
    Effect.gen(function* () {
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* DatabaseLock.acquire(config)
          const error = yield* Effect.flip(store)
          assert.strictEqual(error._tag, "DatabaseInUse")
          assert.match(error.message, /in use by another cache/)
        })
      )
      for (let start = 0; start < 3; start++) yield* store
    })
  )

  it.live("is another one's in another schema", () =>
    Effect.gen(function* () {
      yield* DatabaseLock.acquire(config)
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE SCHEMA IF NOT EXISTS beside`
      yield* DatabaseLock.acquire({ ...config, startupParameters: { search_path: "beside" } })
      assert.strictEqual((yield* holders).length, 2)
    }).pipe(Effect.scoped, Effect.provide(client))
  )

  it.live("is taken again where its connection is lost", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* Effect.repeat(holders, { until: (held) => held.length === 0 })
      yield* DatabaseLock.acquire(config, 20)
      const [first] = yield* holders
      yield* sql`SELECT pg_terminate_backend(${first?.pid ?? 0}::int)`
      const [second] = yield* Effect.repeat(holders, {
        until: ([held]) => held !== undefined && held.pid !== first?.pid
      })
      assert.isDefined(second)
      assert.strictEqual((yield* Effect.flip(store))._tag, "DatabaseInUse")
    }).pipe(Effect.scoped, Effect.provide(client))
  )
})
