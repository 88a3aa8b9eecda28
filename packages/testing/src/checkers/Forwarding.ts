/**
 * Checks promise 5: no site stores or forwards an article twice in one generation.
 */
import type * as MessageId from "@lupin/core/MessageId"
import type * as Evidence from "../Evidence.ts"
import * as Checker from "./Checker.ts"

type OfFeed = Evidence.Sent | Evidence.Settled

/**
 * An article may be sent again where the answer was lost on its way; never once the answer was read, and never back to
 * where a site has it from.
 */
export const once: Checker.Checker = {
  promise: 5,
  watch: () => {
    const stored = new Set<string>()
    const rotted = new Set<string>()
    /** On which connection the answer was read, at first. */
    const settled = new Map<string, number>()
    /** Where a site has an article from, and where it has sent one, by generations. */
    const origins = new Set<string>()
    const sent = new Set<string>()
    // A host that was wiped is offered its own again (design §4): what is older than its generation, by the clocks.
    const begun = new Set<string>()
    // What rotted at a site that sent it once may come to it from anywhere, and then goes on.
    const isBack = (ways: ReadonlySet<string>, evidence: OfFeed, site: string): boolean =>
      !rotted.has(site) && !begun.has(evidence.from) && !begun.has(evidence.to) && ways.has(wayBackOf(evidence))
    return (evidence) => {
      switch (evidence._tag) {
        case "Fault":
          if (evidence.what._tag === "Wipe") begun.add(evidence.what.site)
          return Checker.isKept()
        case "Skewed":
          begun.add(evidence.site)
          return Checker.isKept()
        case "Rotted":
          rotted.add(evidence.site)
          return Checker.isKept()
        case "Stored":
          // A good copy takes the place of a damaged one.
          if (rotted.has(evidence.site)) return Checker.isKept()
          return evidence.articles.flatMap(({ id, stored: answer }) => {
            if (answer._tag !== "Filed") return []
            const key = storeKey(evidence, id)
            if (stored.has(key)) return [`${evidence.site} stores ${id} twice in one generation`]
            stored.add(key)
            return []
          })
        case "Opened":
          for (const id of evidence.held) stored.add(storeKey(evidence, id))
          return Checker.isKept()
        case "Settled": {
          settled.set(feedKey(evidence), settled.get(feedKey(evidence)) ?? evidence.connection)
          if (!evidence.isNew) return Checker.isKept()
          origins.add(wayOf(evidence))
          return isBack(sent, evidence, evidence.to) ? [back(evidence.to, evidence)] : Checker.isKept()
        }
        case "Sent": {
          sent.add(wayOf(evidence))
          // What was stuck on an older connection left before the answer came.
          const again =
            // What was mended is told to followers once more.
            !rotted.has(evidence.from) &&
            (settled.get(feedKey(evidence)) ?? Number.POSITIVE_INFINITY) <= evidence.connection
              ? [`${evidence.from} sends ${evidence.id} to ${evidence.to}, which has answered for it`]
              : []
          return isBack(origins, evidence, evidence.from) ? [...again, back(evidence.from, evidence)] : again
        }
        default:
          return Checker.isKept()
      }
    }
  }
}

const storeKey = ({ generation, site }: Evidence.Stored | Evidence.Opened, id: MessageId.MessageId): string =>
  `${site} ${generation} ${id}`

const feedKey = ({ from, id, life, to, toGeneration }: OfFeed): string => `${from} ${life} ${to} ${toGeneration} ${id}`

const wayOf = ({ from, fromGeneration, id, to, toGeneration }: OfFeed): string =>
  `${from} ${fromGeneration} ${to} ${toGeneration} ${id}`

const wayBackOf = (evidence: OfFeed): string => {
  const { from, fromGeneration, to, toGeneration } = evidence
  return wayOf({ ...evidence, from: to, fromGeneration: toGeneration, to: from, toGeneration: fromGeneration })
}

const back = (site: string, { id }: OfFeed): string => `${site} sends ${id} back to where it has it from`
