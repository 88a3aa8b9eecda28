/**
 * One connection of a feed: offers what is new and what was deferred, until the connection ends.
 *
 * Streaming peers (RFC 4644) get CHECK and TAKETHIS with many articles under way, others IHAVE one by one. Nothing but
 * an answer that is due, or a deferral, sets a timer.
 */
import * as FeedRule from "@lupin/core/FeedRule"
import * as Headers from "@lupin/core/Headers"
import * as Limits from "@lupin/core/Limits"
import * as MessageId from "@lupin/core/MessageId"
import type { Change, Spool, SpoolUnavailable } from "@lupin/spool/Spool"
import { Clock, Effect, Random, type Scope } from "effect"
import * as Capabilities from "./Capabilities.ts"
import * as CheckWindow from "./CheckWindow.ts"
import * as Columns from "./Columns.ts"
import * as FeedMoves from "./FeedMoves.ts"
import * as FeedVerdict from "./FeedVerdict.ts"
import { type Entry, FeedWindow } from "./FeedWindow.ts"
import * as NntpClient from "./NntpClient.ts"
import { NntpDisconnected, type NntpError } from "./NntpError.ts"
import * as NntpReader from "./NntpReader.ts"
import type * as PeerFeed from "./PeerFeed.ts"
import type { PeerState } from "./PeerStats.ts"

export interface Feed extends Required<Omit<PeerFeed.Options, "reconnect">> {
  readonly spool: Spool["Service"]
  readonly stats: PeerState
  /** What outlives a connection. */
  readonly progress: Progress
}

/** How far a feed has come with one generation of the peer's spool. */
export interface Progress {
  state: FeedWindow
  /** The name under which the position is stored; undefined before the first connection. */
  follower: string | undefined
}

type Trouble = NntpError | SpoolUnavailable

/**
 * Deferred articles that a feed keeps open, at most. Where there are so many, nothing new is read until the peer has
 * answered some for good: the rest of the backlog is the position, and none of it is lost.
 */
export const deferralsMax = 1_000

/** An eager feed sends at once what is no older; what waited longer is asked about first, as the peer may have it. */
export const eagerAgeMillisMax = 60_000

/** Events read from the log at a time. */
const pageMax = Limits.pageMax

/** Runs until the connection ends; every end is a failure that says why. */
export const run = Effect.fnUntraced(function* (feed: Feed): Effect.fn.Return<never, Trouble, Scope.Scope> {
  const { spool, stats } = feed
  const clock = yield* Clock.Clock
  const nowMillis = (): number => clock.currentTimeMillisUnsafe()
  const random = yield* Random.Random
  const client = yield* NntpClient.connect({ ...feed.peer, silenceMillisMax: feed.silenceMillisMax })
  stats.connects += 1
  const reader = NntpReader.make(client)
  const capabilities = yield* reader.capabilities.pipe(
    Effect.catchTag("NntpRefused", () => Effect.succeed(Capabilities.none))
  )
  const state = yield* adopt(feed, capabilities)
  const [mode] = yield* client.exchange([{ line: "MODE STREAM" }])
  const isStreaming = mode?.code === 203
  stats.isConnected = true
  stats.isStreaming = isStreaming

  const answered: FeedVerdict.Feed = { state, stats, defer: feed.defer }
  const bounds = CheckWindow.boundsOf(feed.windowMax)
  let window = CheckWindow.initial(bounds)
  stats.window = window.size
  const moves: Array<FeedMoves.Move> = []
  let trouble: NntpDisconnected | undefined
  let heardMillis = nowMillis()
  let isSignalled = false
  let wake = (): void => {}

  const onReply: FeedMoves.OnReply = ({ entry }, command, reply) => {
    heardMillis = nowMillis()
    const verdict = FeedVerdict.of(command, reply.code)
    const answer = {
      isPutOff: verdict === "later",
      departedMillis: entry.departedMillis,
      inFlight: state.inFlight
    }
    window = CheckWindow.answered(window, answer, bounds, heardMillis)
    stats.window = window.size
    FeedVerdict.apply(answered, entry, verdict, heardMillis, random.nextDoubleUnsafe())
    if (verdict === "send") moves.push({ entry, way: "Send" })
    if (verdict === "trouble") {
      trouble ??= new NntpDisconnected({
        server: client.server,
        reason: `said ${reply.code} ${reply.text} to ${command}`
      })
    }
    isSignalled = true
    wake()
  }

  const signalled = Effect.callback<void>((resume) => {
    if (isSignalled) return resume(Effect.void)
    wake = () => resume(Effect.void)
    return Effect.sync(() => {
      wake = () => {}
    })
  })

  /** Articles that may be offered now; the window may have shrunk below what is under way. */
  const room = (): number => Math.max(0, window.size - state.inFlight)

  /** Waits for whatever may give something to do. */
  const somethingToDo = Effect.suspend(() => {
    const atMillis = nowMillis()
    const waits: Array<Effect.Effect<unknown, Trouble>> = [signalled, client.ended]
    if (state.inFlight > 0) {
      const leftMillis = heardMillis + feed.silenceMillisMax - atMillis
      const silent = new NntpDisconnected({ server: client.server, reason: "gave no answer in time" })
      waits.push(Effect.andThen(Effect.sleep(Math.max(leftMillis, 0)), Effect.fail(silent)))
    }
    if (room() > 0 && state.deferred < deferralsMax) {
      const gathering = state.inFlight === 0 && !feed.eager ? feed.gatherMillis : 0
      waits.push(Effect.andThen(spool.changed(state.scanned), gathering === 0 ? Effect.void : Effect.sleep(gathering)))
    }
    const dueMillis = room() > 0 ? state.nextDueMillis() : undefined
    if (dueMillis !== undefined) waits.push(Effect.sleep(Math.max(dueMillis - atMillis, 0)))
    return Effect.raceAllFirst(waits)
  })

  const speaker: FeedMoves.Speaker = { client, spool, state, stats, nowMillis, onReply }
  for (;;) {
    isSignalled = false
    if (trouble !== undefined) return yield* trouble
    const atMillis = nowMillis()
    for (const entry of state.due(atMillis, room())) offer(feed, moves, entry, atMillis)
    const free = state.deferred < deferralsMax ? room() : 0
    const isRead = free > 0 && (yield* readChanges(feed, capabilities, moves, free, atMillis))
    const batch = moves.splice(0)
    if (batch.length > 0) heardMillis = Math.max(heardMillis, atMillis)
    yield* (isStreaming ? FeedMoves.stream : FeedMoves.oneByOne)(speaker, batch)
    yield* savePosition(feed)
    if (!isRead && moves.length === 0 && !isSignalled) yield* somethingToDo
  }
})

/** The name under which a feed's position is stored: one for each generation of a peer that tells it. */
export const follower = (peerName: string, generation: Capabilities.Capabilities["generation"]): string =>
  generation === undefined ? `feed:${peerName}` : `feed:${peerName}:${generation.id}`

/** A peer whose spool began anew has lost what we sent, so the feed begins anew as well. */
const adopt = Effect.fnUntraced(function* (
  { peer, progress, spool, stats }: Feed,
  { generation }: Capabilities.Capabilities
): Effect.fn.Return<FeedWindow, SpoolUnavailable> {
  const name = follower(peer.name, generation)
  if (progress.follower === name) return progress.state
  const position = yield* spool.readPosition(name)
  progress.follower = name
  progress.state = new FeedWindow(position ?? 0)
  stats.position = progress.state.position
  return progress.state
})

/** Asks, or sends at once where the feed is eager and the article new. */
const offer = (feed: Feed, moves: Array<FeedMoves.Move>, entry: Entry, nowMillis: number): void => {
  const isNew = entry.attempts === 0 && nowMillis - entry.arrivedMillis <= eagerAgeMillisMax
  feed.progress.state.depart(entry, "asking", nowMillis)
  moves.push({ entry, way: feed.eager && isNew ? "SendUnasked" : "Ask" })
}

/** Reads on in the log and opens an entry for each article the peer is to have; says whether there was anything to read. */
const readChanges = Effect.fnUntraced(function* (
  feed: Feed,
  { generation }: Capabilities.Capabilities,
  moves: Array<FeedMoves.Move>,
  room: number,
  nowMillis: number
): Effect.fn.Return<boolean, SpoolUnavailable> {
  const { spool, stats } = feed
  const { state } = feed.progress
  const before = state.scanned
  const page = yield* spool.changes(before, Math.min(pageMax, room))
  stats.head = page.head
  const peer: FeedRule.Peer = {
    identities: feed.peer.identities,
    ...(generation === undefined ? {} : { generationStartedMillis: generation.startedMillis })
  }
  const filed: Array<Change & { readonly _tag: "Filed" }> = []
  for (const change of page.changes) {
    if (change._tag === "Filed" && (yield* isWanted(feed, change, peer))) filed.push(change)
  }
  const statuses = filed.length === 0 ? [] : yield* spool.status(filed.map(({ id }) => id))
  for (const [index, change] of filed.entries()) {
    const entry = statuses[index] === "held" && state.add(change.id, change.position, change.arrivedMillis)
    if (entry) offer(feed, moves, entry, nowMillis)
  }
  state.scan(Math.max(page.next, page.changes[page.changes.length - 1]?.position ?? 0))
  return state.scanned > before
})

const isWanted = Effect.fnUntraced(function* (
  { rule, spool }: Feed,
  change: Change & { readonly _tag: "Filed" },
  peer: FeedRule.Peer
): Effect.fn.Return<boolean, SpoolUnavailable> {
  const groups = change.newsgroups ?? change.groups
  const offered = { ...change, groups, injectedMillis: MessageId.mintedMillis(change.id) ?? change.arrivedMillis }
  if (FeedRule.wants(rule, offered, peer)._tag !== "Wanted") return false
  if (rule.distributions === undefined) return true
  const held = yield* spool.find(change.id)
  const distribution = held && Headers.get(held.article, Columns.headerEnd(held.article), "distribution")
  return distribution === undefined || FeedRule.wants(rule, { ...offered, distribution }, peer)._tag === "Wanted"
})

const savePosition = ({ progress, spool, stats }: Feed): Effect.Effect<void, SpoolUnavailable> =>
  Effect.suspend(() => {
    const { deferred, inFlight, position } = progress.state
    stats.inFlight = inFlight
    stats.deferred = deferred
    if (position === stats.position || progress.follower === undefined) return Effect.void
    stats.position = position
    return spool.savePosition(progress.follower, position)
  })
