/**
 * Fetches again what is damaged here: articles in the spool's quarantine, from whichever zone still has them.
 *
 * A damaged record that does not tell what it was is looked for by reconciling.
 */
import * as Recoveries from "@lupin/core/Recoveries"
import type * as NntpError from "@lupin/nntp/NntpError"
import * as NntpReader from "@lupin/nntp/NntpReader"
import type * as Relayer from "@lupin/spool/Relayer"
import * as Spool from "@lupin/spool/Spool"
import { Effect, Layer } from "effect"
import * as Backfill from "./Backfill.ts"
import { Histories } from "./Histories.ts"
import { ReconcileRequests } from "./ReconcileRequests.ts"
import * as SiteConfig from "./SiteConfig.ts"

/** Between two looks at the quarantine. */
export const pauseMillis = 30_000

/** Asks one site for what is damaged; gives how many articles were mended. */
export const mendFrom = Effect.fn("Mend.mendFrom")(function* (
  peer: Pick<SiteConfig.Peer, "name" | "path" | "nntp">
): Effect.fn.Return<number, NntpError.NntpError | Spool.SpoolUnavailable, Spool.Spool | Relayer.Relayer> {
  const spool = yield* Spool.Spool
  const { damaged } = yield* spool.condition
  if (damaged.length === 0) return 0
  return yield* Effect.scoped(
    Effect.gen(function* () {
      const reader = yield* NntpReader.connect(SiteConfig.hostAndPort(peer.nntp))
      const from = { connection: `mend ${peer.name}`, paths: [peer.path], isBackfill: true }
      const mended = yield* Backfill.copy(reader, damaged.slice(0, Backfill.batchMax), from)
      if (mended > 0) yield* Effect.logInfo(`mended ${mended} damaged articles from ${peer.name}`)
      return mended
    })
  )
})

/** Damaged records of which nobody knows what they were, and gaps. */
const namelessOf = ({ damaged, damagedRecords }: Spool.Condition): number => damagedRecords - damaged.length

/** Looks after the quarantine until the layer's scope closes. */
export const layer = (
  peers: ReadonlyArray<SiteConfig.Peer>
): Layer.Layer<never, never, Spool.Spool | Relayer.Relayer | Histories | ReconcileRequests> =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const spool = yield* Spool.Spool
      const histories = yield* Histories
      const requests = yield* ReconcileRequests
      const { note } = yield* Recoveries.Recoveries
      const ours = peers.filter(SiteConfig.isOurs)
      // What was damaged at the start is looked for by `Reconcile`.
      let nameless = namelessOf(yield* spool.condition)

      const look = Effect.gen(function* () {
        const found = namelessOf(yield* spool.condition)
        if (found > nameless) {
          note("record-looked-for", found - nameless)
          // What the log has lost, history is to miss.
          yield* histories.forget
          for (const { path } of ours) requests.add(path, "gap")
        }
        nameless = found
        for (const zone of ours.filter(({ kind }) => kind === "central")) {
          yield* mendFrom(zone).pipe(
            Effect.catch((error) => Effect.logDebug(`mended nothing from ${zone.name}`, error))
          )
        }
      })
      yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(pauseMillis), look)))
    })
  )
