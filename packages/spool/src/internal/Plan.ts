/**
 * What a run of commands leads to, decided against the index and what the run itself has brought so far.
 *
 * Nothing here changes the spool: a plan that cannot be written is dropped, and readers never saw it.
 */
import type * as Article from "@lupin/core/Article"
import * as Overview from "@lupin/core/Overview"
import * as Site from "@lupin/core/Site"
import * as Xref from "@lupin/core/Xref"
import type * as Group from "@lupin/core/Group"
import type * as MessageId from "@lupin/core/MessageId"
import type { Stored } from "../Spool.ts"
import type { ClassLogs } from "./ClassLogs.ts"
import * as Record from "./Record.ts"

/** A command, and for `File` the article it is about. */
export interface Unit {
  readonly command: Site.Command
  readonly article?: Article.Article
}

/** What is known of a spool beyond the decider's questions. */
export interface Known extends Site.Known {
  /** Numbers of an article that is held. */
  readonly numbers: (id: MessageId.MessageId) => Xref.Numbers
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
      const outcome = command._tag === "File" ? Site.outcomeFrom(ahead, command) : undefined
      const decided = outcome === undefined || outcome === "filed" ? Site.decideFrom(ahead, command) : []
      const events = decided.map((event) => {
        const logged = toLogged(event, article, ahead, site, place)
        ahead.evolve(event)
        return logged
      })
      const [filed] = events
      const isElsewhere = filed?._tag === "Filed" && filed.stored !== undefined
      const octets = isElsewhere ? undefined : article?.octets
      if (events.length > 0) records.push({ events, pieces: Record.encode(events, octets) })
      if (filed?._tag === "Filed") return { _tag: "Filed", position: filed.position, numbers: filed.numbers }
      return outcome === undefined || outcome === "filed" ? undefined : { _tag: answers[outcome] }
    }
  }
}

const answers = { here: "AlreadyHere", removed: "Removed", full: "Full" } as const

const toLogged = (
  event: Site.Event,
  article: Article.Article | undefined,
  known: Known,
  site: string,
  place: ClassLogs["place"] | undefined
): Record.Logged => {
  switch (event._tag) {
    case "Filed": {
      if (article === undefined) throw new Error(`${event.id} is filed without its article`)
      const line = Overview.line(0, article, Xref.format(site, event.numbers))
      const stored = place?.(article, event)
      const { expiresMillis } = article
      return {
        ...event,
        ...(stored === undefined ? {} : { stored }),
        // A time before 1970 is long past all the same.
        ...(expiresMillis === undefined ? {} : { expiresMillis: Math.max(0, expiresMillis) }),
        path: article.path,
        overview: line.subarray(1),
        bytes: article.octets.length
      }
    }
    case "Cancelled":
    case "Superseded":
    case "Expired":
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
  readonly #erased = new Set<string>()
  position: number
  forgottenMillis: number

  constructor(known: Known) {
    this.#known = known
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

  evolve(event: Site.Event): void {
    this.position = event.position
    switch (event._tag) {
      case "Filed":
        this.#entries.set(event.id, event.numbers)
        for (const [name, number] of event.numbers) {
          this.#highs.set(name, number)
          this.#statuses.set(name, this.groupStatus(name) ?? "y")
        }
        return this.#fill(event)
      case "Cancelled":
      case "Superseded":
      case "Expired":
        this.#entries.set(event.id, event.atMillis)
        return
      case "Erased":
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
    if (rival === undefined || Site.rankOrder({ id, rank: slot.rank }, rival) > 0) {
      this.#slots.set(slot.key, { id, rank: slot.rank })
    }
  }
}
