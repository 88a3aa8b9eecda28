/**
 * What filing an article at a site comes to: it may be known, unapproved, cancelled before it came, or too late for a
 * number; and it may outrank, or remove, another one.
 */
import * as Group from "./Group.ts"
import * as GroupName from "./GroupName.ts"
import * as Limits from "./Limits.ts"
import type * as MessageId from "./MessageId.ts"
import * as OwnerMark from "./OwnerMark.ts"
import type * as Site from "./Site.ts"
import type * as Waiting from "./Waiting.ts"
import type * as Xref from "./Xref.ts"

/** What filing would come to. */
export const outcome = (site: Site.Known, command: Site.FileCommand): Outcome => admit(site, command).outcome

interface Admitted {
  readonly outcome: Outcome
  /** The next number of each group that has one left, in order, a group once. */
  readonly numbers: Xref.Numbers
  /** The claim by which it is removed before it came. */
  readonly claim?: Waiting.Entry
}

/** Asks for what is known of the id first: in a flood of repeats each costs one look-up. */
const admit = (site: Site.Known, command: Site.FileCommand): Admitted => {
  const status = site.status(command.id)
  if (status !== "unknown") return { outcome: status === "held" ? "here" : "removed", numbers: none }
  const { moderated, taking } = takers(site, command.groups)
  if (command.isApproved !== true && moderated !== undefined) return { outcome: "unapproved", numbers: none }
  const claim = claimOn(site, command)
  if (claim !== undefined) return { outcome: "removed", numbers: none, claim }
  // A list of its very length: one that is pushed to gets room for many.
  const numbers = (taking.every(isOpen) ? taking : openOf(site, taking)).map(nextNumber)
  if (numbers.length > 0) return { outcome: "filed", numbers }
  return { outcome: taking.length > 0 ? "full" : "closed", numbers }
}

const none: ReadonlyArray<never> = []

const hasNumbers = ({ high }: Taker): boolean => high < Limits.articleNumberMax
const isOpen = (taker: Taker): boolean => !taker.isNew && hasNumbers(taker)

/** Those that have a number left, and, where the article would be their first, room beside the other groups of their app. */
const openOf = (site: Asked, taking: ReadonlyArray<Taker>): ReadonlyArray<Taker> => {
  const begun: Array<string | undefined> = []
  return taking.filter((taker) => {
    if (!taker.isNew) return hasNumbers(taker)
    const app = GroupName.appOf(taker.name)
    if (site.room(app) <= begun.filter((other) => other === app).length) return false
    begun.push(app)
    return true
  })
}

const nextNumber = ({ high, name }: Taker): Xref.Numbers[number] => [name, high + 1]

/** `full`: none of the groups has a number left, or room to begin. `closed`: none takes articles. `unapproved`: one of them is moderated. */
export type Outcome = "filed" | "here" | "removed" | "full" | "closed" | "unapproved"

/** The first group that takes only what its moderator has approved. */
export const moderated = (site: Asked, groups: ReadonlyArray<GroupName.GroupName>): GroupName.GroupName | undefined =>
  takers(site, groups).moderated

/** A group as filing asks for it. */
export interface Taker {
  readonly name: GroupName.GroupName
  /** Nothing where the group is not there. */
  readonly status: Group.Status | undefined
  /** Whether nothing was ever known of the group. */
  readonly isNew: boolean
  /** The highest number ever given in the group, the base where none was. */
  readonly high: number
}

type Asked = Pick<Site.Known, "taker" | "takers" | "room">

interface Takers {
  readonly taking: ReadonlyArray<Taker>
  /** The first of them that is moderated. */
  readonly moderated: GroupName.GroupName | undefined
}

/** The groups in which an article for `groups` is filed, each once: some take none, some stand for another. */
const takers = (site: Asked, groups: ReadonlyArray<GroupName.GroupName>): Takers => {
  const all = site.takers(groups)
  // Nearly always each of them takes what is for it.
  if (arePlain(all)) return { taking: all, moderated: undefined }
  const taking: Array<Taker> = []
  let moderated: GroupName.GroupName | undefined
  for (const asked of all) {
    const name = Group.target(asked.name, asked.status)
    if (name === undefined || isAmong(taking, name)) continue
    const taker = name === asked.name ? asked : site.taker(name)
    taking.push(taker)
    if (moderated === undefined && taker.status === "m") moderated = name
  }
  return { taking, moderated }
}

/** Whether they take articles, each for itself alone, and no two are the same. */
const arePlain = (takers: ReadonlyArray<Taker>): boolean => {
  for (let at = 0; at < takers.length; at += 1) {
    const { name, status } = takers[at] as Taker
    if (status !== undefined && status !== "y") return false
    for (let before = 0; before < at; before += 1) if (takers[before]?.name === name) return false
  }
  return true
}

const isAmong = (takers: ReadonlyArray<Taker>, sought: GroupName.GroupName): boolean => {
  for (const { name } of takers) if (name === sought) return true
  return false
}

/** The oldest claim that waited for this very article and may remove it. */
const claimOn = (site: Site.Known, { atMillis, id, owners = [] }: Site.FileCommand): Waiting.Entry | undefined => {
  const claims = site.waiting(id)
  if (claims.length === 0) return undefined
  return claims.find(
    (entry) => atMillis - entry.atMillis <= Limits.historyMillis && OwnerMark.opens(entry.claim.opens, owners)
  )
}

/** What was removed before it came is not filed, but what it claims itself holds: the order of arrival does not matter. */
export const decide = (site: Site.Known, command: Site.FileCommand): ReadonlyArray<Site.Event> => {
  const { claim: earlier, numbers, outcome: verdict } = admit(site, command)
  if (verdict !== "filed" && earlier === undefined) return none
  const events =
    earlier === undefined
      ? decideSlot(site, command, numbers)
      : [removal(earlier.claim, earlier.by, { position: site.position + 1, atMillis: command.atMillis })]
  if (command.claim === undefined) return events
  const last = { position: site.position + events.length + 1, atMillis: command.atMillis }
  return [...events, ...decideClaim(site, command, events, last)]
}

const decideSlot = (site: Site.Known, command: Site.FileCommand, numbers: Xref.Numbers): ReadonlyArray<Site.Event> => {
  const { atMillis, id, owners, slot } = command
  const position = site.position + 1
  const bare: Site.Filed = { _tag: "Filed", id, numbers, position, atMillis }
  const owned = owners === undefined ? bare : { ...bare, owners }
  const filed = slot === undefined ? owned : { ...owned, slot }
  const rival = slot === undefined ? undefined : site.highest(slot.key)
  if (slot === undefined || rival === undefined) return [filed]
  const isHigher = rankOrder({ id, rank: slot.rank }, rival) > 0
  if (isHigher && site.status(rival.id) !== "held") return [filed]
  const [lower, by] = isHigher ? [rival.id, id] : [id, rival.id]
  return [filed, { _tag: "Superseded", id: lower, by, position: position + 1, atMillis }]
}

/** A claim on what is held acts or does nothing, one on what is not known waits. */
const decideClaim = (
  site: Site.Known,
  { claim, id }: Site.FileCommand,
  events: ReadonlyArray<Site.Event>,
  next: Site.Positioned
): ReadonlyArray<Site.Event> => {
  if (claim === undefined || claim.target === id) return []
  const { target } = claim
  if (events.some((event) => event._tag === "Superseded" && event.id === target)) return []
  switch (site.status(target)) {
    case "removed":
      return []
    case "unknown":
      return [{ _tag: "Claimed", by: id, claim, ...next }]
    case "held":
      return OwnerMark.opens(claim.opens, site.owners(target)) ? [removal(claim, id, next)] : []
  }
}

const removal = ({ target, why }: Site.Claim, by: MessageId.MessageId, next: Site.Positioned): Site.Event =>
  why === "cancelled" ? { _tag: "Cancelled", id: target, ...next } : { _tag: "Superseded", id: target, by, ...next }

/** Orders the articles of a slot: by rank, ties by Message-ID. */
export const rankOrder = (
  left: { readonly id: string; readonly rank: string },
  right: { readonly id: string; readonly rank: string }
): number => (left.rank === right.rank ? compare(left.id, right.id) : compare(left.rank, right.rank))

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)
