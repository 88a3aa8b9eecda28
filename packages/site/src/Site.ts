/**
 * What every site is made of, POP host or zone: its spool with two doors, and what serves, feeds, refills and expires.
 */
import * as Health from "@lupin/api/Health"
import * as MetaFace from "@lupin/api/MetaFace"
import * as ParserAnswer from "@lupin/api/ParserAnswer"
import type * as App from "@lupin/core/App"
import type * as MessageId from "@lupin/core/MessageId"
import * as FileAccounts from "@lupin/nntp/FileAccounts"
import * as NntpServer from "@lupin/nntp/NntpServer"
import * as Showings from "@lupin/nntp/Showings"

import * as ControlMessages from "@lupin/spool/ControlMessages"
import * as Expiry from "@lupin/spool/Expiry"
import * as FileSpool from "@lupin/spool/FileSpool"
import * as GpgAuthority from "@lupin/spool/GpgAuthority"
import { Injector } from "@lupin/spool/Injector"
import { Relayer } from "@lupin/spool/Relayer"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import type { Spool, SpoolUnavailable } from "@lupin/spool/Spool"
import { StorageClasses } from "@lupin/spool/StorageClass"
import { Effect, Layer } from "effect"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { createServer } from "node:http"
import * as CancelSecretFile from "./CancelSecretFile.ts"
import * as ComparePage from "./ComparePage.ts"
import { Histories } from "./Histories.ts"
import * as Live from "./Live.ts"
import * as PeersPage from "./PeersPage.ts"
import * as Mend from "./Mend.ts"
import * as OwnDirectory from "./OwnDirectory.ts"
import * as Reconcile from "./Reconcile.ts"
import { ReconcileRequests } from "./ReconcileRequests.ts"
import * as ReconcileServer from "./ReconcileServer.ts"
import * as Refill from "./Refill.ts"
import * as SiteChecks from "./SiteChecks.ts"
import * as SiteConfig from "./SiteConfig.ts"
import * as SiteMetrics from "./SiteMetrics.ts"
import * as Storage from "./Storage.ts"

/** The spool of a site, in its directory. */
export const spool = (config: SiteConfig.SiteConfig): Layer.Layer<Spool, SpoolUnavailable, SiteIdentity> =>
  FileSpool.layer({ directory: OwnDirectory.spoolIn(config.directory), durability: config.durability })

/** A spool, the site's name, and the doors by which articles enter. */
export const doors = (
  config: SiteConfig.SiteConfig,
  apps: ReadonlyArray<App.App>,
  store: Layer.Layer<Spool, SpoolUnavailable, SiteIdentity> = spool(config)
) =>
  Layer.mergeAll(Injector.layer, Relayer.layer()).pipe(
    Layer.provideMerge(store.pipe(Layer.provide(Layer.succeed(StorageClasses, Storage.classesOf(config))))),
    Layer.provideMerge(
      SiteIdentity.layer({
        name: config.name,
        path: config.path,
        kind: config.kind,
        apps: new Set(apps.map(({ name }) => name))
      })
    )
  )

/** Whenever something may be missing here that other zones have, reconciles with those that are peers. */
const asking = <R>(lacking: Effect.Effect<void, never, R>) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const { peers } = yield* Live.Live
      const requests = yield* ReconcileRequests
      const ask = Effect.sync(() => {
        for (const { kind, path } of peers()) if (kind === "central") requests.add(path, "gap")
      })
      yield* Effect.forkScoped(Effect.forever(Effect.andThen(lacking, ask)))
    })
  )

/**
 * The NNTP ports, the feeds to peers, the refill of a new spool and expiry, over the doors. `lacking` waits until something
 * may be missing that other zones have.
 */
export const serving = <R>(
  config: SiteConfig.SiteConfig,
  digested: Effect.Effect<(id: MessageId.MessageId) => boolean, never, R>,
  lacking: Effect.Effect<void, never, R> = Effect.never
) => {
  const { nntp, nntps } = config.listen
  const server = Layer.unwrap(
    Effect.gen(function* () {
      const { accounts, cancelSecret, limits, lists, tls } = yield* Live.Live
      return NntpServer.layerTcp({
        ...SiteConfig.hostAndPort(nntp),
        ...(nntps === undefined ? {} : { nntps: SiteConfig.hostAndPort(nntps) }),
        ...(tls === undefined ? {} : { tls }),
        isDigested: yield* digested,
        limits,
        lists
      }).pipe(Layer.provide(Layer.merge(FileAccounts.layerAt(accounts), CancelSecretFile.layer(cancelSecret))))
    })
  )
  const reconciler = Layer.unwrap(
    Effect.map(Live.Live, ({ peers }) =>
      ReconcileServer.layer((path) => peers().find((peer) => peer.path === path)?.feed)
    )
  )
  const authority = Layer.unwrap(Effect.map(Live.Live, ({ control }) => GpgAuthority.layer(control)))
  return Layer.mergeAll(
    server.pipe(Layer.provide(reconciler), Layer.provide(Showings.relayer)),
    Refill.layer(config.peers),
    Reconcile.layer,
    Mend.layer,
    asking(lacking),
    Expiry.layer({ rules: Storage.rulesOf(config) }),
    ControlMessages.layer.pipe(Layer.provide(authority))
  ).pipe(Layer.provide(Histories.layer), Layer.provideMerge(Live.layer(config)), Layer.provide(ReconcileRequests.layer))
}

/** What is no HTTP gets a problem too, before its connection is closed. */
const httpServer = () =>
  createServer().on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (socket.writable) socket.end(ParserAnswer.of(error.code))
    else socket.destroy()
  })

/** An HTTP server on an address of the configuration. */
export const http = (address: string) => NodeHttpServer.layer(httpServer, SiteConfig.hostAndPort(address))

/** Health and metrics on the meta port, for inside only. */
export const meta = (config: SiteConfig.SiteConfig, checks: ReadonlyArray<Health.Check> = []) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const own = yield* SiteChecks.make
      const collect = yield* SiteMetrics.make
      const peers = yield* PeersPage.make
      const { compare } = yield* Reconcile.Reconcile
      return MetaFace.layer({ collect, pages: { "/peers": peers, "/peers/compare": ComparePage.make(compare) } }).pipe(
        Layer.provide(Health.Health.layer([...own, ...checks])),
        Layer.provide(http(config.listen.meta))
      )
    })
  )
