/**
 * What filing an article at a site comes to: it may be known, unapproved, cancelled before it came, or too late for a
 * number; and it may outrank, or remove, another one.
 */
import * as Group from "./Group.ts"
import type * as GroupName from "./GroupName.ts"
import * as Limits from "./Limits.ts"
import type * as MessageId from "./MessageId.ts"
import * as OwnerMark from "./OwnerMark.ts"
import type * as Site from "./Site.ts"
import type * as Waiting from "./Waiting.ts"
import type * as Xref from "./Xref.ts"

/** What filing would come to. */
export const outcome = (site: Site.Known, command: Site.FileCommand): Outcome => {
  const status = site.status(command.id)
  if (status !== "unknown") return status === "held" ? "here" : "removed"
  const names = takers(site, command.groups)
  if (command.isApproved !== true && names.some((name) => site.groupStatus(name) === "m")) return "unapproved"
  if (claimOn(site, command) !== undefined) return "removed"
  if (names.some((name) => site.high(name) < Limits.articleNumberMax)) return "filed"
  return names.length > 0 ? "full" : "closed"
}

/** `full`: none of the groups has a number left. `closed`: none takes articles. `unapproved`: one of them is moderated. */
export type Outcome = "filed" | "here" | "removed" | "full" | "closed" | "unapproved"

/** The first group that takes only what its moderator has approved. */
export const moderated = (
  site: Pick<Site.Known, "groupStatus">,
  groups: ReadonlyArray<GroupName.GroupName>
): GroupName.GroupName | undefined => takers(site, groups).find((name) => site.groupStatus(name) === "m")

/** The groups in which an article for `groups` is filed, each once: some take none, some stand for another. */
const takers = (
  site: Pick<Site.Known, "groupStatus">,
  groups: ReadonlyArray<GroupName.GroupName>
): ReadonlyArray<GroupName.GroupName> => {
  const names = new Set<GroupName.GroupName>()
  for (const group of groups) {
    const name = Group.target(group, site.groupStatus(group))
    if (name !== undefined) names.add(name)
  }
  return [...names]
}

/** The oldest claim that waited for this very article and may remove it. */
const claimOn = (site: Site.Known, { atMillis, id, owners = [] }: Site.FileCommand): Waiting.Entry | undefined =>
  site
    .waiting(id)
    .find((entry) => atMillis - entry.atMillis <= Limits.historyMillis && OwnerMark.opens(entry.claim.opens, owners))

/** What was removed before it came is not filed, but what it claims itself holds: the order of arrival does not matter. */
export const decide = (site: Site.Known, command: Site.FileCommand): ReadonlyArray<Site.Event> => {
  const verdict = outcome(site, command)
  const earlier = verdict === "removed" && site.status(command.id) === "unknown" ? claimOn(site, command) : undefined
  if (verdict !== "filed" && earlier === undefined) return []
  const events =
    earlier === undefined
      ? decideSlot(site, command)
      : [removal(earlier.claim, earlier.by, { position: site.position + 1, atMillis: command.atMillis })]
  const last = { position: site.position + events.length + 1, atMillis: command.atMillis }
  return [...events, ...decideClaim(site, command, events, last)]
}

const decideSlot = (site: Site.Known, command: Site.FileCommand): ReadonlyArray<Site.Event> => {
  const { atMillis, id, owners, slot } = command
  const position = site.position + 1
  const numbers = assign(site, command.groups)
  const filed: Site.Event = {
    _tag: "Filed",
    id,
    numbers,
    position,
    atMillis,
    ...(slot === undefined ? {} : { slot }),
    ...(owners === undefined ? {} : { owners })
  }
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

/** The next number of each group that has one left, in order, a group once. */
const assign = (site: Site.Known, groups: ReadonlyArray<GroupName.GroupName>): Xref.Numbers =>
  takers(site, groups)
    .map((name) => [name, site.high(name) + 1] as const)
    .filter(([, number]) => number <= Limits.articleNumberMax)

/** Orders the articles of a slot: by rank, ties by Message-ID. */
export const rankOrder = (
  left: { readonly id: string; readonly rank: string },
  right: { readonly id: string; readonly rank: string }
): number => (left.rank === right.rank ? compare(left.id, right.id) : compare(left.rank, right.rank))

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)
