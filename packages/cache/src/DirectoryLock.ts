/**
 * Keeps two processes from opening the same directory.
 *
 * The lock is an exclusive transaction on an empty SQLite file beside the directory, which may itself be replaced
 * meanwhile. The system gives it back however the process ends.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { DatabaseSync } from "node:sqlite"

/** Another live process has the directory. Stop that one first, or use another directory. */
export class DirectoryInUse extends Schema.TaggedError<DirectoryInUse>()("DirectoryInUse", {
  directory: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `${this.directory} is in use by another process: ${this.reason}`
  }
}

/** The lock's file. */
const fileOf = (directory: string): string => `${directory}.locked`

/** Takes the lock until the scope closes. The directory's parent exists. */
export const acquire = (directory: string): Effect.Effect<void, DirectoryInUse, Scope.Scope> =>
  Effect.asVoid(
    Effect.acquireRelease(
      Effect.try({
        try: () => take(fileOf(directory)),
        catch: (cause) => new DirectoryInUse({ directory, reason: String(cause) })
      }),
      (lock) => Effect.sync(() => lock.close())
    )
  )

const take = (file: string): DatabaseSync => {
  const lock = new DatabaseSync(file, { timeout: 0 })
  try {
    lock.exec("BEGIN EXCLUSIVE")
    return lock
  } catch (cause) {
    lock.close()
    throw cause
  }
}
