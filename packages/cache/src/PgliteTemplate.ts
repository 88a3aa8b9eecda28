/**
 * An empty PGlite database that is made once and copied for each cache: making takes seconds, copying a tenth of one.
 */
import * as Effect from "effect/Effect"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import * as PgliteBackend from "./PgliteBackend.ts"

/** The file that every Postgres data directory has. */
const markFile = "PG_VERSION"

/** Makes a template at `path` unless there is one. Several processes may do so at a time: the first to finish counts. */
export const make = (path: string): Effect.Effect<void, PgliteBackend.PgliteFailed> =>
  attempt(path, async () => {
    if (await isDatabase(path)) return
    const draft = `${path}.${process.pid}`
    await Fs.mkdir(Path.dirname(path), { recursive: true })
    await Fs.rm(draft, { recursive: true, force: true })
    const engine = await import("./PgliteEngine.ts")
    const backend = await engine.open(draft)
    await backend.close()
    await Fs.rename(draft, path).catch(async (cause: unknown) => {
      await Fs.rm(draft, { recursive: true, force: true })
      if (!(await isDatabase(path))) throw cause
    })
  })

/** Puts a copy of the template into `directory`, in place of what is there. */
export const copy = (path: string, directory: string): Effect.Effect<void, PgliteBackend.PgliteFailed> =>
  attempt(directory, async () => {
    const draft = `${directory}.copy`
    await remove(directory)
    await Fs.rm(draft, { recursive: true, force: true })
    await Fs.cp(path, draft, { recursive: true })
    await Fs.rename(draft, directory)
  })

/** Makes the directory's parent. */
export const prepare = (directory: string): Effect.Effect<void, PgliteBackend.PgliteFailed> =>
  attempt(directory, async () => {
    await Fs.mkdir(Path.dirname(directory), { recursive: true })
  })

/** Says whether `directory` holds a database, which may be damaged. */
export const exists = (directory: string): Effect.Effect<boolean> => Effect.promise(() => isDatabase(directory))

/** Deletes a database, or a template that has proved bad. */
export const drop = (directory: string): Effect.Effect<void, PgliteBackend.PgliteFailed> =>
  attempt(directory, () => remove(directory))

const isDatabase = async (directory: string): Promise<boolean> => {
  try {
    await Fs.access(Path.join(directory, markFile))
    return true
  } catch {
    return false
  }
}

const remove = (directory: string): Promise<void> => Fs.rm(directory, { recursive: true, force: true })

const attempt = <A>(directory: string, run: () => Promise<A>): Effect.Effect<A, PgliteBackend.PgliteFailed> =>
  Effect.tryPromise({
    try: run,
    catch: (cause) => new PgliteBackend.PgliteFailed({ directory, reason: String(cause) })
  })
