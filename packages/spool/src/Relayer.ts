/**
 * The door by which articles of other sites enter: judged by `core/Relay`, marked with our name, stored by the batch.
 */
import type { ArticleScan } from "@lupin/core/ArticleScan"
import * as EventArticle from "@lupin/core/EventArticle"
import type * as MessageId from "@lupin/core/MessageId"
import * as Prompt from "@lupin/core/Prompt"
import * as Recoveries from "@lupin/core/Recoveries"
import * as Relay from "@lupin/core/Relay"
import { Clock, Context, Effect, Layer } from "effect"
import * as TransitTable from "./internal/TransitTable.ts"
import { SiteIdentity } from "./SiteIdentity.ts"
import { Spool, type Stored, type SpoolUnavailable } from "./Spool.ts"

/** Who offers: one connection of a peer. */
export interface Peer {
  /** Unlike that of every other connection open now. */
  readonly connection: string
  /** The peer's name in the Path, where we know it; several where we know only that it is one of them. */
  readonly paths?: ReadonlyArray<string>
  /** The address its connection comes from, for the Path where its name is not known. */
  readonly address?: string
  /** Between our own sites, to refill a spool: age does not matter. */
  readonly isBackfill?: boolean
}

/** `here`: held, or removed or refused for good and remembered. `later`: another peer is sending it, it is being stored, or the spool refuses. */
export type Offer = "wanted" | "here" | "later"

export interface Offered {
  /** The id that the command named. */
  readonly id: MessageId.MessageId
  /** The article as on the wire, without dot-stuffing; its memory is the caller's again once it is answered. */
  readonly octets: Uint8Array
  /** What a look at it has found, if there was one. */
  readonly scan?: ArticleScan | undefined
}

/** `Refused` is for good, `Deferred` for now. Reasons fit into a reply line. */
export type Received =
  | { readonly _tag: "Accepted" }
  | { readonly _tag: "AlreadyHere" }
  | { readonly _tag: "Refused"; readonly reason: string }
  | { readonly _tag: "Deferred"; readonly reason: string }

export interface Options {
  /** Who writes at the site where an article was injected; `undefined` where that is not known, and not held against it. */
  readonly writerOf?: Relay.RelayContext["writerOf"]
}

/** How long other peers wait for an article that one has said it will send. */
export const leaseMillis = 30_000
/** Articles in transit that are remembered; beyond it the oldest may be sent twice. */
export const leasesMax = 100_000

export class Relayer extends Context.Service<
  Relayer,
  {
    /** One word per id, in order. What is `wanted` is this connection's to send. Asked where it is called. `nowMillis`: by a caller who knows. */
    readonly offer: (
      ids: ReadonlyArray<MessageId.MessageId>,
      peer: Peer,
      nowMillis?: number
    ) => Effect.Effect<ReadonlyArray<Offer>, SpoolUnavailable>
    /**
     * Whether `offer` would answer `here` for an id, in octets of a chunk. Asked where it is called; `false` says nothing, and
     * the id is to be offered.
     */
    readonly isHere: (octets: DataView, from: number, to: number, peer: Peer) => boolean
    /**
     * One answer per article, in order, once those accepted would survive a power cut. Begun where it is called. The answers are
     * those to one after another, be they of one id.
     */
    readonly receive: (
      batch: ReadonlyArray<Offered>,
      peer: Peer,
      nowMillis?: number
    ) => Effect.Effect<ReadonlyArray<Received>, SpoolUnavailable>
    /** The connection has ended: what it was to send may be sent by others. */
    readonly release: (peer: Peer) => Effect.Effect<void>
  }
>()("@lupin/spool/Relayer") {
  static readonly layer = (options: Options = {}): Layer.Layer<Relayer, never, Spool | SiteIdentity> =>
    Layer.effect(
      Relayer,
      Effect.gen(function* () {
        const spool = yield* Spool
        const site = yield* SiteIdentity
        const transit = TransitTable.make(leasesMax)
        const { note } = yield* Recoveries.Recoveries
        const clock = yield* Clock.Clock

        const contextOf = ({ address, isBackfill, paths }: Peer, nowMillis: number): Relay.RelayContext => {
          const context: { -readonly [Field in keyof Relay.RelayContext]: Relay.RelayContext[Field] } = {
            site: site.path,
            nowMillis,
            verify: EventArticle.verify
          }
          // Made for each batch, of which many have one article.
          if (paths !== undefined) context.peers = paths
          if (address !== undefined) context.address = address
          if (isBackfill !== undefined) context.isBackfill = isBackfill
          if (options.writerOf !== undefined) context.writerOf = options.writerOf
          return context
        }

        const judgeOffers = (
          ids: ReadonlyArray<MessageId.MessageId>,
          statuses: ReadonlyArray<Relay.Known["status"]>,
          { connection, paths }: Peer,
          nowMillis: number,
          isRefusing: boolean
        ): ReadonlyArray<Offer> => {
          const peer = paths?.length === 1 ? paths[0] : undefined
          const judge = (id: MessageId.MessageId, at: number): Offer => {
            const status = statuses[at] ?? "unknown"
            const isInTransit = status === "unknown" && transit.isElsewhere(id, connection, nowMillis, peer)
            const verdict = Relay.judgeOffer(id, { status, isInTransit, isRefusing })
            return verdict === "refused" ? "here" : verdict
          }
          const [only] = ids
          const verdicts = ids.length === 1 && only !== undefined ? alone[judge(only, 0)] : ids.map(judge)
          const wanted = verdicts.every(isWanted) ? ids : ids.filter((_, at) => verdicts[at] === "wanted")
          transit.take(wanted, connection, nowMillis + leaseMillis, peer)
          return verdicts
        }

        const storeWanted = (
          batch: ReadonlyArray<Offered>,
          statuses: ReadonlyArray<Relay.Known["status"]>,
          context: Relay.RelayContext
        ): Effect.Effect<ReadonlyArray<Received>, SpoolUnavailable> => {
          const verdicts = batch.map(({ id, octets, scan }, at) =>
            statuses[at] === "unknown" ? Relay.receive(octets, id, context, scan) : undefined
          )
          const areAccepted = verdicts.every(isAccepted)
          // Of what is accepted the spool finds out by itself what came before it.
          const runs = areAccepted ? noRuns : runsOf(batch)
          if (runs.length > 1) return storeApart(runs, context)
          const accepted = areAccepted ? verdicts : verdicts.filter(isAccepted)
          const storing = accepted.length === 0 ? nothingStored : spool.store(accepted.map(({ article }) => article))
          const refused = accepted.length === batch.length ? noIds : refusedOf(batch, verdicts)
          // A peer is answered all the same where that could not be written down.
          const both =
            refused.length === 0
              ? storing
              : Effect.map(
                  Effect.all([storing, Effect.ignore(spool.refuse(refused))], { concurrency: 2 }),
                  ([one]) => one
                )
          return Prompt.map(both, (stored) => {
            let at = 0
            return verdicts.map((verdict): Received => {
              if (verdict === undefined) return alreadyHere
              if (verdict._tag === "Accepted") return answerOf(stored[at++])
              return { _tag: verdict._tag, reason: verdict.message }
            })
          })
        }

        /** Each run is judged by what has become of those before it. */
        const storeApart = (
          runs: ReadonlyArray<ReadonlyArray<Offered>>,
          context: Relay.RelayContext
        ): Effect.Effect<ReadonlyArray<Received>, SpoolUnavailable> =>
          runs.reduce<Effect.Effect<ReadonlyArray<Received>, SpoolUnavailable>>(
            (before, run) =>
              Prompt.flatMap(before, (received) =>
                Prompt.flatMap(spool.status(run.map(({ id }) => id)), (statuses) =>
                  Prompt.map(storeWanted(run, statuses, context), (more) => [...received, ...more])
                )
              ),
            nothingReceived
          )

        return {
          offer: (ids, peer, nowMillis = clock.currentTimeMillisUnsafe()) =>
            Prompt.flatMap(spool.refuses(), (reason) =>
              Prompt.map(spool.status(ids), (statuses) =>
                judgeOffers(ids, statuses, peer, nowMillis, reason !== undefined)
              )
            ),
          isHere: spool.isKnown,
          receive: (batch, peer, nowMillis = clock.currentTimeMillisUnsafe()) => {
            const ids = batch.map(({ id }) => id)
            const end = (): void => {
              for (const id of ids) transit.end(id, peer.connection)
            }
            const received = Prompt.flatMap(spool.status(ids), (statuses) =>
              storeWanted(batch, statuses, contextOf(peer, nowMillis))
            )
            // Whoever is asked for one of these while it is being stored has to wait for the outcome.
            if (!Prompt.isOver(received)) transit.take(ids, peer.connection, nowMillis + leaseMillis)
            return Prompt.ensuring(received, end)
          },
          release: (peer) => Effect.sync(() => note("transit-freed", transit.endAll(peer.connection)))
        }
      })
    )
}

const taken: Received = { _tag: "Accepted" }
const alreadyHere: Received = { _tag: "AlreadyHere" }
const noIds: ReadonlyArray<never> = []
const noRuns: ReadonlyArray<never> = []

/** What IHAVE is told: of one id, there is no list to be made. */
const alone: Readonly<Record<Offer, ReadonlyArray<Offer>>> = { wanted: ["wanted"], here: ["here"], later: ["later"] }

const isWanted = (offer: Offer): boolean => offer === "wanted"

type Accepted = Extract<Relay.Received, { readonly _tag: "Accepted" }>
const isAccepted = (verdict: Relay.Received | undefined): verdict is Accepted => verdict?._tag === "Accepted"

/** The articles in their order, parted wherever one comes whose id came since the last parting. */
const runsOf = (batch: ReadonlyArray<Offered>): ReadonlyArray<ReadonlyArray<Offered>> => {
  const ids = new Set<string>()
  let run: Array<Offered> = []
  const runs = [run]
  for (const offered of batch) {
    if (ids.has(offered.id)) {
      ids.clear()
      run = []
      runs.push(run)
    }
    ids.add(offered.id)
    run.push(offered)
  }
  return runs
}

/** Ids that history has to remember. */
const refusedOf = (
  batch: ReadonlyArray<Offered>,
  verdicts: ReadonlyArray<Relay.Received | undefined>
): ReadonlyArray<MessageId.MessageId> =>
  batch.flatMap(({ id }, at) => {
    const verdict = verdicts[at]
    return verdict !== undefined && Relay.isRemembered(id, verdict) ? [id] : []
  })

const nothingStored: Effect.Effect<ReadonlyArray<Stored>> = Effect.succeed([])
const nothingReceived: Effect.Effect<ReadonlyArray<Received>> = Effect.succeed([])

const answerOf = (stored: Stored | undefined): Received => {
  switch (stored?._tag) {
    case "Filed":
      return taken
    case "AlreadyHere":
    case "Removed":
      return alreadyHere
    case "Unapproved":
      return { _tag: "Refused", reason: `unapproved, and ${stored.group} is moderated` }
    case "Closed":
      return { _tag: "Refused", reason: "its groups take no articles here" }
    default:
      return { _tag: "Deferred", reason: "its groups are full here" }
  }
}
