/**
 * The rules for the groups of one article under our roots: few, none above another, all of one namespace.
 */
import * as GroupName from "./GroupName.ts"
import * as Limits from "./Limits.ts"
import * as Namespace from "./Namespace.ts"

export type Fault =
  | { readonly _tag: "NoGroup" }
  | { readonly _tag: "TooManyGroups"; readonly count: number }
  /** Readers take subtrees: an article in both would reach them twice. */
  | { readonly _tag: "Ancestor"; readonly group: GroupName.GroupName; readonly of: GroupName.GroupName }
  | { readonly _tag: "MixedNamespaces"; readonly group: GroupName.GroupName; readonly other: GroupName.GroupName }

/**
 * The first rule that the groups break. Groups of other networks may be above one another, but not beside ours.
 */
export const check = (groups: ReadonlyArray<GroupName.GroupName>): Fault | undefined => {
  const [first] = groups
  if (first === undefined) return { _tag: "NoGroup" }
  if (groups.length > Limits.crosspostMax) return { _tag: "TooManyGroups", count: groups.length }
  const root = namespaceOf(first)
  for (const group of groups) {
    if (namespaceOf(group) !== root) return { _tag: "MixedNamespaces", group: first, other: group }
    if (root === foreign) continue
    const below = groups.find((other) => other !== group && GroupName.isWithin(other, group))
    if (below !== undefined) return { _tag: "Ancestor", group, of: below }
  }
  return undefined
}

/** What a poster can do about it. */
export const describe = (fault: Fault): string => {
  switch (fault._tag) {
    case "NoGroup":
      return "Newsgroups names no group"
    case "TooManyGroups":
      return `${fault.count} groups, ${Limits.crosspostMax} are allowed`
    case "Ancestor":
      return `${fault.group} lies above ${fault.of}; name only the lower one`
    case "MixedNamespaces":
      return `${fault.group} and ${fault.other} belong to different namespaces; post to one of them`
  }
}

const foreign = ""

const namespaceOf = (group: GroupName.GroupName): string => (Namespace.isOurs(group) ? GroupName.root(group) : foreign)
