/**
 * Makes this site's history that of another site of ours: what was removed there goes first, then what is missing comes.
 *
 * Path and age do not matter here (design §4, Backfill): history alone decides. The newest comes first, of what is about
 * as old the busiest groups.
 */
import type * as MessageId from "@lupin/core/MessageId"
import * as MessageIds from "@lupin/core/MessageId"
import type * as Reconciliation from "@lupin/core/Reconciliation"
import type { Found } from "@lupin/core/ReconciliationInquiry"
import * as Recoveries from "@lupin/core/Recoveries"
import * as Sha256 from "@lupin/core/Sha256"
import type { NntpError } from "@lupin/nntp/NntpError"
import type * as NntpReader from "@lupin/nntp/NntpReader"
import * as HistoryTree from "@lupin/spool/HistoryTree"
import * as Relayer from "@lupin/spool/Relayer"
import * as Spool from "@lupin/spool/Spool"
import { Effect } from "effect"

/** Articles asked for, or removed, at a time. */
export const batchMax = 200

/** What two histories disagree on, after this site's own has had its say. */
export interface Difference {
  /** Live there, and never known here. */
  readonly missing: ReadonlyArray<Reconciliation.Told & { readonly id: MessageId.MessageId }>
  /** Removed there, and not here; of them so many are not in this site's tree. */
  readonly removals: ReadonlyArray<MessageId.MessageId>
  readonly unknownRemovals: number
  /** Removed there, and the log here does not tell any more which they are; another inquiry names them. */
  readonly nameless: number
  /** Never known here, and expired there: no more to be had. */
  readonly expired: number
  /** Known here, and not there. */
  readonly hereOnly: number
  /** Removed here, and live there. */
  readonly removedHere: number
}

/** Pure: by doublings of age, in hours, then by heat, then by age. */
export const order = <T extends Pick<Reconciliation.Told, "second" | "heat">>(
  told: ReadonlyArray<T>,
  nowMillis: number
): ReadonlyArray<T> => {
  const nowSecond = nowMillis / 1000
  const ageOf = ({ second }: T): number => Math.floor(Math.log2(1 + Math.max(0, nowSecond - second) / 3600))
  return told.toSorted(
    (left, right) => ageOf(left) - ageOf(right) || right.heat - left.heat || right.second - left.second
  )
}

/** What an inquiry found, less what this history knows by other ways; it is told the seconds that it did not know. */
export const difference = Effect.fnUntraced(function* (
  found: Found,
  history: HistoryTree.HistoryTree
): Effect.fn.Return<Difference, Spool.SpoolUnavailable, Spool.Spool> {
  const spool = yield* Spool.Spool
  const there = found.there.flatMap((told) => {
    const id = MessageIds.parse(told.id)
    return id === undefined ? [] : [{ ...told, id }]
  })
  const statuses = yield* statusesOf(there)
  for (const [at, { id, mark, second }] of there.entries()) {
    if (statuses[at] === "removed") history.agree(second, Sha256.hashText(id), mark)
  }
  const unknown = there.filter((_, at) => statuses[at] === "unknown")
  const strange = there.filter(({ mark }, at) => mark === "removed" && statuses[at] !== "removed").map(({ id }) => id)
  const gone = found.unlike.filter(({ isRemovedThere }) => isRemovedThere)
  const named = yield* HistoryTree.idsAt(
    spool,
    gone.map(({ item }) => item.ref)
  )
  const nameless = gone.filter(({ item }) => !named.has(item.ref))
  for (const { item } of nameless) history.tree.delete(item.key)
  return {
    missing: unknown.filter(({ mark }) => mark === "live"),
    removals: [...strange, ...gone.flatMap(({ item }) => named.get(item.ref)?.id ?? [])],
    unknownRemovals: strange.length,
    nameless: nameless.length,
    expired: unknown.filter(({ mark }) => mark === "expired").length,
    hereOnly: found.hereCount,
    removedHere: found.unlike.length - gone.length
  }
})

/**
 * What a site knows of ids that its own history does not tell. An article that it holds all the same may be damaged where
 * the log tells of it: whoever reads it finds out, and then it is not known any more.
 */
const statusesOf = Effect.fnUntraced(function* (
  there: ReadonlyArray<Reconciliation.Told & { readonly id: MessageId.MessageId }>
) {
  const spool = yield* Spool.Spool
  const ids = there.map(({ id }) => id)
  const statuses = yield* spool.status(ids)
  const doubtful = ids.filter((_, at) => there[at]?.mark === "live" && statuses[at] === "held")
  if (doubtful.length === 0) return statuses
  for (const id of doubtful) yield* spool.find(id)
  // The article may be whole, and what is told of it not.
  yield* spool.overviewOf(doubtful)
  return yield* spool.status(ids)
})

/** Ids of one batch of removals that were erased there; none where the other site does not tell. */
const erasedThere = (
  reader: NntpReader.NntpReader,
  ids: ReadonlyArray<MessageId.MessageId>
): Effect.Effect<ReadonlyArray<MessageId.MessageId>, NntpError> =>
  reader.status(ids).pipe(
    Effect.map(({ statuses }): ReadonlyArray<MessageId.MessageId> => ids.filter((_, at) => statuses[at] === "erased")),
    Effect.catchTag("NntpRefused", () => Effect.succeed([]))
  )

/** Removes here what was removed there, and erases what was erased there. Of what has expired here, the tree alone learns it: nothing is left to remove. */
export const remove = Effect.fnUntraced(function* (
  reader: NntpReader.NntpReader,
  { removals }: Difference,
  found: Found,
  history: HistoryTree.HistoryTree
): Effect.fn.Return<void, NntpError | Spool.SpoolUnavailable, Spool.Spool> {
  const spool = yield* Spool.Spool
  const { note } = yield* Recoveries.Recoveries
  for (let at = 0; at < removals.length; at += batchMax) {
    const batch = removals.slice(at, at + batchMax)
    // What is removed on both sides would not be asked about again.
    const erased = new Set(yield* erasedThere(reader, batch))
    if (erased.size > 0) yield* spool.erase([...erased])
    note("reconcile-erased", erased.size)
    yield* spool.remove(
      batch.filter((id) => !erased.has(id)),
      "cancelled"
    )
  }
  yield* HistoryTree.follow(spool, history)
  const removed = new Set<string>(removals)
  for (const { id, second } of found.there) if (removed.has(id)) history.date(second, Sha256.hashText(id))
  for (const { isRemovedThere, item } of found.unlike) {
    const own = history.tree.get(item.key)
    if (isRemovedThere && own?.mark === "expired") history.tree.set(item.key, "removed", own.ref)
  }
})

/** Copies the articles that are not known here, in the order given; gives how many were taken. */
export const copyAll = Effect.fnUntraced(function* (
  reader: NntpReader.NntpReader,
  ids: ReadonlyArray<MessageId.MessageId>,
  peer: Relayer.Peer
): Effect.fn.Return<number, NntpError | Spool.SpoolUnavailable, Spool.Spool | Relayer.Relayer> {
  let taken = 0
  for (let at = 0; at < ids.length; at += batchMax) taken += yield* copy(reader, ids.slice(at, at + batchMax), peer)
  return taken
})

/** One batch of `copyAll`. */
export const copy = Effect.fnUntraced(function* (
  reader: NntpReader.NntpReader,
  ids: ReadonlyArray<MessageId.MessageId>,
  peer: Relayer.Peer
): Effect.fn.Return<number, NntpError | Spool.SpoolUnavailable, Spool.Spool | Relayer.Relayer> {
  const spool = yield* Spool.Spool
  const relayer = yield* Relayer.Relayer
  const statuses = yield* spool.status(ids)
  const unknown = ids.filter((_, at) => statuses[at] === "unknown")
  if (unknown.length === 0) return 0
  const articles = yield* reader.articles(unknown)
  const batch = articles.flatMap((octets, at) => {
    const id = unknown[at]
    return octets === undefined || id === undefined ? [] : [{ id, octets }]
  })
  const received = yield* relayer.receive(batch, peer)
  return received.filter(({ _tag }) => _tag === "Accepted").length
})
