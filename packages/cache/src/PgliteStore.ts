/**
 * Keeps the cache's rows in a PGlite database in a directory of this host.
 *
 * A database that does not open, after a kill or with tables of another version, is dropped: the cache begins a new
 * generation.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as Scope from "effect/Scope"
import * as SqlClient from "effect/sql/SqlClient"
import * as Recoveries from "@lupin/core/Recoveries"
import * as CacheStore from "./CacheStore.ts"
import * as DirectoryLock from "./DirectoryLock.ts"
import * as PgliteBackend from "./PgliteBackend.ts"
import * as PgliteDuplex from "./PgliteDuplex.ts"
import * as PgliteTemplate from "./PgliteTemplate.ts"
import * as PgliteThread from "./PgliteThread.ts"
import * as PostgresStore from "./PostgresStore.ts"

export interface Options {
  /** Of the database alone. A lock file lies beside it. */
  readonly directory: string
  /** Where `PgliteTemplate` keeps the empty database that is copied; made there if it is missing. */
  readonly template?: string
  /** Where queries run: in a thread of their own (the default), or in this one. */
  readonly runs?: "inThread" | "inProcess"
}

const open = Effect.fnUntraced(function* ({ directory, template, runs = "inThread" }: Options) {
  const backendIn = runs === "inThread" ? PgliteThread.inThread : PgliteBackend.inProcess
  const attempt = Effect.gen(function* () {
    const backend = yield* backendIn(directory)
    const client = yield* PgClient.makeClient({
      stream: () => PgliteDuplex.make(backend),
      username: "postgres",
      database: "postgres"
    })
    return yield* Effect.provideService(PostgresStore.make, SqlClient.SqlClient, client)
  }).pipe(inOwnScope)

  const renew = (isTemplateBad: boolean) =>
    Effect.gen(function* () {
      yield* PgliteTemplate.drop(directory)
      if (template === undefined) return
      if (isTemplateBad) yield* PgliteTemplate.drop(template)
      yield* PgliteTemplate.make(template)
      yield* PgliteTemplate.copy(template, directory)
    })

  yield* PgliteTemplate.prepare(directory)
  yield* DirectoryLock.acquire(directory)
  if (!(yield* PgliteTemplate.exists(directory))) yield* renew(false)
  return yield* attempt.pipe(
    Effect.catchCause((cause) => Effect.andThen(told(directory, cause), Effect.andThen(renew(false), attempt))),
    Effect.catchCause((cause) => Effect.andThen(told(directory, cause), Effect.andThen(renew(true), attempt))),
    Effect.mapError((error) => new PgliteBackend.PgliteFailed({ directory, reason: error.message }))
  )
})

/** Opens the cache in `directory`, as it was left or anew. */
export const layer = (options: Options) =>
  Layer.effect(CacheStore.CacheStore, open(options)).pipe(Layer.provide(Reactivity.layer))

/** Nothing of a failed attempt stays open when the next one begins. */
const inOwnScope = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const scope = yield* Scope.fork(yield* Effect.scope)
    return yield* Effect.onExit(Scope.provide(self, scope), (exit) =>
      Exit.isSuccess(exit) ? Effect.void : Scope.close(scope, exit)
    )
  })

const told = (directory: string, cause: Cause.Cause<unknown>) =>
  Cause.hasInterruptsOnly(cause)
    ? Effect.failCause(cause as Cause.Cause<never>)
    : Effect.andThen(
        Effect.map(Recoveries.Recoveries, ({ note }) => note("cache-made-anew")),
        Effect.logWarning(`The cache database in ${directory} does not open, and is made anew`, Cause.pretty(cause))
      )
