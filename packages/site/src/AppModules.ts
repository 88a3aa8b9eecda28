/**
 * Loads the app modules that a site's configuration names.
 */
import type * as App from "@lupin/core/App"
import { Effect, Schema } from "effect"
import * as FileSystem from "node:fs/promises"
import * as Path from "node:path"
import { pathToFileURL } from "node:url"
import * as FileTrouble from "./FileTrouble.ts"

/** The module cannot be loaded, or what it exports as default or `app` is no app definition. */
export class AppModuleInvalid extends Schema.TaggedError<AppModuleInvalid>()("AppModuleInvalid", {
  module: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `apps: ${this.module}: ${this.reason}`
  }
}

/** Of a file that cannot be read the system says why; of one that does not load its error does, and where that came up. */
const reasonOf = (file: string, cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause)
  if ("syscall" in cause) return FileTrouble.said(file, cause)
  const where = /(?:^|file:\/\/|\()(\/[^\s()]+:\d+)/m.exec(cause.stack ?? "")?.[1]
  return where === undefined ? String(cause) : `${String(cause)} (${where})`
}

const isApp = (value: unknown): value is App.App =>
  typeof value === "object" && value !== null && "name" in value && "events" in value && "digestions" in value

const appOf = (loaded: unknown): App.App | undefined => {
  if (typeof loaded !== "object" || loaded === null) return undefined
  const found = "default" in loaded ? loaded.default : "app" in loaded ? loaded.app : undefined
  return isApp(found) ? found : undefined
}

/** Loads each module; a relative path starts at `from`, the folder of the configuration. */
export const load = (
  modules: ReadonlyArray<string>,
  from: string
): Effect.Effect<ReadonlyArray<App.App>, AppModuleInvalid> =>
  Effect.forEach(modules, (module) =>
    Effect.flatMap(
      Effect.tryPromise({
        try: async (): Promise<unknown> => {
          const file = Path.resolve(from, module)
          // Node tells of a file that is missing as of a package, with the module that asked.
          await FileSystem.access(file)
          return import(pathToFileURL(file).href)
        },
        catch: (cause) => new AppModuleInvalid({ module, reason: reasonOf(Path.resolve(from, module), cause) })
      }),
      (loaded) => {
        const app = appOf(loaded)
        return app === undefined
          ? Effect.fail(new AppModuleInvalid({ module, reason: "its default export is no app (see defineApp)" }))
          : Effect.succeed(app)
      }
    )
  )
