/**
 * Watches the digests that count what is not here, until it is known why: their events come, are found among what is gone, or are given up.
 *
 * Given up is what cannot be found, once this site has compared itself with the others: what a digest counts and none of them
 * holds is gone.
 */
import type * as Fingerprint from "@lupin/core/Fingerprint"
import type * as MessageId from "@lupin/core/MessageId"
import type * as InputSet from "./InputSet.ts"
import * as Lost from "./Lost.ts"

/**
 * How long what a digest counts may be on its way here before it is looked for among what is gone, in milliseconds; and so long
 * after a search in vain comes the next.
 */
export const lostMillis = 2_000
/** And how long it may be missed before it is asked for everywhere and given up, in milliseconds; twice as long each next time. */
export const missedMillis = 60_000
/** How often that time doubles, at most: to an hour. */
const doublingsMax = 6

/** A digest that counts what is not here, until it is known why. */
interface Sight {
  readonly counted: Lost.Counted
  seenMillis: number
  /** What was known when it was last looked at in vain, and when that was. */
  told: number
  lookedMillis: number
  fingerprint: string
  /** Whether as many events are gone as it counts more. */
  isLikely: boolean
}

/** When this site last compared itself with the others, and took what it lacked: from when to when, in milliseconds. */
export interface Compared {
  readonly beganMillis: number
  readonly doneMillis: number
}

/** It never has. */
export const uncompared: Compared = { beganMillis: -Infinity, doneMillis: -Infinity }

/** What is here of the digests that are looked at, and what becomes of them. */
export interface Looking<Of> {
  readonly lost: Lost.Lost
  readonly summaryOf: (of: Of) => InputSet.Summary
  readonly hereOf: (of: Of) => Lost.Here
  /** Takes the removed events that it counts. */
  readonly found: (of: Of, ids: ReadonlyArray<MessageId.MessageId>) => void
  /** Takes a digest of which no more will ever be known; without it none is given up. */
  readonly givenUp?: (of: Of, counted: Lost.Counted) => void
}

/** What looking has come to. */
export interface Looked {
  /** When to look again. */
  readonly wakeMillis: number
  /** This site has to compare itself with the others before more can be said. */
  readonly isInDoubt: boolean
}

/** The digests of highest rank that are of other sets than are here, by what they are of. */
export class Unlike<Of> {
  readonly #sights = new Map<Of, Sight>()
  /** How often one was given up. */
  readonly #losses = new Map<Of, number>()

  see(of: Of, counted: Lost.Counted, seenMillis: number): void {
    this.#sights.set(of, { counted, seenMillis, told: 0, fingerprint: "", isLikely: false, lookedMillis: -Infinity })
  }

  forget(of: Of): void {
    this.#sights.delete(of)
    this.#losses.delete(of)
  }

  /** Looks at each of them once it is old enough, and again when more is known. It costs nothing as long as nothing is lost. */
  look(looking: Looking<Of>, nowMillis: number, compared: Compared = uncompared): Looked {
    const { found, givenUp, lost, summaryOf } = looking
    let wakeMillis = Infinity
    let isInDoubt = false
    if (lost.told === 0) return { wakeMillis, isInDoubt }
    let looks = 0
    const sights = [...this.#sights]
    for (const [of, sight] of sights) {
      const summary = summaryOf(of)
      if (isCovered(sight.counted, summary)) {
        this.#sights.delete(of)
        continue
      }
      // Where the clock was set back nobody knows since when.
      const isOld = sight.seenMillis > nowMillis || nowMillis >= sight.seenMillis + lostMillis
      if (!isOld) {
        wakeMillis = Math.min(wakeMillis, sight.seenMillis + lostMillis)
        continue
      }
      if (sight.told !== lost.told || sight.fingerprint !== summary.fingerprint) {
        const isSoon = sight.lookedMillis <= nowMillis && nowMillis < sight.lookedMillis + lostMillis
        if (isSoon || looks >= Lost.looksMax) {
          wakeMillis = Math.min(wakeMillis, (isSoon ? sight.lookedMillis : nowMillis) + lostMillis)
          continue
        }
        const sought = this.#seek(of, sight, looking, nowMillis)
        looks += sought.looks
        if (sought.ids !== undefined) {
          this.#sights.delete(of)
          found(of, sought.ids)
          continue
        }
      }
      if (givenUp === undefined || !sight.isLikely) continue
      const losses = this.#losses.get(of) ?? 0
      const millis = patience(sight, losses, nowMillis, compared)
      if (millis === undefined) isInDoubt = true
      else if (millis > nowMillis) wakeMillis = Math.min(wakeMillis, millis)
      else {
        this.#sights.delete(of)
        this.#losses.set(of, losses + 1)
        givenUp(of, sight.counted)
      }
    }
    return { wakeMillis, isInDoubt }
  }

  /** Behind the others the next time. */
  #seek(of: Of, sight: Sight, { hereOf, lost, summaryOf }: Looking<Of>, nowMillis: number): Lost.Sought {
    const { events, fingerprint } = summaryOf(of)
    sight.told = lost.told
    sight.fingerprint = fingerprint
    sight.lookedMillis = nowMillis
    this.#sights.delete(of)
    this.#sights.set(of, sight)
    const here = hereOf(of)
    const sought = Lost.seek(lost, sight.counted, here)
    sight.isLikely = sought.ids === undefined && (!lost.isWhole || hasAsMany(lost, here, sight.counted.events - events))
    return sought
  }
}

/** When a digest may be given up; `undefined` where this site has to compare itself with the others before. */
const patience = (sight: Sight, losses: number, nowMillis: number, compared: Compared): number | undefined => {
  if (sight.seenMillis > nowMillis) sight.seenMillis = nowMillis
  const missedUntil = sight.seenMillis + missedMillis * 2 ** Math.min(losses, doublingsMax)
  if (nowMillis < missedUntil) return missedUntil
  // What was fetched is in the spool by then, and comes here next.
  return compared.beganMillis < missedUntil ? undefined : compared.doneMillis + lostMillis
}

/** What a digest counts more than is here has no name: as many events as are missing, and as it takes to outrank it. */
export const namelessOver = (
  here: InputSet.Summary,
  { count, newestMillis: before }: Fingerprint.Nameless,
  { events, newestMillis, removals }: Lost.Counted
): Fingerprint.Nameless => {
  const missing = events - here.events
  const lead = events + removals - here.events - here.removals
  return {
    count: count + Math.max(missing, Math.floor(lead / 2) + 1),
    newestMillis: Math.max(before, newestMillis)
  }
}

/** Whether so many removed events may be ones that the part lacks. */
const hasAsMany = (lost: Lost.Lost, { mayLack }: Lost.Here, count: number): boolean => {
  let left = count
  for (const id of lost.ids) {
    if (left <= 0) return true
    if (mayLack(id)) left -= 1
  }
  return left <= 0
}

/** Nothing need be known of a digest over the same set, nor of one that what is here outranks. */
const isCovered = (counted: Lost.Counted, here: InputSet.Summary): boolean => {
  const more = here.events + here.removals - counted.events - counted.removals
  return more > 0 || (more === 0 && here.fingerprint >= counted.fingerprint)
}
