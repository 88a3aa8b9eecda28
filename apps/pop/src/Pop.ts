/**
 * A POP host, built whole from services: a site that takes posts from clients and answers them from its cache.
 */
import * as Health from "@lupin/api/Health"
import * as JsonFace from "@lupin/api/JsonFace"
import * as GroupCache from "@lupin/cache/GroupCache"
import type * as App from "@lupin/core/App"
import * as Site from "@lupin/site/Site"
import type * as SiteConfig from "@lupin/site/SiteConfig"
import { Effect, Layer } from "effect"
import * as CacheLayers from "./CacheLayers.ts"
import * as Operations from "./Operations.ts"
import * as Zones from "./Zones.ts"

/** No digester runs at a POP. */
const nothingDigested = Effect.succeed(() => false)

const cacheCheck = Effect.map(GroupCache.GroupCache, (cache): Health.Check => ({
  name: "cache",
  run: cache.subtrees.pipe(
    Effect.as(Health.ok),
    Effect.catch(({ reason }) => Effect.succeed(Health.failing(reason)))
  )
}))

const meta = (config: SiteConfig.Pop) => Layer.unwrap(Effect.map(cacheCheck, (check) => Site.meta(config, [check])))

const json = (config: SiteConfig.Pop, apps: ReadonlyArray<App.App>) =>
  JsonFace.layer.pipe(
    Layer.provide(Operations.layer(apps)),
    Layer.provide(Zones.layer),
    Layer.provide(Site.http(config.listen.json))
  )

/** Serves until the layer's scope closes. */
export const layer = (config: SiteConfig.Pop, apps: ReadonlyArray<App.App>) =>
  Layer.mergeAll(json(config, apps), meta(config)).pipe(
    Layer.provideMerge(CacheLayers.layer(config)),
    Layer.provideMerge(Site.serving(config, nothingDigested)),
    Layer.provideMerge(Site.doors(config, apps))
  )
