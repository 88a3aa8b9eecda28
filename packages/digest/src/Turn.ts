/**
 * Decides when a zone emits the digest of one key: at once, after its turns, or not at all.
 *
 * Pure. A key is due when it was quiet for a while, or at the latest after a longer one, and has rested since its last digest.
 * The home zone then emits; zone n waits n turns, and emits only if nothing it has seen covers the set it had when its
 * turn began. A digest that it sees meanwhile, and that was on its way too early to cover that, shows that an earlier zone
 * is alive: its next one is waited for as well.
 */
import { Data } from "effect"
import type * as InputSet from "./InputSet.ts"

/** When a key is due, and how long a zone's turn is, all in milliseconds. */
export interface Policy {
  readonly quietMillis: number
  readonly atMostMillis: number
  readonly restMillis: number
  readonly turnMillis: number
  /** This zone's place in the order of the key's homes: 0 is home. */
  readonly place: number
}

/** A digest as it was seen, here or from another zone. */
export interface Seen extends InputSet.Summary {
  readonly version: number
}

/** What a zone has of a key. */
export interface Here {
  readonly set: InputSet.Summary
  readonly version: number
  readonly seen: Seen | undefined
  /** When that was seen first; -Infinity where nothing was. */
  readonly seenMillis: number
}

/** Where a key stands between its inputs and their digest. */
export type Stage = Data.TaggedEnum<{
  /** Every input is in a digest. */
  Settled: {}
  /** Inputs came; the digest is due when they pause. */
  Gathering: { readonly sinceMillis: number; readonly lastMillis: number }
  /** Due, but it is an earlier zone's to emit. `set` is what was here when the turn began; longer once, for a live zone. */
  Waiting: {
    readonly sinceMillis: number
    readonly untilMillis: number
    readonly set: InputSet.Summary
    readonly isLonger: boolean
  }
}>
export const Stage = Data.taggedEnum<Stage>()

/** What is to be done about a key now. */
export type Action = Data.TaggedEnum<{
  Nothing: {}
  Wake: { readonly atMillis: number }
  Emit: {}
}>
export const Action = Data.taggedEnum<Action>()

/**
 * Whether a seen digest makes one over `set` needless: a newer version, or a larger set, or the same one.
 *
 * A larger set that lacks some of ours is not known as such here; its emitter emits again once it has them.
 */
export const covers = (seen: Seen | undefined, version: number, set: InputSet.Summary): boolean => {
  if (seen === undefined) return false
  if (seen.version !== version) return seen.version > version
  const size = seen.events + seen.removals - set.events - set.removals
  return size > 0 || (size === 0 && seen.fingerprint === set.fingerprint)
}

/** Whether one seen digest ranks above another (version, then inputs, then fingerprint), as `DigestArticle.rank` has it. */
export const outranks = (a: Seen, b: Seen): boolean => {
  if (a.version !== b.version) return a.version > b.version
  const size = a.events + a.removals - b.events - b.removals
  return size === 0 ? a.fingerprint > b.fingerprint : size > 0
}

/** An input arrived. */
export const gathered = (stage: Stage, nowMillis: number): Stage => {
  switch (stage._tag) {
    case "Settled":
      return { _tag: "Gathering", sinceMillis: nowMillis, lastMillis: nowMillis }
    case "Gathering":
      return { _tag: "Gathering", sinceMillis: stage.sinceMillis, lastMillis: nowMillis }
    case "Waiting":
      return stage
  }
}

/** Until when a key rests. Where the clock was set back nobody knows since when, and it does not. */
const restMillis = ({ seenMillis }: Here, policy: Policy, nowMillis: number): number =>
  seenMillis > nowMillis ? nowMillis : Math.max(nowMillis, seenMillis + policy.restMillis)

const dueMillis = (
  stage: { readonly sinceMillis: number; readonly lastMillis: number },
  here: Here,
  policy: Policy,
  nowMillis: number
): number => {
  const millis = Math.min(stage.sinceMillis + policy.atMostMillis, stage.lastMillis + policy.quietMillis)
  // The others rest while they wait for their turn.
  return policy.place === 0 ? Math.max(millis, restMillis(here, policy, nowMillis)) : millis
}

// Steps are taken for every input: what they give is put down as it is.
const nothing: Action = Action.Nothing()
const settled: Stage = Stage.Settled()
const wake = (atMillis: number): Action => ({ _tag: "Wake", atMillis })

/** The turn of a zone that is not home begins. */
const waiting = (here: Here, policy: Policy, nowMillis: number): readonly [Stage, Action] => {
  const untilMillis = restMillis(here, policy, nowMillis) + policy.place * policy.turnMillis
  const stage: Stage = { _tag: "Waiting", sinceMillis: nowMillis, untilMillis, set: here.set, isLonger: false }
  return [stage, wake(untilMillis)]
}

/** The next stage of a key with the set `here`, and what to do. Asked again at the same moment it says the same. */
export const step = (stage: Stage, here: Here, policy: Policy, nowMillis: number): readonly [Stage, Action] => {
  switch (stage._tag) {
    case "Settled":
      return [stage, nothing]
    case "Gathering": {
      const due = dueMillis(stage, here, policy, nowMillis)
      if (nowMillis < due) return [stage, wake(due)]
      if (covers(here.seen, here.version, here.set)) return [settled, nothing]
      if (policy.place === 0) return [settled, Action.Emit()]
      return waiting(here, policy, nowMillis)
    }
    case "Waiting": {
      if (covers(here.seen, here.version, here.set)) return [settled, nothing]
      const isCovered = covers(here.seen, here.version, stage.set)
      if (!isCovered && !stage.isLonger && here.seenMillis > stage.sinceMillis) {
        const nextMillis = here.seenMillis + Math.max(policy.restMillis, policy.atMostMillis)
        const untilMillis = Math.max(stage.untilMillis, nextMillis + policy.place * policy.turnMillis)
        return [{ ...stage, untilMillis, isLonger: true }, wake(untilMillis)]
      }
      if (nowMillis < stage.untilMillis) return [stage, wake(stage.untilMillis)]
      if (!isCovered) return [settled, Action.Emit()]
      return waiting(here, policy, nowMillis)
    }
  }
}
