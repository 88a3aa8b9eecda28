/**
 * One connection of a feed: offers what is new and what was deferred, until the connection ends.
 *
 * Streaming peers (RFC 4644) get CHECK and TAKETHIS with many articles under way, others IHAVE one by one. Nothing
 * sets a timer but an answer that is due, a batch, a deferral, and the heartbeat of a feed that is watched.
 */
import type * as FeedRule from "@lupin/core/FeedRule"
import type * as Recoveries from "@lupin/core/Recoveries"
import type { Spool, SpoolUnavailable } from "@lupin/spool/Spool"
import { Clock, Effect, Random, type Scope } from "effect"
import * as Capabilities from "./Capabilities.ts"
import * as CheckWindow from "./CheckWindow.ts"
import * as FeedMoves from "./FeedMoves.ts"
import * as FeedReading from "./FeedReading.ts"
import * as FeedVerdict from "./FeedVerdict.ts"
import * as FeedWatch from "./FeedWatch.ts"
import * as Signal from "./Signal.ts"
import { type Entry, FeedWindow } from "./FeedWindow.ts"
import * as NntpClient from "./NntpClient.ts"
import { NntpDisconnected, type NntpError } from "./NntpError.ts"
import * as NntpReader from "./NntpReader.ts"
import type * as PeerFeed from "./PeerFeed.ts"
import type { PeerState, PeerStats } from "./PeerStats.ts"

export interface Feed extends Required<Omit<PeerFeed.Options, "reconnect">> {
  readonly spool: Spool["Service"]
  readonly stats: PeerState
  readonly links: PeerStats["Service"]
  /** What outlives a connection. */
  readonly progress: Progress
  readonly note: Recoveries.Counting["note"]
}

/** How far a feed has come with one generation of the peer's spool. */
export interface Progress {
  state: FeedWindow
  /** The name under which the position is stored; undefined before the first connection. */
  follower: string | undefined
  /** Up to here an earlier feed of this process may have sent: it is asked about. */
  readonly beganPosition: number
}

type Trouble = NntpError | SpoolUnavailable

/**
 * Deferred articles that a feed keeps open, at most. Where there are so many, nothing new is read until the peer has
 * answered some for good: the rest of the backlog is the position, and none of it is lost.
 */
export const deferralsMax = 1_000

/** An eager feed sends at once what is no older; what waited longer is asked about first, as the peer may have it. */
export const eagerAgeMillisMax = 60_000

/** Runs until the connection ends; every end is a failure that says why. */
export const run = Effect.fnUntraced(function* (feed: Feed): Effect.fn.Return<never, Trouble, Scope.Scope> {
  const { links, note, spool, stats } = feed
  const { beganPosition } = feed.progress
  const clock = yield* Clock.Clock
  const nowMillis = (): number => clock.currentTimeMillisUnsafe()
  const random = yield* Random.Random
  const client = yield* NntpClient.connect({ ...feed.peer, silenceMillisMax: feed.silenceMillisMax })
  stats.connects += 1
  if (stats.connects > 1) note("feed-reconnected")
  const reader = NntpReader.make(client)
  const capabilities = yield* reader.capabilities.pipe(
    Effect.catchTag("NntpRefused", () => Effect.succeed(Capabilities.none))
  )
  const state = yield* adopt(feed, capabilities)
  const [mode] = yield* client.exchange([{ line: "MODE STREAM" }])
  const isStreaming = mode?.code === 203
  stats.isConnected = true
  stats.isStreaming = isStreaming

  links.note(stats, "up")

  const reading: FeedReading.Reading = {
    spool,
    state,
    stats,
    rule: feed.rule,
    peer: ruled(feed, capabilities),
    onGap: gap(feed)
  }
  const answered: FeedVerdict.Feed = { state, stats, note, defer: feed.defer }
  const bounds = CheckWindow.boundsOf(feed.windowMax)
  let window = CheckWindow.initial(bounds)
  stats.window = window.size
  const moves: Array<FeedMoves.Move> = []
  // To be asked about together, and to be sent together, the oldest first.
  const gathered: Array<Entry> = []
  const paced: Array<Entry> = []
  let sentUnaskedMillis = -Infinity
  let standby: Standby | undefined
  let trouble: NntpDisconnected | undefined
  const signal = yield* Signal.make

  const watch = FeedWatch.make({
    client,
    nowMillis,
    limits: () => ({ ...feed, beatMillis: isStreaming && feed.part().isWatched ? feed.beatMillis : undefined }),
    isOwed: () => state.inFlight > 0,
    onLink: (link) => {
      if (link === "silent") note("peer-silent")
      else if (stats.link === "silent") note("peer-speaks-again")
      links.note(stats, link)
    },
    onGivenUp: () => note("peer-given-up")
  })

  const onReply: FeedMoves.OnReply = ({ entry }, command, reply) => {
    // A peer that has lost its place, as one that answers about another article, is not believed any more.
    if (trouble !== undefined) return
    const atMillis = nowMillis()
    const verdict = NntpClient.isAbout(reply, entry.id) ? FeedVerdict.of(command, reply.code) : "trouble"
    const answer = { isPutOff: verdict === "later", departedMillis: entry.departedMillis, inFlight: state.inFlight }
    window = CheckWindow.answered(window, answer, bounds, atMillis)
    stats.window = window.size
    FeedVerdict.apply(answered, entry, verdict, atMillis, random.nextDoubleUnsafe())
    if (verdict === "send") moves.push({ entry, way: "Send" })
    if (verdict === "trouble") {
      const reason = `said ${reply.code} ${reply.text} to ${command}`
      trouble ??= new NntpDisconnected({ server: client.server, reason })
    }
    watch.heard()
    signal.give()
  }

  /** Articles that may be offered now; the window may have shrunk below what is under way. */
  const room = (): number => Math.max(0, window.size - state.inFlight)
  /** Articles that may be read beside those gathered. */
  const free = (): number => (state.deferred < deferralsMax ? Math.max(0, room() - gathered.length - paced.length) : 0)
  const gatheredDueMillis = (): number => (gathered[0]?.arrivedMillis ?? Infinity) + feed.gatherMillis
  const pacedDueMillis = (): number => (paced.length === 0 ? Infinity : sentUnaskedMillis + feed.paceMillis)

  /** One turn of a feed that acts: reads on, sends at once or gathers, and asks about what was gathered long enough. */
  const act = Effect.fnUntraced(function* ({ eager }: PeerFeed.Part, atMillis: number) {
    const limit = signal.isExpecting() ? 0 : free()
    const { isRead, opened } = limit === 0 ? nothing : yield* FeedReading.read(reading, limit)
    for (const { entry, path } of opened) {
      const isNew = entry.position > beganPosition && atMillis - entry.arrivedMillis <= eagerAgeMillisMax
      const isEager = isNew && (typeof eager === "string" ? eager === "all" : eager(path))
      if (isEager) paced.push(entry)
      else gathered.push(entry)
    }
    const isFull = gathered.length + paced.length >= room() - moves.length
    if (isFull || pacedDueMillis() <= atMillis) {
      if (paced.length > 0) sentUnaskedMillis = atMillis
      for (const entry of paced.splice(0)) moves.push({ entry, way: "SendUnasked" })
    }
    if (isFull || gatheredDueMillis() <= atMillis) {
      for (const entry of gathered.splice(0)) moves.push({ entry, way: "Ask" })
    }
    return isRead
  })

  /** One turn of a feed in whose place another site offers: keeps up, some time behind it. */
  const follow = Effect.fnUntraced(function* (atMillis: number) {
    for (const entry of [...paced.splice(0), ...gathered.splice(0)]) moves.push({ entry, way: "Ask" })
    if (standby !== undefined && atMillis >= standby.dueMillis) {
      state.scan(standby.head)
      standby = undefined
    }
    const head = yield* spool.head
    if (head > state.scanned) standby ??= { head, dueMillis: atMillis + feed.standbyMillis }
    return false
  })

  /** Sees to it that the next turn comes when there may be something to do. */
  const arm = Effect.fnUntraced(function* (part: PeerFeed.Part) {
    const dueMillis = Math.min(
      part.isActing ? Math.min(gatheredDueMillis(), pacedDueMillis()) : (standby?.dueMillis ?? Infinity),
      (room() > 0 ? state.nextDueMillis() : undefined) ?? Infinity
    )
    yield* signal.at(dueMillis)
    if (part.isActing ? free() === 0 : standby !== undefined) return
    // What is asked about anyway need not wake us one by one.
    const isGathering = part.isActing && part.eager === "none" && gathered.length === 0
    yield* signal.after(spool.changed(state.scanned), isGathering ? feed.gatherMillis : 0)
  })

  const speaker: FeedMoves.Speaker = { client, spool, state, stats, nowMillis, onReply }
  const say = isStreaming ? FeedMoves.stream : FeedMoves.oneByOne
  const turns = Effect.gen(function* () {
    for (;;) {
      signal.take()
      if (trouble !== undefined) return yield* trouble
      const part = feed.part()
      const atMillis = nowMillis()
      for (const entry of state.due(atMillis, room())) moves.push({ entry, way: "Ask" })
      if (part.isActing) standby = undefined
      const isRead = part.isActing ? yield* act(part, atMillis) : yield* follow(atMillis)
      const batch = moves.splice(0)
      for (const { entry } of batch) state.depart(entry, "asking", atMillis)
      if (batch.length > 0) {
        watch.said()
        yield* say(speaker, batch)
        if (state.inFlight === 0) watch.settled()
      }
      yield* savePosition(feed)
      if (isRead || moves.length > 0 || signal.isGiven()) continue
      yield* arm(part)
      yield* signal.given
    }
  })
  const linkChanges = Effect.gen(function* () {
    for (let seen = links.linkChanges(); ; seen = links.linkChanges()) {
      watch.recheck()
      signal.give()
      yield* links.linkChanged(seen)
    }
  })
  return yield* Effect.raceAllFirst([turns, watch.keep, linkChanges, client.ended])
})

/** Where the log ended when a feed that is not acting looked, and when it may pass that. */
interface Standby {
  readonly head: number
  readonly dueMillis: number
}

const nothing = { opened: [], isRead: false } as const

/** The peer as the rule judges it. */
const ruled = ({ peer: { identities } }: Feed, { generation }: Capabilities.Capabilities): FeedRule.Peer =>
  generation === undefined ? { identities } : { identities, generationStartedMillis: generation.startedMillis }

/** The name under which a feed's position is stored: one for each generation of a peer that tells it. */
export const follower = (peerName: string, generation: Capabilities.Capabilities["generation"]): string =>
  generation === undefined ? `feed:${peerName}` : `feed:${peerName}:${generation.id}`

/** A peer whose spool began anew has lost what we sent, so the feed begins anew as well. */
const adopt = Effect.fnUntraced(function* (
  { note, peer, progress, spool, stats }: Feed,
  { generation }: Capabilities.Capabilities
): Effect.fn.Return<FeedWindow, SpoolUnavailable> {
  const name = follower(peer.name, generation)
  if (progress.follower === name) return progress.state
  if (progress.follower !== undefined) note("feed-begun-anew")
  const position = yield* spool.readPosition(name)
  progress.follower = name
  progress.state = new FeedWindow(position ?? 0)
  stats.position = progress.state.position
  return progress.state
})

/** Counts events that the feed could not read, and has them looked for. */
const gap =
  ({ note, onGap, stats }: Feed) =>
  (missed: number): void => {
    note("feed-missed")
    stats.missed += missed
    onGap()
  }

const savePosition = ({ progress, spool, stats }: Feed): Effect.Effect<void, SpoolUnavailable> =>
  Effect.suspend(() => {
    const { deferred, inFlight, position } = progress.state
    stats.inFlight = inFlight
    stats.deferred = deferred
    if (position === stats.position || progress.follower === undefined) return Effect.void
    stats.position = position
    return spool.savePosition(progress.follower, position)
  })
