/**
 * A group as readers see it: its water marks, how many articles it holds, and whether it takes new ones.
 */
import * as GroupName from "./GroupName.ts"

/**
 * `y` takes posts, `n` articles of peers alone, `m` is moderated; `x` takes nothing, what comes for `j` is filed in
 * `junk`, and for `=other` in that group, all three without posts (RFC 3977 §7.6.3, RFC 6048 §3.1).
 */
export type Status = "y" | "n" | "m" | "x" | "j" | `=${string}`

/** Where peers' articles for groups of status `j` are filed. */
export const junk = GroupName.GroupName.make("junk")

/** UTF-16 units of a description. */
export const descriptionUnitsMax = 500

/** A description as it is kept: one line, not too long; nothing where there is none. */
export const describe = (text: string): string | undefined => {
  const line = text.replaceAll(/[\p{Cc}\s]+/gu, " ").trim()
  return line === "" ? undefined : line.slice(0, descriptionUnitsMax)
}

export const isStatus = (text: string): text is Status =>
  text.startsWith("=") ? GroupName.parse(text.slice(1)) !== undefined : /^[ynmxj]$/.test(text)

/** The group that takes what comes for one of a status; nothing where none does. An alias leads one step, no further. */
export const target = (name: GroupName.GroupName, status: Status | undefined): GroupName.GroupName | undefined => {
  if (status === undefined || status === "y") return name
  if (status === "x") return undefined
  if (status === "j") return junk
  return status.startsWith("=") ? GroupName.parse(status.slice(1)) : name
}

/** Why a group of a status takes no posts of clients; nothing where it does. */
export const closedReason = (name: GroupName.GroupName, status: Status | undefined): string | undefined => {
  if (status === undefined || status === "y" || status === "m") return undefined
  return status.startsWith("=") ? `${name} is now ${status.slice(1)}; post there` : `${name} takes no posts here`
}

/**
 * Between `low` and `high` lie all held numbers; both only ever grow in a generation. In an empty group `low` is one
 * above `high` (RFC 3977 §6.1.1.2).
 */
export interface Group {
  readonly name: GroupName.GroupName
  readonly low: number
  readonly high: number
  readonly count: number
  readonly status: Status
  readonly createdMillis: number
  /** What readers are told of it in LIST NEWSGROUPS, UTF-8 on the wire; at most `descriptionUnitsMax` long. */
  readonly description?: string
}

/** A group that is to be there; without a description, that which it has stays. */
export interface Addition {
  readonly group: GroupName.GroupName
  readonly status: Status
  readonly description?: string
}

/** What an addition says of its group. */
export const said = (addition: {
  readonly status: Status
  readonly description?: string | undefined
}): Pick<Addition, "status" | "description"> => ({
  status: addition.status,
  ...(addition.description === undefined ? {} : { description: addition.description })
})

/** A group without articles whose first one gets the number after `base`. */
export const empty = (name: GroupName.GroupName, base: number, createdMillis = 0, status: Status = "y"): Group => ({
  name,
  low: base + 1,
  high: base,
  count: 0,
  status,
  createdMillis
})
