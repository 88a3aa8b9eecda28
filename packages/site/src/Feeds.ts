/**
 * The feeds of a site, one for each peer, started and stopped by the difference to those that run.
 */
import * as Recoveries from "@lupin/core/Recoveries"
import type * as FeedProgress from "@lupin/nntp/FeedProgress"
import * as PeerFeed from "@lupin/nntp/PeerFeed"
import { PeerStats } from "@lupin/nntp/PeerStats"
import type { Spool } from "@lupin/spool/Spool"
import type * as Flood from "./Flood.ts"
import * as FloodParts from "./FloodParts.ts"
import { ReconcileRequests } from "./ReconcileRequests.ts"
import * as Takeovers from "./Takeovers.ts"
import { Effect, Fiber, Scope } from "effect"

/** A feed to one peer. */
export interface Feed extends PeerFeed.Options {
  /** Whether the flood decides its part; otherwise `eager` does. */
  readonly isFlooding: boolean
  /** Whether the peer is a site of ours, which reconciles. */
  readonly isOurs: boolean
}

export interface Feeds {
  /**
   * Runs these from now on, over these sites. A feed that stays the same goes on undisturbed; one that changed begins at its
   * position, and where its rule is another one a peer of ours is invited to look for what the one before has passed.
   */
  readonly set: (wanted: ReadonlyArray<Feed>, topology: Flood.Topology) => Effect.Effect<Difference>
}

/** Names of peers. */
export interface Difference {
  readonly started: ReadonlyArray<string>
  readonly stopped: ReadonlyArray<string>
  readonly changed: ReadonlyArray<string>
}

interface Running {
  readonly options: Feed
  readonly fiber: Fiber.Fiber<never>
}

/** Pure: what must be done to come from some feeds to others, by the names of their peers. */
export const difference = (running: ReadonlyArray<Feed>, wanted: ReadonlyArray<Feed>): Difference => {
  const before = new Map(running.map((options) => [options.peer.name, JSON.stringify(options)]))
  const after = new Map(wanted.map((options) => [options.peer.name, JSON.stringify(options)]))
  return {
    started: [...after.keys()].filter((name) => !before.has(name)),
    stopped: [...before.keys()].filter((name) => !after.has(name)),
    changed: [...after.keys()].filter((name) => before.has(name) && before.get(name) !== after.get(name))
  }
}

/** No feed at first; all end with the scope. Where the log could not tell a feed something, its peer is reconciled with. */
export const make: Effect.Effect<Feeds, never, Spool | PeerStats | ReconcileRequests | Scope.Scope> = Effect.gen(
  function* () {
    const requests = yield* ReconcileRequests
    const scope = yield* Scope.Scope
    const context = yield* Effect.context<Spool | PeerStats>()
    const stats = yield* PeerStats
    const running = new Map<string, Running>()

    const takeovers = yield* Takeovers.make(requests)
    const flood = FloodParts.make(stats, (yield* Recoveries.Recoveries).note, (name) => {
      for (const path of running.get(name)?.options.peer.identities ?? []) takeovers.note(path)
    })

    const stop = Effect.fnUntraced(function* (name: string) {
      const feed = running.get(name)
      if (feed === undefined) return
      running.delete(name)
      yield* Fiber.interrupt(feed.fiber)
    })
    const start = Effect.fnUntraced(function* (options: Feed) {
      // Shown from now on, also before it has tried to connect.
      stats.of(options.peer.name)
      const onGap = (): void => {
        for (const path of options.peer.identities) requests.add(path, "gap")
      }
      // Of a rule that is no more in force nothing need be remembered.
      const onOtherRule: FeedProgress.OnOtherRule = (told) => {
        const onDone = Effect.suspend(() => (running.get(options.peer.name)?.options === options ? told : Effect.void))
        for (const path of options.peer.identities) requests.add(path, "rule", { onDone })
      }
      const part = options.isFlooding ? { part: flood.partOf(options.peer.name) } : {}
      const feed = { ...options, ...part, onGap, ...(options.isOurs ? { onOtherRule } : {}) }
      const fiber = yield* PeerFeed.run(feed).pipe(Effect.interruptible, Effect.provide(context), Effect.forkIn(scope))
      running.set(options.peer.name, { options, fiber })
    })
    return {
      set: Effect.fnUntraced(function* (wanted, topology) {
        flood.set(topology)
        const found = difference(
          [...running.values()].map(({ options }) => options),
          wanted
        )
        yield* Effect.forEach([...found.stopped, ...found.changed], stop, { discard: true })
        for (const name of found.stopped) stats.forget(name)
        const due = new Set([...found.started, ...found.changed])
        yield* Effect.forEach(
          wanted.filter(({ peer }) => due.has(peer.name)),
          start,
          { discard: true }
        )
        return found
      }, Effect.uninterruptible)
    }
  }
)
