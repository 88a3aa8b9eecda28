/**
 * The peers with which this site is to reconcile soon, because they asked for it.
 */
import { Context, Effect, Latch, Layer } from "effect"

export class ReconcileRequests extends Context.Service<
  ReconcileRequests,
  {
    /** By the path identity of the peer. */
    readonly add: (path: string) => void
    /** Waits until there is one, and takes all. */
    readonly take: Effect.Effect<ReadonlySet<string>>
  }
>()("@lupin/site/ReconcileRequests") {
  static readonly layer: Layer.Layer<ReconcileRequests> = Layer.effect(
    ReconcileRequests,
    Effect.gen(function* () {
      const latch = yield* Latch.make(false)
      let waiting = new Set<string>()
      return ReconcileRequests.of({
        add: (path) => {
          waiting.add(path)
          latch.openUnsafe()
        },
        take: Effect.map(latch.await, () => {
          const taken = waiting
          waiting = new Set()
          latch.closeUnsafe()
          return taken
        })
      })
    })
  )
}
