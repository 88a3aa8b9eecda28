/**
 * What a run of commands leads to, decided against the index and what the run itself has brought so far.
 *
 * Nothing here changes the spool: a plan that cannot be written is dropped, and readers never saw it.
 */
import * as Article from "@lupin/core/Article"
import * as Filing from "@lupin/core/Filing"
import * as Site from "@lupin/core/Site"
import type * as Xref from "@lupin/core/Xref"
import * as MessageId from "@lupin/core/MessageId"
import type { Stored } from "../Spool.ts"
import { Ahead, type Asked, dateOf, type Entry, type Known } from "./Ahead.ts"
import type * as ClassLogs from "./ClassLogs.ts"
import type { Draft } from "./Draft.ts"
import type { Place } from "./IndexRows.ts"
import type { PlannedIds } from "./PlannedIds.ts"
import * as PlannedOverview from "./PlannedOverview.ts"
import * as Record from "./Record.ts"
import * as Refusal from "./Refusal.ts"
import type { Taker, Takers } from "./Takers.ts"

/** A command, and for `File` the article it is about, whose owners the command need not name. */
export interface Unit {
  readonly command: Site.Command
  readonly article?: Article.Article
}

/** A record: what it says, and the place that it will have. */
export interface Planned extends Place {
  readonly events: ReadonlyArray<Record.Logged>
  /** The groups of an article that it files, in the order of its numbers. */
  readonly takers: ReadonlyArray<Taker> | undefined
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
  /** The same for all plans of a spool, of which one is made at a time. */
  readonly takers: Takers
  readonly ids: PlannedIds<Entry>
}

export const make = (known: Known, draft: Draft, options: Options): Plan => {
  const { ids, place, site, takers } = options
  const ahead = new Ahead(known, takers, ids)
  const records: Array<Planned> = []
  const write = (events: ReadonlyArray<Record.Logged>, octets: Uint8Array | undefined): void => {
    const before = draft.bytes
    const address = draft.add(events, octets)
    records.push({ events, address, bytes: draft.bytes - before - Record.headBytes, takers: undefined })
  }
  /** What most articles come to: they are filed, and nothing else. */
  const file = (event: Site.Filed, article: Article.Article): void => {
    const logged = logFiled(event, article, options)
    ahead.evolve(event)
    ahead.file(article)
    const { filing } = ahead
    const before = draft.bytes
    const address = logged.stored === undefined ? draft.file(logged, article, filing) : draft.add([logged], undefined)
    records.push({ events: [logged], address, bytes: draft.bytes - before - Record.headBytes, takers: filing })
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
      const [first] = decided
      if (decided.length === 1 && first?._tag === "Filed" && article !== undefined) {
        file(first, article)
        return { _tag: "Filed", position: first.position, numbers: first.numbers }
      }
      // Asked only of what is not filed, and before what was decided counts: each question is a look-up.
      const refusal = command._tag === "File" && first?._tag !== "Filed" ? Refusal.of(ahead, command) : undefined
      const events = decided.map((event) => {
        const logged = toLogged(event, article, ahead, options)
        ahead.evolve(event)
        if (logged._tag === "Filed") ahead.file(article)
        return logged
      })
      const [filed] = events
      const isHere = filed?._tag === "Filed" && filed.stored === undefined
      const octets = isHere ? article?.octets : undefined
      if (events.length > 0) write(events, octets)
      return filed?._tag === "Filed" ? { _tag: "Filed", position: filed.position, numbers: filed.numbers } : refusal
    }
  }
}

/** What was cancelled is cancelled again where the log does not tell of it any more: followers learn of it by nothing else. */
const decide = (known: Asked, command: Site.Command): ReadonlyArray<Site.Event> =>
  command._tag === "Cancel" && known.isRemovalLost(command.target)
    ? [{ _tag: "Cancelled", id: command.target, position: known.position + 1, atMillis: command.atMillis }]
    : Site.decideFrom(known, command)

/** Whose the article is matters to claims that wait for it, and to nobody else. */
const owned = (command: Site.Command, article: Article.Article, known: Asked): Site.Command =>
  command._tag === "File" && command.owners === undefined && known.waiting(command.id).length > 0
    ? { ...command, owners: Filing.owners(article) }
    : command

/** A time before 1970 is long past all the same. */
const expiryOf = ({ expiresMillis }: Article.Article): { readonly expiresMillis?: number } =>
  expiresMillis === undefined ? {} : { expiresMillis: Math.max(0, expiresMillis) }

/** Newsgroups of what is filed elsewhere: a control message. */
const newsgroupsOf = (article: Article.Article, numbers: Xref.Numbers): Pick<Record.Filed, "newsgroups"> =>
  Filing.isElsewhere(article, numbers) ? { newsgroups: article.groups } : {}

const readinessOf = (article: Article.Article): { readonly isWireReady?: boolean } =>
  Article.isWireReady(article) ? wireReady : {}

const wireReady = { isWireReady: true } as const

const mend = (
  article: Article.Article,
  known: Asked,
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
    bytes: Article.bytesOf(article),
    ...readinessOf(article)
  }
}

const toLogged = (
  event: Site.Event,
  article: Article.Article | undefined,
  known: Asked,
  options: Options
): Record.Logged => {
  switch (event._tag) {
    case "Filed":
      if (article === undefined) throw new Error(`${event.id} is filed without its article`)
      return logFiled(event, article, options)
    case "Cancelled":
    case "Superseded":
    case "Expired":
    case "Refused":
      return removal(event, article, known)
    default:
      return event
  }
}

const logFiled = (event: Site.Filed, article: Article.Article, options: Options): Record.Filed => {
  const stored = options.place?.(article, event)
  const overview = PlannedOverview.atFiling(article, event.numbers, options, stored === undefined)
  return filed(event, article, overview, stored)
}

/** Made for every article: fields are set one by one, which costs less than objects put together. */
const filed = (
  { atMillis, id, numbers, position, slot }: Site.Filed,
  article: Article.Article,
  overview: string,
  stored: ClassLogs.Stored | undefined
): Record.Filed => {
  const { path } = article
  const logged: { -readonly [K in keyof Record.Filed]: Record.Filed[K] } = {
    _tag: "Filed",
    id,
    numbers,
    position,
    atMillis,
    path,
    overview,
    bytes: Article.bytesOf(article)
  }
  if (MessageId.kindOf(id) !== "client") logged.injectedMillis = Math.max(0, article.injectedMillis)
  if (Article.isWireReady(article)) logged.isWireReady = true
  if (slot !== undefined) logged.slot = slot
  if (stored !== undefined) logged.stored = stored
  if (article.expiresMillis !== undefined) logged.expiresMillis = Math.max(0, article.expiresMillis)
  if (Filing.isElsewhere(article, numbers)) logged.newsgroups = article.groups
  return logged
}

/** What is removed before it came has a date if it is what comes now. */
const removal = (event: Site.Removal, article: Article.Article | undefined, known: Asked): Record.Removal => {
  if (article?.messageId === event.id) return { ...event, numbers: numbersOf(event.id, known), ...dateOf(article) }
  if (known.status(event.id) !== "held") return { ...event, numbers: numbersOf(event.id, known) }
  const { injectedMillis, numbers } = known.leaving(event.id)
  const isUndated = injectedMillis === undefined || MessageId.kindOf(event.id) === "client"
  return isUndated ? { ...event, numbers } : { ...event, numbers, injectedMillis }
}

const numbersOf = (id: MessageId.MessageId, known: Asked): Xref.Numbers =>
  known.status(id) === "held" ? known.numbers(id) : known.isRemovalLost(id) ? known.numbersBefore(id) : []
