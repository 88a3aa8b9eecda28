/**
 * Feeds one peer: follows the spool from a stored position and offers what the peer's rule wants, for ever.
 *
 * A feed is a position, not a queue. It connects when there is something to say, backs off while the peer is away, and
 * moves its position only over what the peer has answered.
 */
import type * as FeedRule from "@lupin/core/FeedRule"
import * as Limits from "@lupin/core/Limits"
import { Spool, type SpoolUnavailable } from "@lupin/spool/Spool"
import { Clock, Effect, Layer, Random } from "effect"
import * as Backoff from "./Backoff.ts"
import * as FeedSession from "./FeedSession.ts"
import { FeedWindow } from "./FeedWindow.ts"
import type { Endpoint } from "./Network.ts"
import { PeerStats } from "./PeerStats.ts"

/** Another site, as this one reaches and recognises it. */
export interface Peer extends Endpoint {
  /** Unlike that of every other feed: the position is stored under it. */
  readonly name: string
  /** Names under which the peer stands in a Path. */
  readonly identities: ReadonlyArray<string>
}

export interface Options {
  readonly peer: Peer
  readonly rule: FeedRule.FeedRule
  /** Sends new articles at once by TAKETHIS; otherwise offers them in batches by CHECK. */
  readonly eager: boolean
  /** Articles under way at a time. */
  readonly window?: number
  /** How long a feed that is not eager gathers before it offers. */
  readonly gatherMillis?: number
  /** How long the peer may say nothing while an answer is due. */
  readonly silenceMillisMax?: number
  readonly reconnect?: Backoff.Backoff
  readonly defer?: Backoff.Backoff
}

export const windowDefault = 100
export const gatherMillisDefault = 250
export const silenceMillisMaxDefault = 60_000
export const reconnectDefault: Backoff.Backoff = { baseMillis: 200, millisMax: 10_000 }
export const deferDefault: Backoff.Backoff = { baseMillis: 1_000, millisMax: 300_000 }

/** The name under which the position of a feed is stored in the spool. */
export const follower = (peerName: string): string => `feed:${peerName}`

/** Runs until interrupted. Trouble of the peer or of our spool delays it and is told in `PeerStats`. */
export const run = Effect.fnUntraced(function* (options: Options): Effect.fn.Return<never, never, Spool | PeerStats> {
  const spool = yield* Spool
  const stats = (yield* PeerStats).of(options.peer.name)
  const reconnect = options.reconnect ?? reconnectDefault
  const window = new FeedWindow(yield* startPosition(spool, options.peer.name))
  const session = FeedSession.run({
    ...options,
    spool,
    stats,
    state: window,
    window: Math.min(options.window ?? windowDefault, Limits.checkWindowMax),
    gatherMillis: options.gatherMillis ?? gatherMillisDefault,
    silenceMillisMax: options.silenceMillisMax ?? silenceMillisMaxDefault,
    defer: options.defer ?? deferDefault,
    follower: follower(options.peer.name)
  })
  let failures = 0
  for (;;) {
    const before = { answers: answers(stats), connects: stats.connects }
    const trouble = yield* Effect.flip(Effect.scoped(session))
    const isQuiet = stats.connects > before.connects && window.open === 0
    window.disconnect(yield* Clock.currentTimeMillis)
    stats.isConnected = false
    if (isQuiet) {
      failures = 0
    } else {
      failures = answers(stats) > before.answers ? 1 : failures + 1
      stats.failures += 1
      stats.lastTrouble = trouble.message
    }
    yield* Effect.sleep(Backoff.delayMillis(reconnect, failures, yield* Random.next))
    // A quiet connection that the peer has closed is opened again when there is something to offer.
    if (window.open === 0) yield* spool.changed(window.scanned)
  }
})

/** Feeds a peer as long as the layer lives. */
export const layer = (options: Options): Layer.Layer<never, never, Spool | PeerStats> =>
  Layer.effectDiscard(Effect.forkScoped(run(options)))

const answers = (stats: { readonly accepted: number; readonly notWanted: number; readonly refused: number }): number =>
  stats.accepted + stats.notWanted + stats.refused

/** A spool that cannot be read now is asked again, as a feed without its position would offer everything anew. */
const startPosition = (spool: Spool["Service"], name: string): Effect.Effect<number> =>
  spool.readPosition(follower(name)).pipe(
    Effect.map((position) => position ?? 0),
    Effect.catchTag("SpoolUnavailable", (_: SpoolUnavailable) =>
      Effect.andThen(
        Effect.sleep(reconnectDefault.millisMax),
        Effect.suspend(() => startPosition(spool, name))
      )
    )
  )
