/**
 * The spool as it will be once the plan so far is written: what the decider is told while the plan is made.
 */
import type * as Article from "@lupin/core/Article"
import * as Admission from "@lupin/core/Admission"
import * as Filing from "@lupin/core/Filing"
import type * as Group from "@lupin/core/Group"
import * as GroupName from "@lupin/core/GroupName"
import * as MessageId from "@lupin/core/MessageId"
import * as Site from "@lupin/core/Site"
import * as Waiting from "@lupin/core/Waiting"
import type * as Xref from "@lupin/core/Xref"
import type * as GroupTable from "./GroupTable.ts"
import type * as Leaving from "./Leaving.ts"
import type { PlannedIds } from "./PlannedIds.ts"
import type * as Record from "./Record.ts"
import type { Taker, Takers } from "./Takers.ts"

/** What is known of a spool beyond the decider's questions. */
export interface Asked extends Site.Known {
  /** Numbers of an article that is held. */
  readonly numbers: (id: MessageId.MessageId) => Xref.Numbers
  /** What the removal of an article that is held tells of it. */
  readonly leaving: (id: MessageId.MessageId) => Leaving.Leaving
  /** Whether what is held of an id is damaged, so that another copy is welcome. */
  readonly isDamaged: (id: MessageId.MessageId) => boolean
  /** Whether what tells of the removal of an id that is removed cannot be read any more. */
  readonly isRemovalLost: (id: MessageId.MessageId) => boolean
  /** Groups and numbers that an article had that was removed; empty where nothing tells of them. */
  readonly numbersBefore: (id: MessageId.MessageId) => Xref.Numbers
  /** All claims that wait. */
  readonly claims: Waiting.Waiting
  /** `status` once all removals of before a time are forgotten. */
  readonly statusSince: (id: MessageId.MessageId, forgottenMillis: number) => "held" | "removed" | "unknown"
}

/** What is known of a spool before a plan is made. */
export interface Known extends Omit<Asked, "taker" | "takers"> {
  readonly groups: GroupTable.GroupTable
  /** Bits of a hash of an id that nobody outside can foresee. */
  readonly bitsOf: (id: MessageId.MessageId) => number
}

/** Of an id that is held its numbers, of one that is not the time of its removal. */
export type Entry = Xref.Numbers | number

/** Injection-Date, unless the id holds it. */
export const dateOf = ({ injectedMillis, messageId }: Article.Article): { readonly injectedMillis?: number } =>
  MessageId.kindOf(messageId) === "client" ? {} : { injectedMillis: Math.max(0, injectedMillis) }

export class Ahead implements Asked {
  readonly #known: Known
  readonly #entries: PlannedIds<Entry>
  readonly #takers: Takers
  /** The groups that were asked for last. */
  #asked: ReadonlyArray<Taker> = []
  /** Those that took the article that was filed last, in the order of its numbers. */
  filing: ReadonlyArray<Taker> = []
  // Made when they are needed: most runs are of articles, and some of one.
  #begun: Map<string | undefined, number> | undefined
  #descriptions: Map<string, string | undefined> | undefined
  #slots: Map<string, { readonly id: MessageId.MessageId; readonly rank: string }> | undefined
  /** Seldom asked for. */
  readonly #articles: Array<Article.Article> = []
  #claims: Waiting.Waiting
  #erased: Set<string> | undefined
  #mended: Set<MessageId.MessageId> | undefined
  position: number
  forgottenMillis: number

  /** `entries` and `takers` are begun anew. */
  constructor(known: Known, takers: Takers, entries: PlannedIds<Entry>) {
    takers.begin(known.groups)
    entries.clear()
    this.#known = known
    this.#takers = takers
    this.#entries = entries
    this.#claims = known.claims
    this.position = known.position
    this.forgottenMillis = known.forgottenMillis
  }

  status(id: MessageId.MessageId): "held" | "removed" | "unknown" {
    const entry = this.#entry(id)
    if (entry === undefined) return this.#known.statusSince(id, this.forgottenMillis)
    if (typeof entry !== "number") return "held"
    return entry >= this.forgottenMillis || this.#isErasedHere(id) ? "removed" : "unknown"
  }

  #entry(id: MessageId.MessageId): Entry | undefined {
    return this.#entries.isEmpty ? undefined : this.#entries.get(id, this.#known.bitsOf(id))
  }

  #enter(id: MessageId.MessageId, entry: Entry): void {
    this.#entries.set(id, this.#known.bitsOf(id), entry)
  }

  statusSince(id: MessageId.MessageId): "held" | "removed" | "unknown" {
    return this.status(id)
  }

  #isErasedHere(id: string): boolean {
    return this.#erased !== undefined && this.#erased.has(Site.hashOf(id))
  }

  isErased(hash: string): boolean {
    return this.#erased?.has(hash) === true || this.#known.isErased(hash)
  }

  numbers(id: MessageId.MessageId): Xref.Numbers {
    const entry = this.#entry(id)
    return entry === undefined || typeof entry === "number" ? this.#known.numbers(id) : entry
  }

  /** Keeps what may be asked of an article that is filed in this run. */
  file(article: Article.Article | undefined): void {
    if (article !== undefined) this.#articles.push(article)
  }

  #article(id: MessageId.MessageId): Article.Article | undefined {
    return this.#articles.findLast(({ messageId }) => messageId === id)
  }

  leaving(id: MessageId.MessageId): Leaving.Leaving {
    const numbers = this.#entry(id)
    if (numbers === undefined || typeof numbers === "number") return this.#known.leaving(id)
    const article = this.#article(id)
    return article === undefined ? { numbers } : { numbers, ...dateOf(article) }
  }

  taker(name: Group.Group["name"]): Taker {
    return this.#takers.named(name)
  }

  takers(names: ReadonlyArray<Group.Group["name"]>): ReadonlyArray<Taker> {
    return (this.#asked = this.#takers.all(names))
  }

  room(app: string | undefined): number {
    return this.#known.room(app) - (this.#begun?.get(app) ?? 0)
  }

  groupDescription(name: Group.Group["name"]): string | undefined {
    const isSaid = this.#descriptions?.has(name) === true
    return isSaid ? this.#descriptions?.get(name) : this.#known.groupDescription(name)
  }

  highest(key: string): { readonly id: MessageId.MessageId; readonly rank: string } | undefined {
    return this.#slots?.get(key) ?? this.#known.highest(key)
  }

  /** Once mended in this run, or removed, it is no longer asked for. */
  isDamaged(id: MessageId.MessageId): boolean {
    return this.#known.isDamaged(id) && this.#mended?.has(id) !== true && this.#entry(id) === undefined
  }

  isRemovalLost(id: MessageId.MessageId): boolean {
    return this.#entry(id) === undefined && this.#known.isRemovalLost(id)
  }

  numbersBefore(id: MessageId.MessageId): Xref.Numbers {
    return this.#known.numbersBefore(id)
  }

  mend({ id, position }: Record.Mended): void {
    this.position = position
    this.#mended = this.#mended ?? new Set()
    this.#mended.add(id)
  }

  owners(id: MessageId.MessageId): ReadonlyArray<string> {
    const article = this.#article(id)
    return article === undefined ? this.#known.owners(id) : Filing.owners(article)
  }

  waiting(id: MessageId.MessageId): ReadonlyArray<Waiting.Entry> {
    return Waiting.on(this.#claims, id)
  }

  get claims(): Waiting.Waiting {
    return this.#claims
  }

  evolve(event: Site.Event): void {
    this.position = event.position
    switch (event._tag) {
      case "Claimed":
        this.#claims = Waiting.add(this.#claims, event).waiting
        return
      case "Filed":
        if (this.#claims.byAge.length > 0) this.#claims = Waiting.drop(this.#claims, event.id).waiting
        this.#enter(event.id, event.numbers)
        this.#count(event.numbers)
        return this.#fill(event)
      case "Cancelled":
      case "Superseded":
      case "Expired":
      case "Refused":
        this.#claims = Waiting.drop(this.#claims, event.id).waiting
        this.#enter(event.id, event.atMillis)
        return
      case "Erased":
        this.#claims = Waiting.dropBy(this.#claims, (by) => Site.hashOf(by) === event.hash).waiting
        this.#erased = this.#erased ?? new Set()
        this.#erased.add(event.hash)
        return
      case "Forgotten":
        this.forgottenMillis = event.beforeMillis
        return
      case "GroupAdded":
        return this.#say(event.group, event.status, event.description)
      case "GroupRemoved":
        return this.#say(event.group, undefined, undefined)
    }
  }

  #fill({ id, slot }: Site.Filed): void {
    if (slot === undefined) return
    const rival = this.highest(slot.key)
    if (rival === undefined || Admission.rankOrder({ id, rank: slot.rank }, rival) > 0) {
      this.#slots = this.#slots ?? new Map()
      this.#slots.set(slot.key, { id, rank: slot.rank })
    }
  }

  /** Nearly always those groups take an article that were asked, all of them. */
  #count(numbers: Xref.Numbers): void {
    const asked = this.#asked
    let isAsked = numbers.length === asked.length
    for (let at = 0; isAsked && at < numbers.length; at += 1) isAsked = asked[at]?.name === numbers[at]?.[0]
    this.filing = isAsked ? asked : numbers.map(([name]) => this.taker(name))
    for (let at = 0; at < numbers.length; at += 1) {
      const taker = this.filing[at] as Taker
      taker.high = (numbers[at] as Xref.Numbers[number])[1]
      if (taker.status === undefined) this.#say(taker.name, "y", this.groupDescription(taker.name))
    }
  }

  #say(group: Group.Group["name"], status: Group.Status | undefined, description: string | undefined): void {
    const taker = this.taker(group)
    if (taker.isNew && status !== undefined) this.#begin(taker)
    taker.status = status
    this.#descriptions = this.#descriptions ?? new Map()
    this.#descriptions.set(group, description)
  }

  #begin(taker: Taker): void {
    const app = GroupName.appOf(taker.name)
    taker.isNew = false
    this.#begun = this.#begun ?? new Map()
    this.#begun.set(app, (this.#begun.get(app) ?? 0) + 1)
  }
}
