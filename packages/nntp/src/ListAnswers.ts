/**
 * Answers to LIST, NEWGROUPS and NEWNEWS (RFC 3977 §7.3 to §7.6), and to our private XCHANGES and XSTATUS.
 */
import type * as Group from "@lupin/core/Group"
import * as Limits from "@lupin/core/Limits"
import type * as MessageId from "@lupin/core/MessageId"
import * as Wildmat from "@lupin/core/Wildmat"
import type { Change } from "@lupin/spool/Spool"
import { Effect } from "effect"
import type * as Command from "./Command.ts"
import type * as Guard from "./Guard.ts"
import type { Output, Trouble } from "./Output.ts"
import * as Reply from "./Reply.ts"
import type * as Session from "./Session.ts"
import * as SiteLists from "./SiteLists.ts"

/** What answers are made from. */
export interface Listing {
  readonly spool: Guard.ReadableSpool
  /** Whom ACTIVE.TIMES names as the creator of groups. */
  readonly site: string
  /** The lists of the operator, as they are now. */
  readonly lists: () => SiteLists.SiteLists
  /** Whether this site's digester has counted an event wherever it counts. */
  readonly isDigested: (id: MessageId.MessageId) => boolean
}

/** Arrivals and events asked of the spool at a time. */
const pageMax = Limits.pageMax

/** Events that one XCHANGES looks at, so that a narrow wildmat costs a bounded time. */
export const scanMax = 5_000

/** Rows that one XCHANGES answers with. */
export const changesMax = Limits.pageMax

/** LIST ACTIVE, NEWSGROUPS, ACTIVE.TIMES and COUNTS. */
export const groups = Effect.fnUntraced(function* (
  listing: Listing,
  task: Session.Task & { readonly _tag: "ListGroups" },
  out: Output
): Effect.fn.Return<void, Trouble> {
  const line = rowOf(listing, task.list)
  out.buffer.line(Reply.line(215))
  yield* writeGroups(listing, (group) => Wildmat.matches(task.wildmat, group.name), line, out)
})

/** The lists that the operator writes: 503 where nothing is kept (RFC 3977 §7.6.1). A list may be empty. */
export const kept = (
  { lists }: Listing,
  { list, wildmat }: Session.Task & { readonly _tag: "ListKept" },
  out: Output
): Effect.Effect<void> =>
  Effect.sync(() => {
    const rows = SiteLists.rows(lists(), list, wildmat)
    if (rows === undefined) return out.buffer.line(Reply.line(503, `No ${list} kept here`))
    out.buffer.line(Reply.line(215))
    for (const row of rows) out.buffer.blockLine(row)
    out.buffer.text(".\r\n")
  })

/** NEWGROUPS. */
export const newGroups = Effect.fnUntraced(function* (
  listing: Listing,
  task: Session.Task & { readonly _tag: "NewGroups" },
  out: Output
): Effect.fn.Return<void, Trouble> {
  out.buffer.line(Reply.line(231))
  yield* writeGroups(listing, (group) => group.createdMillis >= task.sinceMillis, active, out)
})

const writeGroups = Effect.fnUntraced(function* (
  { spool }: Listing,
  isWanted: (group: Group.Group) => boolean,
  line: (group: Group.Group) => string,
  out: Output
): Effect.fn.Return<void, Trouble> {
  const all = yield* spool.groups
  let sinceFlush = 0
  for (const group of all) {
    if (!isWanted(group)) continue
    out.buffer.line(line(group))
    sinceFlush += 1
    if (sinceFlush < pageMax) continue
    sinceFlush = 0
    yield* out.flushIfFull
  }
  out.buffer.text(".\r\n")
})

/** What is said of a group that nobody has described. */
const noDescription = "No description"

const active = (group: Group.Group): string => `${group.name} ${group.high} ${group.low} ${group.status}`

const rowOf = ({ site }: Listing, list: Command.GroupList): ((group: Group.Group) => string) => {
  switch (list) {
    case "ACTIVE":
      return active
    case "NEWSGROUPS":
      return (group) => `${group.name}\t${group.description ?? noDescription}`
    case "COUNTS":
      return (group) => `${group.name} ${group.high} ${group.low} ${group.count} ${group.status}`
    case "ACTIVE.TIMES":
      return (group) => `${group.name} ${Math.floor(group.createdMillis / 1000)} news@${site}`
  }
}

/** NEWNEWS: ids of what arrived since and is still held. */
export const newNews = Effect.fnUntraced(function* (
  { spool }: Listing,
  task: Session.Task & { readonly _tag: "NewNews" },
  out: Output
): Effect.fn.Return<void, Trouble> {
  out.buffer.line(Reply.line(230))
  let after = 0
  for (;;) {
    const arrivals = yield* spool.arrivedSince(task.sinceMillis, pageMax, after)
    for (const arrival of arrivals) {
      if (arrival.groups.some((group) => Wildmat.matches(task.wildmat, group))) out.buffer.line(arrival.id)
    }
    yield* out.flushIfFull
    const last = arrivals[arrivals.length - 1]
    if (last === undefined || arrivals.length < pageMax) break
    after = last.position
  }
  out.buffer.text(".\r\n")
})

/**
 * XCHANGES: `282 <generation> <next> <head> [reset]`, then a line `F <position> <overview line>` for each article filed
 * and still held, and `R <position> <id>` for each removed, fields between tabs. A client of another generation is
 * answered from the beginning, and told `reset`.
 */
export const changes = Effect.fnUntraced(function* (
  { spool }: Listing,
  { command }: Session.Task & { readonly _tag: "Changes" },
  out: Output
): Effect.fn.Return<void, Trouble> {
  const isReset = command.generation !== spool.generation.id
  const limit = Math.max(1, Math.min(command.limit, changesMax))
  const start = isReset ? 0 : command.after
  const found: Array<Change> = []
  let next = start
  let head = 0
  for (let scanned = 0; scanned < scanMax && found.length < limit; scanned += pageMax) {
    const page = yield* spool.changes(next, pageMax)
    head = page.head
    let isFull = false
    for (const change of page.changes) {
      if (isFull) break
      next = change.position
      if (!change.groups.some((group) => Wildmat.matches(command.wildmat, group))) continue
      found.push(change)
      isFull = found.length === limit
    }
    if (isFull) break
    const isEnd = page.next === next && page.changes.length === 0
    next = Math.max(next, page.next)
    if (isEnd || next >= head) break
  }
  const filed = found.flatMap((change) => (change._tag === "Filed" ? [change.id] : []))
  const lines = yield* spool.overviewOf(filed)
  out.buffer.line(`282 ${spool.generation.id} ${next} ${Math.max(head, next)}${isReset ? " reset" : ""}`)
  let at = 0
  for (const change of found) {
    if (change._tag === "Removed") {
      out.buffer.line(`R\t${change.position}\t${change.id}`)
      continue
    }
    const line = lines[at]
    at += 1
    if (line === undefined) continue
    out.buffer.text(`F\t${change.position}\t`)
    out.buffer.raw(line)
    out.buffer.text("\r\n")
  }
  out.buffer.text(".\r\n")
})

/** XSTATUS: `283 <generation> <held|digested|removed|erased|unknown> …`, one word per id, in order. */
export const status = Effect.fnUntraced(function* (
  { isDigested, spool }: Listing,
  task: Session.Task & { readonly _tag: "Status" },
  out: Output
): Effect.fn.Return<void, Trouble> {
  const statuses = yield* spool.status(task.ids)
  const erased = statuses.includes("removed") ? yield* spool.isErased(task.ids) : []
  const words = task.ids.map((id, at) => {
    if (statuses[at] === "held" && isDigested(id)) return "digested"
    return statuses[at] === "removed" && erased[at] === true ? "erased" : statuses[at]
  })
  out.buffer.line(`283 ${spool.generation.id} ${words.join(" ")}`)
})
