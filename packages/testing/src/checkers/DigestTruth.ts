/**
 * Checks promise 6: once a key has settled, its newest digest counts every event that any live site holds exactly once.
 *
 * What a digest should show is folded here from the articles that a site holds, without digesters.
 */
import type * as App from "@lupin/core/App"
import type * as Article from "@lupin/core/Article"
import * as CanonicalJson from "@lupin/core/CanonicalJson"
import * as DigestArticle from "@lupin/core/DigestArticle"
import * as Digestion from "@lupin/core/Digestion"
import * as Fold from "@lupin/core/Fold"
import type * as MessageId from "@lupin/core/MessageId"
import * as EventInput from "@lupin/digest/EventInput"
import type * as Census from "../Census.ts"
import * as Checker from "./Checker.ts"

export const digests = (apps: ReadonlyArray<App.App>): Checker.Checker => ({
  promise: 6,
  watch: () => {
    const known = new Map<MessageId.MessageId, Article.Article>()
    return (evidence) => {
      if (evidence._tag !== "Looked") return Checker.isKept()
      for (const { articles = [] } of evidence.sites) for (const [id, article] of articles) known.set(id, article)
      if (!evidence.isSettled) return Checker.isKept()
      const expired = expiredOf(known, evidence.sites)
      // Sites that hold the same show the same: each holding is looked at once.
      const seen = new Set<string>()
      return evidence.sites.flatMap((site) => {
        if (seen.has(site.fingerprint)) return []
        seen.add(site.fingerprint)
        return breachesAt(apps, site, expired)
      })
    }
  }
})

/** What counts although nobody holds it any more: it expired, and nobody removed it before. */
export const expiredOf = (
  known: ReadonlyMap<MessageId.MessageId, Article.Article>,
  sites: ReadonlyArray<Census.Look>
): ReadonlyArray<Article.Article> =>
  [...known].flatMap(([id, article]) => {
    const why = sites.map(({ removed }) => removed.get(id))
    return why.includes("expired") && !why.includes("cancelled") && !sites.some(({ held }) => held.has(id))
      ? [article]
      : []
  })

interface Shown {
  readonly counted: number
  readonly view: string
}

const breachesAt = (
  apps: ReadonlyArray<App.App>,
  { copies, name }: Census.Look,
  expired: ReadonlyArray<Article.Article>
): ReadonlyArray<string> => {
  const expected = expectedOf(apps, [...[...copies.values()].map(({ article }) => article), ...expired])
  const found = newestOf(copies)
  return [...new Set([...expected.keys(), ...found.keys()])].flatMap((key) => {
    const [wanted, shown] = [expected.get(key), found.get(key)]
    if (wanted === undefined) {
      return shown === undefined || shown.counted === 0 ? [] : [`${name}: ${key} counts ${shown.counted} of no events`]
    }
    if (shown === undefined) return [`${name}: ${key} has no digest, and ${wanted.counted} events`]
    if (shown.counted !== wanted.counted) return [`${name}: ${key} counts ${shown.counted} of ${wanted.counted} events`]
    return shown.view === wanted.view ? [] : [`${name}: ${key} shows ${shown.view} instead of ${wanted.view}`]
  })
}

/** What digests of all keys should show. */
const expectedOf = (
  apps: ReadonlyArray<App.App>,
  articles: ReadonlyArray<Article.Article>
): ReadonlyMap<string, Shown> => {
  const inputs = new Map<
    string,
    { readonly digestion: Digestion.Digestion; readonly key: string; of: Array<Digestion.Input> }
  >()
  for (const article of articles) {
    const read = EventInput.read(apps, article)
    if (read === undefined || "_tag" in read) continue
    for (const digestion of read.app.digestions) {
      const key = Digestion.keyOf(digestion, read.input)
      if (key === undefined) continue
      const slot = DigestArticle.slotKey({ app: digestion.app, name: digestion.name, key })
      const known = inputs.get(slot) ?? { digestion, key, of: [] }
      inputs.set(slot, known)
      known.of.push(read.input)
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
