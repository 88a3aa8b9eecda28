/**
 * A look at what one site of a simulated fleet holds: its log, its copies, and the numbers of its groups.
 */
import * as Article from "@lupin/core/Article"
import type * as Group from "@lupin/core/Group"
import type * as GroupName from "@lupin/core/GroupName"
import * as Limits from "@lupin/core/Limits"
import * as MessageId from "@lupin/core/MessageId"
import { Outranked } from "@lupin/spool/Outranked"
import type * as Spool from "@lupin/spool/Spool"
import { Effect } from "effect"
import type { SimSite } from "./SimSite.ts"

/** One article as a site holds it. */
export interface Copy {
  readonly article: Article.Article
  readonly numbers: Spool.Numbers
}

/** When an article was held, by the clock of the site. */
export interface Spell {
  /** Absent where the log tells only of the end: it was erased, or its cancel came first. */
  readonly fromMillis?: number
  readonly untilMillis: number | undefined
}

/** An article as the log tells of its filing. */
export type Filing = Pick<Filed, "position" | "groups" | "bytes" | "arrivedMillis" | "slot">
type Filed = Spool.Change & { readonly _tag: "Filed" }

/** How an article went, by the clock of the site. */
export type Removal = Pick<Removed, "position" | "removedMillis" | "why">
type Removed = Spool.Change & { readonly _tag: "Removed" }

/** What the log of a site says. */
export interface Log {
  readonly held: ReadonlySet<MessageId.MessageId>
  readonly removed: ReadonlyMap<MessageId.MessageId, Removed["why"]>
  /** Of those whose record is still in the log, held or not. */
  readonly filings: ReadonlyMap<MessageId.MessageId, Filing>
  /** Those that the log tells by themselves. */
  readonly removals: ReadonlyMap<MessageId.MessageId, Removal>
  readonly spells: ReadonlyMap<MessageId.MessageId, ReadonlyArray<Spell>>
}

/** The water marks of a group, and how many articles it has. */
export type Marks = Pick<Group.Group, "low" | "high" | "count">

/** A site at one moment; `copies` and `numbers` are there after a thorough look. */
export interface Look extends Log {
  readonly name: string
  readonly kind: "pop" | "central"
  readonly generation: string
  /** Equal where the same articles are held. */
  readonly fingerprint: string
  readonly copies: ReadonlyMap<MessageId.MessageId, Copy>
  /** What is held, also after a look that is not thorough, where it was asked for. */
  readonly articles?: ReadonlyMap<MessageId.MessageId, Article.Article>
  readonly groups: ReadonlyMap<GroupName.GroupName, Marks>
  /** Files that went since the process started, and records that were moved out of them. */
  readonly reclaimed: Pick<Spool.Reclaimed, "droppedFiles" | "movedRecords">
  /** The numbers that each group has. */
  readonly numbers: ReadonlyMap<GroupName.GroupName, ReadonlyArray<number>>
  /** Where octets of erased articles still stand: files of its disk, or `served` where the spool still finds it. */
  readonly remains: ReadonlyMap<MessageId.MessageId, ReadonlyArray<string>>
}

const pageMax = 1_000

/** Reads the whole log of a spool. */
export const log = Effect.fnUntraced(function* (spool: Spool.Spool["Service"]) {
  const held = new Set<MessageId.MessageId>()
  const removed = new Map<MessageId.MessageId, Removed["why"]>()
  const filings = new Map<MessageId.MessageId, Filing>()
  const removals = new Map<MessageId.MessageId, Removal>()
  const spells = new Map<MessageId.MessageId, Array<Spell>>()
  const outranked = new Outranked()
  for (let after = 0; ;) {
    const { changes, head, next } = yield* spool.changes(after, pageMax)
    for (const change of changes) {
      const own = spells.get(change.id) ?? []
      spells.set(change.id, own)
      if (change._tag === "Filed") {
        const { id, slot } = change
        held.add(id)
        filings.set(id, change)
        // What a damaged log has lost of its removal.
        const lower = slot && outranked.take(slot.key, { id, rank: slot.rank })
        if (lower !== undefined && held.delete(lower.id)) removed.set(lower.id, "superseded")
        own.push({ fromMillis: change.arrivedMillis, untilMillis: undefined })
      } else {
        held.delete(change.id)
        removed.set(change.id, change.why)
        removals.set(change.id, change)
        const last = own.at(-1)
        // What was cancelled may be erased later: it ended once.
        if (last?.untilMillis === undefined) own.splice(-1, 1, { ...last, untilMillis: change.removedMillis })
      }
    }
    after = next
    if (next >= head) return { held, removed, filings, removals, spells }
  }
})

/**
 * What a spool knows to be removed and its log does not tell any more, as it has rotted. Once the site has started again, an
 * audit has it told. `expired`: what had expired before it rotted.
 */
const corrected = Effect.fnUntraced(function* (
  told: Log,
  spool: Spool.Spool["Service"],
  expired: ReadonlySet<MessageId.MessageId>
) {
  const ids = [...told.held]
  const statuses = yield* spool.status(ids)
  const gone = ids.filter((_, at) => statuses[at] === "removed")
  const whyOf = (id: MessageId.MessageId): Removed["why"] =>
    MessageId.kindOf(id) === "digest" ? "superseded" : expired.has(id) ? "expired" : "cancelled"
  const held = new Set(ids.filter((_, at) => statuses[at] !== "removed"))
  return { ...told, held, removed: new Map([...told.removed, ...gone.map((id) => [id, whyOf(id)] as const)]) }
})

/** Reads every article, as a reader would who goes through all groups. */
export const readAll = Effect.fnUntraced(function* (spool: Spool.Spool["Service"]) {
  for (const { name } of yield* spool.groups) {
    for (const number of yield* spool.numbers(name, 1, Limits.articleNumberMax, pageMax)) yield* spool.at(name, number)
  }
})

/** An article that was erased, and a text that stands in no other one. */
export interface Erased {
  readonly id: MessageId.MessageId
  readonly text: string
}

/**
 * Looks at a site that serves; a thorough look reads every article too. `read` are articles that were read before, and has the
 * others read once. `undefined` where it does not serve.
 */
export const look = Effect.fnUntraced(function* (
  site: SimSite,
  isThorough: boolean,
  erased: ReadonlyArray<Erased> = [],
  read?: Map<MessageId.MessageId, Article.Article>
) {
  const { running } = site
  if (running === undefined) return undefined
  const { spool } = running
  const remains = new Map<MessageId.MessageId, ReadonlyArray<string>>()
  for (const { id, text } of erased) {
    const files = site.disk.naming(text)
    const found = (yield* spool.find(id)) === undefined ? files : ["served", ...files]
    if (found.length > 0) remains.set(id, found)
  }
  const told: Log = yield* log(spool)
  const found = site.hasRotted ? yield* corrected(told, spool, (yield* site.look()).expired) : told
  const copies = new Map<MessageId.MessageId, Copy>()
  const numbers = new Map<GroupName.GroupName, ReadonlyArray<number>>()
  if (isThorough) {
    for (const id of found.held) {
      const held = yield* spool.find(id)
      const article = held === undefined ? undefined : Article.read(held.article)
      if (held === undefined || article === undefined || Article.isMalformed(article)) continue
      copies.set(id, { article, numbers: held.numbers })
    }
    for (const { name } of yield* spool.groups) {
      numbers.set(name, yield* spool.numbers(name, 1, Limits.articleNumberMax, pageMax))
    }
  }
  const articles = new Map<MessageId.MessageId, Article.Article>()
  for (const id of read === undefined ? [] : found.held) {
    const held = read?.has(id) === true ? undefined : yield* spool.find(id)
    const article = held === undefined ? read?.get(id) : Article.read(held.article)
    if (article === undefined || Article.isMalformed(article)) continue
    read?.set(id, article)
    articles.set(id, article)
  }
  const { fingerprint } = yield* site.look()
  const groups = new Map((yield* spool.groups).map((group) => [group.name, group]))
  const reclaimed = yield* spool.reclaimed
  const { kind, name } = site.plan
  const generation: string = spool.generation.id
  return { name, kind, generation, fingerprint, ...found, copies, articles, groups, reclaimed, numbers, remains }
})
