/**
 * Cancels and Supersedes that came before their targets: a bounded set of claims, the oldest forgotten first.
 *
 * Persistent, as the site it is part of: every change gives a new set and leaves the old one as it was.
 */
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Limits from "./Limits.ts"
import type * as MessageId from "./MessageId.ts"
import type * as Site from "./Site.ts"

/** A claim, whose it is, and where in the log it was made. */
export interface Entry {
  readonly position: number
  readonly atMillis: number
  readonly by: MessageId.MessageId
  readonly claim: Site.Claim
}

export interface Waiting {
  readonly byTarget: HashMap.HashMap<MessageId.MessageId, ReadonlyArray<Entry>>
  /** All entries, the oldest first. */
  readonly byAge: ReadonlyArray<Entry>
}

/** A set after a change, and what went out of it. */
export interface Changed {
  readonly waiting: Waiting
  readonly dropped: ReadonlyArray<Entry>
}

export const empty: Waiting = { byTarget: HashMap.empty(), byAge: [] }

/** The set of these entries, which are in the order of their positions and within the limits. */
export const of = (entries: Iterable<Entry>): Waiting => {
  let waiting = empty
  for (const entry of entries) waiting = add(waiting, entry).waiting
  return waiting
}

const none: ReadonlyArray<never> = []

/** The claims on an article, the oldest first. */
export const on = (waiting: Waiting, target: MessageId.MessageId): ReadonlyArray<Entry> =>
  waiting.byAge.length === 0 ? none : Option.getOrElse(HashMap.get(waiting.byTarget, target), () => [])

/** Takes in the newest claim. Where there are too many, of its target or of all, the oldest goes. */
export const add = (waiting: Waiting, { atMillis, by, claim, position }: Entry): Changed => {
  const entry = { position, atMillis, by, claim }
  const rivals = on(waiting, claim.target)
  const oldest =
    rivals.length >= Limits.waitingPerTargetMax
      ? rivals[0]
      : waiting.byAge.length >= Limits.waitingMax
        ? waiting.byAge[0]
        : undefined
  const room = oldest === undefined ? waiting : without(waiting, [oldest], oldest.claim.target)
  const byTarget = HashMap.set(room.byTarget, claim.target, [...on(room, claim.target), entry])
  return { waiting: { byTarget, byAge: [...room.byAge, entry] }, dropped: oldest === undefined ? [] : [oldest] }
}

/** Lets go of all claims on an article: it has come, or never will. */
export const drop = (waiting: Waiting, target: MessageId.MessageId): Changed => {
  const dropped = on(waiting, target)
  return dropped.length === 0 ? { waiting, dropped } : { waiting: without(waiting, dropped, target), dropped }
}

/** Lets go of the claims of articles that a test picks. */
export const dropBy = (waiting: Waiting, isGone: (by: MessageId.MessageId) => boolean): Changed => {
  const dropped = waiting.byAge.filter(({ by }) => isGone(by))
  const left = dropped.reduce((all, entry) => without(all, [entry], entry.claim.target), waiting)
  return { waiting: left, dropped }
}

const without = (waiting: Waiting, gone: ReadonlyArray<Entry>, target: MessageId.MessageId): Waiting => {
  const left = on(waiting, target).filter((entry) => !gone.includes(entry))
  return {
    byTarget:
      left.length === 0 ? HashMap.remove(waiting.byTarget, target) : HashMap.set(waiting.byTarget, target, left),
    byAge: waiting.byAge.filter((entry) => !gone.includes(entry))
  }
}
