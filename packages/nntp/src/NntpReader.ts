/**
 * Reads from, and posts to, another NNTP server: what caches, backfill and tools ask of it.
 *
 * Every function pipelines what it sends, and any number may run at once on one connection. What a server does not
 * have is an empty answer; what it refuses to do is `NntpRefused`; trouble of the connection is `NntpDisconnected`.
 */
import type * as Group from "@lupin/core/Group"
import * as GroupName from "@lupin/core/GroupName"
import * as Limits from "@lupin/core/Limits"
import * as MessageId from "@lupin/core/MessageId"
import * as Overview from "@lupin/core/Overview"
import type * as Wildmat from "@lupin/core/Wildmat"
import { Effect, type Scope } from "effect"
import { Buffer } from "node:buffer"
import * as Capabilities from "./Capabilities.ts"
import * as NntpClient from "./NntpClient.ts"
import { NntpDisconnected, type NntpError, NntpRefused } from "./NntpError.ts"
import * as Since from "./Since.ts"

/** One change of a spool, as XCHANGES tells it. */
export type Change =
  | {
      readonly _tag: "Filed"
      readonly position: number
      readonly id: MessageId.MessageId
      /** Its number is that in the article's first group. */
      readonly row: Overview.Row
    }
  | { readonly _tag: "Removed"; readonly position: number; readonly id: MessageId.MessageId }

export interface Changes {
  readonly generation: string
  /** Where the next page begins, even if this one has no rows. */
  readonly next: number
  /** Position of the server's newest event: at `next >= head` there is nothing more for now. */
  readonly head: number
  /** The cursor was of another generation: the answer begins at the beginning. */
  readonly reset: boolean
  readonly rows: ReadonlyArray<Change>
}

export interface Cursor {
  readonly generation?: string
  readonly after: number
}

/** What a server holds of an id; `digested` is held, and in a digest wherever it counts; `erased` is removed, and nothing of it is left. */
export type Status = (typeof statusWords)[number]

const statusWords = ["held", "digested", "removed", "erased", "unknown"] as const

export interface Statuses {
  readonly generation: string
  /** One per id, in order. */
  readonly statuses: ReadonlyArray<Status>
}

export interface NntpReader {
  readonly client: NntpClient.NntpClient
  readonly capabilities: Effect.Effect<Capabilities.Capabilities, NntpError>
  /** Undefined where there is no such group. */
  readonly group: (
    name: GroupName.GroupName
  ) => Effect.Effect<Pick<Group.Group, "name" | "low" | "high" | "count"> | undefined, NntpError>
  /** Rows of the numbers held in `low..high`, ascending; by OVER, or XOVER where the server is old. */
  readonly overview: (
    group: GroupName.GroupName,
    low: number,
    high: number
  ) => Effect.Effect<ReadonlyArray<Overview.Row>, NntpError>
  /** Numbers held, ascending; all, or those in a range. */
  readonly listgroup: (
    group: GroupName.GroupName,
    range?: { readonly low: number; readonly high: number }
  ) => Effect.Effect<ReadonlyArray<number>, NntpError>
  /** Whole articles in the order of the ids, with the server's Path and Xref; undefined for what it does not have. */
  readonly articles: (
    ids: ReadonlyArray<MessageId.MessageId>
  ) => Effect.Effect<ReadonlyArray<Uint8Array | undefined>, NntpError>
  /** Groups that match, with their water marks. */
  readonly active: (
    wildmat: Wildmat.Wildmat
  ) => Effect.Effect<ReadonlyArray<Pick<Group.Group, "name" | "low" | "high"> & { readonly status: string }>, NntpError>
  /** Ids of what arrived at the server since, whole seconds. */
  readonly newnews: (
    wildmat: Wildmat.Wildmat,
    sinceMillis: number
  ) => Effect.Effect<ReadonlyArray<MessageId.MessageId>, NntpError>
  /** Posts a proto-article; the id where the server tells it. A refusal is `NntpRefused` with code 440 or 441. */
  readonly post: (octets: Uint8Array) => Effect.Effect<MessageId.MessageId | undefined, NntpError>
  /** The server's clock, whole seconds. */
  readonly date: Effect.Effect<number, NntpError>
  /** Private XCHANGES (`XLUPIN` in CAPABILITIES): what was filed and removed across a wildmat, after the cursor. */
  readonly changes: (wildmat: Wildmat.Wildmat, cursor: Cursor, limit: number) => Effect.Effect<Changes, NntpError>
  /** Private XSTATUS: what the server holds, in its present generation. */
  readonly status: (ids: ReadonlyArray<MessageId.MessageId>) => Effect.Effect<Statuses, NntpError>
}

/**
 * Connects; the connection ends with its scope. A server that takes the connection for a peer's at first, as INN does,
 * is told that a reader has come (RFC 3977 §5.3).
 */
export const connect = Effect.fnUntraced(function* (
  options: NntpClient.Options
): Effect.fn.Return<NntpReader, NntpDisconnected, Scope.Scope> {
  const client = yield* NntpClient.connect(options)
  const reader = make(client)
  const capabilities = yield* reader.capabilities.pipe(
    Effect.catchTag("NntpRefused", () => Effect.succeed(Capabilities.none))
  )
  if (Capabilities.has(capabilities, "READER")) return reader
  const [mode] = yield* client.exchange([{ line: "MODE READER" }])
  if (mode?.code === 400 || mode?.code === 502) {
    return yield* new NntpDisconnected({ server: client.server, reason: `said ${mode.code} ${mode.text}` })
  }
  return reader
})

/** Ids of one XSTATUS: with ids of the longest, the line still fits. */
const statusLineBytesMax = 500

/** An article as other servers hold it; one that is larger is none that could be taken here. */
const articleBytesMax = 2 * Limits.articleBytesMax

/** Articles asked for at a time, so that a connection's octets in flight stay bounded. */
const articlesMax = 64

const codes = (...listed: ReadonlyArray<number>): ReadonlySet<number> => new Set(listed)
const blockOf = {
  capabilities: codes(101),
  listGroup: codes(211),
  list: codes(215),
  article: codes(220),
  over: codes(224),
  newNews: codes(230),
  changes: codes(282)
}

/** What a client can ask, over a connection that is open. */
export const make = (client: NntpClient.NntpClient): NntpReader => {
  const refused = (command: string, reply: NntpClient.Reply | undefined): NntpRefused =>
    new NntpRefused({ server: client.server, command, code: reply?.code ?? 0, text: reply?.text ?? "" })

  /** One command; its reply if the code is among those expected. */
  const ask = (
    line: string,
    expected: ReadonlySet<number>,
    blockCodes?: ReadonlySet<number>
  ): Effect.Effect<NntpClient.Reply, NntpError> =>
    Effect.flatMap(client.exchange([blockCodes === undefined ? { line } : { line, blockCodes }]), ([reply]) =>
      reply !== undefined && expected.has(reply.code) ? Effect.succeed(reply) : Effect.fail(refused(line, reply))
    )

  const overview: NntpReader["overview"] = Effect.fnUntraced(function* (group, low, high) {
    for (const command of ["OVER", "XOVER"]) {
      const line = `${command} ${low}-${high}`
      const [selected, reply] = yield* client.exchange([{ line: `GROUP ${group}` }, { line, blockCodes: blockOf.over }])
      if (selected?.code === 411) return []
      if (selected?.code !== 211) return yield* refused(`GROUP ${group}`, selected)
      if (reply?.code === 420 || reply?.code === 423) return []
      if (reply?.code === 224) {
        return ascending(
          lines(reply).flatMap((text) => Overview.parse(text) ?? []),
          (row) => row.number,
          low,
          high
        )
      }
      if (command === "XOVER" || (reply?.code !== 500 && reply?.code !== 503)) return yield* refused(line, reply)
    }
    return []
  })

  const articles: NntpReader["articles"] = Effect.fnUntraced(function* (ids) {
    const found: Array<Uint8Array | undefined> = []
    for (let at = 0; at < ids.length; at += articlesMax) {
      const asked = ids
        .slice(at, at + articlesMax)
        .map((id) => ({ line: `ARTICLE ${id}`, blockCodes: blockOf.article, blockBytesMax: articleBytesMax }))
      for (const [index, reply] of (yield* client.exchange(asked)).entries()) {
        const isAnswer = reply.code === 430 || (reply.code === 220 && NntpClient.isAbout(reply, ids[at + index] ?? ""))
        if (!isAnswer) return yield* refused(asked[index]?.line ?? "ARTICLE", reply)
        found.push(reply.block)
      }
    }
    return found
  })

  const status: NntpReader["status"] = Effect.fnUntraced(function* (ids) {
    const asked = statusLines(ids).map((line) => ({ line }))
    const statuses: Array<Status> = []
    let generation = ""
    for (const [index, reply] of (yield* client.exchange(asked)).entries()) {
      const [told = "", ...words] = reply.text.split(" ")
      if (reply.code !== 283 || !words.every(isStatus)) return yield* refused(asked[index]?.line ?? "XSTATUS", reply)
      generation = told
      statuses.push(...words.filter(isStatus))
    }
    return statuses.length === ids.length ? { generation, statuses } : yield* refused("XSTATUS", undefined)
  })

  return {
    client,
    capabilities: Effect.map(ask("CAPABILITIES", codes(101, 500), blockOf.capabilities), (reply) =>
      reply.code === 101 ? Capabilities.read(lines(reply)) : Capabilities.none
    ),
    group: (name) =>
      Effect.flatMap(ask(`GROUP ${name}`, codes(211, 411)), (reply) => {
        if (reply.code === 411) return Effect.succeed(undefined)
        const [count, low, high] = reply.text.split(" ").map((word) => number(word))
        return count === undefined || low === undefined || high === undefined
          ? Effect.fail(refused(`GROUP ${name}`, reply))
          : Effect.succeed({ name, count, low, high })
      }),
    overview,
    listgroup: (group, range) => {
      const within = range === undefined ? "" : ` ${range.low}-${range.high}`
      return Effect.map(ask(`LISTGROUP ${group}${within}`, codes(211, 411), blockOf.listGroup), (reply) =>
        ascending(
          reply.code === 211 ? lines(reply).flatMap((line) => number(line) ?? []) : [],
          (found) => found,
          range?.low ?? 0,
          range?.high ?? Limits.articleNumberMax
        )
      )
    },
    articles,
    active: (wildmat) =>
      Effect.map(ask(`LIST ACTIVE ${wildmat.text}`, codes(215), blockOf.list), (reply) =>
        lines(reply).flatMap((line) => {
          const [text = "", upper = "", lower = "", letter = "y"] = line.split(" ")
          const [name, low, high] = [GroupName.parse(text), number(lower), number(upper)]
          return name === undefined || low === undefined || high === undefined
            ? []
            : [{ name, low, high, status: letter }]
        })
      ),
    newnews: (wildmat, sinceMillis) => {
      const since = Since.format(sinceMillis)
      const line = `NEWNEWS ${wildmat.text} ${since.slice(0, 8)} ${since.slice(8)} GMT`
      return Effect.map(ask(line, codes(230), blockOf.newNews), (reply) =>
        lines(reply).flatMap((text) => MessageId.parse(text.trim()) ?? [])
      )
    },
    post: (octets) =>
      Effect.flatMap(
        client.submit("POST", ({ code }) => code === 340, octets),
        ({ isSent, reply }) =>
          isSent && reply.code === 240
            ? Effect.succeed(MessageId.parse(/<[^\s<>]+>/.exec(reply.text)?.[0] ?? ""))
            : Effect.fail(refused("POST", reply))
      ),
    date: Effect.flatMap(ask("DATE", codes(111)), (reply) => {
      const since = Since.parse(reply.text.slice(0, 8), reply.text.slice(8, 14))
      return since === undefined ? Effect.fail(refused("DATE", reply)) : Effect.succeed(Since.millis(since, 0))
    }),
    changes: (wildmat, cursor, limit) => {
      const line = `XCHANGES ${wildmat.text} ${cursor.generation ?? "-"} ${cursor.after} ${limit}`
      return Effect.flatMap(ask(line, codes(282), blockOf.changes), (reply) => {
        const changes = readChanges(reply)
        return changes === undefined ? Effect.fail(refused(line, reply)) : Effect.succeed(changes)
      })
    },
    status
  }
}

/** Lines of a block, as UTF-8. */
const lines = (reply: NntpClient.Reply): ReadonlyArray<string> => {
  if (reply.block === undefined || reply.block.length === 0) return []
  const text = Buffer.from(reply.block.buffer, reply.block.byteOffset, reply.block.byteLength).toString("utf8")
  return (text.endsWith("\r\n") ? text.slice(0, -2) : text).split("\r\n")
}

const statusLines = (ids: ReadonlyArray<MessageId.MessageId>): ReadonlyArray<string> => {
  const made: Array<string> = []
  let line = "XSTATUS"
  for (const id of ids) {
    if (line.length + 1 + id.length > statusLineBytesMax && line !== "XSTATUS") {
      made.push(line)
      line = "XSTATUS"
    }
    line += ` ${id}`
  }
  return line === "XSTATUS" ? made : [...made, line]
}

const isStatus = (word: string): word is Status => statusWords.some((status) => status === word)

/** Positions and water marks as servers write them; nothing where a text is none. */
const number = (text: string): number | undefined => {
  const found = /^\d{1,16}$/.test(text) ? Number(text) : undefined
  return Number.isSafeInteger(found) ? found : undefined
}

/** A server may say anything: what is out of order or was not asked for is passed over. */
const ascending = <A>(
  found: ReadonlyArray<A>,
  numberOf: (each: A) => number,
  low: number,
  high: number
): ReadonlyArray<A> => {
  let before = low - 1
  return found.filter((each) => {
    const at = numberOf(each)
    if (at <= before || at > high) return false
    before = at
    return true
  })
}

const readChanges = (reply: NntpClient.Reply): Changes | undefined => {
  const [generation = "", after = "", newest = "", reset] = reply.text.split(" ")
  const [next, head] = [number(after), number(newest)]
  if (next === undefined || head === undefined) return undefined
  return {
    generation,
    next,
    head,
    reset: reset === "reset",
    rows: lines(reply).flatMap((line) => readChange(line) ?? [])
  }
}

const readChange = (line: string): Change | undefined => {
  const [kind, at = "", ...rest] = line.split("\t")
  const position = number(at)
  if (position === undefined) return undefined
  if (kind === "R") {
    const id = MessageId.parse(rest[0] ?? "")
    return id && { _tag: "Removed", position, id }
  }
  const row = Overview.parse(rest.join("\t"))
  return kind === "F" && row !== undefined ? { _tag: "Filed", position, id: row.messageId, row } : undefined
}
