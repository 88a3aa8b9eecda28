/**
 * Checks promise 6: once a key has settled, its newest digest counts every event that any live site holds exactly once.
 *
 * What a digest should show is folded here from the articles that any site holds, without digesters.
 */
import type * as App from "@lupin/core/App"
import type * as Article from "@lupin/core/Article"
import * as CanonicalJson from "@lupin/core/CanonicalJson"
import * as DigestArticle from "@lupin/core/DigestArticle"
import type * as Digestion from "@lupin/core/Digestion"
import * as Fold from "@lupin/core/Fold"
import * as Calendar from "@lupin/digest/Calendar"
import type * as Census from "../Census.ts"
import * as Checker from "./Checker.ts"
import * as Counted from "./Counted.ts"
import { LetGo } from "./LetGo.ts"

/** `calendar` is that of the fleet. */
export const digests = (
  apps: ReadonlyArray<App.App>,
  calendar: Calendar.Calendar = Calendar.production
): Checker.Checker => ({
  promise: 6,
  watch: () => {
    const counted = new Counted.Counted(apps, calendar)
    const letGo = new LetGo()
    return (evidence) => {
      letGo.see(evidence)
      if (evidence._tag !== "Looked") return Checker.isKept()
      counted.see(evidence)
      if (!evidence.isSettled) return Checker.isKept()
      const held = new Map(
        evidence.sites.flatMap(({ copies }) => [...copies].map(([id, { article }]) => [id, article]))
      )
      const expired = counted.expired(evidence.sites)
      const lost = expired.filter(({ messageId }) => !letGo.isRemoved(evidence.sites, messageId))
      const expected = expectedOf(counted, [...held.values(), ...expired.filter((article) => !lost.includes(article))])
      const most = lost.length === 0 ? expected : expectedOf(counted, [...held.values(), ...expired])
      // Sites that hold the same show the same: each holding is looked at once.
      const seen = new Set<string>()
      return evidence.sites.flatMap((site) => {
        if (seen.has(site.fingerprint)) return []
        seen.add(site.fingerprint)
        return breachesAt(site, expected, most)
      })
    }
  }
})

interface Shown {
  readonly counted: number
  readonly view: string
}

/** `most` counts also what expired where little is kept before it came to any other site: a zone may have counted it, or none. */
const breachesAt = (
  { copies, name }: Census.Look,
  expected: ReadonlyMap<string, Shown>,
  most: ReadonlyMap<string, Shown>
): ReadonlyArray<string> => {
  const found = newestOf(copies)
  return [...new Set([...expected.keys(), ...found.keys()])].flatMap((key) => {
    const [shown, all] = [found.get(key), most.get(key)]
    const wanted = shown !== undefined && shown.counted === all?.counted ? all : expected.get(key)
    if (isBetween(expected.get(key), shown, all)) return []
    if (wanted === undefined) {
      return shown === undefined || shown.counted === 0 ? [] : [`${name}: ${key} counts ${shown.counted} of no events`]
    }
    if (shown === undefined) return [`${name}: ${key} has no digest, and ${wanted.counted} events`]
    if (shown.counted !== wanted.counted) return [`${name}: ${key} counts ${shown.counted} of ${wanted.counted} events`]
    return shown.view === wanted.view ? [] : [`${name}: ${key} shows ${shown.view} instead of ${wanted.view}`]
  })
}

const isBetween = (least: Shown | undefined, shown: Shown | undefined, most: Shown | undefined): boolean =>
  shown !== undefined && shown.counted > (least?.counted ?? 0) && shown.counted < (most?.counted ?? 0)

/** What digests of all keys should show. */
const expectedOf = (counted: Counted.Counted, articles: ReadonlyArray<Article.Article>): ReadonlyMap<string, Shown> => {
  const inputs = new Map<
    string,
    { readonly digestion: Digestion.Digestion; readonly key: string; of: Array<Digestion.Input> }
  >()
  for (const article of articles) {
    for (const { digestion, input, key } of counted.inputsOf(article)) {
      const slot = DigestArticle.slotKey({ app: digestion.app, name: digestion.name, key })
      const known = inputs.get(slot) ?? { digestion, key, of: [] }
      inputs.set(slot, known)
      known.of.push(input)
    }
  }
  return new Map(
    [...inputs].map(([slot, { digestion, key, of }]) => {
      const state = Fold.fold(digestion.fold, of)
      return [slot, { counted: of.length, view: CanonicalJson.encode(digestion.view(state, key)) }]
    })
  )
}

/** The highest-ranked digest of each key that is held. */
const newestOf = (copies: Census.Look["copies"]): ReadonlyMap<string, Shown> => {
  const newest = new Map<string, Shown & { readonly rank: string }>()
  for (const { article } of copies.values()) {
    const slot = DigestArticle.slot(article)
    if (slot === undefined) continue
    const digest = DigestArticle.read(article)
    if (DigestArticle.isNotADigest(digest)) continue
    if ((newest.get(slot.key)?.rank ?? "") >= slot.rank) continue
    const counted = digest.events - digest.removals
    newest.set(slot.key, { rank: slot.rank, counted, view: CanonicalJson.encode(digest.view) })
  }
  return newest
}
