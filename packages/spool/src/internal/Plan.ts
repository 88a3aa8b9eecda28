/**
 * What a run of commands leads to, decided against the index and what the run itself has brought so far.
 *
 * Nothing here changes the spool: a plan that cannot be written is dropped, and readers never saw it.
 */
import type * as Article from "@lupin/core/Article"
import * as Admission from "@lupin/core/Admission"
import * as Overview from "@lupin/core/Overview"
import * as Site from "@lupin/core/Site"
import * as Waiting from "@lupin/core/Waiting"
import * as Xref from "@lupin/core/Xref"
import type * as Group from "@lupin/core/Group"
import type * as MessageId from "@lupin/core/MessageId"
import type { Stored } from "../Spool.ts"
import type { ClassLogs } from "./ClassLogs.ts"
import * as Record from "./Record.ts"
import * as Refusal from "./Refusal.ts"

/** A command, and for `File` the article it is about. */
export interface Unit {
  readonly command: Site.Command
  readonly article?: Article.Article
}

/** What is known of a spool beyond the decider's questions. */
export interface Known extends Site.Known {
  /** Numbers of an article that is held. */
  readonly numbers: (id: MessageId.MessageId) => Xref.Numbers
  /** Whether what is held of an id is damaged, so that another copy is welcome. */
  readonly isDamaged: (id: MessageId.MessageId) => boolean
  /** All claims that wait. */
  readonly claims: Waiting.Waiting
  /** `status` once all removals of before a time are forgotten. */
  readonly statusSince: (id: MessageId.MessageId, forgottenMillis: number) => "held" | "removed" | "unknown"
}

export interface Planned {
  readonly events: ReadonlyArray<Record.Logged>
  readonly pieces: ReadonlyArray<Uint8Array>
}

export interface Plan {
  /** Decides one more command; for `File` says what becomes of the article. */
  readonly add: (unit: Unit) => Stored | undefined
  readonly records: ReadonlyArray<Planned>
}

/** `site` is the path identity that overview lines carry in Xref. */
export const make = (known: Known, site: string, place?: ClassLogs["place"]): Plan => {
  const ahead = new Ahead(known)
  const records: Array<Planned> = []
  return {
    records,
    add: ({ article, command }) => {
      if (command._tag === "File" && article !== undefined && ahead.isDamaged(command.id)) {
        const mended = mend(article, ahead, command.atMillis, site, place)
        ahead.mend(mended)
        const octets = mended.stored === undefined ? article.octets : undefined
        records.push({ events: [mended], pieces: Record.encode([mended], octets) })
        return { _tag: "Filed", position: mended.position, numbers: mended.numbers }
      }
      const refusal = command._tag === "File" ? Refusal.of(ahead, command) : undefined
      const events = Site.decideFrom(ahead, command).map((event) => {
        const logged = toLogged(event, { command, article }, ahead, site, place)
        ahead.evolve(event)
        return logged
      })
      const [filed] = events
      const isHere = filed?._tag === "Filed" && filed.stored === undefined
      const octets = isHere ? article?.octets : undefined
      if (events.length > 0) records.push({ events, pieces: Record.encode(events, octets) })
      return filed?._tag === "Filed" ? { _tag: "Filed", position: filed.position, numbers: filed.numbers } : refusal
    }
  }
}

const overviewOf = (article: Article.Article, numbers: Xref.Numbers, site: string): Uint8Array =>
  Overview.line(0, article, Xref.format(site, numbers)).subarray(1)

/** A time before 1970 is long past all the same. */
const expiryOf = ({ expiresMillis }: Article.Article): { readonly expiresMillis?: number } =>
  expiresMillis === undefined ? {} : { expiresMillis: Math.max(0, expiresMillis) }

const mend = (
  article: Article.Article,
  known: Known,
  atMillis: number,
  site: string,
  place: ClassLogs["place"] | undefined
): Record.Mended => {
  const numbers = known.numbers(article.messageId)
  const event = { position: known.position + 1, atMillis, id: article.messageId }
  const stored = place?.(article, event)
  return {
    _tag: "Mended",
    ...event,
    numbers,
    ...(stored === undefined ? {} : { stored }),
    ...expiryOf(article),
    path: article.path,
    overview: overviewOf(article, numbers, site),
    bytes: article.octets.length
  }
}

const toLogged = (
  event: Site.Event,
  { article, command }: { readonly command: Site.Command; readonly article: Article.Article | undefined },
  known: Known,
  site: string,
  place: ClassLogs["place"] | undefined
): Record.Logged => {
  switch (event._tag) {
    case "Filed": {
      if (article === undefined) throw new Error(`${event.id} is filed without its article`)
      const stored = place?.(article, event)
      return {
        ...event,
        ...(stored === undefined ? {} : { stored }),
        ...expiryOf(article),
        path: article.path,
        overview: overviewOf(article, event.numbers, site),
        bytes: article.octets.length,
        ...(command._tag !== "File" || command.groups === article.groups ? {} : { newsgroups: article.groups })
      }
    }
    case "Cancelled":
    case "Superseded":
    case "Expired":
    case "Refused":
      return { ...event, numbers: known.status(event.id) === "held" ? known.numbers(event.id) : [] }
    default:
      return event
  }
}

/** The spool as it will be once the run so far is written. */
class Ahead implements Known {
  readonly #known: Known
  /** Numbers of what is held, the time of removal of what is not. */
  readonly #entries = new Map<MessageId.MessageId, Xref.Numbers | number>()
  readonly #highs = new Map<string, number>()
  readonly #statuses = new Map<string, Group.Status | undefined>()
  readonly #slots = new Map<string, { readonly id: MessageId.MessageId; readonly rank: string }>()
  readonly #owners = new Map<MessageId.MessageId, ReadonlyArray<string>>()
  #claims: Waiting.Waiting
  readonly #erased = new Set<string>()
  position: number
  forgottenMillis: number

  constructor(known: Known) {
    this.#known = known
    this.#claims = known.claims
    this.position = known.position
    this.forgottenMillis = known.forgottenMillis
  }

  status = (id: MessageId.MessageId): "held" | "removed" | "unknown" => {
    const entry = this.#entries.get(id)
    if (entry === undefined) return this.#known.statusSince(id, this.forgottenMillis)
    if (typeof entry !== "number") return "held"
    return entry >= this.forgottenMillis || this.#isErasedHere(id) ? "removed" : "unknown"
  }

  statusSince = (id: MessageId.MessageId): "held" | "removed" | "unknown" => this.status(id)

  #isErasedHere(id: string): boolean {
    return this.#erased.size > 0 && this.#erased.has(Site.hashOf(id))
  }

  isErased = (hash: string): boolean => this.#erased.has(hash) || this.#known.isErased(hash)

  numbers = (id: MessageId.MessageId): Xref.Numbers => {
    const entry = this.#entries.get(id)
    return entry === undefined || typeof entry === "number" ? this.#known.numbers(id) : entry
  }

  high = (name: Group.Group["name"]): number => this.#highs.get(name) ?? this.#known.high(name)

  groupStatus = (name: Group.Group["name"]): Group.Status | undefined =>
    this.#statuses.has(name) ? this.#statuses.get(name) : this.#known.groupStatus(name)

  highest = (key: string): { readonly id: MessageId.MessageId; readonly rank: string } | undefined =>
    this.#slots.get(key) ?? this.#known.highest(key)

  readonly #mended = new Set<MessageId.MessageId>()

  /** Once mended in this run, or removed, it is no longer asked for. */
  isDamaged = (id: MessageId.MessageId): boolean =>
    this.#known.isDamaged(id) && !this.#mended.has(id) && !this.#entries.has(id)

  mend({ id, position }: Record.Mended): void {
    this.position = position
    this.#mended.add(id)
  }

  owners = (id: MessageId.MessageId): ReadonlyArray<string> => this.#owners.get(id) ?? this.#known.owners(id)

  waiting = (id: MessageId.MessageId): ReadonlyArray<Waiting.Entry> => Waiting.on(this.#claims, id)

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
        this.#claims = Waiting.drop(this.#claims, event.id).waiting
        this.#owners.set(event.id, event.owners ?? [])
        this.#entries.set(event.id, event.numbers)
        for (const [name, number] of event.numbers) {
          this.#highs.set(name, number)
          this.#statuses.set(name, this.groupStatus(name) ?? "y")
        }
        return this.#fill(event)
      case "Cancelled":
      case "Superseded":
      case "Expired":
      case "Refused":
        this.#claims = Waiting.drop(this.#claims, event.id).waiting
        this.#entries.set(event.id, event.atMillis)
        return
      case "Erased":
        this.#claims = Waiting.dropBy(this.#claims, (by) => Site.hashOf(by) === event.hash).waiting
        this.#erased.add(event.hash)
        return
      case "Forgotten":
        this.forgottenMillis = event.beforeMillis
        return
      case "GroupAdded":
        this.#statuses.set(event.group, event.status)
        return
      case "GroupRemoved":
        this.#statuses.set(event.group, undefined)
        return
    }
  }

  #fill({ id, slot }: Site.Filed): void {
    if (slot === undefined) return
    const rival = this.highest(slot.key)
    if (rival === undefined || Admission.rankOrder({ id, rank: slot.rank }, rival) > 0) {
      this.#slots.set(slot.key, { id, rank: slot.rank })
    }
  }
}
