/**
 * Loads the app modules that a site's configuration names.
 */
import type * as App from "@lupin/core/App"
import { Effect, Schema } from "effect"
import * as Path from "node:path"
import { pathToFileURL } from "node:url"

/** The module cannot be loaded, or what it exports as default or `app` is no app definition. */
export class AppModuleInvalid extends Schema.TaggedError<AppModuleInvalid>()("AppModuleInvalid", {
  module: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `apps: ${this.module}: ${this.reason}`
  }
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
        try: (): Promise<unknown> => import(pathToFileURL(Path.resolve(from, module)).href),
        catch: (cause) => new AppModuleInvalid({ module, reason: String(cause) })
      }),
      (loaded) => {
        const app = appOf(loaded)
        return app === undefined
          ? Effect.fail(new AppModuleInvalid({ module, reason: "its default export is no app (see defineApp)" }))
          : Effect.succeed(app)
      }
    )
  )
