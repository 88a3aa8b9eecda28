/**
 * The reference spool: `core/Site` itself, the articles beside it, and the log as followers see it.
 */
import * as Group from "@lupin/core/Group"
import * as Event from "@lupin/core/Event"
import * as Article from "@lupin/core/Article"
import * as Filing from "@lupin/core/Filing"
import type * as GroupName from "@lupin/core/GroupName"
import * as MessageId from "@lupin/core/MessageId"
import * as Overview from "@lupin/core/Overview"
import * as Site from "@lupin/core/Site"
import * as Xref from "@lupin/core/Xref"
import { Clock, Effect } from "effect"
import type { Arrival, Change, Held, OverviewLine, Spool, Stored, Wire } from "../Spool.ts"
import * as Find from "./Find.ts"
import * as StorageClass from "../StorageClass.ts"
import * as HeadSignal from "./HeadSignal.ts"
import * as Refusal from "./Refusal.ts"

type Filed = Extract<Change, { _tag: "Filed" }>

interface Shelved {
  readonly article: Article.Article
  readonly filed: Site.Filed
}

/** `site` is the path identity that overview lines carry in Xref. */
export const make = (
  generation: Site.Generation,
  site: string,
  classes: ReadonlyArray<StorageClass.StorageClass>,
  appGroupsMax: number
): Spool["Service"] => {
  let model = Site.empty(generation, appGroupsMax)
  let latestMillis = 0
  const articles = new Map<MessageId.MessageId, Shelved>()
  /** Octets of what was cancelled or superseded, until room is given back. */
  const removed = new Map<MessageId.MessageId, Uint8Array>()
  const log: Array<Change | undefined> = []
  const uuids = new Map<string, ReadonlySet<MessageId.MessageId>>()
  const positions = new Map<string, number>()
  const signal = HeadSignal.make(0)
  /** Tells of all that came into the log since the last time. */
  const tell = (): void =>
    signal.move(
      log.length,
      log.slice(signal.head()).filter((change) => change !== undefined)
    )

  const learn = (id: MessageId.MessageId): void => {
    const uuid = Event.parseMessageId(id)?.uuid
    if (uuid !== undefined) uuids.set(uuid, new Set([...(uuids.get(uuid) ?? []), id]))
  }

  const withdraw = ({ _tag, id }: Site.Event & { readonly id: MessageId.MessageId }): void => {
    const shelved = articles.get(id)
    articles.delete(id)
    if (shelved !== undefined && _tag !== "Expired") removed.set(id, shelved.article.octets)
  }

  const record = (event: Site.Event, article?: Article.Article): void => {
    switch (event._tag) {
      case "Filed":
        if (article === undefined) throw new Error(`${event.id} was filed without its article`)
        articles.set(event.id, { article, filed: event })
        log.push(filedChange(event, article, classes))
        return learn(event.id)
      case "Cancelled":
      case "Superseded":
      case "Expired":
        log.push(removedChange(event, Site.numbers(model, event.id) ?? [], dateOf(event.id, article)))
        withdraw(event)
        return learn(event.id)
      default:
        log.push(undefined)
    }
  }

  /** Of the article that is held, or that comes and is not taken. */
  const dateOf = (id: MessageId.MessageId, coming: Article.Article | undefined): Dated =>
    datedBy(articles.get(id)?.article ?? (coming?.messageId === id ? coming : undefined))

  const run = (command: Site.Command, article?: Article.Article): ReadonlyArray<Site.Event> => {
    const events = Site.decide(model, command)
    for (const event of events) {
      record(event, article)
      model = Site.evolve(model, event)
    }
    return events
  }

  /** Time as the log tells it, which never goes back. */
  const now = Clock.currentTimeMillis.pipe(Effect.map((millis) => (latestMillis = Math.max(latestMillis, millis))))

  const acting = (act: (atMillis: number) => void): Effect.Effect<void> =>
    now.pipe(
      Effect.map((atMillis) => {
        act(atMillis)
        tell()
      })
    )

  const file = (article: Article.Article, atMillis: number): Stored => {
    const command = Filing.command(article, atMillis)
    const refusal = Refusal.of(Site.known(model), command)
    const [filed] = run(command, article)
    if (filed?._tag === "Filed") return { _tag: "Filed", position: filed.position, numbers: filed.numbers }
    if (refusal === undefined) throw new Error(`${command.id} was neither filed nor refused`)
    return refusal
  }

  const held = (): ReadonlyArray<Filed> =>
    log.filter(
      (change): change is Filed =>
        change?._tag === "Filed" && articles.get(change.id)?.filed.position === change.position
    )

  const heldOf = (id: MessageId.MessageId | undefined): Held | undefined => {
    const shelved = id === undefined ? undefined : articles.get(id)
    if (shelved === undefined) return undefined
    const { atMillis, id: itsId, numbers, position } = shelved.filed
    const article = shelved.article.octets
    const xref = Buffer.from(`Xref: ${Xref.format(site, numbers)}`, "latin1")
    return {
      article,
      numbers,
      position,
      arrivedMillis: atMillis,
      xref,
      bytes: article.length,
      wire: Article.isWireReady(shelved.article) ? new Lines(itsId, xref, article) : undefined
    }
  }

  const lineOf = (id: MessageId.MessageId, group?: GroupName.GroupName): Uint8Array | undefined => {
    const shelved = articles.get(id)
    if (shelved === undefined) return undefined
    const { numbers } = shelved.filed
    const [, number] = numbers.find(([name]) => group === undefined || name === group) ?? ["", 0]
    return Overview.line(number, shelved.article, Xref.format(site, numbers))
  }

  const numbersIn = (name: GroupName.GroupName, low: number, high: number, limit: number): ReadonlyArray<number> => {
    const found: Array<number> = []
    const end = Math.min(high, Site.high(model, name))
    for (let number = Math.max(low, Site.low(model, name)); number <= end && found.length < limit; number++) {
      if (Site.at(model, name, number) !== undefined) found.push(number)
    }
    return found
  }

  const linesIn = (group: GroupName.GroupName, low: number, high: number, limit: number): Array<OverviewLine> => {
    const lines: Array<OverviewLine> = []
    for (const number of numbersIn(group, low, high, limit)) {
      const id = Site.at(model, group, number)
      const line = id === undefined ? undefined : lineOf(id, group)
      if (line !== undefined) lines.push({ number, line })
    }
    return lines
  }

  return {
    generation,
    store: (batch) =>
      now.pipe(
        Effect.map((atMillis) => {
          const stored = batch.map((article) => file(article, atMillis))
          tell()
          return stored
        })
      ),
    remove: (ids, why) =>
      acting((atMillis) => {
        for (const id of ids) {
          run(why === "cancelled" ? { _tag: "Cancel", target: id, atMillis } : { _tag: "Expire", id, atMillis })
        }
      }),
    addGroup: (group, status, description) =>
      acting((atMillis) => void run({ _tag: "AddGroup", group, ...Group.said({ status, description }), atMillis })),
    removeGroup: (group) => acting((atMillis) => void run({ _tag: "RemoveGroup", group, atMillis })),
    refuse: (ids) => acting((atMillis) => ids.forEach((id) => void run({ _tag: "Refuse", id, atMillis }))),
    forget: (beforeMillis) =>
      acting((atMillis) => void run({ _tag: "Forget", beforeMillis: Math.min(beforeMillis, atMillis), atMillis })),
    erase: (ids) =>
      acting((atMillis) => {
        for (const id of ids) {
          run({ _tag: "Erase", id, atMillis })
          removed.delete(id)
          for (const [at, change] of log.entries()) {
            if (change?._tag === "Filed" && change.id === id) log[at] = undefined
          }
        }
      }),
    reclaim: Effect.sync(() => {
      removed.clear()
      for (const [at, change] of log.entries()) {
        if (change?._tag === "Filed" && articles.get(change.id)?.filed.position !== change.position) log[at] = undefined
        if (change?._tag === "Removed" && change.removedMillis < model.forgottenMillis) log[at] = undefined
      }
      return { isMore: false }
    }),
    expiring: (untilMillis, limit) =>
      Effect.sync(() => {
        const found = held().filter(({ expiresMillis }) => expiresMillis !== undefined)
        const timeOf = (change: Filed): number => change.expiresMillis ?? Infinity
        const sorted = found.toSorted((one, other) => timeOf(one) - timeOf(other) || one.position - other.position)
        const next = sorted.find((change) => timeOf(change) > untilMillis)
        const changes = sorted.filter((change) => timeOf(change) <= untilMillis).slice(0, limit)
        return { changes, ...(next === undefined ? {} : { nextMillis: timeOf(next) }) }
      }),
    damaged: Effect.succeed([]),
    findLost: () => Effect.void,
    reclaimed: Effect.succeed({
      movedRecords: 0,
      droppedFiles: 0,
      freedBytes: 0,
      lostStretches: 0,
      pendingErasures: 0,
      namedErasures: 0
    }),
    usage: Effect.sync(() => {
      const classes = Map.groupBy(held(), (change) => change.class ?? "")
      return [...classes].map(([name, changes]) => ({
        class: name,
        articles: changes.length,
        bytes: changes.reduce((sum, { bytes }) => sum + bytes, 0)
      }))
    }),
    status: (ids) => Effect.sync(() => ids.map((id) => Site.status(model, id))),
    isKnown: (octets, from, to) =>
      Site.status(
        model,
        Buffer.from(octets.buffer, octets.byteOffset + from, to - from).toString("latin1") as MessageId.MessageId
      ) !== "unknown",
    isErased: (ids) => Effect.sync(() => ids.map((id) => Site.isErased(model, id))),
    find: (id) => Effect.sync(() => heldOf(id)),
    findAll: (ids, bytesMax) => Effect.sync(() => Find.upTo(heldOf, ids, bytesMax)),
    findRemoved: (id) => Effect.sync(() => removed.get(id)),
    at: (group, number) => Effect.sync(() => heldOf(Site.at(model, group, number))),
    findUuid: (uuid) =>
      Effect.sync(() => [...(uuids.get(uuid) ?? [])].filter((id) => Site.isRemembered(model, id)).toSorted()[0]),
    group: (name) => Effect.sync(() => Site.group(model, name)),
    groups: Effect.sync(() => Site.groups(model)),
    numbers: (group, low, high, limit) => Effect.sync(() => numbersIn(group, low, high, limit)),
    overview: (group, low, high, limit) => Effect.sync(() => linesIn(group, low, high, limit)),
    overviewText: (group, low, high, limit) =>
      Effect.sync(() => {
        const lines = linesIn(group, low, high, limit)
        const pieces = lines.flatMap(({ line }) => [line, crlf])
        return { rows: lines.length, last: lines.at(-1)?.number ?? 0, pieces }
      }),
    neighbour: (group, number, direction) =>
      Effect.sync(() =>
        direction === "next"
          ? numbersIn(group, number + 1, Infinity, 1)[0]
          : numbersIn(group, 0, number - 1, Infinity).at(-1)
      ),
    overviewOf: (ids) => Effect.sync(() => ids.map((id) => lineOf(id))),
    changes: (after, limit) =>
      Effect.sync(() => {
        const changes: Array<Change> = []
        let next = Math.max(0, after)
        while (next < log.length && changes.length < limit) {
          const change = log[next++]
          if (change !== undefined) changes.push(change)
        }
        return { changes, next, head: log.length }
      }),
    head: Effect.sync(signal.head),
    changed: signal.changed,
    watch: signal.watch,
    arrivedSince: (sinceMillis, limit, after = 0) =>
      Effect.sync(() => {
        const arrivals: Array<Arrival> = []
        for (let at = Math.max(0, after); at < log.length && arrivals.length < limit; at++) {
          const change = log[at]
          if (change?._tag !== "Filed" || change.arrivedMillis < sinceMillis) continue
          if (articles.get(change.id)?.filed.position !== change.position) continue
          const { arrivedMillis, groups, id, newsgroups, position } = change
          arrivals.push({ id, groups: newsgroups ?? groups, position, arrivedMillis })
        }
        return arrivals
      }),
    refuses: () => Effect.succeed(undefined),
    condition: Effect.succeed({ damaged: [], damagedRecords: 0 }),
    readPosition: (follower) => Effect.sync(() => positions.get(follower)),
    savePosition: (follower, position) => Effect.sync(() => void positions.set(follower, position))
  }
}

const filedChange = (
  event: Site.Filed,
  article: Article.Article,
  classes: ReadonlyArray<StorageClass.StorageClass>
): Change => ({
  _tag: "Filed",
  position: event.position,
  id: event.id,
  groups: event.numbers.map(([group]) => group),
  bytes: article.octets.length,
  arrivedMillis: event.atMillis,
  path: article.path,
  ...(event.slot === undefined ? {} : { slot: event.slot }),
  ...(Filing.isElsewhere(article, event.numbers) ? { newsgroups: article.groups } : {}),
  ...datedBy(article),
  ...(article.expiresMillis === undefined ? {} : { expiresMillis: Math.max(0, article.expiresMillis) }),
  ...classOf(StorageClass.choose(classes, article, event.atMillis))
})

type Dated = { readonly injectedMillis?: number }

const datedBy = (article: Article.Article | undefined): Dated =>
  article === undefined || MessageId.kindOf(article.messageId) === "client"
    ? {}
    : { injectedMillis: Math.max(0, article.injectedMillis) }

const classOf = (chosen: StorageClass.StorageClass | undefined): { readonly class?: string } =>
  chosen === undefined ? {} : { class: chosen.name }

const crlf = Uint8Array.of(13, 10)

const whys = { Cancelled: "cancelled", Superseded: "superseded", Expired: "expired" } as const

const removedChange = (
  event: Site.Cancelled | Site.Superseded | Site.Expired,
  numbers: Xref.Numbers,
  dated: Dated
): Change => ({
  _tag: "Removed",
  position: event.position,
  id: event.id,
  groups: numbers.map(([group]) => group),
  removedMillis: event.atMillis,
  why: whys[event._tag],
  ...dated
})

/** An article as it is sent, put together. */
class Lines implements Wire {
  readonly #octets: Buffer
  readonly bytesMax: number

  constructor(id: string, xref: Uint8Array, article: Uint8Array) {
    const crlf = Buffer.from("\r\n")
    this.#octets = Buffer.concat([Buffer.from(id, "latin1"), crlf, xref, crlf, article])
    this.bytesMax = this.#octets.length
  }

  write(into: Buffer, start: number): number {
    return start + this.#octets.copy(into, start)
  }
}
