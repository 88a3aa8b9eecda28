/**
 * A file system of its own for a test, so small that it is full soon: a tmpfs, where the system lets us mount one.
 */
import { Effect, type Scope } from "effect"
import { spawnSync } from "node:child_process"
import * as FileSystem from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"

/**
 * Its directory, empty, until the scope closes; undefined, with the reason printed for the test `name`, where none can be
 * mounted. Where `CI` is set that is a failure: there everything runs.
 */
export const acquire = (name: string, bytes: number): Effect.Effect<string | undefined, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const directory = FileSystem.mkdtempSync(Path.join(Os.tmpdir(), "lupin-small-"))
      const { error, status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", directory], {
        encoding: "utf8"
      })
      if (status === 0) return directory
      FileSystem.rmSync(directory, { recursive: true })
      const reason = `${name}: no file system can be mounted here (${error?.message ?? stderr.trim()})`
      if (process.env["CI"] === "true") throw new Error(reason)
      console.log(`${reason}; skipped`)
      return undefined
    }),
    (directory) =>
      Effect.sync(() => {
        if (directory === undefined) return
        // Whatever is still open there goes with its process.
        spawnSync("umount", ["--lazy", directory])
        FileSystem.rmSync(directory, { recursive: true, force: true })
      })
  )
