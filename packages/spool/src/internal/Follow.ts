/**
 * The log as followers read it: the newest changes from memory, older ones from the segments, a bounded stretch at a
 * time.
 */
import type * as MessageId from "@lupin/core/MessageId"
import type { Arrival, Change, Changes } from "../Spool.ts"
import type * as Articles from "./Articles.ts"
import type { Index } from "./Index.ts"
import type { Planned } from "./Plan.ts"
import { RecentChanges } from "./RecentChanges.ts"
import * as Record from "./Record.ts"
import type { SegmentLog } from "./SegmentLog.ts"

/** Records that one call looks at in the segments, beside those it returns. */
const scanRecordsMax = 1_000
/** Places where recent calls stopped, so that the next ones need not search. */
const bookmarksMax = 64

export interface Follow {
  /** Takes in a record just published, the next one, and adds what followers are told of it, where somebody listens. */
  readonly note: (record: Planned, changes: Array<Change> | undefined) => void
  /** Tells no more of an article that was erased, as far as it is in memory; of its removal it does. */
  readonly erase: (id: string) => void
  /** The id of an article by where its record lies, if it is among the newest: the record itself may be damaged. */
  readonly idAt: (address: number) => MessageId.MessageId | undefined
  readonly changes: (after: number, limit: number) => Changes
  readonly arrivedSince: (sinceMillis: number, limit: number, after: number) => ReadonlyArray<Arrival>
}

export const make = (log: SegmentLog, index: Index): Follow => {
  const recent = new RecentChanges(index.progress.position + 1, filedOf, log.look)
  log.tellLeaving((slab) => recent.keep(slab))
  const bookmarks = new Map<number, number>()

  const bookmark = (position: number, address: number): void => {
    bookmarks.delete(position)
    bookmarks.set(position, address)
    if (bookmarks.size <= bookmarksMax) return
    for (const oldest of bookmarks.keys()) {
      bookmarks.delete(oldest)
      return
    }
  }

  /** An address from which the event after a position is soon found. */
  const near = (after: number): number => bookmarks.get(after) ?? index.marks.at(after + 1)?.address ?? log.start

  /** Adds what memory tells behind a position, and says how far that goes. */
  const recall = (changes: Array<Change>, after: number, limit: number): number => {
    const { position: head } = index.progress
    let next = after
    while (next + 1 >= recent.first && next < head && changes.length < limit) {
      next += 1
      const change = recent.get(next)
      if (change !== undefined) changes.push(change)
    }
    return next
  }

  const scan = (after: number, limit: number): Changes => {
    const { position: head } = index.progress
    // From there on memory tells, whatever has become of the log.
    const end = recent.first - 1
    const changes: Array<Change> = []
    let next = after
    let lost = 0
    const page = (): Changes => ({ changes, next, head, ...(lost === 0 ? {} : { lost }) })
    let address = near(after)
    for (let records = 0; records < limit + scanRecordsMax && next < end; records++) {
      const found = log.seek(address)
      const first = found?.events[0]?.position ?? 0
      if (found === undefined || first > end) {
        // Nothing can be read from here on: what comes next is behind it.
        lost += log.lostBetween(next, end + 1, found?.address ?? address)
        next = end
        break
      }
      lost += log.lostBetween(next, first, found.address)
      for (const event of found.events) {
        if (event.position <= next || changes.length >= limit) continue
        next = event.position
        const change = toChange(event)
        if (change !== undefined) changes.push(change)
      }
      if (next < (found.events.at(-1)?.position ?? 0)) return page()
      address = found.next
      if (changes.length >= limit) break
    }
    bookmark(next, address)
    next = recall(changes, next, limit)
    return page()
  }

  return {
    note: ({ address, bytes, events }, changes) => {
      const isTold = changes !== undefined || events.length > 1 || !Record.isCopy(events[0])
      if (!isTold && log.look(address, Record.headBytes + bytes) !== undefined) return recent.addAt(address)
      for (const event of events) {
        const change = toChange(event)
        recent.add(change)
        if (change !== undefined) changes?.push(change)
      }
    },
    erase: (id) => recent.erase(id),
    idAt: (address) => {
      const isThere = (id: string): boolean => {
        const row = index.id(id)
        return row?._tag === "Held" && row.address === address
      }
      return recent.find((change) => change._tag === "Filed" && isThere(change.id))?.id
    },
    changes: (after, limit) => {
      const from = Math.max(0, after)
      const { position: head } = index.progress
      if (from >= head) return { changes: [], next: from, head }
      if (from + 1 < recent.first) return scan(from, limit)
      const changes: Array<Change> = []
      return { changes, next: recall(changes, from, limit), head }
    },
    arrivedSince: (sinceMillis, limit, after) => {
      const { position: head } = index.progress
      const arrivals: Array<Arrival> = []
      let address = Math.max(near(Math.max(0, after)), index.marks.before(sinceMillis, head)?.address ?? log.start)
      for (let position = after; position < head && arrivals.length < limit;) {
        const found = log.seek(address)
        if (found === undefined) break
        for (const event of found.events) {
          position = event.position
          if (!Record.isCopy(event) || position <= after || event.atMillis < sinceMillis) continue
          if (arrivals.length >= limit || !isHeld(index, event)) continue
          const groups = event.newsgroups ?? event.numbers.map(([group]) => group)
          arrivals.push({ id: event.id, groups, position, arrivedMillis: event.atMillis })
        }
        address = found.next
      }
      return arrivals
    }
  }
}

/** Held as it was filed here: an id that was forgotten may have come again. */
const isHeld = (index: Index, event: Articles.Copy): boolean => {
  const row = index.id(event.id)
  return row?._tag === "Held" && row.position === event.position
}

/** What followers are told of an article. */
export const toFiled = (event: Record.Logged | undefined): Extract<Change, { _tag: "Filed" }> | undefined => {
  const change = event === undefined ? undefined : toChange(event)
  return change?._tag === "Filed" ? change : undefined
}

const whys = { Cancelled: "cancelled", Superseded: "superseded", Expired: "expired" } as const

/** Made for every article: fields are set one by one, which costs less than objects put together. */
const filedOf = (event: Record.Brought): Filed => {
  const change: { -readonly [K in keyof Filed]: Filed[K] } = {
    _tag: "Filed",
    position: event.position,
    id: event.id,
    groups: event.numbers.map(([group]) => group),
    bytes: event.bytes,
    arrivedMillis: event.atMillis,
    path: event.path
  }
  if (event.slot !== undefined) change.slot = event.slot
  if (event.newsgroups !== undefined) change.newsgroups = event.newsgroups
  if (event.injectedMillis !== undefined) change.injectedMillis = event.injectedMillis
  if (event.expiresMillis !== undefined) change.expiresMillis = event.expiresMillis
  if (event.stored !== undefined) change.class = event.stored.class
  return change
}

type Filed = Extract<Change, { readonly _tag: "Filed" }>

export const toChange = (event: Record.Logged): Change | undefined => {
  switch (event._tag) {
    case "Filed":
    // Whoever passed it while it was damaged could not read it.
    case "Mended":
      return filedOf(event)
    case "Cancelled":
    case "Superseded":
    case "Expired":
      return {
        _tag: "Removed",
        position: event.position,
        id: event.id,
        groups: event.numbers.map(([group]) => group),
        removedMillis: event.atMillis,
        why: whys[event._tag],
        ...(event.injectedMillis === undefined ? {} : { injectedMillis: event.injectedMillis })
      }
    default:
      return undefined
  }
}
