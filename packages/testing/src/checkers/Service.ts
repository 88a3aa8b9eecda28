/**
 * Checks promise 9: whatever has become of zones, every POP host takes writes, answers reads within its usual time, and
 * receives what the others took.
 */
import type * as MessageId from "@lupin/core/MessageId"
import type * as Evidence from "../Evidence.ts"
import * as Checker from "./Checker.ts"

/** How long a write may take, in milliseconds: it waits for nothing but its own spool. */
export const writeMillisMax = 500
/** How long a read may take, in milliseconds: it waits for its own spool, and a receipt for the zones that answer. */
export const readMillisMax = 2_000

const writes = new Set(["post", "cancel", "forge"])

/** Answers that are no failure of the host: the event is withdrawn or unknown, the key is wrong. */
const fair = new Set(["ok", "NoSuchArticle", "WrongKey", "EventRefused"])

export const service: Checker.Checker = {
  promise: 9,
  watch: () => {
    const taken = new Map<MessageId.MessageId, Set<string>>()
    return (evidence) => {
      if (evidence._tag === "Answered") return answered(evidence)
      if (evidence._tag === "Acknowledged") {
        taken.set(evidence.messageId, (taken.get(evidence.messageId) ?? new Set()).add(evidence.site))
      } else if (evidence._tag === "Fault" && evidence.what._tag === "Wipe") {
        for (const by of taken.values()) by.delete(evidence.what.site)
      } else if (evidence._tag === "Looked" && evidence.isSettled) {
        const hosts = evidence.sites.filter(({ kind }) => kind === "pop")
        const names = new Set(hosts.map(({ name }) => name))
        // A host that was refilled has never heard of what was withdrawn.
        const isRemoved = (id: MessageId.MessageId): boolean => evidence.sites.some(({ removed }) => removed.has(id))
        return [...taken]
          .filter(([id, by]) => !isRemoved(id) && [...by].some((site) => names.has(site)))
          .flatMap(([id]) =>
            hosts.filter(({ held }) => !held.has(id)).map(({ name }) => `${name} has not received ${id}`)
          )
      }
      return Checker.isKept()
    }
  }
}

const answered = ({
  askedMillis,
  atMillis,
  isDisturbed,
  outcome,
  site,
  verb
}: Evidence.Answered): ReadonlyArray<string> => {
  if (isDisturbed) return []
  if (!fair.has(outcome)) return [`${site} answers ${verb} with ${outcome}`]
  const tookMillis = atMillis - askedMillis
  const millisMax = writes.has(verb) ? writeMillisMax : readMillisMax
  return tookMillis > millisMax ? [`${site} takes ${Math.round(tookMillis)} ms for ${verb}`] : []
}
