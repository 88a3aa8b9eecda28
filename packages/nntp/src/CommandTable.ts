/**
 * Every command that a server knows, as data: keyword, syntax, capability, and how its arguments are read.
 *
 * HELP and CAPABILITIES are made from it (RFC 3977, RFC 4644).
 */
import * as GroupName from "@lupin/core/GroupName"
import * as MessageId from "@lupin/core/MessageId"
import * as Reconciliation from "@lupin/core/Reconciliation"
import * as Wildmat from "@lupin/core/Wildmat"
import type { Command, GroupList, Part, Which } from "./Command.ts"
import * as Since from "./Since.ts"
import type * as SiteLists from "./SiteLists.ts"
import * as TextPattern from "./TextPattern.ts"

/** One row of the table: HELP shows keyword and syntax, CAPABILITIES the labels. */
export interface Row {
  /** One word, or two where the second chooses a variant. */
  readonly keyword: string
  readonly syntax: string
  /** Capability label and, where the command is one of its variants, the argument. */
  readonly capability?: readonly [label: string, argument?: string]
  /** The words behind the keyword; `line` is the whole line, where white space matters. */
  readonly read: (words: ReadonlyArray<string>, line: string) => Command | undefined
  /** As `read` for one word that is an id, without looking at it again: for commands that come by the thousand. */
  readonly ofId?: (id: MessageId.MessageId) => Command
}

const articleNumberMax = Number.MAX_SAFE_INTEGER
const digits = /^\d{1,15}$/
const range = /^(\d{1,15})(?:(-)(\d{1,15})?)?$/
/** The form of a Message-ID that a command line may hold; RFC 5536 knows fewer. */
const id = /^<[!-=?-~]{1,248}>$/
const fieldName = /^:?[!-9;-~]+$/
const noArguments = (command: Command) => (words: ReadonlyArray<string>) => (words.length === 0 ? command : undefined)

const numbers = (text: string): Which | undefined => {
  const found = range.exec(text)
  if (found === null) return undefined
  const low = Number(found[1])
  return {
    _tag: "Numbers",
    low,
    high: found[2] === undefined ? low : found[3] === undefined ? articleNumberMax : Number(found[3])
  }
}

const which = (text: string | undefined): Which | undefined =>
  text === undefined ? { _tag: "Current" } : id.test(text) ? { _tag: "Id", id: text } : numbers(text)

const oneOrId = (text: string | undefined): Which | undefined =>
  text === undefined || digits.test(text) || id.test(text) ? which(text) : undefined

const part = (name: Part): Row => ({
  keyword: name,
  syntax: "[number|<id>]",
  capability: ["READER"],
  read: ([of, ...rest]) => {
    const chosen = rest.length === 0 ? oneOrId(of) : undefined
    return chosen && { _tag: "Article", part: name, which: chosen }
  },
  ofId: (word) => ({ _tag: "Article", part: name, which: { _tag: "Id", id: word } })
})

const over = (keyword: "OVER" | "XOVER"): Row => ({
  keyword,
  syntax: "[range|<id>]",
  ...(keyword === "OVER" ? { capability: ["OVER", "MSGID"] as const } : {}),
  read: ([of, ...rest]) => {
    const chosen = rest.length === 0 ? which(of) : undefined
    return chosen && { _tag: "Over", which: chosen, isOldForm: keyword === "XOVER" }
  }
})

const hdr = (keyword: "HDR" | "XHDR"): Row => ({
  keyword,
  syntax: "field [range|<id>]",
  ...(keyword === "HDR" ? { capability: ["HDR"] as const } : {}),
  read: ([field, of, ...rest]) => {
    const chosen = rest.length === 0 ? which(of) : undefined
    if (field === undefined || !fieldName.test(field) || chosen === undefined) return undefined
    return { _tag: "Hdr", field, which: chosen, isOldForm: keyword === "XHDR" }
  }
})

const list = (name: GroupList): Row => ({
  keyword: `LIST ${name}`,
  syntax: "[wildmat]",
  capability: ["LIST", name],
  read: ([pattern, ...rest]) => {
    const wildmat = pattern === undefined ? Wildmat.everything : Wildmat.compile(pattern)
    return wildmat === undefined || rest.length > 0 ? undefined : { _tag: "ListGroups", list: name, wildmat }
  }
})

/** A list that the operator writes. */
const kept = (name: SiteLists.Name): Row => ({
  keyword: `LIST ${name}`,
  syntax: name === "SUBSCRIPTIONS" ? "[wildmat]" : "",
  capability: ["LIST", name],
  read: ([pattern, ...rest]) => {
    if (pattern === undefined) return { _tag: "ListKept", list: name, wildmat: Wildmat.everything }
    const wildmat = name === "SUBSCRIPTIONS" && rest.length === 0 ? Wildmat.compile(pattern) : undefined
    return wildmat && { _tag: "ListKept", list: name, wildmat }
  }
})

const since = (words: ReadonlyArray<string>): Since.Since | undefined => {
  const [date, time, zone, ...rest] = words
  if (date === undefined || time === undefined || rest.length > 0) return undefined
  return zone === undefined || zone.toUpperCase() === "GMT" ? Since.parse(date, time) : undefined
}

/** LIST without a variant. */
export const listActive: Row = list("ACTIVE")

/** Names and passwords may hold white space (RFC 4643 §2.3.3): all that follows the second word. */
const restOf = (line: string): string | undefined => /^\S+[ \t]+\S+[ \t](.*\S.*)$/.exec(line)?.[1]

/** Most ids of one XSTATUS: more would not fit a command line. */
export const statusIdsMax = 32

/** Every command, in the order in which HELP shows them. */
export const rows: ReadonlyArray<Row> = [
  {
    keyword: "CAPABILITIES",
    syntax: "[keyword]",
    read: (words) => (words.length < 2 ? { _tag: "Capabilities" } : undefined)
  },
  { keyword: "HELP", syntax: "", read: noArguments({ _tag: "Help" }) },
  { keyword: "DATE", syntax: "", capability: ["READER"], read: noArguments({ _tag: "Date" }) },
  { keyword: "QUIT", syntax: "", read: noArguments({ _tag: "Quit" }) },
  { keyword: "MODE READER", syntax: "", read: noArguments({ _tag: "ModeReader" }) },
  { keyword: "MODE STREAM", syntax: "", capability: ["STREAMING"], read: noArguments({ _tag: "ModeStream" }) },
  {
    keyword: "GROUP",
    syntax: "group",
    capability: ["READER"],
    read: ([name, ...rest]) =>
      name === undefined || rest.length > 0 ? undefined : { _tag: "Group", name: GroupName.parse(name) }
  },
  {
    keyword: "LISTGROUP",
    syntax: "[group [range]]",
    capability: ["READER"],
    read: ([name, within = "1-", ...rest]) => {
      const chosen = numbers(within)
      if (chosen?._tag !== "Numbers" || rest.length > 0) return undefined
      const bounds = { low: chosen.low, high: chosen.high }
      return name === undefined
        ? { _tag: "ListGroup", ...bounds }
        : { _tag: "ListGroup", name: GroupName.parse(name), ...bounds }
    }
  },
  { keyword: "NEXT", syntax: "", capability: ["READER"], read: noArguments({ _tag: "Neighbour", direction: "next" }) },
  { keyword: "LAST", syntax: "", capability: ["READER"], read: noArguments({ _tag: "Neighbour", direction: "last" }) },
  part("ARTICLE"),
  part("HEAD"),
  part("BODY"),
  part("STAT"),
  over("OVER"),
  over("XOVER"),
  hdr("HDR"),
  hdr("XHDR"),
  {
    keyword: "XPAT",
    syntax: "field range|<id> pattern ...",
    read: ([field, of, ...words]) => {
      const chosen = of === undefined ? undefined : which(of)
      if (field === undefined || !fieldName.test(field) || chosen === undefined || words.length === 0) return undefined
      return { _tag: "Hdr", field, which: chosen, isOldForm: true, pattern: TextPattern.compile(words.join(" ")) }
    }
  },
  listActive,
  list("NEWSGROUPS"),
  list("ACTIVE.TIMES"),
  list("COUNTS"),
  kept("DISTRIB.PATS"),
  kept("DISTRIBUTIONS"),
  kept("MODERATORS"),
  kept("MOTD"),
  kept("SUBSCRIPTIONS"),
  {
    keyword: "LIST OVERVIEW.FMT",
    syntax: "",
    capability: ["LIST", "OVERVIEW.FMT"],
    read: noArguments({ _tag: "ListOverviewFormat" })
  },
  {
    keyword: "LIST HEADERS",
    syntax: "[MSGID|RANGE]",
    capability: ["LIST", "HEADERS"],
    read: ([form = "RANGE", ...rest]) =>
      rest.length === 0 && /^(?:MSGID|RANGE)$/i.test(form) ? { _tag: "ListHeaders" } : undefined
  },
  {
    keyword: "NEWGROUPS",
    syntax: "[yy]yymmdd hhmmss [GMT]",
    capability: ["READER"],
    read: (words) => {
      const from = since(words)
      return from && { _tag: "NewGroups", since: from }
    }
  },
  {
    keyword: "NEWNEWS",
    syntax: "wildmat [yy]yymmdd hhmmss [GMT]",
    capability: ["NEWNEWS"],
    read: ([pattern, ...words]) => {
      const wildmat = pattern === undefined ? undefined : Wildmat.compile(pattern)
      const from = since(words)
      return wildmat && from && { _tag: "NewNews", wildmat, since: from }
    }
  },
  { keyword: "POST", syntax: "", capability: ["POST"], read: noArguments({ _tag: "Post" }) },
  {
    keyword: "IHAVE",
    syntax: "<id>",
    capability: ["IHAVE"],
    read: ([offered, ...rest]) =>
      offered === undefined || rest.length > 0 ? undefined : { _tag: "Ihave", id: offered },
    ofId: (offered) => ({ _tag: "Ihave", id: offered })
  },
  {
    keyword: "CHECK",
    syntax: "<id>",
    capability: ["STREAMING"],
    read: ([offered, ...rest]) =>
      offered === undefined || rest.length > 0 ? undefined : { _tag: "Check", id: offered },
    ofId: (offered) => ({ _tag: "Check", id: offered })
  },
  {
    keyword: "TAKETHIS",
    syntax: "<id>",
    capability: ["STREAMING"],
    read: ([offered = ""]) => ({ _tag: "TakeThis", id: offered }),
    ofId: (offered) => ({ _tag: "TakeThis", id: offered })
  },
  {
    keyword: "XCHANGES",
    syntax: "wildmat generation|- after limit",
    capability: ["XLUPIN", "XCHANGES"],
    read: ([pattern, generation, after, limit, ...rest]) => {
      const wildmat = pattern === undefined ? undefined : Wildmat.compile(pattern)
      if (wildmat === undefined || generation === undefined || rest.length > 0) return undefined
      if (after === undefined || !digits.test(after) || limit === undefined || !digits.test(limit)) return undefined
      return {
        _tag: "Changes",
        wildmat,
        generation: generation === "-" ? undefined : generation,
        after: Number(after),
        limit: Number(limit)
      }
    }
  },
  {
    keyword: "XSTATUS",
    syntax: "<id> ...",
    capability: ["XLUPIN", "XSTATUS"],
    read: (words) => {
      const ids = words.map(MessageId.parse)
      if (ids.length === 0 || ids.length > statusIdsMax) return undefined
      return ids.every((parsed) => parsed !== undefined) ? { _tag: "Status", ids } : undefined
    }
  },
  {
    keyword: "XRECONCILE",
    syntax: "wildmat from until",
    capability: ["XRECONCILE"],
    read: ([pattern, ...words]) => {
      const wildmat = pattern === undefined ? undefined : Wildmat.compile(pattern)
      const [from, until, ...rest] = words.map((word) => (digits.test(word) ? Number(word) : -1))
      const isWhole = wildmat !== undefined && from !== undefined && until !== undefined && rest.length === 0
      const isRead = isWhole && Reconciliation.isWindow({ from, until })
      return { _tag: "Reconcile", of: isRead ? { wildmat, window: { from, until } } : undefined }
    }
  },
  { keyword: "STARTTLS", syntax: "", capability: ["STARTTLS"], read: noArguments({ _tag: "StartTls" }) },
  {
    keyword: "AUTHINFO USER",
    syntax: "name",
    capability: ["AUTHINFO", "USER"],
    read: (_, line) => {
      const user = restOf(line)
      return user === undefined ? undefined : { _tag: "AuthUser", user }
    }
  },
  {
    keyword: "AUTHINFO PASS",
    syntax: "password",
    read: (_, line) => {
      const password = restOf(line)
      return password === undefined ? undefined : { _tag: "AuthPass", password }
    }
  },
  {
    keyword: "AUTHINFO SASL",
    syntax: "mechanism [initial-response]",
    capability: ["AUTHINFO", "SASL"],
    read: ([mechanism, initial, ...rest]) =>
      mechanism === undefined || rest.length > 0
        ? undefined
        : { _tag: "AuthSasl", mechanism: mechanism.toUpperCase(), initial }
  },
  {
    keyword: "COMPRESS",
    syntax: "DEFLATE",
    capability: ["COMPRESS", "DEFLATE"],
    read: ([algorithm, ...rest]) =>
      algorithm === undefined || rest.length > 0 ? undefined : { _tag: "Compress", algorithm: algorithm.toUpperCase() }
  }
]
