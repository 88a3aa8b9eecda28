/**
 * What a site holds, as a fold over its events: the model that every spool is checked against.
 *
 * Pure decider: `decide` says what a command leads to, `evolve` takes an event in. Nothing else changes a site.
 */
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Admission from "./Admission.ts"
import * as Base32 from "./Base32.ts"
import * as Group from "./Group.ts"
import type * as GroupName from "./GroupName.ts"
import * as Shelves from "./internal/Shelves.ts"
import * as Limits from "./Limits.ts"
import type * as MessageId from "./MessageId.ts"
import * as Sha256 from "./Sha256.ts"
import * as Waiting from "./Waiting.ts"
import type * as Xref from "./Xref.ts"

/** The life of a spool from one wipe to the next. */
export interface Generation {
  /** 128 random bits in 26 characters of base32. */
  readonly id: string
  readonly startedMillis: number
  /** Each group's numbers begin after this: seconds since 2024, so that readers of an earlier life see only increases. */
  readonly numberBase: number
}

/** Of the articles of a slot a site keeps the one of highest rank; ranks compare as text, ties by Message-ID. */
export interface Slot {
  readonly key: string
  readonly rank: string
}

/** What a cancel or a Supersedes says of another article. Its marks tell which articles it may remove. */
export interface Claim {
  readonly target: MessageId.MessageId
  readonly why: "cancelled" | "superseded"
  readonly opens: ReadonlyArray<string>
}

export interface FileCommand {
  readonly _tag: "File"
  readonly id: MessageId.MessageId
  readonly groups: ReadonlyArray<GroupName.GroupName>
  readonly atMillis: number
  readonly slot?: Slot
  /** A claim with one of these marks removes the article; without any, none does. */
  readonly owners?: ReadonlyArray<string>
  /** A moderated group takes nothing else. */
  readonly isApproved?: boolean
  /** The article is a cancel or has a Supersedes. */
  readonly claim?: Claim
}

export type Command =
  | FileCommand
  | { readonly _tag: "Cancel"; readonly target: MessageId.MessageId; readonly atMillis: number }
  | { readonly _tag: "Expire"; readonly id: MessageId.MessageId; readonly atMillis: number }
  | { readonly _tag: "Refuse"; readonly id: MessageId.MessageId; readonly atMillis: number }
  | { readonly _tag: "Erase"; readonly id: MessageId.MessageId; readonly atMillis: number }
  | { readonly _tag: "Forget"; readonly beforeMillis: number; readonly atMillis: number }
  | (Group.Addition & { readonly _tag: "AddGroup"; readonly atMillis: number })
  | { readonly _tag: "RemoveGroup"; readonly group: GroupName.GroupName; readonly atMillis: number }

export interface Positioned {
  /** Logical place in the log: 1 for the first event of a generation, one more for each. */
  readonly position: number
  readonly atMillis: number
}

export type Filed = Positioned & {
  readonly _tag: "Filed"
  readonly id: MessageId.MessageId
  readonly numbers: Xref.Numbers
  readonly slot?: Slot
  readonly owners?: ReadonlyArray<string>
}
/** A cancel or Supersedes came before its target, and waits for it. */
export type Claimed = Positioned & {
  readonly _tag: "Claimed"
  readonly by: MessageId.MessageId
  readonly claim: Claim
}
export type Cancelled = Positioned & { readonly _tag: "Cancelled"; readonly id: MessageId.MessageId }
export type Superseded = Positioned & {
  readonly _tag: "Superseded"
  readonly id: MessageId.MessageId
  readonly by: MessageId.MessageId
}
export type Expired = Positioned & { readonly _tag: "Expired"; readonly id: MessageId.MessageId }
/** Its article was refused for what it is, and is not asked for again while history lasts. */
export type Refused = Positioned & { readonly _tag: "Refused"; readonly id: MessageId.MessageId }
/** The id, told by its hash alone, never comes back. Follows the cancel of the same command. */
export type Erased = Positioned & { readonly _tag: "Erased"; readonly hash: string }
/** What was removed before that time is not remembered any more, but for what was erased. */
export type Forgotten = Positioned & { readonly _tag: "Forgotten"; readonly beforeMillis: number }
export type GroupAdded = Positioned & Group.Addition & { readonly _tag: "GroupAdded" }
export type GroupRemoved = Positioned & { readonly _tag: "GroupRemoved"; readonly group: GroupName.GroupName }
/** What lets go of an id, or keeps it out. */
export type Removal = Cancelled | Superseded | Expired | Refused
export type Event = Filed | Claimed | Removal | Erased | Forgotten | GroupAdded | GroupRemoved

type Entry =
  | {
      readonly _tag: "Held"
      readonly numbers: Xref.Numbers
      readonly atMillis: number
      readonly slot?: Slot
      readonly owners?: ReadonlyArray<string>
    }
  | { readonly _tag: "Removed"; readonly atMillis: number }

export interface Site {
  readonly generation: Generation
  /** That of the latest event, 0 before the first. */
  readonly position: number
  readonly entries: HashMap.HashMap<MessageId.MessageId, Entry>
  readonly shelves: Shelves.Shelves
  /** Groups of an app that begin with an article. */
  readonly appGroupsMax: number
  /** The highest that each slot has seen, held or not. */
  readonly slots: HashMap.HashMap<string, { readonly id: MessageId.MessageId; readonly rank: string }>
  /** Claims on articles that are not known. */
  readonly waiting: Waiting.Waiting
  /** Hashes of the ids that were erased. */
  readonly erased: HashMap.HashMap<string, true>
  /** Removals of before this time are forgotten. */
  readonly forgottenMillis: number
}

/** A site that has just been wiped. */
export const empty = (generation: Generation, appGroupsMax: number = Limits.appGroupsMax): Site => ({
  generation,
  position: 0,
  entries: HashMap.empty(),
  shelves: HashMap.empty(),
  appGroupsMax,
  slots: HashMap.empty(),
  waiting: Waiting.empty,
  erased: HashMap.empty(),
  forgottenMillis: 0
})

/** What a decision asks of a site. A spool on disk answers from its index, and so decides as the model does. */
export interface Known {
  /** That of the latest event. */
  readonly position: number
  readonly status: (id: MessageId.MessageId) => "held" | "removed" | "unknown"
  readonly taker: (name: GroupName.GroupName) => Admission.Taker
  /** One for each name. */
  readonly takers: (names: ReadonlyArray<GroupName.GroupName>) => ReadonlyArray<Admission.Taker>
  /** How many groups of an app may still begin with an article; without one, of other networks. */
  readonly room: (app: string | undefined) => number
  readonly groupDescription: (name: GroupName.GroupName) => string | undefined
  /** The highest that a slot has seen, held or not. */
  readonly highest: (slotKey: string) => { readonly id: MessageId.MessageId; readonly rank: string } | undefined
  /** The marks of those who may remove an article that is held. */
  readonly owners: (id: MessageId.MessageId) => ReadonlyArray<string>
  /** The claims that wait for an article, the oldest first. */
  readonly waiting: (id: MessageId.MessageId) => ReadonlyArray<Waiting.Entry>
  /** Whether an id of that hash was erased. */
  readonly isErased: (hash: string) => boolean
  /** Removals of before this time are forgotten. */
  readonly forgottenMillis: number
}

/** The site itself as what is known. */
export const known = (site: Site): Known => ({
  position: site.position,
  status: (id) => status(site, id),
  taker: (name) => taker(site, name),
  takers: (names) => names.map((name) => taker(site, name)),
  room: (app) => site.appGroupsMax - Shelves.countOf(site.shelves, app),
  groupDescription: (name) => group(site, name)?.description,
  highest: (slotKey) => lookUp(site.slots, slotKey),
  owners: (id) => owners(site, id),
  waiting: (id) => Waiting.on(site.waiting, id),
  isErased: (hash) => HashMap.has(site.erased, hash),
  forgottenMillis: site.forgottenMillis
})

/** Total: a command that changes nothing leads to no events. */
export const decide = (site: Site, command: Command): ReadonlyArray<Event> => decideFrom(known(site), command)

/** `decide` for a site that is known through look-ups. */
export const decideFrom = (site: Known, command: Command): ReadonlyArray<Event> => {
  const next = { position: site.position + 1, atMillis: command.atMillis }
  switch (command._tag) {
    case "File":
      return Admission.decide(site, command)
    case "Cancel":
      return site.status(command.target) === "removed" ? [] : [{ _tag: "Cancelled", id: command.target, ...next }]
    case "Expire":
      return site.status(command.id) === "held" ? [{ _tag: "Expired", id: command.id, ...next }] : []
    case "Refuse":
      return site.status(command.id) === "unknown" ? [{ _tag: "Refused", id: command.id, ...next }] : []
    case "Erase": {
      const hash = hashOf(command.id)
      if (site.isErased(hash)) return []
      const erased = { position: next.position + 1, atMillis: command.atMillis }
      return [
        { _tag: "Cancelled", id: command.id, ...next },
        { _tag: "Erased", hash, ...erased }
      ]
    }
    case "Forget":
      return command.beforeMillis > site.forgottenMillis
        ? [{ _tag: "Forgotten", beforeMillis: command.beforeMillis, ...next }]
        : []
    case "AddGroup": {
      const { group, status } = command
      const before = site.groupDescription(group)
      const description = command.description ?? before
      if (site.taker(group).status === status && description === before) return []
      return [{ _tag: "GroupAdded", group, ...Group.said({ status, description }), ...next }]
    }
    case "RemoveGroup":
      return site.taker(command.group).status === undefined
        ? []
        : [{ _tag: "GroupRemoved", group: command.group, ...next }]
  }
}

/** What filing would come to. */
export const outcome = (site: Site, command: FileCommand): Admission.Outcome => Admission.outcome(known(site), command)

/** Takes in an event that `decide` gave for this very site. */
export const evolve = (site: Site, event: Event): Site => {
  const moved = { ...site, position: event.position }
  const base = site.generation.numberBase
  switch (event._tag) {
    case "Filed":
      return evolveFiled(moved, event)
    case "Claimed":
      return { ...moved, waiting: Waiting.add(moved.waiting, event).waiting }
    case "Cancelled":
    case "Superseded":
    case "Expired":
    case "Refused":
      return evolveRemoved(moved, event.id, { _tag: "Removed", atMillis: event.atMillis })
    case "Erased":
      return {
        ...moved,
        entries: HashMap.filter(moved.entries, (_, id) => hashOf(id) !== event.hash),
        waiting: Waiting.dropBy(moved.waiting, (by) => hashOf(by) === event.hash).waiting,
        erased: HashMap.set(moved.erased, event.hash, true)
      }
    case "Forgotten":
      return {
        ...moved,
        entries: HashMap.filter(
          moved.entries,
          (entry) => entry._tag === "Held" || entry.atMillis >= event.beforeMillis
        ),
        forgottenMillis: event.beforeMillis
      }
    case "GroupAdded":
      return { ...moved, shelves: Shelves.add(moved.shelves, base, event) }
    case "GroupRemoved":
      return { ...moved, shelves: Shelves.remove(moved.shelves, base, event) }
  }
}

/** Takes in all that `decide` gives. */
export const run = (site: Site, command: Command): Site => decide(site, command).reduce(evolve, site)

const evolveFiled = (site: Site, event: Filed): Site => {
  const { atMillis, id, numbers, owners, slot } = event
  const rival = slot === undefined ? undefined : lookUp(site.slots, slot.key)
  return {
    ...site,
    entries: HashMap.set(site.entries, id, {
      _tag: "Held",
      numbers,
      atMillis,
      ...(slot === undefined ? {} : { slot }),
      ...(owners === undefined ? {} : { owners })
    }),
    shelves: Shelves.file(site.shelves, site.generation.numberBase, event),
    waiting: Waiting.drop(site.waiting, id).waiting,
    slots:
      slot !== undefined && (rival === undefined || Admission.rankOrder({ id, rank: slot.rank }, rival) > 0)
        ? HashMap.set(site.slots, slot.key, { id, rank: slot.rank })
        : site.slots
  }
}

const evolveRemoved = (site: Site, id: MessageId.MessageId, removed: Entry): Site => {
  const entry = lookUp(site.entries, id)
  return {
    ...site,
    entries: HashMap.set(site.entries, id, removed),
    shelves: entry?._tag === "Held" ? Shelves.unfile(site.shelves, entry.numbers, id) : site.shelves,
    waiting: Waiting.drop(site.waiting, id).waiting
  }
}

/** `removed` also where a cancel came before its article, or where that was refused for good. */
export const status = (site: Site, id: MessageId.MessageId): "held" | "removed" | "unknown" => {
  const entry = lookUp(site.entries, id)
  if (entry === undefined) return isErased(site, id) ? "removed" : "unknown"
  return entry._tag === "Held" ? "held" : "removed"
}

/** Whether an id is known by its name, held or removed. */
export const isRemembered = (site: Site, id: MessageId.MessageId): boolean => HashMap.has(site.entries, id)

/** Whether an id was erased, and never comes back. */
export const isErased = (site: Site, id: MessageId.MessageId): boolean =>
  !HashMap.isEmpty(site.erased) && HashMap.has(site.erased, hashOf(id))

/** What is left of an id that was erased: SHA-256 in base32. */
export const hashOf = (id: string): string => Base32.encode(Sha256.hashText(id))

/** The numbers of an article that is held. */
export const numbers = (site: Site, id: MessageId.MessageId): Xref.Numbers | undefined => heldEntry(site, id)?.numbers

/** The marks of those who may remove an article; none for one that is not held. */
export const owners = (site: Site, id: MessageId.MessageId): ReadonlyArray<string> => heldEntry(site, id)?.owners ?? []

/** A group that is there, with its water marks. */
export const group = (site: Site, name: GroupName.GroupName): Group.Group | undefined => {
  const shelf = lookUp(site.shelves, name)
  return shelf?.isThere === true ? shelf.group : undefined
}

/** All groups that are there, by name. */
export const groups = (site: Site): ReadonlyArray<Group.Group> =>
  [...HashMap.values(site.shelves)]
    .filter((shelf) => shelf.isThere)
    .map((shelf) => shelf.group)
    .toSorted((left, right) => (left.name < right.name ? -1 : 1))

/** The highest number ever given in a group of this generation; the base where none was. */
export const high = (site: Site, name: GroupName.GroupName): number =>
  lookUp(site.shelves, name)?.group.high ?? site.generation.numberBase

const taker = (site: Site, name: GroupName.GroupName): Admission.Taker => {
  const isNew = !HashMap.has(site.shelves, name)
  return { name, status: group(site, name)?.status, isNew, high: high(site, name) }
}

/** The lowest number held in a group, one above `high` where none is. */
export const low = (site: Site, name: GroupName.GroupName): number =>
  lookUp(site.shelves, name)?.group.low ?? site.generation.numberBase + 1

/** The article with that number in a group that is there. */
export const at = (site: Site, name: GroupName.GroupName, number: number): MessageId.MessageId | undefined => {
  const shelf = lookUp(site.shelves, name)
  return shelf === undefined ? undefined : lookUp(shelf.articles, number)
}

/** The ids that are held, in no order. */
export const held = (site: Site): ReadonlyArray<MessageId.MessageId> =>
  [...HashMap.keys(site.entries)].filter((id) => status(site, id) === "held")

const heldEntry = (site: Site, id: MessageId.MessageId) =>
  Option.getOrUndefined(Option.filter(HashMap.get(site.entries, id), (entry) => entry._tag === "Held"))

const lookUp = <Key, Value>(map: HashMap.HashMap<Key, Value>, key: Key): Value | undefined =>
  Option.getOrUndefined(HashMap.get(map, key))
