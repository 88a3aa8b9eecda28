/**
 * What sites may lack because their operators have them keep little: what has expired there, and nothing else.
 *
 * Whether it expired by their rules is for `checkers/Retention` to say.
 */
import type * as MessageId from "@lupin/core/MessageId"
import type * as Census from "../Census.ts"
import type { Evidence } from "../Evidence.ts"

type Id = MessageId.MessageId

export class LetGo {
  readonly #retained = new Set<string>()
  readonly #rotted = new Set<string>()
  /** What was seen to have expired in the life of a spool. */
  readonly #expired = new Map<string, Set<Id>>()

  see(evidence: Evidence): void {
    if (evidence._tag === "Retained") this.#retained.add(evidence.site)
    if (evidence._tag === "Rotted") this.#rotted.add(evidence.site)
    if (evidence._tag !== "Looked") return
    for (const site of evidence.sites) {
      if (this.isWhole(site)) continue
      const expired = this.#expiredAt(site)
      for (const [id, why] of site.removed) if (why === "expired") expired.add(id)
    }
  }

  /** Whether the site keeps as much as the others. */
  isWhole({ name }: Pick<Census.Look, "name">): boolean {
    return !this.#retained.has(name)
  }

  /** It expired at this site, which keeps little; where the log has rotted that may have been told before alone. */
  hasGone(site: Census.Look, id: Id): boolean {
    if (this.isWhole(site)) return false
    const why = site.removed.get(id)
    const isUntold = why === undefined && !site.held.has(id) && this.#rotted.has(site.name)
    return why === "expired" || (isUntold && this.#expiredAt(site).has(id))
  }

  #expiredAt({ generation, name }: Census.Look): Set<Id> {
    const key = `${name} ${generation}`
    const expired = this.#expired.get(key) ?? new Set()
    this.#expired.set(key, expired)
    return expired
  }

  /** Neither held at this site nor let go by it. */
  isLacking(site: Census.Look, id: Id): boolean {
    return !site.held.has(id) && !this.hasGone(site, id)
  }

  /** A site has removed it, not only for itself. */
  isRemoved(sites: ReadonlyArray<Census.Look>, id: Id): boolean {
    return sites.some((site) => site.removed.has(id) && !this.hasGone(site, id))
  }
}
