/**
 * One command line as the client meant it, read by the table of all commands.
 */
import type * as GroupName from "@lupin/core/GroupName"
import * as MessageId from "@lupin/core/MessageId"
import type * as Reconciliation from "@lupin/core/Reconciliation"
import type * as Wildmat from "@lupin/core/Wildmat"
import * as CommandTable from "./CommandTable.ts"
import type { Start } from "./Framing.ts"
import type * as Since from "./Since.ts"
import type * as SiteLists from "./SiteLists.ts"
import type * as TextPattern from "./TextPattern.ts"

/** Which articles a command is about. An id is kept as written: one that RFC 5536 does not know is never found. */
export type Which =
  | { readonly _tag: "Current" }
  | { readonly _tag: "Numbers"; readonly low: number; readonly high: number }
  | { readonly _tag: "Id"; readonly id: string }

export type Part = "ARTICLE" | "HEAD" | "BODY" | "STAT"
export type GroupList = "ACTIVE" | "NEWSGROUPS" | "ACTIVE.TIMES" | "COUNTS"

/** Which part of history two sites compare. */
export interface Comparison {
  readonly wildmat: Wildmat.Wildmat
  readonly window: Reconciliation.Window
}

export type Command =
  | { readonly _tag: "Capabilities" }
  | { readonly _tag: "Help" }
  | { readonly _tag: "Date" }
  | { readonly _tag: "Quit" }
  | { readonly _tag: "ModeReader" }
  | { readonly _tag: "ModeStream" }
  | { readonly _tag: "Group"; readonly name: GroupName.GroupName | undefined }
  | {
      readonly _tag: "ListGroup"
      /** Absent for the selected group; undefined where the argument names no group. */
      readonly name?: GroupName.GroupName | undefined
      readonly low: number
      readonly high: number
    }
  | { readonly _tag: "Neighbour"; readonly direction: "next" | "last" }
  | { readonly _tag: "Article"; readonly part: Part; readonly which: Which }
  | { readonly _tag: "Over"; readonly which: Which; readonly isOldForm: boolean }
  | {
      readonly _tag: "Hdr"
      readonly field: string
      readonly which: Which
      readonly isOldForm: boolean
      /** Of XPAT: only values that match are wanted. */
      readonly pattern?: TextPattern.TextPattern
    }
  | { readonly _tag: "ListGroups"; readonly list: GroupList; readonly wildmat: Wildmat.Wildmat }
  | { readonly _tag: "ListKept"; readonly list: SiteLists.Name; readonly wildmat: Wildmat.Wildmat }
  | { readonly _tag: "ListOverviewFormat" }
  | { readonly _tag: "ListHeaders" }
  | { readonly _tag: "NewGroups"; readonly since: Since.Since }
  | { readonly _tag: "NewNews"; readonly wildmat: Wildmat.Wildmat; readonly since: Since.Since }
  | { readonly _tag: "Post" }
  | { readonly _tag: "Ihave"; readonly id: string }
  | { readonly _tag: "Check"; readonly id: string }
  | { readonly _tag: "TakeThis"; readonly id: string }
  | {
      readonly _tag: "Changes"
      readonly wildmat: Wildmat.Wildmat
      /** Undefined where the client has none yet. */
      readonly generation: string | undefined
      readonly after: number
      readonly limit: number
    }
  | { readonly _tag: "Status"; readonly ids: ReadonlyArray<MessageId.MessageId> }
  /** A frame follows; nothing to compare where the arguments are not those of the syntax. */
  | { readonly _tag: "Reconcile"; readonly of: Comparison | undefined }
  | { readonly _tag: "AuthUser"; readonly user: string }
  | { readonly _tag: "AuthPass"; readonly password: string }
  | { readonly _tag: "AuthSasl"; readonly mechanism: string; readonly initial: string | undefined }
  | { readonly _tag: "StartTls" }
  | { readonly _tag: "Compress"; readonly algorithm: string }

/** What is no command: the keyword is unknown, or its arguments are not those of its syntax. */
export type Fault = { readonly _tag: "Unknown" } | { readonly _tag: "BadSyntax"; readonly syntax: string }

const byKeyword: ReadonlyMap<string, CommandTable.Row> = new Map(CommandTable.rows.map((row) => [row.keyword, row]))
const takesVariant: ReadonlySet<string> = new Set(
  CommandTable.rows.flatMap(({ keyword }) => (keyword.includes(" ") ? [keyword.slice(0, keyword.indexOf(" "))] : []))
)
const controls = /[\u0000-\u0008\u000a-\u001f\u007f]/
const takeThis = /^takethis(?:[ \t]|$)/i
const reconcile = /^xreconcile(?:[ \t]|$)/i

/** The commands that peers and readers send most, whose usual argument is an id and nothing else. */
const usual = CommandTable.rows.flatMap(({ keyword, ofId }) =>
  ofId === undefined ? [] : [{ start: `${keyword} `, ofId }]
)

/** How lines of these begin, in octets. */
export const usualStarts: ReadonlyArray<Start> = usual.map(({ start }) =>
  Array.from(start, (letter) => letter.charCodeAt(0))
)

/** What `parse` makes of a line that begins with one of `usualStarts`, where all behind it is an id; else nothing. */
export const ofArgument = (at: number, argument: string, isId = false): Command | undefined => {
  const id = isId ? MessageId.found(argument) : MessageId.parse(argument)
  return id === undefined ? undefined : usual[at]?.ofId(id)
}

/**
 * Reads a line without its CRLF. Total: whatever the line, a command or what is wrong with it.
 *
 * A line whose first word is TAKETHIS is always a TakeThis, with the id as written: an article follows it, and the
 * stream stays in step only if that is read (RFC 4644 §2.5). The same holds of XRECONCILE and its frame.
 */
export const parse = (line: string): Command | Fault => {
  if (controls.test(line)) {
    if (reconcile.test(line)) return { _tag: "Reconcile", of: undefined }
    return takeThis.test(line) ? { _tag: "TakeThis", id: "" } : { _tag: "BadSyntax", syntax: "no control characters" }
  }
  const words = line.split(/[ \t]+/)
  const first = (words[0] ?? "").toUpperCase()
  if (!takesVariant.has(first)) {
    const row = byKeyword.get(first)
    return row === undefined ? { _tag: "Unknown" } : readBy(row, words, 1, line)
  }
  if (first === "LIST" && (words[1] ?? "") === "") return readBy(CommandTable.listActive, [], 0, line)
  const variant = byKeyword.get(`${first} ${(words[1] ?? "").toUpperCase()}`)
  return variant === undefined ? { _tag: "BadSyntax", syntax: variantsOf(first) } : readBy(variant, words, 2, line)
}

const readBy = (row: CommandTable.Row, words: ReadonlyArray<string>, from: number, line: string): Command | Fault => {
  const end = words.length > from && words[words.length - 1] === "" ? words.length - 1 : words.length
  return row.read(words.slice(from, end), line) ?? { _tag: "BadSyntax", syntax: `${row.keyword} ${row.syntax}` }
}

const variantsOf = (keyword: string): string =>
  CommandTable.rows.flatMap((row) => (row.keyword.startsWith(`${keyword} `) ? [row.keyword] : [])).join(", ")
