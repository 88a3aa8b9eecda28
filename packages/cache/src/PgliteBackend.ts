/**
 * One Postgres backend in WebAssembly, spoken to in the wire protocol: in this thread, or behind a `PgliteThread`.
 */
import { PGlite } from "@electric-sql/pglite"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"

export interface PgliteBackend {
  /** Runs whole frontend messages, one call after another, and hands on what the backend says meanwhile. */
  readonly execute: (messages: Uint8Array, onData: (octets: Uint8Array) => void) => Promise<void>
  readonly close: () => Promise<void>
}

/** The database in this directory does not open, or the directory cannot be used. */
export class PgliteFailed extends Schema.TaggedError<PgliteFailed>()("PgliteFailed", {
  directory: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `${this.directory}: ${this.reason}`
  }
}

/** A cache is small and can be lost: little memory, short logs. */
const settings = ["shared_buffers=32MB", "wal_buffers=1MB", "max_wal_size=64MB", "min_wal_size=32MB"]

/** Opens the database in `directory`, and makes one first if the directory is empty or absent (seconds of CPU). */
export const create = async (directory: string): Promise<PgliteBackend> => {
  const database = await PGlite.create({ dataDir: directory, postgresqlconf: settings, relaxedDurability: true })
  return {
    execute: (messages, onData) =>
      database.runExclusive(() => database.execProtocolRawStream(messages, { onRawData: onData })),
    close: () => database.close()
  }
}

/** The backend in this thread: a query holds up everything else here while it runs. */
export const inProcess = (directory: string): Effect.Effect<PgliteBackend, PgliteFailed, Scope.Scope> =>
  scoped(directory, () => create(directory))

/** Closes with the scope; a backend that fails to close has nothing left to lose. */
export const scoped = (
  directory: string,
  open: () => Promise<PgliteBackend>
): Effect.Effect<PgliteBackend, PgliteFailed, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.tryPromise({ try: open, catch: (cause) => new PgliteFailed({ directory, reason: String(cause) }) }),
    (backend) => Effect.promise(() => backend.close().catch(() => undefined))
  )
