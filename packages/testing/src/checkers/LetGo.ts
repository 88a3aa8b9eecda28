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

  see(evidence: Evidence): void {
    if (evidence._tag === "Retained") this.#retained.add(evidence.site)
  }

  /** Whether the site keeps as much as the others. */
  isWhole({ name }: Pick<Census.Look, "name">): boolean {
    return !this.#retained.has(name)
  }

  /** It expired at this site, which keeps little. */
  hasGone(site: Census.Look, id: Id): boolean {
    return !this.isWhole(site) && site.removed.get(id) === "expired"
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
