/**
 * One Postgres backend in WebAssembly, spoken to in the wire protocol: in this thread, or behind a `PgliteThread`.
 */
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

/** The backend in this thread: a query holds up everything else here while it runs. */
export const inProcess = (directory: string): Effect.Effect<PgliteBackend, PgliteFailed, Scope.Scope> =>
  scoped(directory, async () => {
    const engine = await import("./PgliteEngine.ts")
    return engine.open(directory)
  })

/** Closes with the scope; a backend that fails to close has nothing left to lose. */
export const scoped = (
  directory: string,
  open: () => Promise<PgliteBackend>
): Effect.Effect<PgliteBackend, PgliteFailed, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.tryPromise({ try: open, catch: (cause) => new PgliteFailed({ directory, reason: String(cause) }) }),
    (backend) => Effect.promise(() => backend.close().catch(() => undefined))
  )
