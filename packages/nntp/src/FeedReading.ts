/**
 * Reads on in the log for a feed and opens an entry for each article that its peer is to have.
 *
 * What is removed before it is spoken of is settled, as far as the log has been read.
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
  /** Told of what has been removed. */
  readonly onNeedless: (id: MessageId.MessageId) => void
  /** Told of events that could not be read. */
  readonly onGap: (missed: number) => void
}

/** Called with each entry that is opened, and the Path that its article has here. */
export type OnOpened = (entry: Entry, path: string) => void

/** Events read from the log at a time. */
const pageMax = Limits.pageMax

/** Reads one page and opens at most `limit` entries; says whether there is more to read. */
export const read = (
  reading: Reading,
  limit: number,
  onOpened: OnOpened
): Effect.Effect<boolean, Spool.SpoolUnavailable> =>
  Effect.flatMap(reading.spool.changes(reading.state.scanned, Math.min(pageMax, limit)), (page) => {
    const { state, stats } = reading
    const before = state.scanned
    const end = Math.max(page.next, page.changes[page.changes.length - 1]?.position ?? 0)
    const finish = (changes: ReadonlyArray<Spool.Change>): boolean => {
      stats.head = page.head
      open(reading, changes, onOpened)
      if (page.lost !== undefined) reading.onGap(page.lost)
      state.scan(end)
      return state.scanned > before && state.scanned < page.head
    }
    if (reading.rule.distributions === undefined) return Effect.succeed(finish(page.changes))
    return Effect.map(distributed(reading, page.changes), finish)
  })

/**
 * Takes in changes up to `head` that were told rather than read; says no where they have to be read. The feed has read all
 * that came before them.
 */
export const take = (
  reading: Reading,
  changes: ReadonlyArray<Spool.Change>,
  head: number,
  onOpened: OnOpened
): boolean => {
  if (reading.rule.distributions !== undefined) return false
  open(reading, changes, onOpened)
  reading.state.scan(head)
  return true
}

const open = (reading: Reading, changes: ReadonlyArray<Spool.Change>, onOpened: OnOpened): void => {
  for (const change of changes) {
    if (change._tag === "Removed") reading.onNeedless(change.id)
    else if (change._tag === "Filed" && isWanted(reading, change)) {
      const entry = reading.state.add(change.id, change.position, change.arrivedMillis)
      if (entry !== undefined) onOpened(entry, change.path)
    }
  }
}

type Filed = Spool.Change & { readonly _tag: "Filed" }

/** The feeds of a site look at an article one after the other. */
let latest: { readonly change: Filed; readonly offered: FeedRule.Offered } | undefined

const offeredOf = (change: Filed): FeedRule.Offered => {
  if (latest?.change === change) return latest.offered
  const { arrivedMillis, bytes, id, path } = change
  const groups = change.newsgroups ?? change.groups
  const offered = { groups, path, bytes, injectedMillis: MessageId.mintedMillis(id) ?? arrivedMillis }
  latest = { change, offered }
  return offered
}

/** What the rule says of what the log tells; distributions stand in the article alone. */
const isWanted = ({ peer, rule }: Reading, change: Filed, distribution?: string): boolean => {
  const known = offeredOf(change)
  const offered: FeedRule.Offered = distribution === undefined ? known : { ...known, distribution }
  return FeedRule.wants(rule, offered, peer)._tag === "Wanted"
}

/** Without the articles whose Distribution the rule does not take. */
const distributed = (reading: Reading, changes: ReadonlyArray<Spool.Change>) =>
  Effect.filter(changes, (change) =>
    change._tag === "Filed" && isWanted(reading, change)
      ? Effect.map(reading.spool.find(change.id), (held) => {
          const distribution = held && Headers.get(held.article, Columns.headerEnd(held.article), "distribution")
          return distribution === undefined || isWanted(reading, change, distribution)
        })
      : Effect.succeed(true)
  )
