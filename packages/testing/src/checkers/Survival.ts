/**
 * Checks promises 1 and 10: what was acknowledged survives a crash, and what a zone held survives wipes of POP hosts.
 */
import * as MessageId from "@lupin/core/MessageId"
import * as Receipt from "@lupin/api/Receipt"
import type { Evidence } from "../Evidence.ts"
import * as Checker from "./Checker.ts"
import { LetGo } from "./LetGo.ts"

type Id = MessageId.MessageId

/** Ids that belong to sites until these are wiped. */
class OfSites {
  readonly #ids = new Map<string, Map<Id, string>>()

  /** `generation` is the one in which the site got it. */
  add(site: string, id: Id, generation: string): void {
    const own = this.#ids.get(site) ?? new Map<Id, string>()
    this.#ids.set(site, own.set(id, generation))
  }

  of(site: string): ReadonlyMap<Id, string> {
    return this.#ids.get(site) ?? new Map()
  }

  wipe(site: string): void {
    this.#ids.delete(site)
  }
}

/** A receipt may tell what was true so long ago, in milliseconds. */
const answerMillisMax = 10_000

const isWipe = (evidence: Evidence): string | undefined =>
  evidence._tag === "Fault" && evidence.what._tag === "Wipe" ? evidence.what.site : undefined

/**
 * 1: as long as its host is not wiped, an acknowledged article is there, or its author has withdrawn it, or an operator erased
 * it, or it was kept for `keepMillis` by its host's clock, as far as that was ever off, or for as long as its host keeps anything.
 */
export const acknowledged = (keepMillis: number): Checker.Checker => ({
  promise: 1,
  watch: () => {
    const acknowledged = new OfSites()
    const withdrawn = new Set<Id>()
    const letGo = new LetGo()
    /** By site whose log has rotted: what was filed there since. */
    const since = new Map<string, Set<Id>>()
    const offMillis = new Map<string, number>()
    return (evidence) => {
      letGo.see(evidence)
      const wiped = isWipe(evidence)
      if (wiped !== undefined) {
        acknowledged.wipe(wiped)
        since.delete(wiped)
      }
      if (evidence._tag === "Skewed") {
        const { aheadMillis, site } = evidence
        offMillis.set(site, Math.max(offMillis.get(site) ?? 0, Math.abs(aheadMillis)))
      } else if (evidence._tag === "Rotted") {
        // No crash: what rots comes from elsewhere again, as promises 7, 9 and 10 have it in the end.
        acknowledged.wipe(evidence.site)
        since.set(evidence.site, new Set())
      } else if (evidence._tag === "Stored") {
        const own = since.get(evidence.site)
        for (const { id, stored } of evidence.articles) if (stored._tag === "Filed") own?.add(id)
      } else if (evidence._tag === "Acknowledged") {
        // What was filed before may be acknowledged once more, and nobody has read it.
        if (since.get(evidence.site)?.has(evidence.messageId) === false) return Checker.isKept()
        acknowledged.add(evidence.site, evidence.messageId, evidence.generation)
      } else if (evidence._tag === "Withdrawn" && !evidence.isForged) withdrawn.add(evidence.id)
      else if (evidence._tag === "Erased") withdrawn.add(evidence.id)
      else if (evidence._tag === "Looked") {
        return evidence.sites.flatMap((site) => {
          const { generation, name, removed } = site
          return [...acknowledged.of(name)].flatMap(([id, before]) => {
            if (before !== generation) return [`${name} began a new generation, and was not wiped`]
            if (!letGo.isLacking(site, id)) return []
            if (removed.get(id) === "cancelled" && withdrawn.has(id)) return []
            const keptMillis = evidence.atMillis - (MessageId.mintedMillis(id) ?? Infinity)
            if (removed.get(id) === "expired" && keptMillis >= keepMillis - (offMillis.get(name) ?? 0)) return []
            return [`${name} acknowledged ${id}, and ${removed.has(id) ? "removed" : "lost"} it`]
          })
        })
      }
      return Checker.isKept()
    }
  }
})

/** What durable means (design §1), told again: who changes what the sites go by has to change the promise as well. */
const zonesMin = 2

/** 10: what a zone filed and still should have is everywhere in the end, and a durable receipt is no empty word. */
export const durable: Checker.Checker = {
  promise: 10,
  watch: () => {
    const filed = new OfSites()
    const wipes = new Map<string, number>()
    const receipts: Array<{ readonly id: Id; readonly heldBy: ReadonlyArray<string>; readonly atMillis: number }> = []
    const letGo = new LetGo()
    return (evidence) => {
      letGo.see(evidence)
      const wiped = isWipe(evidence)
      if (wiped !== undefined) {
        filed.wipe(wiped)
        wipes.set(wiped, evidence.atMillis)
      }
      if (evidence._tag === "Stored") {
        for (const { id, stored } of evidence.articles) {
          if (stored._tag === "Filed") filed.add(evidence.site, id, evidence.generation)
        }
      } else if (evidence._tag === "Opened") {
        for (const id of evidence.held) filed.add(evidence.site, id, evidence.generation)
      } else if (evidence._tag === "Receipted" && Receipt.isDurable(evidence.receipt)) {
        const { atMillis, receipt } = evidence
        receipts.push({ id: receipt.messageId, heldBy: receipt.heldBy, atMillis })
        // A host names itself and the zones that answer.
        const zones = receipt.heldBy.filter((site) => site !== evidence.site)
        const isFalse = (site: string): boolean =>
          !filed.of(site).has(receipt.messageId) && (wipes.get(site) ?? 0) + answerMillisMax < atMillis
        return [
          ...receipt.heldBy.filter(isFalse).map((site) => `${site} does not hold ${receipt.messageId}, says a receipt`),
          ...(zones.length < zonesMin ? [`${receipt.messageId} is durable in ${zones.length} zones`] : [])
        ]
      } else if (evidence._tag === "Looked" && evidence.isSettled) {
        const { sites } = evidence
        const isRemoved = (id: Id): boolean => letGo.isRemoved(sites, id)
        const lackedBy = (id: Id): ReadonlyArray<string> =>
          sites.filter((site) => letGo.isLacking(site, id)).map(({ name }) => name)
        const hasGone = (name: string, id: Id): boolean =>
          sites.some((site) => site.name === name && letGo.hasGone(site, id))
        const lost = sites
          .filter(({ kind }) => kind === "central")
          .flatMap((zone) =>
            [...filed.of(zone.name).keys()]
              .filter((id) => !isRemoved(id) && !hasGone(zone.name, id))
              .flatMap((id) => lackedBy(id).map((name) => `${zone.name} held ${id}, ${name} does not`))
          )
        const broken = receipts
          .filter(
            ({ atMillis, heldBy, id }) =>
              !isRemoved(id) && heldBy.some((site) => (wipes.get(site) ?? 0) < atMillis && !hasGone(site, id))
          )
          .flatMap(({ heldBy, id }) =>
            lackedBy(id).map((name) => `${id} was durable at ${heldBy.join(", ")}, and ${name} does not hold it`)
          )
        return [...lost, ...broken]
      }
      return Checker.isKept()
    }
  }
}
