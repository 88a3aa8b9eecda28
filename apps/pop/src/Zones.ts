/**
 * Asks the central zones what they hold: receipts are made of their answers.
 */
import type * as MessageId from "@lupin/core/MessageId"
import * as Recoveries from "@lupin/core/Recoveries"
import * as NntpReaderPool from "@lupin/nntp/NntpReaderPool"
import { Live } from "@lupin/site/Live"
import * as SiteConfig from "@lupin/site/SiteConfig"
import { Context, Effect, Exit, Layer, Scope } from "effect"

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

interface Pool {
  readonly pool: NntpReaderPool.NntpReaderPool
  /** Of which endpoint. */
  readonly key: string
  readonly scope: Scope.Closeable
}

const make = Effect.gen(function* () {
  const live = yield* Live
  const parent = yield* Scope.Scope
  const pools = new Map<string, Pool>()
  const { note } = yield* Recoveries.Recoveries

  /** Peers may change while the site runs: a pool is of one endpoint. */
  const poolOf = Effect.fnUntraced(function* (peer: SiteConfig.Peer) {
    const endpoint = live.endpoint(peer.name) ?? SiteConfig.hostAndPort(peer.nntp)
    const key = JSON.stringify(endpoint)
    const found = pools.get(peer.name)
    if (found?.key === key) return found.pool
    const scope = Scope.forkUnsafe(parent)
    const pool = yield* Scope.provide(NntpReaderPool.make(endpoint), scope)
    pools.set(peer.name, { pool, key, scope })
    if (found !== undefined) yield* Scope.close(found.scope, Exit.void)
    return pool
  })
  const ask = (id: MessageId.MessageId) =>
    Effect.map(
      Effect.forEach(
        live.peers().filter(({ kind }) => kind === "central"),
        (peer) => {
          const site = peer.name
          return Effect.flatMap(poolOf(peer), (pool) => pool.use((reader) => reader.status([id]))).pipe(
            Effect.map(({ statuses: [status] }) => ({
              site,
              zone: peer.zone ?? site,
              isHeld: status === "held" || status === "digested",
              isDigested: status === "digested"
            })),
            Effect.timeout(answerMillisMax),
            Effect.tapError((error) => {
              note("receipt-without-zone")
              return Effect.logDebug(`${site} does not answer`, error)
            }),
            Effect.option
          )
        },
        { concurrency: "unbounded" }
      ),
      (answers) => answers.flatMap((answer) => (answer._tag === "Some" ? [answer.value] : []))
    )
  return Zones.of({ ask })
})

/** Keeps connections to the central peers, opened when first needed. */
export const layer: Layer.Layer<Zones, never, Live> = Layer.effect(Zones, make)
