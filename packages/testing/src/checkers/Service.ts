/**
 * Checks promise 9: whatever has become of zones, every POP host takes writes, answers reads within its usual time, and
 * receives what the others took.
 */
import type * as MessageId from "@lupin/core/MessageId"
import type * as Evidence from "../Evidence.ts"
import * as Checker from "./Checker.ts"
import { LetGo } from "./LetGo.ts"

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
    const letGo = new LetGo()
    return (evidence) => {
      letGo.see(evidence)
      if (evidence._tag === "Answered") return answered(evidence)
      if (evidence._tag === "Acknowledged") {
        taken.set(evidence.messageId, (taken.get(evidence.messageId) ?? new Set()).add(evidence.site))
      } else if (evidence._tag === "Fault" && evidence.what._tag === "Wipe") {
        for (const by of taken.values()) by.delete(evidence.what.site)
      } else if (evidence._tag === "Looked" && evidence.isSettled) {
        const hosts = evidence.sites.filter(({ kind }) => kind === "pop")
        // A host that was refilled has never heard of what was withdrawn. What one let go of before it could pass it on is lost.
        const isDue = (id: MessageId.MessageId, by: ReadonlySet<string>): boolean =>
          !letGo.isRemoved(evidence.sites, id) && hosts.some((host) => by.has(host.name) && !letGo.hasGone(host, id))
        return [...taken]
          .filter(([id, by]) => isDue(id, by))
          .flatMap(([id]) =>
            hosts.filter((host) => letGo.isLacking(host, id)).map(({ name }) => `${name} has not received ${id}`)
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
