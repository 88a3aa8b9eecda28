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
    const { state, stats } = reading
    const before = state.scanned
    const wanted = wantedOf(reading, page.changes)
    const removed = removedOf(page.changes)
    const end = Math.max(page.next, page.changes[page.changes.length - 1]?.position ?? 0)
    const finish = (filed: ReadonlyArray<Filed>): Read => {
      stats.head = page.head
      const opened = open(state, filed)
      for (const id of removed) reading.onNeedless(id)
      if (page.lost !== undefined) reading.onGap(page.lost)
      state.scan(end)
      return { opened, isMore: state.scanned > before && state.scanned < page.head }
    }
    if (wanted.length === 0 || reading.rule.distributions === undefined) return Effect.succeed(finish(wanted))
    return Effect.map(distributed(reading, wanted), finish)
  })

export interface Read {
  readonly opened: ReadonlyArray<Opened>
  readonly isMore: boolean
}

/**
 * Takes in changes up to `head` that were told rather than read, and says what was opened; undefined where they have to be
 * read. The feed has read all that came before them.
 */
export const take = (
  reading: Reading,
  changes: ReadonlyArray<Spool.Change>,
  head: number
): ReadonlyArray<Opened> | undefined => {
  if (reading.rule.distributions !== undefined) return undefined
  const opened = open(reading.state, wantedOf(reading, changes))
  for (const id of removedOf(changes)) reading.onNeedless(id)
  reading.state.scan(head)
  return opened
}

const wantedOf = (reading: Reading, changes: ReadonlyArray<Spool.Change>): ReadonlyArray<Filed> => {
  const wanted: Array<Filed> = []
  for (const change of changes) if (change._tag === "Filed" && isWanted(reading, change)) wanted.push(change)
  return wanted
}

const removedOf = (changes: ReadonlyArray<Spool.Change>): ReadonlyArray<MessageId.MessageId> => {
  let removed: Array<MessageId.MessageId> | undefined
  for (const change of changes) if (change._tag === "Removed") (removed ??= []).push(change.id)
  return removed ?? none
}

const none: ReadonlyArray<never> = []

const open = (state: FeedWindow, filed: ReadonlyArray<Filed>): ReadonlyArray<Opened> => {
  const opened: Array<Opened> = []
  for (const { arrivedMillis, id, path, position } of filed) {
    const entry = state.add(id, position, arrivedMillis)
    if (entry !== undefined) opened.push({ entry, path })
  }
  return opened
}

type Filed = Spool.Change & { readonly _tag: "Filed" }

/** The feeds of a site look at an article one after the other. */
let latest: { readonly id: string; readonly millis: number | undefined } = { id: "", millis: undefined }

const mintedMillis = (id: MessageId.MessageId): number | undefined => {
  if (latest.id !== id) latest = { id, millis: MessageId.mintedMillis(id) }
  return latest.millis
}

/** What the rule says of what the log tells; distributions stand in the article alone. */
const isWanted = ({ peer, rule }: Reading, change: Filed, distribution?: string): boolean => {
  const { arrivedMillis, bytes, id, path } = change
  const groups = change.newsgroups ?? change.groups
  const known = { groups, path, bytes, injectedMillis: mintedMillis(id) ?? arrivedMillis }
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
