/**
 * Asks the central zones what they hold: receipts are made of their answers.
 */
import type * as MessageId from "@lupin/core/MessageId"
import * as NntpReaderPool from "@lupin/nntp/NntpReaderPool"
import * as SiteConfig from "@lupin/site/SiteConfig"
import { Context, Effect, Layer } from "effect"

/** One zone's answer about one article. */
export interface Said {
  readonly site: string
  readonly zone: string
  /** It holds the article, synced, in its current generation. */
  readonly isHeld: boolean
  /** Its digester has counted the event wherever it counts. */
  readonly isDigested: boolean
}

/** A zone that does not answer within this time is left out of the receipt, in milliseconds. */
const answerMillisMax = 1_000

export class Zones extends Context.Service<
  Zones,
  {
    /** The answers of the zones that answer in time. */
    readonly ask: (id: MessageId.MessageId) => Effect.Effect<ReadonlyArray<Said>>
  }
>()("@lupin/pop/Zones") {}

const make = Effect.fn("Zones.make")(function* (peers: ReadonlyArray<SiteConfig.Peer>) {
  const zones = yield* Effect.forEach(
    peers.filter(({ kind }) => kind === "central"),
    (peer) =>
      Effect.map(NntpReaderPool.make(SiteConfig.hostAndPort(peer.nntp)), (pool) => ({
        site: peer.name,
        zone: peer.zone ?? peer.name,
        pool
      }))
  )
  const ask = (id: MessageId.MessageId) =>
    Effect.map(
      Effect.forEach(
        zones,
        ({ site, zone, pool }) =>
          pool
            .use((reader) => reader.status([id]))
            .pipe(
              Effect.map(({ statuses: [status] }) => ({
                site,
                zone,
                isHeld: status === "held" || status === "digested",
                isDigested: status === "digested"
              })),
              Effect.timeout(answerMillisMax),
              Effect.tapError((error) => Effect.logDebug(`${site} does not answer`, error)),
              Effect.option
            ),
        { concurrency: "unbounded" }
      ),
      (answers) => answers.flatMap((answer) => (answer._tag === "Some" ? [answer.value] : []))
    )
  return Zones.of({ ask })
})

/** Keeps connections to the central peers, opened when first needed. */
export const layer = (peers: ReadonlyArray<SiteConfig.Peer>): Layer.Layer<Zones> => Layer.effect(Zones, make(peers))
