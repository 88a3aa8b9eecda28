/**
 * Checks promise 8: the cache shows nothing that its source lacked at the time it states.
 */
import type * as Census from "../Census.ts"
import type * as Evidence from "../Evidence.ts"
import * as Checker from "./Checker.ts"

/** Each event shown was held by the source at or after the time that is stated for its subtree. */
export const cache: Checker.Checker = {
  promise: 8,
  watch: () => (evidence) => (evidence._tag === "Shown" ? breaches(evidence) : Checker.isKept())
}

const breaches = ({ answer, site, source }: Evidence.Shown): ReadonlyArray<string> => {
  if (source === undefined) return []
  return answer.events.flatMap(({ groups, messageId }) => {
    const stated = answer.freshness.filter(({ group }) =>
      groups.some((own) => own === group || own.startsWith(`${group}.`))
    )
    if (stated.length === 0) return [`${site} shows ${messageId}, and says nothing of how fresh it is`]
    const latest = Math.max(...stated.map(({ scrapedAtMillis }) => scrapedAtMillis))
    const spells = source.spells.get(messageId) ?? []
    if (spells.some((spell) => wasHeld(spell, latest))) return []
    return [`${site} shows ${messageId} as of ${new Date(latest).toISOString()}, when it was not held`]
  })
}

const wasHeld = ({ untilMillis }: Census.Spell, atMillis: number): boolean =>
  untilMillis === undefined || untilMillis >= atMillis
