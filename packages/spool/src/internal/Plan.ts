/**
 * What a run of commands leads to, decided against the index and what the run itself has brought so far.
 *
 * Nothing here changes the spool: a plan that cannot be written is dropped, and readers never saw it.
 */
import * as Article from "@lupin/core/Article"
import * as Admission from "@lupin/core/Admission"
import * as Filing from "@lupin/core/Filing"
import * as Site from "@lupin/core/Site"
import * as Waiting from "@lupin/core/Waiting"
import type * as Xref from "@lupin/core/Xref"
import type * as Group from "@lupin/core/Group"
import * as MessageId from "@lupin/core/MessageId"
import type { Stored } from "../Spool.ts"
import type * as ClassLogs from "./ClassLogs.ts"
import type { Draft } from "./Draft.ts"
import type { Place } from "./IndexRows.ts"
import * as PlannedOverview from "./PlannedOverview.ts"
import * as Record from "./Record.ts"
import * as Refusal from "./Refusal.ts"

/** A command, and for `File` the article it is about, whose owners the command need not name. */
export interface Unit {
  readonly command: Site.Command
  readonly article?: Article.Article
}

/** What is known of a spool beyond the decider's questions. */
export interface Known extends Site.Known {
  /** Numbers of an article that is held. */
  readonly numbers: (id: MessageId.MessageId) => Xref.Numbers
  /** Injection-Date of an article that is held, where its id does not hold it. */
  readonly injectedMillis: (id: MessageId.MessageId) => number | undefined
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

/** A record: what it says, and the place that it will have. */
export interface Planned extends Place {
  readonly events: ReadonlyArray<Record.Logged>
}

export interface Plan {
  /** Decides one more command; for `File` says what becomes of the article. */
  readonly add: (unit: Unit) => Stored | undefined
  readonly records: ReadonlyArray<Planned>
  /** Their octets. */
  readonly draft: Draft
}

export interface Options extends PlannedOverview.Readers {
  readonly place?: ClassLogs.ClassLogs["place"]
}

export const make = (known: Known, draft: Draft, options: Options): Plan => {
  const { place, site } = options
  const ahead = new Ahead(known)
  const records: Array<Planned> = []
  const write = (
    events: ReadonlyArray<Record.Logged>,
    octets: Uint8Array | undefined,
    article?: Article.Article
  ): void => {
    const before = draft.bytes
    const [event] = events
    const isFiling = article !== undefined && octets !== undefined && events.length === 1 && event?._tag === "Filed"
    const address = isFiling ? draft.file(event, article) : draft.add(events, octets)
    records.push({ events, address, bytes: draft.bytes - before - Record.headBytes })
  }
  return {
    records,
    draft,
    add: ({ article, command: asked }) => {
      const command = article === undefined ? asked : owned(asked, article, ahead)
      if (command._tag === "File" && article !== undefined && ahead.isDamaged(command.id)) {
        const mended = mend(article, ahead, command.atMillis, site, place)
        ahead.mend(mended)
        const octets = mended.stored === undefined ? article.octets : undefined
        write([mended], octets)
        return { _tag: "Filed", position: mended.position, numbers: mended.numbers }
      }
      const decided = decide(ahead, command)
      // Asked only of what is not filed, and before what was decided counts: each question is a look-up.
      const refusal = command._tag === "File" && decided[0]?._tag !== "Filed" ? Refusal.of(ahead, command) : undefined
      const events = decided.map((event) => {
        const logged = toLogged(event, article, ahead, options)
        ahead.evolve(event)
        if (logged._tag === "Filed") ahead.file(article)
        return logged
      })
      const [filed] = events
      const isHere = filed?._tag === "Filed" && filed.stored === undefined
      const octets = isHere ? article?.octets : undefined
      if (events.length > 0) write(events, octets, article)
      return filed?._tag === "Filed" ? { _tag: "Filed", position: filed.position, numbers: filed.numbers } : refusal
    }
  }
}

/** What was cancelled is cancelled again where the log does not tell of it any more: followers learn of it by nothing else. */
const decide = (known: Known, command: Site.Command): ReadonlyArray<Site.Event> =>
  command._tag === "Cancel" && known.isRemovalLost(command.target)
    ? [{ _tag: "Cancelled", id: command.target, position: known.position + 1, atMillis: command.atMillis }]
    : Site.decideFrom(known, command)

/** Whose the article is matters to claims that wait for it, and to nobody else. */
const owned = (command: Site.Command, article: Article.Article, known: Known): Site.Command =>
  command._tag === "File" && command.owners === undefined && known.waiting(command.id).length > 0
    ? { ...command, owners: Filing.owners(article) }
    : command

/** A time before 1970 is long past all the same. */
const expiryOf = ({ expiresMillis }: Article.Article): { readonly expiresMillis?: number } =>
  expiresMillis === undefined ? {} : { expiresMillis: Math.max(0, expiresMillis) }

/** Newsgroups of what is filed elsewhere: a control message. */
const newsgroupsOf = (article: Article.Article, numbers: Xref.Numbers): Pick<Record.Filed, "newsgroups"> =>
  Filing.isElsewhere(article, numbers) ? { newsgroups: article.groups } : {}

/** Injection-Date, unless the id holds it. */
const dateOf = ({ injectedMillis, messageId }: Article.Article): { readonly injectedMillis?: number } =>
  MessageId.kindOf(messageId) === "client" ? {} : { injectedMillis: Math.max(0, injectedMillis) }

const readinessOf = (article: Article.Article): { readonly isWireReady?: boolean } =>
  Article.isWireReady(article) ? wireReady : {}

const wireReady = { isWireReady: true } as const

const mend = (
  article: Article.Article,
  known: Known,
  atMillis: number,
  site: string,
  place: ClassLogs.ClassLogs["place"] | undefined
): Record.Mended => {
  const numbers = known.numbers(article.messageId)
  const event = { position: known.position + 1, atMillis, id: article.messageId }
  const stored = place?.(article, event)
  const slot = Filing.slotOf(article)
  return {
    _tag: "Mended",
    ...event,
    numbers,
    ...(slot === undefined ? {} : { slot }),
    ...newsgroupsOf(article, numbers),
    ...(stored === undefined ? {} : { stored }),
    ...expiryOf(article),
    ...dateOf(article),
    path: article.path,
    overview: PlannedOverview.of(article, numbers, site),
    bytes: article.octets.length,
    ...readinessOf(article)
  }
}

const toLogged = (
  event: Site.Event,
  article: Article.Article | undefined,
  known: Known,
  options: Options
): Record.Logged => {
  switch (event._tag) {
    case "Filed": {
      if (article === undefined) throw new Error(`${event.id} is filed without its article`)
      const stored = options.place?.(article, event)
      return filed(
        event,
        article,
        PlannedOverview.atFiling(article, event.numbers, options, stored === undefined),
        stored
      )
    }
    case "Cancelled":
    case "Superseded":
    case "Expired":
    case "Refused":
      return removal(event, article, known)
    default:
      return event
  }
}

/** Made for every article: fields are set one by one, which costs less than objects put together. */
const filed = (
  { atMillis, id, numbers, position, slot }: Site.Filed,
  article: Article.Article,
  overview: string,
  stored: ClassLogs.Stored | undefined
): Record.Filed => {
  const { octets, path } = article
  const logged: { -readonly [K in keyof Record.Filed]: Record.Filed[K] } = {
    _tag: "Filed",
    id,
    numbers,
    position,
    atMillis,
    path,
    overview,
    bytes: octets.length
  }
  const { injectedMillis } = dateOf(article)
  if (injectedMillis !== undefined) logged.injectedMillis = injectedMillis
  if (Article.isWireReady(article)) logged.isWireReady = true
  if (slot !== undefined) logged.slot = slot
  if (stored !== undefined) logged.stored = stored
  const { expiresMillis } = expiryOf(article)
  if (expiresMillis !== undefined) logged.expiresMillis = expiresMillis
  const { newsgroups } = newsgroupsOf(article, numbers)
  if (newsgroups !== undefined) logged.newsgroups = newsgroups
  return logged
}

/** What is removed before it came has a date if it is what comes now. */
const removal = (event: Site.Removal, article: Article.Article | undefined, known: Known): Record.Removal => {
  if (article?.messageId === event.id) return { ...event, numbers: numbersOf(event.id, known), ...dateOf(article) }
  const isUndated = MessageId.kindOf(event.id) === "client" || known.status(event.id) !== "held"
  const injectedMillis = isUndated ? undefined : known.injectedMillis(event.id)
  return {
    ...event,
    numbers: numbersOf(event.id, known),
    ...(injectedMillis === undefined ? {} : { injectedMillis })
  }
}

const numbersOf = (id: MessageId.MessageId, known: Known): Xref.Numbers =>
  known.status(id) === "held" ? known.numbers(id) : known.isRemovalLost(id) ? known.numbersBefore(id) : []

/** The spool as it will be once the run so far is written. */
class Ahead implements Known {
  readonly #known: Known
  /** Numbers of what is held, the time of removal of what is not. */
  readonly #entries = new Map<MessageId.MessageId, Xref.Numbers | number>()
  readonly #highs = new Map<string, number>()
  // Made when they are needed: most runs are of articles, and some of one.
  #groups:
    | Map<string, { readonly status: Group.Status | undefined; readonly description: string | undefined }>
    | undefined
  #slots: Map<string, { readonly id: MessageId.MessageId; readonly rank: string }> | undefined
  /** Seldom asked for. */
  readonly #articles: Array<Article.Article> = []
  #claims: Waiting.Waiting
  #erased: Set<string> | undefined
  #mended: Set<MessageId.MessageId> | undefined
  position: number
  forgottenMillis: number

  constructor(known: Known) {
    this.#known = known
    this.#claims = known.claims
    this.position = known.position
    this.forgottenMillis = known.forgottenMillis
  }

  status(id: MessageId.MessageId): "held" | "removed" | "unknown" {
    const entry = this.#entries.get(id)
    if (entry === undefined) return this.#known.statusSince(id, this.forgottenMillis)
    if (typeof entry !== "number") return "held"
    return entry >= this.forgottenMillis || this.#isErasedHere(id) ? "removed" : "unknown"
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
    const entry = this.#entries.get(id)
    return entry === undefined || typeof entry === "number" ? this.#known.numbers(id) : entry
  }

  /** Keeps what may be asked of an article that is filed in this run. */
  file(article: Article.Article | undefined): void {
    if (article !== undefined) this.#articles.push(article)
  }

  #article(id: MessageId.MessageId): Article.Article | undefined {
    return this.#articles.findLast(({ messageId }) => messageId === id)
  }

  injectedMillis(id: MessageId.MessageId): number | undefined {
    const article = this.#article(id)
    return article === undefined ? this.#known.injectedMillis(id) : dateOf(article).injectedMillis
  }

  high(name: Group.Group["name"]): number {
    return this.#highs.get(name) ?? this.#known.high(name)
  }

  groupStatus(name: Group.Group["name"]): Group.Status | undefined {
    const said = this.#groups?.get(name)
    return said === undefined ? this.#known.groupStatus(name) : said.status
  }

  groupDescription(name: Group.Group["name"]): string | undefined {
    const said = this.#groups?.get(name)
    return said === undefined ? this.#known.groupDescription(name) : said.description
  }

  highest(key: string): { readonly id: MessageId.MessageId; readonly rank: string } | undefined {
    return this.#slots?.get(key) ?? this.#known.highest(key)
  }

  /** Once mended in this run, or removed, it is no longer asked for. */
  isDamaged(id: MessageId.MessageId): boolean {
    return this.#known.isDamaged(id) && this.#mended?.has(id) !== true && !this.#entries.has(id)
  }

  isRemovalLost(id: MessageId.MessageId): boolean {
    return !this.#entries.has(id) && this.#known.isRemovalLost(id)
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
        this.#claims = Waiting.drop(this.#claims, event.id).waiting
        this.#entries.set(event.id, event.numbers)
        for (const [name, number] of event.numbers) {
          this.#highs.set(name, number)
          if (this.groupStatus(name) === undefined) this.#say(name, "y", this.groupDescription(name))
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

  #say(group: Group.Group["name"], status: Group.Status | undefined, description: string | undefined): void {
    this.#groups = this.#groups ?? new Map()
    this.#groups.set(group, { status, description })
  }
}
