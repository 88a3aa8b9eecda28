/**
 * Adds up what sets of inputs come to that have no input in common: the parts of a total.
 *
 * Parts are a commutative monoid, as the fold of their states is: in which order, and in which groups, shows nowhere.
 */
import * as DigestArticle from "@lupin/core/DigestArticle"
import type * as DayPartial from "@lupin/core/DayPartial"
import * as Fingerprint from "@lupin/core/Fingerprint"
import type * as Fold from "@lupin/core/Fold"
import * as InputSet from "./InputSet.ts"

export type Part<S> = DayPartial.Part<S>

/** The part of no inputs. */
export const empty = <In, S>(fold: Fold.Fold<In, S>): Part<S> => ({
  events: 0,
  removals: 0,
  fingerprint: Fingerprint.empty,
  state: fold.empty,
  newestMillis: 0,
  removed: [],
  nameless: Fingerprint.noneNameless
})

export const merge = <In, S>(fold: Fold.Fold<In, S>, a: Part<S>, b: Part<S>): Part<S> => ({
  events: a.events + b.events,
  removals: a.removals + b.removals,
  fingerprint: Fingerprint.merge(a.fingerprint, b.fingerprint),
  state: fold.combine(a.state, b.state),
  newestMillis: Math.max(a.newestMillis, b.newestMillis),
  removed:
    a.removed.length === 0
      ? b.removed
      : b.removed.length === 0
        ? a.removed
        : [...a.removed, ...b.removed].toSorted().slice(-DigestArticle.removedMax),
  nameless: {
    count: a.nameless.count + b.nameless.count,
    newestMillis: Math.max(a.nameless.newestMillis, b.nameless.newestMillis)
  }
})

/** The part with events that are gone beside those of a set that knows of none. */
export const withNameless = <S>(part: Part<S>, nameless: Fingerprint.Nameless): Part<S> =>
  nameless.count === 0
    ? part
    : {
        ...part,
        events: part.events + nameless.count,
        removals: part.removals + nameless.count,
        fingerprint: Fingerprint.addNameless(part.fingerprint, nameless),
        newestMillis: Math.max(part.newestMillis, nameless.newestMillis),
        nameless
      }

/** What tells the set of a part from others, and ranks it. */
export const summaryOf = <S>({ events, fingerprint, removals }: Part<S>): InputSet.Summary =>
  InputSet.summarize(events, removals, fingerprint)

/** Whether two parts are of the same set. */
export const isSame = <S>(a: Part<S>, b: Part<S>): boolean =>
  a.events === b.events && a.removals === b.removals && a.fingerprint === b.fingerprint

/**
 * Whether two parts are of the same events, whatever was removed of them; `undefined` where removals are too many to tell, or nobody
 * can name what one of them has lost.
 */
export const isOfSameEvents = <S>(a: Part<S>, b: Part<S>): boolean | undefined => {
  if (a.nameless.count !== b.nameless.count) return undefined
  if (a.events !== b.events) return false
  const [one, other] = [eventsOf(a), eventsOf(b)]
  return one === undefined || other === undefined ? undefined : one === other
}

const eventsOf = <S>({ fingerprint, nameless, removals, removed }: Part<S>): Fingerprint.Fingerprint | undefined =>
  removed.length === removals - nameless.count
    ? Fingerprint.subtract(fingerprint, removed.reduce(Fingerprint.addRemoval, Fingerprint.empty))
    : undefined
