/**
 * Answers peers that reconcile with this site, out of its history.
 */
import * as Reconciliation from "@lupin/core/Reconciliation"
import * as Frame from "@lupin/core/ReconciliationFrame"
import * as Tree from "@lupin/core/ReconciliationTree"
import type { Answered, Asked } from "@lupin/nntp/Reconciler"
import { Reconciler } from "@lupin/nntp/Reconciler"
import * as HistoryTree from "@lupin/spool/HistoryTree"
import { Spool, type SpoolUnavailable } from "@lupin/spool/Spool"
import { Effect, Layer, Option } from "effect"
import { Histories } from "./Histories.ts"
import { ReconcileRequests } from "./ReconcileRequests.ts"

/** How long a peer waits while the log is read for the first time; then it is told to come again. */
export const readMillisMax = 20_000

/** How busy a group is, 0 to 255: by how many articles it holds. */
export const heatOf = (articles: number): number => Math.min(255, Math.round(16 * Math.log2(1 + articles)))

/** What a peer is fed, by its path identity. */
export type FeedOf = (path: string) => string | undefined

const make = Effect.fnUntraced(function* (feedOf: FeedOf) {
  const spool = yield* Spool
  const histories = yield* Histories
  const requests = yield* ReconcileRequests

  /** What items are called, and how hot their groups are. */
  const describe = Effect.fnUntraced(function* (
    items: ReadonlyArray<Tree.Item>
  ): Effect.fn.Return<Frame.Describe, SpoolUnavailable> {
    const named = yield* HistoryTree.idsAt(
      spool,
      items.map(({ ref }) => ref)
    )
    const heats = new Map<string, number>()
    for (const { groups } of named.values()) {
      const [group] = groups
      if (group === undefined || heats.has(group)) continue
      heats.set(group, heatOf((yield* spool.group(group))?.count ?? 0))
    }
    return ({ ref }) => {
      const found = named.get(ref)
      return found && { id: found.id, heat: heats.get(found.groups[0] ?? "") ?? 0 }
    }
  })

  const answer = Effect.fnUntraced(function* ({
    frame,
    of: { wildmat, window },
    peer
  }: Asked): Effect.fn.Return<Answered, SpoolUnavailable> {
    const asked = Frame.decodeQuestions(frame, window)
    if (asked === undefined) return { _tag: "Malformed" }
    const paths = peer.paths ?? []
    if (asked.isWanting) for (const path of paths) requests.add(path, "asked", { untilSecond: window.until })
    const { questions } = asked
    if (questions.length === 0) {
      return {
        _tag: "Frame",
        octets: Frame.encodeAnswers([], [], () => undefined, window, Reconciliation.frameBytesMax)
      }
    }
    const feeds = paths.flatMap((path) => feedOf(path) ?? [])
    const [fed] = feeds
    if (fed !== undefined && !feeds.includes(wildmat.text)) return { _tag: "Groups", wildmat: fed }
    const read = yield* Effect.timeoutOption(histories.of(wildmat), readMillisMax)
    if (Option.isNone(read)) return { _tag: "Later", reason: "History is still being read" }
    const history = read.value
    if (window.from < history.floor) return { _tag: "Since", from: history.floor }
    for (const question of questions) {
      if (question._tag !== "List") continue
      for (const { key } of question.items) history.date(Tree.secondOf(key), Tree.hashOf(key))
    }
    const drafts = Reconciliation.answers(history.tree, questions)
    const known = yield* describe(drafts.flatMap((draft) => ("items" in draft ? draft.items : [])))
    return {
      _tag: "Frame",
      octets: Frame.encodeAnswers(questions, drafts, known, window, Reconciliation.frameBytesMax)
    }
  })
  return Reconciler.of({ answer })
})

/** For the NNTP server of a site. A peer that is not known may compare what it may read. */
export const layer = (
  feedOf: FeedOf = () => undefined
): Layer.Layer<Reconciler, never, Spool | Histories | ReconcileRequests> => Layer.effect(Reconciler, make(feedOf))
