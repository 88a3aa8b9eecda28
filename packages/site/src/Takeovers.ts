/**
 * Has this site compare itself with a peer some time after it has taken over the link to it from another host.
 *
 * A feed that stood by has passed unread what the other host was to offer, and nobody knows how far that one came before it
 * died. While a host is dying there is no time to find out: so it is found out a little later, and by one round trip where
 * nothing is missing.
 */
import { Effect, Queue, Random, type Scope } from "effect"
import type { ReconcileRequests } from "./ReconcileRequests.ts"

/** How long after a takeover sites are compared, at least; at most twice as long, so that not all links of a host ask at once. */
export const compareMillis = 60_000

/** Takeovers that wait to be looked at. */
const waitingMax = 1_000

export interface Takeovers {
  /** The link to the peer of this path identity was taken over. */
  readonly note: (path: string) => void
}

/** Ends with the scope; no timer where nothing was taken over. */
export const make = Effect.fnUntraced(function* (
  requests: Pick<ReconcileRequests["Service"], "add">
): Effect.fn.Return<Takeovers, never, Scope.Scope> {
  const queue = yield* Queue.dropping<string>(waitingMax)
  const waiting = new Set<string>()
  const compare = Effect.fnUntraced(function* (path: string) {
    yield* Effect.sleep(compareMillis * (1 + (yield* Random.next)))
    waiting.delete(path)
    requests.add(path, "gap")
  })
  yield* Effect.forkScoped(
    Effect.forever(Effect.flatMap(Queue.take(queue), (path) => Effect.forkScoped(compare(path))))
  )
  return {
    note: (path) => {
      if (!waiting.has(path) && Queue.offerUnsafe(queue, path)) waiting.add(path)
    }
  }
})
