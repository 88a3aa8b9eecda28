/**
 * Fetches again what is damaged here: articles in the spool's quarantine, from whichever peer still has them.
 *
 * A damaged record that does not tell what it was is looked for by reconciling. Operators read in the log when a disk takes
 * nothing, and when it does again.
 */
import * as Recoveries from "@lupin/core/Recoveries"
import type * as Network from "@lupin/nntp/Network"
import type * as NntpError from "@lupin/nntp/NntpError"
import * as NntpReader from "@lupin/nntp/NntpReader"
import type * as Relayer from "@lupin/spool/Relayer"
import * as Spool from "@lupin/spool/Spool"
import { Effect, Layer } from "effect"
import * as Backfill from "./Backfill.ts"
import { Histories } from "./Histories.ts"
import { Live } from "./Live.ts"
import { ReconcileRequests } from "./ReconcileRequests.ts"
import * as SiteConfig from "./SiteConfig.ts"

/** Between two looks at the quarantine. */
export const pauseMillis = 30_000

/** Asks one peer for what is damaged; gives how many articles were mended. */
export const mendFrom = Effect.fn("Mend.mendFrom")(function* (
  peer: Pick<SiteConfig.Peer, "name" | "path">,
  endpoint: Network.Endpoint
): Effect.fn.Return<number, NntpError.NntpError | Spool.SpoolUnavailable, Spool.Spool | Relayer.Relayer> {
  const spool = yield* Spool.Spool
  const { damaged } = yield* spool.condition
  if (damaged.length === 0) return 0
  return yield* Effect.scoped(
    Effect.gen(function* () {
      const reader = yield* NntpReader.connect(endpoint)
      const from = { connection: `mend ${peer.name}`, paths: [peer.path], isBackfill: true }
      const mended = yield* Backfill.copy(reader, damaged.slice(0, Backfill.batchMax), from)
      if (mended > 0) yield* Effect.logInfo(`mended ${mended} damaged articles from ${peer.name}`)
      return mended
    })
  )
})

/** Damaged records of which nobody knows what they were. */
const namelessOf = ({ damaged, damagedRecords }: Spool.Condition): number => damagedRecords - damaged.length

/** Zones first, which have the most; other news servers last. */
const order: ReadonlyArray<SiteConfig.Peer["kind"]> = ["central", "pop", "foreign"]

/** Asks one peer after another, as long as anything is damaged; gives how many articles were mended. */
export const mendFromAll = Effect.fn("Mend.mendFromAll")(function* (): Effect.fn.Return<
  number,
  never,
  Spool.Spool | Relayer.Relayer | Live
> {
  const live = yield* Live
  const peers = live.peers().toSorted((one, other) => order.indexOf(one.kind) - order.indexOf(other.kind))
  let mended = 0
  for (const peer of peers) {
    const endpoint = live.endpoint(peer.name)
    if (endpoint === undefined) continue
    mended += yield* mendFrom(peer, endpoint).pipe(
      Effect.catch((error) => Effect.as(Effect.logDebug(`mended nothing from ${peer.name}`, error), 0))
    )
  }
  return mended
})

/** Pure: what an operator is told when a spool begins to refuse, refuses for another reason, or stores again. */
export const refusalLine = (before: string | undefined, now: string | undefined): string | undefined => {
  if (before === now) return undefined
  return now === undefined ? "the spool stores again" : `the spool stores nothing: ${now}`
}

/** Looks after the quarantine until the layer's scope closes. */
export const layer: Layer.Layer<never, never, Spool.Spool | Relayer.Relayer | Histories | Live | ReconcileRequests> =
  Layer.effectDiscard(
    Effect.gen(function* () {
      const spool = yield* Spool.Spool
      const live = yield* Live
      const histories = yield* Histories
      const requests = yield* ReconcileRequests
      const { note } = yield* Recoveries.Recoveries
      // What was damaged at the start is looked for by `Reconcile`.
      let nameless = namelessOf(yield* spool.condition)

      let refuses: string | undefined

      const look = Effect.gen(function* () {
        const condition = yield* spool.condition
        const line = refusalLine(refuses, condition.refuses)
        refuses = condition.refuses
        if (line !== undefined) yield* refuses === undefined ? Effect.logInfo(line) : Effect.logError(line)
        const found = namelessOf(condition)
        if (found > nameless) {
          note("record-looked-for", found - nameless)
          // What the log has lost, history is to miss.
          yield* histories.forget
          for (const { path } of live.peers().filter(SiteConfig.isOurs)) requests.add(path, "gap")
        }
        nameless = found
        if (condition.damaged.length > 0) yield* mendFromAll()
      })
      // At once: of a sealed day its partial alone may tell, and has to be here again before a digester states another.
      yield* Effect.forkScoped(Effect.forever(Effect.andThen(look, Effect.sleep(pauseMillis))))
    })
  )
