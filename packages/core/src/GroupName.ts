/**
 * The name of a group: components between dots, the most general first (RFC 5536 §3.1.4).
 *
 * Names are compared octet by octet. Under our own roots they are lower case; groups of other networks keep their case.
 */
import * as Schema from "effect/Schema"
import * as Limits from "./Limits.ts"

/** First components under which the groups of this network live. */
export const roots = ["clientposts", "digests", "deadletter", "control", "blobs"] as const
export type Root = (typeof roots)[number]

/** The first three letters of a name as one number. */
const beginningOf = (text: string): number =>
  text.charCodeAt(0) | (text.charCodeAt(1) << 8) | (text.charCodeAt(2) << 16)

const isRootLetter = Array.from({ length: 128 }, (_, letter) => roots.some((root) => root.charCodeAt(0) === letter))
const beginnings: ReadonlyArray<number> = roots.map(beginningOf)
const rootsWithApps: ReadonlySet<string> = new Set<Root>(["clientposts", "digests", "deadletter", "blobs"])
const grammar = /^[A-Za-z0-9+_-]+(?:\.[A-Za-z0-9+_-]+)*$/
const underOurRoots = new RegExp(`^(?:${roots.join("|")})(?:\\.|$)`, "i")
const hasForeignCase = (text: string): boolean => underOurRoots.test(text) && /[A-Z]/.test(text)

const isWellFormed = (text: string): text is GroupName =>
  text.length <= Limits.groupNameBytesMax && grammar.test(text) && !hasForeignCase(text)

/** Text of a group's name, at most 255 octets, all of them ASCII. */
export const GroupName = Schema.String.pipe(
  Schema.check(
    Schema.isMaxLength(Limits.groupNameBytesMax),
    Schema.isPattern(grammar),
    Schema.makeFilter((text: string) => !hasForeignCase(text) || "must be lower case under our roots")
  ),
  Schema.brand("GroupName")
)
export type GroupName = typeof GroupName.Type

/** The group that `text` names, or nothing where RFC 5536 §3.1.4 does not allow it. Surrounding space is not trimmed. */
export const parse = (text: string): GroupName | undefined => {
  const known = parsed.get(text)
  if (known !== undefined || !isWellFormed(text)) return known
  if (parsed.size >= parsedMax) parsed.clear()
  parsed.set(text, text)
  return text
}

/** Names that are remembered as well formed. */
const parsedMax = 4_096
/** The same names come again and again: what was looked at once is given out as it was, so that it compares at once. */
const parsed = new Map<string, GroupName>()

/** Says whether `group` is `subtree` itself or lies anywhere below it. */
export const isWithin = (group: GroupName, subtree: GroupName): boolean =>
  group.startsWith(subtree) && (group.length === subtree.length || group.charCodeAt(subtree.length) === dot)

/** The first component. */
export const root = (group: GroupName): string => {
  const end = group.indexOf(".")
  return end < 0 ? group : group.slice(0, end)
}

/** Which of the roots of this network the group lies under, if it does. */
export const ownRoot = (group: GroupName): Root | undefined => {
  // Asked twice of every group of every article: few begin as one of ours does.
  if (isRootLetter[group.charCodeAt(0)] !== true || !beginnings.includes(beginningOf(group))) return undefined
  const known = rootOf.get(group)
  if (known !== undefined) return known === "" ? undefined : known
  const found = roots.find((root) => group.startsWith(root) && isRootEnd(group, root.length))
  if (rootOf.size >= parsedMax) rootOf.clear()
  rootOf.set(group, found ?? "")
  return found
}

const isRootEnd = (group: GroupName, at: number): boolean => group.length === at || group.charCodeAt(at) === dot

/** What was found of names that begin as one of ours does; empty of those that are none. */
const rootOf = new Map<GroupName, Root | "">()

/** The app whose group this is: the second component under the roots that apps share; nothing elsewhere. */
export const appOf = (group: GroupName): string | undefined => {
  const start = group.indexOf(".")
  if (start < 0 || !rootsWithApps.has(group.slice(0, start))) return undefined
  const end = group.indexOf(".", start + 1)
  return group.slice(start + 1, end < 0 ? group.length : end)
}

const dot = 46
