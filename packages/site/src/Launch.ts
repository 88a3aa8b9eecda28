/**
 * Runs one site as this process: configuration, apps, the site's layer, then until a signal comes; SIGHUP reloads.
 */
import type * as App from "@lupin/core/App"
import { Spool } from "@lupin/spool/Spool"
import { Context, Effect, Layer, type Scope } from "effect"
import * as Path from "node:path"
import * as AppModules from "./AppModules.ts"
import * as ConfigFile from "./ConfigFile.ts"
import * as JsonLog from "./JsonLog.ts"
import { Live } from "./Live.ts"
import * as OwnDirectory from "./OwnDirectory.ts"
import * as Reload from "./Reload.ts"
import * as SiteConfig from "./SiteConfig.ts"

/** A fleet's process that goes away takes its sites with it. */
const abandoned: Effect.Effect<void> = Effect.callback((resume) => {
  if (process.channel === undefined || process.channel === null) return
  process.once("disconnect", () => resume(Effect.void))
})

const sayReady = Effect.sync(() => void process.send?.("ready"))

/** What a site writes in, each by the key that names it. */
const directoriesOf = ({
  classes = [],
  directory
}: SiteConfig.SiteConfig): ReadonlyArray<readonly [key: string, directory: string]> => [
  ["directory", directory],
  ...classes.flatMap((one, at) =>
    one.directory === undefined ? [] : [[`classes[${at}].directory`, one.directory] as const]
  )
]

/** Serves until it is interrupted. `site` builds the whole site from its configuration. */
export const launch = <C extends SiteConfig.SiteConfig, R, E>(
  file: string,
  decode: ConfigFile.Decode<C>,
  site: (config: C, apps: ReadonlyArray<App.App>) => Layer.Layer<R | Live | Spool, E>
): Effect.Effect<void, SiteConfig.ConfigInvalid | AppModules.AppModuleInvalid | E> =>
  Effect.scoped(
    Effect.gen(function* (): Effect.fn.Return<
      void,
      SiteConfig.ConfigInvalid | AppModules.AppModuleInvalid | E,
      Scope.Scope
    > {
      const config = yield* ConfigFile.read(file, decode)
      for (const [key, directory] of directoriesOf(config)) {
        yield* Effect.mapError(
          OwnDirectory.make(directory),
          ({ reason }) => new SiteConfig.ConfigInvalid({ file, faults: [{ key, message: reason }] })
        )
      }
      const apps = yield* AppModules.load(config.apps, Path.dirname(Path.resolve(file)))
      const built = yield* Layer.build(site(config, apps))
      yield* Reload.listen(Context.get(built, Live), config.directory, ConfigFile.read(file, decode)).pipe(
        Effect.provideService(Spool, Context.get(built, Spool))
      )
      yield* Effect.logInfo(`${config.name} serves`, JSON.stringify(config.listen))
      yield* sayReady
      yield* abandoned.pipe(Effect.andThen(Effect.logWarning("the fleet has gone; stopping")))
    })
  ).pipe(Effect.provide(JsonLog.layer(process.env["LUPIN_LOG"] === "debug")))
