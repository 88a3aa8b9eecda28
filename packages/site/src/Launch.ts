/**
 * Runs one site as this process: configuration, apps, the site's layer, then until a signal comes.
 */
import type * as App from "@lupin/core/App"
import { Effect, Layer, type Result, type Scope } from "effect"
import * as FileSystem from "node:fs"
import * as Path from "node:path"
import * as AppModules from "./AppModules.ts"
import * as JsonLog from "./JsonLog.ts"
import * as SiteConfig from "./SiteConfig.ts"

const readConfig = <C>(
  file: string,
  decode: (text: string, file: string) => Result.Result<C, SiteConfig.ConfigInvalid>
): Effect.Effect<C, SiteConfig.ConfigInvalid> =>
  Effect.flatMap(
    Effect.try({
      try: () => FileSystem.readFileSync(file, "utf8"),
      catch: (cause) => new SiteConfig.ConfigInvalid({ file, faults: [{ key: "(file)", message: String(cause) }] })
    }),
    (text) => Effect.fromResult(decode(text, file))
  )

/** A fleet's process that goes away takes its sites with it. */
const abandoned: Effect.Effect<void> = Effect.callback((resume) => {
  if (process.channel === undefined || process.channel === null) return
  process.once("disconnect", () => resume(Effect.void))
})

const sayReady = Effect.sync(() => void process.send?.("ready"))

/** Serves until it is interrupted. `site` builds the whole site from its configuration. */
export const launch = <C extends SiteConfig.SiteConfig, R, E>(
  file: string,
  decode: (text: string, file: string) => Result.Result<C, SiteConfig.ConfigInvalid>,
  site: (config: C, apps: ReadonlyArray<App.App>) => Layer.Layer<R, E>
): Effect.Effect<void, SiteConfig.ConfigInvalid | AppModules.AppModuleInvalid | E> =>
  Effect.scoped(
    Effect.gen(function* (): Effect.fn.Return<
      void,
      SiteConfig.ConfigInvalid | AppModules.AppModuleInvalid | E,
      Scope.Scope
    > {
      const config = yield* readConfig(file, decode)
      const apps = yield* AppModules.load(config.apps, Path.dirname(Path.resolve(file)))
      yield* Layer.build(site(config, apps))
      yield* Effect.logInfo(`${config.name} serves`, JSON.stringify(config.listen))
      yield* sayReady
      yield* abandoned.pipe(Effect.andThen(Effect.logWarning("the fleet has gone; stopping")))
    })
  ).pipe(Effect.provide(JsonLog.layer(process.env["LUPIN_LOG"] === "debug")))
