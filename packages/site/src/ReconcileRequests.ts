/**
 * The peers with which this site is to reconcile soon: because they asked for it, or because something was lost here.
 */
import { Context, Effect, Latch, Layer } from "effect"

/** Why: a peer that asked is not asked back, else two sites would never stop. */
export type Why = "asked" | "gap"

export class ReconcileRequests extends Context.Service<
  ReconcileRequests,
  {
    /** By the path identity of the peer: one request for each, and a gap counts for more than an invitation. */
    readonly add: (path: string, why: Why) => void
    /** Waits until there is one, and takes all. */
    readonly take: Effect.Effect<ReadonlyMap<string, Why>>
  }
>()("@lupin/site/ReconcileRequests") {
  static readonly layer: Layer.Layer<ReconcileRequests> = Layer.effect(
    ReconcileRequests,
    Effect.gen(function* () {
      const latch = yield* Latch.make(false)
      let waiting = new Map<string, Why>()
      return ReconcileRequests.of({
        add: (path, why) => {
          if (waiting.get(path) !== "gap") waiting.set(path, why)
          latch.openUnsafe()
        },
        take: Effect.map(latch.await, () => {
          const taken = waiting
          waiting = new Map()
          latch.closeUnsafe()
          return taken
        })
      })
    })
  )
}
