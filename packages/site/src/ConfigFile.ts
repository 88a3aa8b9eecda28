/**
 * The configuration of a site as it lies on disk.
 */
import { Effect, type Result } from "effect"
import * as FileSystem from "node:fs"
import * as Path from "node:path"
import * as FileTrouble from "./FileTrouble.ts"
import * as Settings from "./Settings.ts"
import * as SiteConfig from "./SiteConfig.ts"

/** How text becomes a configuration: `SiteConfig.pop`, `SiteConfig.central`, `SiteConfig.any`. */
export type Decode<C> = (text: string, file: string) => Result.Result<C, SiteConfig.ConfigInvalid>

/** Reads it; the files it names start at its folder. */
export const read = <C extends SiteConfig.SiteConfig>(
  file: string,
  decode: Decode<C>
): Effect.Effect<C, SiteConfig.ConfigInvalid> =>
  Effect.try({
    try: () => FileSystem.readFileSync(file, "utf8"),
    catch: (cause) => {
      const message = FileTrouble.said("the configuration", cause)
      return new SiteConfig.ConfigInvalid({ file, faults: [{ key: SiteConfig.wholeFile, message }] })
    }
  }).pipe(
    Effect.flatMap((text) => Effect.fromResult(decode(text, file))),
    Effect.map((config) => Settings.at(Path.dirname(Path.resolve(file)), config))
  )
