/**
 * The cache of a POP host: rows in its own Postgres, scraped from its own NNTP port.
 */
import type * as CacheStore from "@lupin/cache/CacheStore"
import * as NntpSource from "@lupin/cache/NntpSource"
import * as PgliteStore from "@lupin/cache/PgliteStore"
import * as PostgresStore from "@lupin/cache/PostgresStore"
import * as ScrapingCache from "@lupin/cache/ScrapingCache"
import * as NntpServer from "@lupin/nntp/NntpServer"
import type * as SiteConfig from "@lupin/site/SiteConfig"
import { Effect, Layer } from "effect"
import * as Path from "node:path"

const embedded = ({ cache, directory }: SiteConfig.Pop) =>
  PgliteStore.layer({
    directory: Path.join(directory, "cache"),
    ...(cache.template === undefined ? {} : { template: cache.template })
  })

type RowsError = Layer.Error<ReturnType<typeof embedded>> | Layer.Error<ReturnType<typeof PostgresStore.layerAt>>

/** Real Postgres where the configuration names one, else the embedded one in the site's directory. */
export const rows = (config: SiteConfig.Pop): Layer.Layer<CacheStore.CacheStore, RowsError> =>
  config.cache.postgres === undefined ? embedded(config) : PostgresStore.layerAt(config.cache.postgres)

/** This host's own port: it scrapes what its own spool holds. */
const source = Layer.unwrap(Effect.map(NntpServer.NntpServer, ({ address }) => NntpSource.layer(address)))

/** The cache over its rows. */
export const layer = <E>(rows: Layer.Layer<CacheStore.CacheStore, E>) =>
  ScrapingCache.layer().pipe(Layer.provide(rows), Layer.provide(source))
