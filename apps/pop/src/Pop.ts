/**
 * A POP host, built whole from services: a site that takes posts from clients and answers them from its cache.
 */
import * as Health from "@lupin/api/Health"
import * as JsonFace from "@lupin/api/JsonFace"
import type * as CacheStore from "@lupin/cache/CacheStore"
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

const json = (config: SiteConfig.Pop) => JsonFace.layer.pipe(Layer.provide(Site.http(config.listen.json)))

/** All of it but its HTTP faces. `store` is where its articles lie, `rows` what it caches. */
export const site = <E>(
  config: SiteConfig.Pop,
  apps: ReadonlyArray<App.App>,
  store: ReturnType<typeof Site.spool>,
  rows: Layer.Layer<CacheStore.CacheStore, E>
) =>
  Operations.layer(apps).pipe(
    Layer.provide(Zones.layer),
    Layer.provideMerge(CacheLayers.layer(rows)),
    Layer.provideMerge(Site.serving(config, nothingDigested)),
    Layer.provideMerge(Site.doors(config, apps, store))
  )

/** Serves until the layer's scope closes. */
export const layer = (config: SiteConfig.Pop, apps: ReadonlyArray<App.App>) =>
  Layer.mergeAll(json(config), meta(config)).pipe(
    Layer.provideMerge(site(config, apps, Site.spool(config), CacheLayers.rows(config)))
  )
