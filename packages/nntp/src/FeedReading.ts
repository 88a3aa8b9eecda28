/**
 * Reads on in the log for a feed and opens an entry for each article that its peer is to have.
 */
import * as FeedRule from "@lupin/core/FeedRule"
import * as Headers from "@lupin/core/Headers"
import * as Limits from "@lupin/core/Limits"
import * as MessageId from "@lupin/core/MessageId"
import type * as Spool from "@lupin/spool/Spool"
import { Effect } from "effect"
import * as Columns from "./Columns.ts"
import type { Entry, FeedWindow } from "./FeedWindow.ts"
import type { PeerState } from "./PeerStats.ts"

/** What is read, and for whom. */
export interface Reading {
  readonly spool: Spool.Spool["Service"]
  readonly state: FeedWindow
  readonly stats: PeerState
  readonly rule: FeedRule.FeedRule
  readonly peer: FeedRule.Peer
  /** Told of events that could not be read. */
  readonly onGap: (missed: number) => void
}

/** An open entry, with the Path that its article has here. */
export interface Opened {
  readonly entry: Entry
  readonly path: string
}

/** Events read from the log at a time. */
const pageMax = Limits.pageMax

/** One page: what was opened, at most `limit`, and whether there is more to read. */
export const read = (reading: Reading, limit: number): Effect.Effect<Read, Spool.SpoolUnavailable> =>
  Effect.flatMap(reading.spool.changes(reading.state.scanned, Math.min(pageMax, limit)), (page) => {
    reading.stats.head = page.head
    const wanted: Array<Filed> = []
    for (const change of page.changes) if (change._tag === "Filed" && isWanted(reading, change)) wanted.push(change)
    if (wanted.length === 0) return Effect.succeed(opened(reading, page, wanted, nothing))
    const filing = reading.rule.distributions === undefined ? undefined : distributed(reading, wanted)
    return filing === undefined
      ? held(reading, page, wanted)
      : Effect.flatMap(filing, (filed) => held(reading, page, filed))
  })

export interface Read {
  readonly opened: ReadonlyArray<Opened>
  readonly isMore: boolean
}

const nothing: ReadonlyArray<never> = []

/** What is held no more is not opened. */
const held = (reading: Reading, page: Spool.Changes, filed: ReadonlyArray<Filed>) =>
  Effect.map(reading.spool.status(filed.map(({ id }) => id)), (statuses) => opened(reading, page, filed, statuses))

const opened = (
  { onGap, state }: Reading,
  page: Spool.Changes,
  filed: ReadonlyArray<Filed>,
  statuses: ReadonlyArray<string>
): Read => {
  const before = state.scanned
  const found: Array<Opened> = []
  for (let at = 0; at < filed.length; at += 1) {
    const change = filed[at]
    if (change === undefined || statuses[at] !== "held") continue
    const entry = state.add(change.id, change.position, change.arrivedMillis)
    if (entry !== undefined) found.push({ entry, path: change.path })
  }
  if (page.lost !== undefined) onGap(page.lost)
  state.scan(Math.max(page.next, page.changes[page.changes.length - 1]?.position ?? 0))
  return { opened: found, isMore: state.scanned > before && state.scanned < page.head }
}

type Filed = Spool.Change & { readonly _tag: "Filed" }

/** What the rule says of what the log tells; distributions stand in the article alone. */
const isWanted = ({ peer, rule }: Reading, change: Filed, distribution?: string): boolean => {
  const { arrivedMillis, bytes, id, path } = change
  const groups = change.newsgroups ?? change.groups
  const known = { groups, path, bytes, injectedMillis: MessageId.mintedMillis(id) ?? arrivedMillis }
  const offered: FeedRule.Offered = distribution === undefined ? known : { ...known, distribution }
  return FeedRule.wants(rule, offered, peer)._tag === "Wanted"
}

/** Those whose Distribution the rule takes, or that have none. */
const distributed = (reading: Reading, wanted: ReadonlyArray<Filed>) =>
  Effect.filter(wanted, (change) =>
    Effect.map(reading.spool.find(change.id), (held) => {
      const distribution = held && Headers.get(held.article, Columns.headerEnd(held.article), "distribution")
      return distribution === undefined || isWanted(reading, change, distribution)
    })
  )
