/**
 * What this site's history says, ready to be compared: a tree for each wildmat that peers agree on, made when first asked for.
 */
import type * as Wildmat from "@lupin/core/Wildmat"
import { follow, HistoryTree } from "@lupin/spool/HistoryTree"
import { Spool, type SpoolUnavailable } from "@lupin/spool/Spool"
import { Context, Effect, Layer, Semaphore } from "effect"

/** Trees kept at a time; the one not used for longest is dropped, and made again when asked for. */
export const historiesMax = 4

export class Histories extends Context.Service<
  Histories,
  {
    /** The tree of a wildmat, with all that has happened by now. The first time it reads the whole log. */
    readonly of: (wildmat: Wildmat.Wildmat) => Effect.Effect<HistoryTree, SpoolUnavailable>
    /** Trees are made again when asked for, out of what the log still tells. */
    readonly forget: Effect.Effect<void>
  }
>()("@lupin/site/Histories") {
  static readonly layer: Layer.Layer<Histories, never, Spool> = Layer.effect(
    Histories,
    Effect.gen(function* () {
      const spool = yield* Spool
      const kept = new Map<string, { readonly history: HistoryTree; readonly lock: Semaphore.Semaphore }>()
      return {
        of: Effect.fnUntraced(function* (wildmat) {
          const known = kept.get(wildmat.text)
          const entry = known ?? { history: new HistoryTree(wildmat), lock: yield* Semaphore.make(1) }
          kept.delete(wildmat.text)
          kept.set(wildmat.text, entry)
          const [oldest] = kept.keys()
          if (kept.size > historiesMax && oldest !== undefined) kept.delete(oldest)
          yield* entry.lock.withPermits(1)(follow(spool, entry.history))
          return entry.history
        }),
        forget: Effect.sync(() => kept.clear())
      }
    })
  )
}
