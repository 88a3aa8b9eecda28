/**
 * Makes a directory in which a process keeps its things, or says why it cannot.
 */
import { Effect, Schema } from "effect"
import * as FileSystem from "node:fs"
import * as Path from "node:path"
import * as FileTrouble from "./FileTrouble.ts"

/** The directory cannot be made or written to; the reason names the part of its path that is in the way. */
export class DirectoryUnfit extends Schema.TaggedError<DirectoryUnfit>()("DirectoryUnfit", { reason: Schema.String }) {
  override get message(): string {
    return this.reason
  }
}

/** Where the spool of a site lies in the site's directory. */
export const spoolIn = (directory: string): string => Path.join(directory, "spool")

/** Makes it with all above it that is missing; one that is there must be writable. `directory` is absolute. */
export const make = (directory: string): Effect.Effect<void, DirectoryUnfit> =>
  Effect.gen(function* () {
    const missing: Array<string> = []
    let there = directory
    // The root is always there.
    for (; !FileSystem.existsSync(there); there = Path.dirname(there)) missing.unshift(there)
    yield* attempt(there, () => {
      FileSystem.readdirSync(there)
      FileSystem.accessSync(there, FileSystem.constants.W_OK)
    })
    for (const level of missing) yield* attempt(level, () => FileSystem.mkdirSync(level))
  })

const attempt = (named: string, act: () => void): Effect.Effect<void, DirectoryUnfit> =>
  Effect.try({ try: act, catch: (cause) => new DirectoryUnfit({ reason: FileTrouble.said(named, cause) }) })
