/**
 * Checks promise 7 of what an operator has erased: it does not come back to a site, and nothing of it is left there.
 */
import type * as MessageId from "@lupin/core/MessageId"
import * as Checker from "./Checker.ts"

/** From the moment at which a site has said that it is done, until the site is wiped or its log damaged. */
export const erasure: Checker.Checker = {
  promise: 7,
  watch: () => {
    const done = new Map<string, Set<MessageId.MessageId>>()
    const keyOf = (site: string, generation: string): string => `${site} ${generation}`
    return (evidence) => {
      switch (evidence._tag) {
        case "Erased": {
          if (!evidence.isDone) return Checker.isKept()
          const key = keyOf(evidence.site, evidence.generation)
          done.set(key, (done.get(key) ?? new Set()).add(evidence.id))
          return Checker.isKept()
        }
        case "Rotted":
          for (const key of done.keys()) if (key.startsWith(`${evidence.site} `)) done.delete(key)
          return Checker.isKept()
        case "Stored": {
          const erased = done.get(keyOf(evidence.site, evidence.generation))
          if (erased === undefined) return Checker.isKept()
          return evidence.articles
            .filter(({ id, stored }) => stored._tag === "Filed" && erased.has(id))
            .map(({ id }) => `${evidence.site} files ${id}, which was erased there`)
        }
        case "Looked":
          return evidence.sites.flatMap(({ generation, held, name, remains }) =>
            [...(done.get(keyOf(name, generation)) ?? [])].flatMap((id) => [
              ...(held.has(id) ? [`${name} holds ${id}, which was erased there`] : []),
              ...(remains.has(id) ? [`${name} erased ${id}, and has it in ${remains.get(id)?.join(", ")}`] : [])
            ])
          )
        default:
          return Checker.isKept()
      }
    }
  }
}
