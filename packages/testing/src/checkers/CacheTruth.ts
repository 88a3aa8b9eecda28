/**
 * Checks promise 8: the cache shows nothing that its source lacked at the time it states, and all that it held then.
 */
import type * as GeoPoint from "@lupin/core/GeoPoint"
import * as Place from "@lupin/core/Place"
import type * as MessageId from "@lupin/core/MessageId"
import type * as Census from "../Census.ts"
import type * as Evidence from "../Evidence.ts"
import * as Checker from "./Checker.ts"

/** Each event shown was held by the source when it was scraped, and each that was held then and still is, is shown. */
export const cache: Checker.Checker = {
  promise: 8,
  watch: () => {
    const places = new Map<MessageId.MessageId, GeoPoint.GeoPoint>()
    const filings = new Filings()
    // Their logs tell no more what they held.
    const rotted = new Set<string>()
    return (evidence) => {
      if (evidence._tag === "Rotted") rotted.add(evidence.site)
      filings.take(evidence)
      if (evidence._tag === "Acknowledged") {
        const { at } = evidence.event.post
        if (at !== undefined) places.set(evidence.messageId, at)
      }
      if (evidence._tag !== "Shown" || evidence.source === undefined || rotted.has(evidence.site))
        return Checker.isKept()
      return [...untrue(evidence, evidence.source, filings), ...lacking(evidence, evidence.source, places)]
    }
  }
}

/** When a site filed what. */
class Filings {
  readonly #millis = new Map<string, number>()

  take(evidence: Evidence.Evidence): void {
    if (evidence._tag !== "Stored") return
    for (const { id, stored } of evidence.articles) {
      if (stored._tag === "Filed") this.#millis.set(`${evidence.site} ${id}`, evidence.atMillis)
    }
  }

  /** Of what was erased the log of the site does not tell it any more. */
  fromMillis(site: string, id: MessageId.MessageId, spell: Census.Spell): number {
    return spell.fromMillis ?? this.#millis.get(`${site} ${id}`) ?? Number.POSITIVE_INFINITY
  }
}

const untrue = ({ answer, site }: Evidence.Shown, { spells }: Census.Log, filings: Filings): ReadonlyArray<string> =>
  answer.events.flatMap(({ groups, messageId }) => {
    const stated = answer.freshness.filter(({ group }) =>
      groups.some((own) => own === group || own.startsWith(`${group}.`))
    )
    if (stated.length === 0) return [`${site} shows ${messageId}, and says nothing of how fresh it is`]
    const wasHeld = (spell: Census.Spell): boolean => {
      const fromMillis = filings.fromMillis(site, messageId, spell)
      return stated.some((each) => holds({ ...spell, fromMillis }, each))
    }
    if ((spells.get(messageId) ?? []).some(wasHeld)) return []
    const latest = Math.max(...stated.map(({ scrapedAtMillis }) => scrapedAtMillis))
    return [`${site} shows ${messageId} as of ${latest}, when it was not held`]
  })

type Freshness = Evidence.Shown["answer"]["freshness"][number]

/** Held at some time between the question of the scrape and the source's answer. */
const holds = (
  { fromMillis, untilMillis = Number.POSITIVE_INFINITY }: Census.Spell & { readonly fromMillis: number },
  freshness: Freshness
): boolean => fromMillis <= answeredMillis(freshness) && untilMillis + removalMillisMax >= freshness.scrapedAtMillis

/** A removal is of the moment in which it was decided, and readers see it once it is on disk: so long after that, in milliseconds. */
const removalMillisMax = 100

/** Where the answer does not tell, a scrape of a host's own spool takes no longer than this, in milliseconds. */
const scrapeMillisMax = 1_000

const answeredMillis = (freshness: Freshness): number =>
  "answeredAtMillis" in freshness && typeof freshness.answeredAtMillis === "number"
    ? freshness.answeredAtMillis
    : freshness.scrapedAtMillis + scrapeMillisMax

const lacking = (
  { answer, near, radiusMetres, site }: Evidence.Shown,
  { held, spells }: Census.Log,
  places: ReadonlyMap<MessageId.MessageId, GeoPoint.GeoPoint>
): ReadonlyArray<string> => {
  const shown = new Set(answer.events.map(({ messageId }) => messageId))
  const oldest = Math.min(...answer.freshness.map(({ scrapedAtMillis }) => scrapedAtMillis))
  return [...held].flatMap((id) => {
    const at = places.get(id)
    if (at === undefined || shown.has(id) || !Place.contains(Place.circle(near, radiusMetres), at)) return []
    const since = spells.get(id)?.at(-1)?.fromMillis ?? Number.POSITIVE_INFINITY
    return since < oldest ? [`${site} does not show ${id}, which it held ${oldest - since} ms before it looked`] : []
  })
}
