/**
 * Feeds one peer: follows the spool from a stored position and offers what the peer's rule wants, for ever.
 *
 * A feed is a position, not a queue. It backs off while the peer is away, and moves its position only over what the peer
 * has answered.
 */
import type * as FeedRule from "@lupin/core/FeedRule"
import * as Limits from "@lupin/core/Limits"
import * as Recoveries from "@lupin/core/Recoveries"
import { Spool } from "@lupin/spool/Spool"
import { Clock, Effect, Layer, Option, Random } from "effect"
import * as Backoff from "./Backoff.ts"
import * as FeedPosition from "./FeedPosition.ts"
import * as FeedProgress from "./FeedProgress.ts"
import * as FeedSession from "./FeedSession.ts"
import type { Endpoint } from "./Network.ts"
import { PeerStats } from "./PeerStats.ts"
import { Showings } from "./Showings.ts"

/** Another site, as this one reaches and recognises it. */
export interface Peer extends Endpoint {
  /** Unlike that of every other feed: the position is stored under it. */
  readonly name: string
  /** Names under which the peer stands in a Path. */
  readonly identities: ReadonlyArray<string>
}

/**
 * When a peer is asked about an article: with the next ones; with those that come after `headStartMillis`, as it is about to
 * get it from another site; or after `lateMillis`, as it is most likely to have got it from others.
 */
export type When = "soon" | "after" | "late"

/** How a feed takes part in the flood; asked at each turn, as it may change at any time. */
export interface Part {
  /** Otherwise another site offers in our place: the feed keeps its position up behind it, and offers nothing. */
  readonly isActing: boolean
  /** What is sent at once, by the Path that it has here; the rest is asked about in batches. */
  readonly eager: "all" | "none" | ((path: string) => boolean)
  /** When the rest is asked about. */
  readonly asks: "soon" | ((path: string) => When)
  /** How many times `lateMillis` is late: of two sites that would ask each other the same, one begins. */
  readonly turn: number
  /** The peer is asked for a sign while nothing else is said, so that its silence is noticed. */
  readonly isWatched: boolean
}

export interface Options {
  readonly peer: Peer
  readonly rule: FeedRule.FeedRule
  /** Sends new articles at once by TAKETHIS; otherwise offers them in batches by CHECK. Where `part` is given, that decides. */
  readonly eager: boolean
  readonly part?: () => Part
  /** The log could not tell some of what came after the feed's position: the peer may have it, or lack it. */
  readonly onGap?: () => void
  /** Another rule was in force before, and the peer may lack what that has passed. */
  readonly onOtherRule?: FeedProgress.OnOtherRule
  /** Articles under way at a time, at most; how many there are follows from the peer's answers. */
  readonly windowMax?: number
  /** How long articles that are asked about are gathered. */
  readonly gatherMillis?: number
  /** How old articles are, at least, before the peer is asked about what another site is about to send it. */
  readonly headStartMillis?: number
  /** How long articles are gathered that are asked about late; no shorter than the others. */
  readonly lateMillis?: number
  /** How long after articles that were sent at once the next ones are: on a busy link they go together. */
  readonly paceMillis?: number
  /** How long the peer may say nothing while an answer is due, before the connection is given up. */
  readonly silenceMillisMax?: number
  /** The same, before the peer counts as silent. */
  readonly silentMillisMax?: number
  /** How long nothing is said on a watched feed before the peer is asked for a sign. */
  readonly beatMillis?: number
  /** How far a feed that is not acting stays behind: longer than it takes to notice that the acting one is silent. */
  readonly standbyMillis?: number
  readonly reconnect?: Backoff.Backoff
  readonly defer?: Backoff.Backoff
}

export const gatherMillisDefault = 250
/** Longer than a hop between sites. */
export const headStartMillisDefault = 150
export const lateMillisDefault = 1_000
export const paceMillisDefault = 40
export const silenceMillisMaxDefault = 60_000
/** Both together: a silent peer is noticed within 5 s (design §4). */
export const silentMillisMaxDefault = 1_900
export const beatMillisDefault = 3_000
export const standbyMillisDefault = 10_000
export const reconnectDefault: Backoff.Backoff = { baseMillis: 200, millisMax: 10_000 }
export const deferDefault: Backoff.Backoff = { baseMillis: 1_000, millisMax: 300_000 }

/** Runs until interrupted. Trouble of the peer or of our spool delays it and is told in `PeerStats`. */
export const run = Effect.fnUntraced(function* (options: Options): Effect.fn.Return<never, never, Spool | PeerStats> {
  const spool = yield* Spool
  const links = yield* PeerStats
  const stats = links.of(options.peer.name)
  const showings = Option.getOrUndefined(yield* Effect.serviceOption(Showings))
  const { note } = yield* Recoveries.Recoveries
  const reconnect = options.reconnect ?? reconnectDefault
  const progress = FeedProgress.begun()
  const part: Part = { isActing: true, eager: options.eager ? "all" : "none", asks: "soon", turn: 1, isWatched: false }
  const session = FeedSession.run({
    ...options,
    part: options.part ?? (() => part),
    onGap: options.onGap ?? noGap,
    onOtherRule: options.onOtherRule,
    spool,
    stats,
    links,
    showings,
    progress,
    note,
    windowMax: options.windowMax ?? Limits.checkWindowMax,
    gatherMillis: options.gatherMillis ?? gatherMillisDefault,
    headStartMillis: options.headStartMillis ?? headStartMillisDefault,
    lateMillis: options.lateMillis ?? lateMillisDefault,
    paceMillis: options.paceMillis ?? paceMillisDefault,
    silenceMillisMax: options.silenceMillisMax ?? silenceMillisMaxDefault,
    silentMillisMax: options.silentMillisMax ?? silentMillisMaxDefault,
    beatMillis: options.beatMillis ?? beatMillisDefault,
    standbyMillis: options.standbyMillis ?? standbyMillisDefault,
    defer: options.defer ?? deferDefault
  })
  const remembered = FeedProgress.follower(options.peer.name, undefined)
  // Until the peer tells its generation, the lag shown is from where the last connection ended.
  stats.position = (yield* Effect.orElseSucceed(spool.readPosition(remembered), () => undefined)) ?? 0
  const remember = Effect.suspend(() =>
    progress.follower === undefined
      ? Effect.void
      : Effect.ignore(
          Effect.andThen(
            FeedPosition.saveForAll({ spool, progress }),
            spool.savePosition(remembered, progress.state.position)
          )
        )
  )
  let failures = 0
  for (;;) {
    const startedMillis = yield* Clock.currentTimeMillis
    const before = { answers: answers(stats), connects: stats.connects }
    const trouble = yield* Effect.flip(Effect.ensuring(Effect.scoped(session), remember))
    const nowMillis = yield* Clock.currentTimeMillis
    const isQuietEnd = stats.connects > before.connects && progress.state.open === 0
    note("feed-offered-again", progress.state.inFlight)
    progress.state.disconnect(nowMillis)
    stats.isConnected = false
    links.note(stats, "down")
    if (!isQuietEnd) {
      stats.failures += 1
      stats.lastTrouble = { reason: trouble.message, atMillis: nowMillis }
    }
    const wasOfUse = answers(stats) > before.answers || nowMillis - startedMillis >= reconnect.millisMax
    failures = wasOfUse ? 1 : failures + 1
    if (failures > 1) note("feed-backed-off")
    // Also where there is nothing to offer: the peer may come back wiped, and then there is.
    yield* Effect.sleep(Backoff.delayMillis(reconnect, failures, yield* Random.next))
  }
})

const noGap = (): void => {}

/** Feeds a peer as long as the layer lives. */
export const layer = (options: Options): Layer.Layer<never, never, Spool | PeerStats> =>
  Layer.effectDiscard(Effect.forkScoped(run(options)))

const answers = (stats: { readonly accepted: number; readonly notWanted: number; readonly refused: number }): number =>
  stats.accepted + stats.notWanted + stats.refused
