/**
 * Checks the second half of promise 10: once a day is sealed, what it adds to totals changes only by removals, and is all of it.
 *
 * The events of each day are remembered from looks at the sites, as they expire while totals go on counting them.
 */
import type * as App from "@lupin/core/App"
import type * as Article from "@lupin/core/Article"
import * as CanonicalJson from "@lupin/core/CanonicalJson"
import * as DayPartial from "@lupin/core/DayPartial"
import * as Fold from "@lupin/core/Fold"
import type * as MessageId from "@lupin/core/MessageId"
import * as Calendar from "@lupin/digest/Calendar"
import * as Part from "@lupin/digest/Part"
import type * as Census from "../Census.ts"
import * as Checker from "./Checker.ts"
import * as Counted from "./Counted.ts"
import { LetGo } from "./LetGo.ts"

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
    const counted = new Counted.Counted(apps, calendar)
    const letGo = new LetGo()
    const before = new Map<string, Sealed>()
    return (evidence) => {
      letGo.see(evidence)
      if (evidence._tag !== "Looked") return Checker.isKept()
      const { atMillis, isSettled, sites } = evidence
      const held: Articles = new Map(sites.flatMap(({ articles }) => [...(articles ?? [])]))
      counted.see(evidence)
      // A day more than the deadline: whoever was late has looked at the others' by then.
      const newest = newestOf(held).filter(
        ({ partial }) => Calendar.deadlineMillis(calendar, partial.dayMillis) + calendar.dayMillis <= atMillis
      )
      const breaches = newest.flatMap((now) => {
        const first = before.get(now.slot)
        if (first !== undefined && now.rank <= first.rank) return []
        before.set(now.slot, now)
        return first === undefined ? [] : changed(first.partial, now.partial)
      })
      return isSettled ? [...breaches, ...miscounted(counted, letGo, calendar, evidence)] : breaches
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

/**
 * In the end each sealed day has a partial at each site, of all its events that nobody has removed. What expired where little is
 * kept before it came to any other site may count, or not.
 */
const miscounted = (
  counted: Counted.Counted,
  letGo: LetGo,
  calendar: Calendar.Calendar,
  { atMillis, sites }: { readonly atMillis: number; readonly sites: ReadonlyArray<Census.Look> }
): ReadonlyArray<string> => {
  const expired = counted.expired(sites)
  const told = expired.filter(({ messageId }) => letGo.isRemoved(sites, messageId))
  const least = wantedOf(counted, [...told, ...heldOf(sites)])
  const most = told.length === expired.length ? least : wantedOf(counted, [...expired, ...heldOf(sites)])
  return sites.flatMap(({ articles, name }) => {
    const found = new Map(newestOf(articles ?? new Map()).map(({ partial, slot }) => [slot, partial]))
    return [...most].flatMap(([slot, all]) => {
      const partial = found.get(slot)
      const shown = partial === undefined ? 0 : partial.events - partial.removals
      const few = least.get(slot)
      if (shown < all.events && shown > (few?.events ?? 0)) return []
      const { day, events, state } = shown === all.events || few === undefined ? all : few
      if (articles === undefined || Calendar.deadlineMillis(calendar, day) + calendar.dayMillis > atMillis) return []
      if (few === undefined && shown === 0) return []
      if (partial === undefined) return [`${name} has no partial ${slot}, and there were ${events} events`]
      if (shown !== events) return [`${name}: ${nameOf(partial)} counts ${shown} of ${events} events`]
      return CanonicalJson.encode(partial.state) === state ? [] : [`${name}: ${nameOf(partial)} is not their fold`]
    })
  })
}

const heldOf = (sites: ReadonlyArray<Census.Look>): ReadonlyArray<Article.Article> => [
  ...new Map(sites.flatMap(({ articles }) => [...(articles ?? [])])).values()
]

interface Wanted {
  readonly day: number
  readonly events: number
  readonly state: string
}

/** What the partials of all keys and days should say of these articles, by their slots. */
const wantedOf = (counted: Counted.Counted, articles: ReadonlyArray<Article.Article>): ReadonlyMap<string, Wanted> => {
  const inputs = new Map<string, Array<Counted.Input>>()
  for (const one of articles.flatMap((article) => counted.inputsOf(article))) {
    const known = inputs.get(one.slot) ?? []
    inputs.set(one.slot, known)
    known.push(one)
  }
  return new Map(
    [...inputs].flatMap(([slot, of]) => {
      const [first] = of
      if (first === undefined) return []
      const { day, digestion } = first
      const state = Fold.fold(
        digestion.fold,
        of.map(({ input }) => input)
      )
      return [[slot, { day, events: of.length, state: Fold.encode(digestion.fold, state) }]]
    })
  )
}
