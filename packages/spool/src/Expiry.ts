/**
 * Lets go of articles by age, number and size, and of removed ids once history is over.
 *
 * A follower of the log like others, a bounded slice at a time: one walk for each age that a rule names, in the order of
 * arrival, so that it never looks further than what is due. Then it has the spool give the room back.
 */
import * as Limits from "@lupin/core/Limits"
import * as MessageId from "@lupin/core/MessageId"
import * as Overview from "@lupin/core/Overview"
import { Clock, Effect, Layer, Metric } from "effect"
import { Buffer } from "node:buffer"
import * as RetentionRule from "./RetentionRule.ts"
import { type Change, type Changes, type Damaged, Spool, type SpoolUnavailable } from "./Spool.ts"

export interface Options {
  /** The first that fits an article counts; where none does, articles stay as long as history. */
  readonly rules?: ReadonlyArray<RetentionRule.RetentionRule>
}

/** Changes or articles that one slice of a walk deals with. */
export const sliceMax = 500
/** Left to others between two slices. */
export const pauseMillis = 20
/** The longest sleep: a clock that was set is noticed after it. */
export const sleepMillisMax = 60 * 60 * 1000
/** How often numbers and sizes are looked at, where a rule bounds them, and whether the log can be compacted. */
export const lookMillis = 60 * 1000
/** How long to wait when the spool takes no removals. */
export const retryMillis = 60 * 1000
/** Removed ids are forgotten in strides of this, so that the log has few events of it. */
export const forgetStrideMillis = 60 * 60 * 1000

/** What a slice has done. `next`: there may be more to do at once, or at a time, or after a change, or whichever comes first. */
export interface Swept {
  readonly expired: number
  readonly next:
    | { readonly _tag: "Now" }
    | { readonly _tag: "At"; readonly millis: number; readonly orAfter?: number }
    | { readonly _tag: "After"; readonly position: number }
}

type Filed = Extract<Change, { _tag: "Filed" }>
type Damages = ReadonlyArray<Damaged>
type Rules = ReadonlyArray<RetentionRule.RetentionRule>
type Sweep<A> = Effect.fn.Return<A, SpoolUnavailable, Spool>

/** What a process remembers between two slices: up to when it had removals forgotten. */
export interface Memory {
  forgottenMillis: number
}

/** One slice of each walk. Safe to repeat: what is gone already stays gone. */
export const sweep = Effect.fn("Expiry.sweep")(function* (
  { rules = [] }: Options = {},
  memory: Memory = { forgottenMillis: 0 }
): Sweep<Swept> {
  const spool = yield* Spool
  const nowMillis = yield* Clock.currentTimeMillis
  const parts: Array<Part> = []
  for (const age of RetentionRule.ages(rules)) parts.push(yield* walk(rules, age, nowMillis))
  parts.push(yield* takeExpiring(rules, nowMillis))
  const damaged = yield* spool.damaged
  parts.push(yield* takeDamaged(rules, damaged, nowMillis))
  for (const rule of rules) {
    if (rule.countMax !== undefined) parts.push(yield* bound(rule, rule.countMax, damaged))
    if (rule.bytesMax !== undefined) parts.push(yield* shrink(rule.class ?? "", rule.bytesMax, damaged))
  }
  const before = nowMillis - Limits.historyMillis
  if (before >= memory.forgottenMillis + forgetStrideMillis) {
    yield* spool.forget(before)
    memory.forgottenMillis = before
  }
  const expired = parts.reduce((sum, part) => sum + part.expired, 0)
  if (parts.some(({ isMore }) => isMore)) return { expired, next: { _tag: "Now" } }
  const soonest = Math.min(...parts.map(({ nextMillis }) => nextMillis))
  const isWatched = rules.some(({ bytesMax, countMax }) => bytesMax !== undefined || countMax !== undefined)
  const millis = isWatched ? Math.min(soonest, nowMillis + lookMillis) : soonest
  // Where a walk has come to the end, what arrives next may be due before all else.
  const ends = parts.flatMap(({ end }) => end ?? [])
  const position = ends.length === 0 ? undefined : Math.min(...ends)
  if (millis === Infinity) return { expired, next: { _tag: "After", position: position ?? (yield* spool.head) } }
  return { expired, next: { _tag: "At", millis, ...(position === undefined ? {} : { orAfter: position }) } }
})

/** What one walk came to. `nextMillis`: when something may be due, as far as it knows. `end`: it knows of nothing behind this position. */
interface Part {
  readonly expired: number
  readonly isMore: boolean
  readonly nextMillis: number
  readonly end?: number
}

const expiredTotal = Metric.counter("lupin_spool_expired_articles_total", {
  description: "Articles that retention or their own Expires let go of since the start"
})

const expire = Effect.fnUntraced(function* (ids: ReadonlyArray<MessageId.MessageId>) {
  if (ids.length === 0) return 0
  yield* (yield* Spool).remove(ids, "expired")
  yield* Metric.update(expiredTotal, ids.length)
  return ids.length
})

/** When the rules let go of an article. */
const dueMillisOf = (rules: Rules, change: Filed): number =>
  RetentionRule.dueMillis(RetentionRule.of(rules, change), change) ?? Infinity

const isDue = (rules: Rules, change: Filed, nowMillis: number): boolean => dueMillisOf(rules, change) <= nowMillis

/** Looks at each article once it has an age. Rules that changed look at all again: the place is kept by what they say. */
const walk = Effect.fnUntraced(function* (rules: Rules, age: number, nowMillis: number): Sweep<Part> {
  const spool = yield* Spool
  const follower = `expiry/${age}/${namesOf(rules)}`
  const after = (yield* spool.readPosition(follower)) ?? 0
  const page = yield* spool.changes(after, sliceMax)
  const undue = page.changes.find((change) => timeOf(change) + age > nowMillis)
  const aged = undue === undefined ? page.changes : page.changes.slice(0, page.changes.indexOf(undue))
  const due = aged.filter((change) => change._tag === "Filed" && isDue(rules, change, nowMillis))
  const held = yield* heldOf(due.map(({ id }) => id))
  const expired = yield* expire(held)
  const position = yield* passed(after, page, aged.length)
  if (position > after) yield* spool.savePosition(follower, position)
  const isMore = undue === undefined && position < page.head
  return undue === undefined
    ? { expired, isMore, nextMillis: Infinity, end: position }
    : { expired, isMore, nextMillis: timeOf(undue) + age }
})

/** How far a walk has come that is through with the first changes of a page. What is lost on its way is looked for as it passes. */
const passed = Effect.fnUntraced(function* (after: number, page: Changes, count: number) {
  const { changes, lost = 0, next } = page
  const ahead = changes[count]
  if (lost === 0) return ahead === undefined ? next : ahead.position - 1
  const spool = yield* Spool
  if (count === 0 && ahead !== undefined) return after
  const stretch = ahead === undefined ? page : yield* spool.changes(after, count)
  if ((stretch.lost ?? 0) > 0) yield* spool.findLost(after, stretch.next)
  return stretch.next
})

/** Those whose Expires has passed. */
const takeExpiring = Effect.fnUntraced(function* (rules: Rules, nowMillis: number): Sweep<Part> {
  const spool = yield* Spool
  const { changes, nextMillis } = yield* spool.expiring(nowMillis, sliceMax)
  const due = changes.filter((change) => isDue(rules, change, nowMillis))
  const expired = yield* expire(due.map(({ id }) => id))
  const later = changes.map((change) => dueMillisOf(rules, change))
  const soonest = Math.min(nextMillis ?? Infinity, ...later.filter((millis) => millis > nowMillis))
  return { expired, isMore: changes.length === sliceMax && expired > 0, nextMillis: soonest }
})

/** Those that cannot be read: a walk may have come past them before they were found, and nobody else may have them any more. */
const takeDamaged = Effect.fnUntraced(function* (rules: Rules, damaged: Damages, nowMillis: number): Sweep<Part> {
  const due = damaged.filter((change) => isDue(rules, change, nowMillis))
  const expired = yield* expire(due.slice(0, sliceMax).map(({ id }) => id))
  const later = damaged.map((change) => dueMillisOf(rules, change)).filter((millis) => millis > nowMillis)
  return { expired, isMore: due.length > expired, nextMillis: Math.min(Infinity, ...later) }
})

/** Lets go of the oldest articles, digests aside, of groups that have too many. */
const bound = Effect.fnUntraced(function* (
  rule: RetentionRule.RetentionRule,
  countMax: number,
  damaged: Damages
): Sweep<Part> {
  const spool = yield* Spool
  let expired = 0
  let isMore = false
  for (const { count: before, name } of yield* spool.groups) {
    if (before <= countMax || !RetentionRule.fits(rule, name)) continue
    // Crossposts that another group let go of have left this one too.
    const { count, high, low } = (yield* spool.group(name)) ?? { count: 0, high: 0, low: 0 }
    if (count <= countMax) continue
    const excess = Math.min(count - countMax, sliceMax - expired)
    if (excess <= 0) {
      isMore = true
      break
    }
    const oldest = new Set(damaged.length === 0 ? [] : yield* spool.numbers(name, low, high, excess))
    const lines = yield* spool.overview(name, low, high, excess)
    const ids = lines.map(({ line }) =>
      MessageId.parse(Overview.parse(Buffer.from(line).toString("utf8"))?.messageId ?? "")
    )
    const unread = damaged.filter(({ numbers }) =>
      numbers.some(([group, number]) => group === name && oldest.has(number))
    )
    const aside = [...ids, ...unread.map(({ id }) => id)].filter(isNoDigest)
    expired += yield* expire(yield* heldOf(aside, damaged))
    isMore = isMore || count - countMax > excess
  }
  return { expired, isMore: isMore && expired > 0, nextMillis: Infinity }
})

/** Lets go of the oldest of a class that takes too much room. */
const shrink = Effect.fnUntraced(function* (name: string, bytesMax: number, damaged: Damages): Sweep<Part> {
  const spool = yield* Spool
  const { articles, bytes } = (yield* spool.usage).find((usage) => usage.class === name) ?? { articles: 0, bytes: 0 }
  const follower = `expiry/bytes/${name}`
  if (bytes <= bytesMax) return { expired: 0, isMore: false, nextMillis: Infinity }
  const after = (yield* spool.readPosition(follower)) ?? 0
  const page = yield* spool.changes(after, sliceMax)
  const candidates = page.changes.filter(
    (change): change is Filed => change._tag === "Filed" && (change.class ?? "") === name && change.slot === undefined
  )
  const held = new Set(
    yield* heldOf(
      candidates.map(({ id }) => id),
      damaged
    )
  )
  const taken: Array<Filed> = []
  let left = bytes
  for (const change of candidates) {
    if (left <= bytesMax) break
    if (!held.has(change.id)) continue
    taken.push(change)
    // It takes more than its octets. What is left too much after that goes with the next slice.
    left -= Math.max(change.bytes, bytes / articles)
  }
  const expired = yield* expire(taken.map(({ id }) => id))
  const position = left <= bytesMax ? (taken.at(-1)?.position ?? after) : page.next
  if (position > after) yield* spool.savePosition(follower, position)
  return { expired, isMore: position < page.head && position > after, nextMillis: Infinity }
})

const isNoDigest = (id: MessageId.MessageId | undefined): id is MessageId.MessageId =>
  id !== undefined && MessageId.kindOf(id) !== "digest"

/** Those that are held, and of the damaged these. */
const heldOf = Effect.fnUntraced(function* (ids: ReadonlyArray<MessageId.MessageId>, damaged: Damages = []) {
  const statuses = yield* (yield* Spool).status(ids)
  const unread = new Set(damaged.map(({ id }) => id))
  return [...new Set(ids.filter((id, at) => statuses[at] === "held" || (statuses[at] === "unknown" && unread.has(id))))]
})

/** Sweeps in the background as long as the layer lives, and gives room back. */
export const layer = (options: Options = {}): Layer.Layer<never, never, Spool> =>
  Layer.effectDiscard(
    Effect.suspend(() => {
      const memory: Memory = { forgottenMillis: 0 }
      const sweeping = Effect.forkScoped(forever(Effect.flatMap(sweep(options, memory), rest)))
      return Effect.all([sweeping, Effect.forkScoped(forever(reclaim))])
    })
  )

const forever = (once: Effect.Effect<void, SpoolUnavailable, Spool>) =>
  Effect.forever(
    once.pipe(
      Effect.catchTag("SpoolUnavailable", ({ reason }) =>
        Effect.andThen(Effect.logWarning(`expiry waits: ${reason}`), Effect.sleep(retryMillis))
      )
    )
  )

const reclaim = Effect.gen(function* () {
  const { isMore } = yield* (yield* Spool).reclaim
  yield* Effect.sleep(isMore ? pauseMillis : lookMillis)
})

const rest = Effect.fnUntraced(function* ({ next }: Swept) {
  switch (next._tag) {
    case "Now":
      return yield* Effect.sleep(pauseMillis)
    case "At": {
      const nowMillis = yield* Clock.currentTimeMillis
      const sleep = Effect.sleep(Math.min(Math.max(next.millis - nowMillis, 0), sleepMillisMax))
      return yield* next.orAfter === undefined ? sleep : Effect.raceFirst(sleep, (yield* Spool).changed(next.orAfter))
    }
    case "After":
      return yield* (yield* Spool).changed(next.position)
  }
})

const timeOf = (change: Change): number => (change._tag === "Filed" ? change.arrivedMillis : change.removedMillis)

/** Tells one list of rules from another. */
const namesOf = (rules: Rules): string =>
  rules
    .map(({ class: name, groups, keepMillis, keepMillisMax, keepMillisMin }) =>
      [name ?? "", groups?.text ?? "*", keepMillis, keepMillisMin, keepMillisMax].join(" ")
    )
    .join(";")
