/**
 * Checks promise 7: once everything has healed, all live sites hold the same articles, none of them removed ones.
 */
import type * as MessageId from "@lupin/core/MessageId"
import * as Checker from "./Checker.ts"
import { LetGo } from "./LetGo.ts"

interface Withdrawal {
  /** Sites that took a cancel with the right key, and whose spool is the same since. */
  readonly by: Set<string>
}

/** Equal by the fingerprint of what is held, but for what expired at sites that keep little; a withdrawn event is nowhere, and one that a stranger tried to withdraw stays. */
export const agreement: Checker.Checker = {
  promise: 7,
  watch: () => {
    const withdrawals = new Map<MessageId.MessageId, Withdrawal>()
    const honest = new Set<MessageId.MessageId>()
    const letGo = new LetGo()
    return (evidence) => {
      letGo.see(evidence)
      if (evidence._tag === "Fault" && evidence.what._tag === "Wipe") {
        for (const { by } of withdrawals.values()) by.delete(evidence.what.site)
      } else if (evidence._tag === "Rotted") {
        for (const { by } of withdrawals.values()) by.delete(evidence.site)
      } else if (evidence._tag === "Withdrawn" && !evidence.isForged) {
        honest.add(evidence.id)
        if (evidence.state === "refused") return Checker.isKept()
        const known = withdrawals.get(evidence.id) ?? { by: new Set<string>() }
        withdrawals.set(evidence.id, known)
        known.by.add(evidence.site)
      } else if (evidence._tag === "Erased") {
        honest.add(evidence.id)
      } else if (evidence._tag === "Looked") {
        const { expected, isSettled, sites } = evidence
        const forged = sites.flatMap(({ name, removed }) =>
          [...removed]
            .filter(([id, why]) => why === "cancelled" && !honest.has(id))
            .map(([id]) => `${name} has cancelled ${id}, and nobody who may`)
        )
        if (!isSettled) return forged
        const whole = sites.filter((site) => letGo.isWhole(site))
        const [first] = whole
        const different = whole.filter(({ fingerprint }) => fingerprint !== first?.fingerprint)
        const all = new Set(sites.flatMap(({ held }) => [...held]))
        const lacking = sites
          .filter((site) => !letGo.isWhole(site))
          .flatMap((site) =>
            [...all]
              .filter((id) => letGo.isLacking(site, id))
              .map((id) => `${site.name} lacks ${id}, and has not let go of it`)
          )
        const more = [...all].filter((id) => first !== undefined && !first.held.has(id))
        const absent = expected.filter((name) => !sites.some((site) => site.name === name))
        const still = [...withdrawals]
          .filter(([, { by }]) => by.size > 0)
          .flatMap(([id]) =>
            sites.filter(({ held }) => held.has(id)).map(({ name }) => `${name} holds ${id}, withdrawn`)
          )
        return [
          ...forged,
          ...still,
          ...evidence.differences,
          ...absent.map((name) => `${name} does not serve`),
          ...lacking,
          ...more.map((id) => `${first?.name} lacks ${id}, which another site holds`),
          ...different.map(({ name }) => `${name} does not hold what ${first?.name} holds`)
        ]
      }
      return Checker.isKept()
    }
  }
}
