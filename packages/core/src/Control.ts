/**
 * What a control message asks of the sites that get it (RFC 5537 §5): the Control field, read.
 */
import * as Group from "./Group.ts"
import * as GroupName from "./GroupName.ts"
import * as MessageId from "./MessageId.ts"

export type Control =
  | { readonly _tag: "Cancel"; readonly target: MessageId.MessageId }
  | { readonly _tag: "NewGroup"; readonly group: GroupName.GroupName; readonly isModerated: boolean }
  | { readonly _tag: "RemoveGroup"; readonly group: GroupName.GroupName }
  /** `scope`: the hierarchies it speaks of; empty where it names none. */
  | { readonly _tag: "CheckGroups"; readonly scope: ReadonlyArray<GroupName.GroupName> }
  /** Obsolete, of another network, or not well formed: it changes nothing. */
  | { readonly _tag: "Unknown"; readonly verb: string }

/** Pseudo-groups in which a site files control messages, out of the way of readers (RFC 5536 §3.1.4). */
export const pseudoGroups: { readonly [Tag in Control["_tag"]]: GroupName.GroupName } = {
  Cancel: GroupName.GroupName.make("control.cancel"),
  NewGroup: GroupName.GroupName.make("control.newgroup"),
  RemoveGroup: GroupName.GroupName.make("control.rmgroup"),
  CheckGroups: GroupName.GroupName.make("control.checkgroups"),
  Unknown: GroupName.GroupName.make("control")
}

/** Reads the content of a Control field. Total. */
export const parse = (content: string): Control => {
  const [verb = "", ...words] = content.trim().split(/[ \t]+/)
  return known(verb.toLowerCase(), words) ?? { _tag: "Unknown", verb }
}

const known = (verb: string, words: ReadonlyArray<string>): Control | undefined => {
  const [first = "", second] = words
  switch (verb) {
    case "cancel": {
      const target = MessageId.parse(first)
      return target === undefined || words.length > 1 ? undefined : { _tag: "Cancel", target }
    }
    case "newgroup": {
      const group = GroupName.parse(first)
      const isModerated = second?.toLowerCase() === "moderated"
      return group === undefined ? undefined : { _tag: "NewGroup", group, isModerated }
    }
    case "rmgroup": {
      const group = GroupName.parse(first)
      return group === undefined ? undefined : { _tag: "RemoveGroup", group }
    }
    case "checkgroups":
      return checkGroups(words)
    default:
      return undefined
  }
}

/** A word that begins with `#` is the serial number, one with `!` an exception, which makes it none that we act on. */
const checkGroups = (words: ReadonlyArray<string>): Control | undefined => {
  const named = words.filter((word) => !word.startsWith("#")).map((word) => GroupName.parse(word))
  const scope = named.filter((group) => group !== undefined)
  return scope.length === named.length ? { _tag: "CheckGroups", scope } : undefined
}

/** What one control message changes: groups that are to be there with a status, and groups that are to go. */
export interface Changes {
  readonly add: ReadonlyArray<Group.Addition>
  readonly remove: ReadonlyArray<GroupName.GroupName>
}

const nothing: Changes = { add: [], remove: [] }

/**
 * What a message that may be acted upon changes in the groups that are there. A list of a hierarchy (RFC 5537 §5.2.3)
 * also removes from its scope what it does not name; without a scope, the first components of its groups are meant.
 */
export const changes = (
  control: Control,
  body: string,
  there: ReadonlyArray<Pick<Group.Group, "name" | "status" | "description">>
): Changes => {
  switch (control._tag) {
    case "NewGroup": {
      const status = control.isModerated ? "m" : "y"
      return { add: [{ group: control.group, status, ...described(newsgroupsLine(body, control.group)) }], remove: [] }
    }
    case "RemoveGroup":
      return { add: [], remove: [control.group] }
    case "CheckGroups": {
      const listed = readList(body)
      if (listed.size === 0) return nothing
      const scope = control.scope.length > 0 ? control.scope : [...new Set([...listed.keys()].map(rootOf))]
      const isMeant = (group: GroupName.GroupName): boolean =>
        scope.some((hierarchy) => GroupName.isWithin(group, hierarchy))
      const held = new Map(there.map((group) => [group.name, group]))
      return {
        add: [...listed]
          .filter(([group, line]) => isMeant(group) && isNews(line, held.get(group)))
          .map(([group, line]) => ({ group, ...line })),
        remove: there.map(({ name }) => name).filter((name) => isMeant(name) && !listed.has(name))
      }
    }
    default:
      return nothing
  }
}

type Line = Omit<Group.Addition, "group">

const isNews = (line: Line, there: Pick<Group.Group, "status" | "description"> | undefined): boolean =>
  there?.status !== line.status || (line.description ?? there.description) !== there.description

/** Lines of a group, white space and a description; `(Moderated)` ends that of a moderated one. */
const readList = (body: string): ReadonlyMap<GroupName.GroupName, Line> => {
  const listed = new Map<GroupName.GroupName, Line>()
  for (const line of body.split(/\r?\n/)) {
    const [name = ""] = line.split(/[ \t]/, 1)
    const group = GroupName.parse(name)
    const status = /\(moderated\)\s*$/i.test(line) ? "m" : "y"
    if (group !== undefined) listed.set(group, { status, ...described(line.slice(name.length)) })
  }
  return listed
}

/** What a newgroup message says of its group, below the line that RFC 5537 §5.2.1 has for it. */
const newsgroupsLine = (body: string, group: GroupName.GroupName): string => {
  const lines = body.split(/\r?\n/)
  const at = lines.findIndex((line) => /^for your newsgroups file:\s*$/i.test(line))
  const line = at < 0 ? undefined : lines[at + 1]
  return line !== undefined && /^[ \t]$/.test(line[group.length] ?? "") && line.startsWith(group)
    ? line.slice(group.length)
    : ""
}

const described = (text: string): { readonly description?: string } => {
  const description = Group.describe(text)
  return description === undefined ? {} : { description }
}

const rootOf = (group: GroupName.GroupName): GroupName.GroupName => GroupName.root(group) as GroupName.GroupName

/** The groups that a message would change, to ask whether its author may. */
export const touched = ({ add, remove }: Changes): ReadonlyArray<GroupName.GroupName> => [
  ...add.map(({ group }) => group),
  ...remove
]
