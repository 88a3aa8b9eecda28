/**
 * Checks the second half of promise 10: once a day is sealed, what it adds to totals changes only by removals, and is all of it.
 *
 * The events of each day are remembered from looks at the sites, as they expire while totals go on counting them.
 */
import type * as App from "@lupin/core/App"
import type * as Article from "@lupin/core/Article"
import * as CanonicalJson from "@lupin/core/CanonicalJson"
import * as DayPartial from "@lupin/core/DayPartial"
import * as Digestion from "@lupin/core/Digestion"
import * as Fold from "@lupin/core/Fold"
import type * as MessageId from "@lupin/core/MessageId"
import * as Calendar from "@lupin/digest/Calendar"
import * as EventInput from "@lupin/digest/EventInput"
import * as Part from "@lupin/digest/Part"
import type * as Census from "../Census.ts"
import * as Checker from "./Checker.ts"
import * as DigestTruth from "./DigestTruth.ts"

type Articles = ReadonlyMap<MessageId.MessageId, Article.Article>

/** The partial of highest rank of one key and day. */
interface Sealed {
  readonly slot: string
  readonly rank: string
  readonly partial: DayPartial.Read
}

/** `calendar` is that of the fleet. */
export const sealed = (apps: ReadonlyArray<App.App>, calendar: Calendar.Calendar): Checker.Checker => ({
  promise: 10,
  watch: () => {
    const known = new Map<MessageId.MessageId, Article.Article>()
    const before = new Map<string, Sealed>()
    return (evidence) => {
      if (evidence._tag !== "Looked") return Checker.isKept()
      const { atMillis, isSettled, sites } = evidence
      const held: Articles = new Map(sites.flatMap(({ articles }) => [...(articles ?? [])]))
      for (const [id, article] of held) known.set(id, article)
      // A day more than the deadline: whoever was late has looked at the others' by then.
      const newest = newestOf(held).filter(
        ({ partial }) => Calendar.closeMillis(calendar, partial.dayMillis) + calendar.dayMillis <= atMillis
      )
      const breaches = newest.flatMap((now) => {
        const first = before.get(now.slot)
        if (first !== undefined && now.rank <= first.rank) return []
        before.set(now.slot, now)
        return first === undefined ? [] : changed(first.partial, now.partial)
      })
      return isSettled ? [...breaches, ...miscounted(apps, calendar, known, evidence)] : breaches
    }
  }
})

const newestOf = (articles: Articles): ReadonlyArray<Sealed> => {
  const newest = new Map<string, Sealed>()
  for (const article of articles.values()) {
    const slot = DayPartial.slot(article)
    if (slot === undefined || (newest.get(slot.key)?.rank ?? "") >= slot.rank) continue
    const partial = DayPartial.read(article)
    if (!DayPartial.isNotAPartial(partial)) newest.set(slot.key, { slot: slot.key, rank: slot.rank, partial })
  }
  return [...newest.values()]
}

const partOf = ({ sum: fingerprint, ...rest }: DayPartial.Read): Part.Part<unknown> => ({ ...rest, fingerprint })

const nameOf = ({ app, dayMillis, key, name }: DayPartial.Read): string =>
  `${app}/${name}/${key} of ${new Date(dayMillis).toISOString()}`

const changed = (first: DayPartial.Read, now: DayPartial.Read): ReadonlyArray<string> => {
  const name = nameOf(now)
  if (Part.isOfSameEvents(partOf(first), partOf(now)) === false)
    return [`${name} was sealed over ${first.events} events, and is now of ${now.events}, others among them`]
  return now.removals > first.removals ? [] : [`${name} was sealed, and has changed without a removal`]
}

/** In the end each sealed day has a partial at each site, of all its events that nobody has removed. */
const miscounted = (
  apps: ReadonlyArray<App.App>,
  calendar: Calendar.Calendar,
  known: Articles,
  { atMillis, sites }: { readonly atMillis: number; readonly sites: ReadonlyArray<Census.Look> }
): ReadonlyArray<string> => {
  const counting = [...DigestTruth.expiredOf(known, sites), ...heldOf(sites)]
  const wanted = wantedOf(apps, calendar, counting)
  return sites.flatMap(({ articles, name }) => {
    const found = new Map(newestOf(articles ?? new Map()).map(({ partial, slot }) => [slot, partial]))
    return [...wanted].flatMap(([slot, { counted, day, state }]) => {
      if (articles === undefined || Calendar.closeMillis(calendar, day) + calendar.dayMillis > atMillis) return []
      const partial = found.get(slot)
      if (partial === undefined) return [`${name} has no partial ${slot}, and there were ${counted} events`]
      const shown = partial.events - partial.removals
      if (shown !== counted) return [`${name}: ${nameOf(partial)} counts ${shown} of ${counted} events`]
      return CanonicalJson.encode(partial.state) === state ? [] : [`${name}: ${nameOf(partial)} is not their fold`]
    })
  })
}

const heldOf = (sites: ReadonlyArray<Census.Look>): ReadonlyArray<Article.Article> => [
  ...new Map(sites.flatMap(({ articles }) => [...(articles ?? [])])).values()
]

interface Wanted {
  readonly day: number
  readonly counted: number
  readonly state: string
}

/** What the partials of all keys and days should say of these articles, by their slots. */
const wantedOf = (
  apps: ReadonlyArray<App.App>,
  calendar: Calendar.Calendar,
  articles: ReadonlyArray<Article.Article>
): ReadonlyMap<string, Wanted> => {
  const inputs = new Map<string, { digestion: Digestion.Digestion; day: number; of: Array<Digestion.Input> }>()
  for (const article of articles) {
    const read = EventInput.read(apps, article)
    if (read === undefined || "_tag" in read) continue
    const day = Calendar.dayOf(calendar, read.input.injectedMillis)
    for (const digestion of read.app.digestions) {
      const key = Digestion.keyOf(digestion, read.input)
      if (key === undefined) continue
      const slot = DayPartial.slotKey({ app: digestion.app, name: digestion.name, key, dayMillis: day })
      const entry = inputs.get(slot) ?? { digestion, day, of: [] }
      inputs.set(slot, entry)
      entry.of.push(read.input)
    }
  }
  return new Map(
    [...inputs].map(([slot, { day, digestion, of }]) => {
      const state = Fold.encode(digestion.fold, Fold.fold(digestion.fold, of))
      return [slot, { day, counted: of.length, state }]
    })
  )
}
