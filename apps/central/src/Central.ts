/**
 * A host of a central zone, built whole from services: a site that digests.
 */
import type * as App from "@lupin/core/App"
import * as Digester from "@lupin/digest/Digester"
import * as Pump from "@lupin/digest/Pump"
import * as InProcessFanout from "@lupin/fanout/InProcessFanout"
import * as Site from "@lupin/site/Site"
import type * as SiteConfig from "@lupin/site/SiteConfig"
import { Effect, Layer } from "effect"
import * as Doubts from "./Doubts.ts"

/** The fan-out inside this host, and the digestions of its apps on it. */
const digesting = (config: SiteConfig.Central, apps: ReadonlyArray<App.App>) =>
  Pump.layer.pipe(
    Layer.provideMerge(Digester.layer({ apps, zone: config.zone, zones: config.zones })),
    Layer.provide(InProcessFanout.layer())
  )

/** All of it but its meta port. `store` is where its articles lie. */
export const site = (
  config: SiteConfig.Central,
  apps: ReadonlyArray<App.App>,
  store: ReturnType<typeof Site.spool> = Site.spool(config)
) =>
  Doubts.layer(config).pipe(
    Layer.provideMerge(
      Site.serving(
        config,
        Effect.map(Digester.Digester, ({ isDigested }) => isDigested),
        Effect.flatMap(Digester.Digester, ({ disagreed }) => disagreed)
      )
    ),
    Layer.provideMerge(digesting(config, apps)),
    Layer.provideMerge(Site.doors(config, apps, store))
  )

/** Serves until the layer's scope closes. */
export const layer = (config: SiteConfig.Central, apps: ReadonlyArray<App.App>) =>
  Site.meta(config).pipe(Layer.provideMerge(site(config, apps)))
