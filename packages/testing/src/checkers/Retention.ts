/**
 * Checks what retention does: nothing expires at a site but by its rules, what should go has gone in the end, and water marks
 * only go up.
 */
import type * as GroupName from "@lupin/core/GroupName"
import type * as MessageId from "@lupin/core/MessageId"
import type * as Census from "../Census.ts"
import type * as Evidence from "../Evidence.ts"
import type * as Topology from "../Topology.ts"
import * as Checker from "./Checker.ts"

type Id = MessageId.MessageId
type Filing = Census.Filing & { readonly goneAt?: number; readonly goneMillis?: number; readonly why?: string }

/** Groups that the rules are about. */
const isBounded = (group: string): boolean => group.startsWith("clientposts.")

/** What went so shortly before may still have been counted, in milliseconds. */
const countedMillis = 2_000
/** Octets that a record has beside its article, at most. */
const recordBytes = 1_500
/** How long after an article has arrived its door answers, in milliseconds: a sync, and one that was under way. Without a look only the answer is known. */
const answerMillisMax = 100
/** How late something may go, in milliseconds: what arrived behind the last look at numbers and octets. */
const lateMillisMax = 2_000

/** What a site has filed and lost in its generation: also what its log tells no more. */
class Ledger {
  readonly filings = new Map<Id, Filing>()
  readonly judged = new Set<Id>()

  /** Of what is erased soon after no look may tell. */
  store({ articles, atMillis }: Evidence.Stored): void {
    for (const { id, stored } of articles) {
      if (stored._tag !== "Filed") continue
      const groups = stored.numbers.map(([group]) => group)
      this.filings.set(id, { arrivedMillis: atMillis - answerMillisMax, bytes: 0, groups, position: stored.position })
    }
  }

  read({ filings, removals }: Census.Log): void {
    for (const [id, { arrivedMillis, bytes, groups, position, slot }] of filings) {
      const known = this.filings.get(id)
      if (known?.goneAt !== undefined && known.position === position) continue
      this.filings.set(id, { arrivedMillis, bytes, groups, position, ...(slot === undefined ? {} : { slot }) })
    }
    for (const [id, { position, removedMillis, why }] of removals) {
      const filing = this.filings.get(id)
      if (filing === undefined || filing.goneAt !== undefined) continue
      this.filings.set(id, { ...filing, goneAt: position, goneMillis: removedMillis, why })
    }
  }

  /** What was held when this one went, the ones that had gone just before included. */
  heldWith({ goneAt = 0, goneMillis = 0 }: Filing): ReadonlyArray<Filing> {
    return [...this.filings.values()].filter(
      (other) =>
        other.position < goneAt &&
        (other.goneAt === undefined ||
          other.goneAt >= goneAt ||
          (other.why !== "expired" && goneMillis - (other.goneMillis ?? 0) < countedMillis))
    )
  }
}

/** 7: an article expires by the rules of its site alone: too old, or one too many, and then no younger one before it. */
export const lawful = (keepMillis: number): Checker.Checker => ({
  promise: 7,
  watch: () => {
    const rules = new Map<string, Array<Topology.Retention>>()
    const ledgers = new Map<string, Ledger>()
    // Their clocks or their logs do not say when something came and went.
    const untold = new Set<string>()
    return (evidence) => {
      if (evidence._tag === "Skewed" || evidence._tag === "Rotted") untold.add(evidence.site)
      if (evidence._tag === "Retained") {
        const own = rules.get(evidence.site) ?? []
        rules.set(evidence.site, [...own, { ...own.at(-1), ...evidence.retention }])
      }
      const ledgerOf = (name: string, generation: string): Ledger => {
        const key = `${name} ${generation}`
        const ledger = ledgers.get(key) ?? new Ledger()
        ledgers.set(key, ledger)
        return ledger
      }
      if (evidence._tag === "Stored") ledgerOf(evidence.site, evidence.generation).store(evidence)
      if (evidence._tag !== "Looked") return Checker.isKept()
      return evidence.sites.flatMap((site) => {
        if (untold.has(site.name)) return []
        const own = rules.get(site.name) ?? []
        const ledger = ledgerOf(site.name, site.generation)
        ledger.read(site)
        return [...expiredAt(site, ledger, [{ ageMillis: keepMillis }, ...own]), ...keptTooMuch(site, own, evidence)]
      })
    }
  }
})

const expiredAt = (
  { name, removals }: Census.Look,
  ledger: Ledger,
  rules: ReadonlyArray<Topology.Retention>
): ReadonlyArray<string> =>
  [...removals].flatMap(([id, { why }]) => {
    if (why !== "expired" || ledger.judged.has(id)) return []
    ledger.judged.add(id)
    const filing = ledger.filings.get(id)
    if (filing === undefined || rules.some((rule) => mayGo(filing, rule, ledger))) return []
    const { arrivedMillis, goneMillis = 0 } = filing
    return [`${name} let go of ${id} after ${goneMillis - arrivedMillis} ms, which no rule of it asks for`]
  })

const mayGo = (filing: Filing, { ageMillis, articlesMax, bytesMax }: Topology.Retention, ledger: Ledger): boolean => {
  const { arrivedMillis, goneMillis = 0, groups, position } = filing
  if (ageMillis !== undefined && goneMillis - arrivedMillis >= ageMillis) return true
  if (articlesMax === undefined && bytesMax === undefined) return false
  const held = ledger.heldWith(filing)
  const isOneTooMany =
    articlesMax !== undefined &&
    groups.some(
      (group) =>
        isBounded(group) &&
        held.filter((other) => other.position > position && other.groups.includes(group)).length >= articlesMax
    )
  if (isOneTooMany) return true
  // What lies in the log is more than the article: how much more is not told.
  const bytes = held.reduce((sum, other) => sum + other.bytes + recordBytes, 0)
  const older = held.filter((other) => other.position < position && other.slot === undefined)
  return bytesMax !== undefined && bytes > bytesMax && older.every(({ goneAt }) => goneAt !== undefined)
}

/** What should have gone by the end. */
const keptTooMuch = (
  { groups, held, filings, name }: Census.Look,
  rules: ReadonlyArray<Topology.Retention>,
  { atMillis, isSettled }: Evidence.Looked
): ReadonlyArray<string> => {
  const { ageMillis = Infinity, articlesMax = Infinity } = rules.at(-1) ?? {}
  if (!isSettled) return []
  const full = [...groups].flatMap(([group, { count }]) =>
    isBounded(group) && count > articlesMax
      ? [`${name} keeps ${count} articles of ${group}, and not ${articlesMax}`]
      : []
  )
  const old = [...filings].flatMap(([id, { arrivedMillis, groups: own }]) =>
    held.has(id) && own.some(isBounded) && atMillis - arrivedMillis > ageMillis + lateMillisMax
      ? [`${name} keeps ${id} for ${atMillis - arrivedMillis} ms, and not ${ageMillis}`]
      : []
  )
  return [...full, ...old]
}

/** 3: within a generation neither water mark of a group goes back, and both enclose what is there. */
export const waterMarks: Checker.Checker = {
  promise: 3,
  watch: () => {
    const marks = new Map<string, Census.Marks>()
    const rotted = new Set<string>()
    return (evidence) => {
      if (evidence._tag === "Rotted") rotted.add(evidence.site)
      if (evidence._tag !== "Looked") return Checker.isKept()
      return evidence.sites.flatMap((site) =>
        rotted.has(site.name)
          ? []
          : [...site.groups].flatMap(([group, now]) => {
              const key = `${site.name} ${site.generation} ${group}`
              const before = marks.get(key)
              marks.set(key, now)
              return [...backwards(`${site.name}: ${group}`, before, now), ...misplaced(site, group, now)]
            })
      )
    }
  }
}

const backwards = (what: string, before: Census.Marks | undefined, now: Census.Marks): ReadonlyArray<string> => [
  ...(before !== undefined && now.low < before.low ? [`${what}: low goes from ${before.low} to ${now.low}`] : []),
  ...(before !== undefined && now.high < before.high ? [`${what}: high goes from ${before.high} to ${now.high}`] : [])
]

/** Where each article was read. */
const misplaced = (
  { name, numbers }: Census.Look,
  group: GroupName.GroupName,
  { count, high, low }: Census.Marks
): ReadonlyArray<string> => {
  const own = numbers.get(group)
  if (own === undefined) return []
  const first = own[0] ?? high + 1
  const last = own.at(-1) ?? high
  if (own.length === count && first === low && last <= high) return []
  return [`${name}: ${group} has ${own.length} from ${first} to ${last}, and says ${count} from ${low} to ${high}`]
}
