/**
 * The peers with which this site is to reconcile soon: because they asked for it, because something was lost here, or because
 * they are fed by another rule from now on.
 */
import { Context, Effect, Latch, Layer } from "effect"

/**
 * Why: a peer that asked is not asked back, else two sites would never stop. One with another rule is invited, and nothing
 * is compared here.
 */
export type Why = "asked" | "gap" | "rule"

export interface Request {
  readonly path: string
  readonly why: Why
  /** What came in up to this second is compared, also where it may still be on its way. */
  readonly untilSecond: number
  /** To be run once it is done. */
  readonly onDone: Effect.Effect<void>
}

export interface More {
  readonly untilSecond?: number
  readonly onDone?: Effect.Effect<void>
}

export class ReconcileRequests extends Context.Service<
  ReconcileRequests,
  {
    /** By the path identity of the peer: one request for each to compare, and one to invite it; a gap counts for more than an invitation. */
    readonly add: (path: string, why: Why, more?: More) => void
    /** Waits until there is one, and takes all. */
    readonly take: Effect.Effect<ReadonlyArray<Request>>
  }
>()("@lupin/site/ReconcileRequests") {
  static readonly layer: Layer.Layer<ReconcileRequests> = Layer.effect(
    ReconcileRequests,
    Effect.gen(function* () {
      const latch = yield* Latch.make(false)
      let waiting = new Map<string, Request>()
      return ReconcileRequests.of({
        add: (path, why, { onDone = Effect.void, untilSecond = 0 } = {}) => {
          const request = { path, why, untilSecond, onDone }
          const before = waiting.get(key(request))
          waiting.set(key(request), before === undefined ? request : merge(before, request))
          latch.openUnsafe()
        },
        take: Effect.map(latch.await, () => {
          const taken = [...waiting.values()]
          waiting = new Map()
          latch.closeUnsafe()
          return taken
        })
      })
    })
  )
}

/** The same for requests that are met at once. */
export const key = ({ path, why }: Pick<Request, "path" | "why">): string =>
  `${why === "rule" ? "invite" : "compare"} ${path}`

/** Two requests as one. */
export const merge = (one: Request, other: Request): Request => ({
  path: one.path,
  why: one.why === "gap" ? one.why : other.why,
  untilSecond: Math.max(one.untilSecond, other.untilSecond),
  onDone: Effect.andThen(one.onDone, other.onDone)
})
