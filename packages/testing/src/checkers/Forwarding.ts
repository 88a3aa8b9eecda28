/**
 * Checks promise 5: no site stores or forwards an article twice in one generation.
 */
import type { Evidence } from "../Evidence.ts"
import * as Checker from "./Checker.ts"

/** An article may be sent again where the answer was lost on its way; never once the answer was read. */
export const once: Checker.Checker = {
  promise: 5,
  watch: () => {
    const stored = new Set<string>()
    const settled = new Set<string>()
    return (evidence: Evidence) => {
      switch (evidence._tag) {
        case "Stored":
          return evidence.articles.flatMap(({ id, stored: answer }) => {
            if (answer._tag !== "Filed") return []
            const key = `${evidence.site} ${evidence.generation} ${id}`
            if (stored.has(key)) return [`${evidence.site} stores ${id} twice in one generation`]
            stored.add(key)
            return []
          })
        case "Settled":
          settled.add(feedKey(evidence))
          return Checker.isKept()
        case "Sent":
          return settled.has(feedKey(evidence))
            ? [`${evidence.from} sends ${evidence.id} to ${evidence.to}, which has answered for it`]
            : Checker.isKept()
        default:
          return Checker.isKept()
      }
    }
  }
}

const feedKey = ({ from, id, life, to, toGeneration }: Evidence & { readonly _tag: "Sent" | "Settled" }): string =>
  `${from} ${life} ${to} ${toGeneration} ${id}`
