/**
 * How far a feed has come with its peer, and where it goes on when a connection opens: after a restart, another rule, a wipe
 * of the peer.
 *
 * A position is stored under the rule by which it came so far, and now and then for all rules. Where the first lags behind the
 * second, what lies between has been passed by another rule.
 */
import * as FeedRule from "@lupin/core/FeedRule"
import type * as Recoveries from "@lupin/core/Recoveries"
import type { Spool, SpoolUnavailable } from "@lupin/spool/Spool"
import { Effect } from "effect"
import type * as Capabilities from "./Capabilities.ts"
import { FeedWindow } from "./FeedWindow.ts"
import type { PeerState } from "./PeerStats.ts"

/** How far a feed has come with one generation of the peer's spool. */
export interface Progress {
  state: FeedWindow
  /** The name under which the position is stored; undefined before the first connection. */
  follower: string | undefined
  /** The same for its rule; undefined as long as the peer lacks what another rule has passed. */
  ofRule: string | undefined
  /** What was stored last. */
  saved: number
}

/** Before the first connection. */
export const begun = (): Progress => ({
  state: new FeedWindow(0),
  follower: undefined,
  ofRule: undefined,
  saved: 0
})

/** The name under which a feed's position is stored for all rules: one for each generation of a peer that tells it. */
export const follower = (peerName: string, generation: Capabilities.Capabilities["generation"]): string =>
  generation === undefined ? `feed:${peerName}` : `feed:${peerName}:${generation.id}`

/** The name for a rule, which `FeedRule.key` tells from others. */
export const followerByRule = (name: string, key: string): string => `${name} by ${key}`

/**
 * Sees to it that the peer gets what the feed's rule wants of what other rules have passed, and runs `onDone` once the feed
 * need not think of it any more. After a restart before that it is called again.
 */
export type OnOtherRule = (onDone: Effect.Effect<void>) => void

export interface Options {
  readonly spool: Pick<Spool["Service"], "readPosition" | "savePosition">
  readonly stats: Pick<PeerState, "position">
  readonly peer: { readonly name: string }
  readonly rule: FeedRule.FeedRule
  readonly progress: Progress
  readonly note: Recoveries.Counting["note"]
  /** Where nobody sees to it, the feed goes back to where its rule was in force last, and asks about what came since. */
  readonly onOtherRule: OnOtherRule | undefined
}

/** A peer whose spool began anew has lost what we sent, so the feed begins anew as well. */
export const adopt = Effect.fnUntraced(function* (
  { note, onOtherRule, peer, progress, rule, spool, stats }: Options,
  { generation }: Capabilities.Capabilities
): Effect.fn.Return<FeedWindow, SpoolUnavailable> {
  const name = follower(peer.name, generation)
  if (progress.follower === name) return progress.state
  if (progress.follower !== undefined) note("feed-begun-anew")
  const ofRule = followerByRule(name, FeedRule.key(rule))
  const position = yield* spool.readPosition(name)
  const ruled = yield* spool.readPosition(ofRule)
  const isOther = position !== undefined && (ruled ?? 0) < position
  if (isOther) note("feed-rule-changed")
  const isSeenTo = isOther && onOtherRule !== undefined
  const start = isSeenTo ? position : (ruled ?? position ?? 0)
  progress.follower = name
  progress.ofRule = isSeenTo ? undefined : ofRule
  progress.state = new FeedWindow(start)
  progress.saved = start
  stats.position = start
  if (isSeenTo) {
    const onDone = Effect.suspend(() => {
      // The peer has begun a new generation since, and is fed from the beginning.
      if (progress.follower !== name) return Effect.void
      progress.ofRule = ofRule
      return Effect.ignore(spool.savePosition(ofRule, progress.state.position))
    })
    onOtherRule(onDone)
  }
  return progress.state
})
