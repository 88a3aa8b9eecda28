/**
 * Keeps two caches out of one Postgres database: each would drop and number rows that the other counts on.
 *
 * The lock is a session advisory lock on a connection of its own. Postgres gives it back when that connection ends, and
 * ends a connection of which it has heard nothing for `silenceMillisMax`, as after a power cut.
 */
import * as PgConnection from "@effect/sql-pg/PgConnection"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { SqlError } from "effect/sql/SqlError"

/** Another live cache has the database. Stop that one first, or give this one a database of its own. */
export class DatabaseInUse extends Schema.TaggedError<DatabaseInUse>()("DatabaseInUse", {}) {
  override get message(): string {
    return "the cache's database is in use by another cache; give each POP host a database of its own"
  }
}

/** The first half of the lock's key, for Lupin's caches; the second is a hash of the schema in which the tables lie. */
export const lockClass = 0x4c75_7069

/** How long Postgres keeps the lock of a connection that is silent. */
const silenceMillisMax = 60_000
/** How often the connection is heard of; a lock that was lost is taken again after as long. */
const watchMillisDefault = 20_000

/** The session of a process that has just ended may be there for a moment yet. */
const patience = { times: 5, schedule: Schedule.spaced("200 millis") }

/**
 * Takes the lock until the scope closes, and takes it again where its connection breaks, as when Postgres restarts.
 * Where somebody else is quicker then, the log says so for as long as that is true: nobody can know which of the two is wanted.
 */
export const acquire = Effect.fnUntraced(function* (
  config: PgConnection.Config,
  watchMillis: number = watchMillisDefault
): Effect.fn.Return<void, DatabaseInUse | SqlError, Scope.Scope> {
  const first = yield* Deferred.make<void, DatabaseInUse | SqlError>()
  const hold = Effect.gen(function* () {
    const connection = yield* PgConnection.make(config)
    yield* Effect.retry(take(connection), { ...patience, while: ({ _tag }) => _tag === "DatabaseInUse" })
    yield* Deferred.succeed(first, undefined)
    return yield* Effect.forever(Effect.andThen(Effect.sleep(watchMillis), connection.query("SELECT 1")))
  }).pipe(Effect.scoped)
  const failed = Effect.fnUntraced(function* (error: DatabaseInUse | SqlError) {
    // Whoever waits for the first lock ends with this error, and the scope with them.
    if (yield* Deferred.fail(first, error)) return yield* Effect.never
    yield* Effect.logWarning(`the lock on the cache's database is lost, and is taken again: ${error.message}`)
    yield* Effect.sleep(watchMillis)
  })
  yield* Effect.forkScoped(Effect.forever(Effect.catch(hold, failed)))
  yield* Deferred.await(first)
})

const take = Effect.fnUntraced(function* (
  connection: PgConnection.PgConnection
): Effect.fn.Return<void, DatabaseInUse | SqlError> {
  const { rows } = yield* connection.query(
    `SELECT set_config('idle_session_timeout', '${silenceMillisMax}', false),
      pg_try_advisory_lock(${lockClass}, hashtext(coalesce(current_schema(), ''))) AS held`
  )
  if (rows[0]?.["held"] !== true) return yield* new DatabaseInUse()
})
