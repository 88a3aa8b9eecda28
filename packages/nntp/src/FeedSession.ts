/**
 * One connection of a feed: offers what is new and what was deferred, until the connection ends.
 *
 * Streaming peers (RFC 4644) get CHECK and TAKETHIS with many articles under way, others IHAVE one by one. Nothing
 * sets a timer but an answer that is due, a batch, a deferral, and the heartbeat of a feed that is watched.
 */
import type * as FeedRule from "@lupin/core/FeedRule"
import type * as MessageId from "@lupin/core/MessageId"
import * as Prompt from "@lupin/core/Prompt"
import type * as Recoveries from "@lupin/core/Recoveries"
import type { Change, Spool, SpoolUnavailable } from "@lupin/spool/Spool"
import { Clock, Effect, Random, type Scope } from "effect"
import * as Capabilities from "./Capabilities.ts"
import * as CheckWindow from "./CheckWindow.ts"
import { FeedGathering, hasPassed } from "./FeedGathering.ts"
import * as FeedMoves from "./FeedMoves.ts"
import * as FeedPosition from "./FeedPosition.ts"
import * as FeedProgress from "./FeedProgress.ts"
import * as FeedReading from "./FeedReading.ts"
import * as FeedVerdict from "./FeedVerdict.ts"
import * as FeedWatch from "./FeedWatch.ts"
import * as Signal from "./Signal.ts"
import * as NntpClient from "./NntpClient.ts"
import { NntpDisconnected, type NntpError } from "./NntpError.ts"
import * as NntpReader from "./NntpReader.ts"
import type * as PeerFeed from "./PeerFeed.ts"
import type { PeerState, PeerStats } from "./PeerStats.ts"
import type { Showings } from "./Showings.ts"

export interface Feed extends Required<Omit<PeerFeed.Options, "reconnect" | "onOtherRule">> {
  readonly onOtherRule: FeedProgress.OnOtherRule | undefined
  readonly spool: Spool["Service"]
  readonly stats: PeerState
  readonly links: PeerStats["Service"]
  /** Absent where nobody tells what peers show. */
  readonly showings: Showings["Service"] | undefined
  /** What outlives a connection. */
  readonly progress: FeedProgress.Progress
  readonly note: Recoveries.Counting["note"]
}

type Trouble = NntpError | SpoolUnavailable

/** Something of a turn that is not done yet. */
type Undone = Effect.Effect<unknown, Trouble>

/**
 * Deferred articles that a feed keeps open, at most. Where there are so many, nothing new is read until the peer has
 * answered some for good: the rest of the backlog is the position, and none of it is lost.
 */
export const deferralsMax = 1_000

/** Runs until the connection ends; every end is a failure that says why. */
export const run = Effect.fnUntraced(function* (feed: Feed): Effect.fn.Return<never, Trouble, Scope.Scope> {
  const { links, note, spool, stats } = feed
  const clock = yield* Clock.Clock
  const nowMillis = (): number => clock.currentTimeMillisUnsafe()
  const random = yield* Random.Random
  const { beatMillis, silenceMillisMax, silentMillisMax } = feed
  const onLink = (link: "up" | "silent"): void => {
    if (link === "silent") note("peer-silent")
    else if (stats.link === "silent") note("peer-speaks-again")
    links.note(stats, link)
  }
  // A peer that is down counts as dead already.
  const onSilent = (): void => {
    if (stats.link !== "down") onLink("silent")
  }
  const opened = yield* FeedWatch.opening(open(feed), { silentMillisMax, onSilent })
  const { capabilities, client, isStreaming, state } = opened
  stats.isConnected = true
  stats.isStreaming = isStreaming
  onLink("up")

  const reading: FeedReading.Reading = {
    spool,
    state,
    stats,
    rule: feed.rule,
    peer: ruled(feed, capabilities),
    onNeedless: (id) => void needless(id),
    onGap: gap(feed)
  }
  const answered: FeedVerdict.Feed = { state, stats, note, defer: feed.defer }
  const bounds = CheckWindow.boundsOf(feed.windowMax)
  let window = CheckWindow.initial(bounds)
  stats.window = window.size
  const place = FeedPosition.make(feed)
  const moves: Array<FeedMoves.Move> = []
  const gathering = new FeedGathering(feed, yield* spool.head)
  /** Nothing is said any more of an article that has not been spoken of; says whether there was one. */
  const needless = (id: MessageId.MessageId): boolean => {
    const entry = state.spare(id)
    if (entry !== undefined) gathering.drop(entry)
    return entry !== undefined
  }
  let standby: Standby | undefined
  let trouble: NntpDisconnected | undefined
  const signal = yield* Signal.make

  /** What happens when the log has grown: a turn now, or one when enough may have come to ask about together. */
  let onMove: "turn" | "gather" | "nothing" = "nothing"
  /** Since when the log is left to grow; undefined where it is read on at each turn. */
  let growingMillis: number | undefined
  /** Whether answers make room that is waited for. */
  let isCramped = true
  const moved = (): void => {
    if (onMove === "turn") {
      growingMillis = undefined
      signal.give()
    } else if (onMove === "gather") {
      growingMillis ??= nowMillis()
      signal.at(growingMillis + feed.gatherMillis)
    }
    onMove = "nothing"
  }
  /** Between two turns, what comes is taken in without one, as long as there is nothing to be said of it yet. */
  let isParked = false
  const told = (changes: ReadonlyArray<Change>): boolean => {
    const part = feed.part()
    if (!isParked || !part.isActing || free() < changes.length) return false
    const atMillis = nowMillis()
    let isSome = false
    const isTaken = FeedReading.take(reading, changes, stats.head, (entry, path) => {
      isSome = true
      gathering.add(entry, path, part, atMillis)
    })
    if (!isTaken) return false
    if (!isSome) place.note()
    else if (gathering.isDue(atMillis)) signal.give()
    else {
      signal.at(gathering.dueMillis())
      isCramped = free() === 0
    }
    return true
  }
  const unwatch = spool.watch((at, changes) => {
    const isAllRead = state.scanned === stats.head
    stats.head = at
    if (!isAllRead || !told(changes)) moved()
  })
  yield* Effect.addFinalizer(() => Effect.sync(unwatch))
  const unlisten = feed.showings?.listen(feed.peer.identities, (ids) => {
    let spared = 0
    for (const id of ids) if (needless(id)) spared += 1
    stats.spared += spared
    if (spared > 0) place.note()
  })
  yield* Effect.addFinalizer(() => Effect.sync(() => unlisten?.()))
  stats.head = yield* spool.head

  const unwatched = { silenceMillisMax, silentMillisMax, beatMillis: undefined }
  const watched = { silenceMillisMax, silentMillisMax, beatMillis }
  const watch = FeedWatch.make({
    client,
    nowMillis,
    limits: () => (isStreaming && feed.part().isWatched ? watched : unwatched),
    isOwed: () => state.inFlight > 0,
    onLink,
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
    place.note()
    watch.heard()
    if (isCramped || verdict === "send" || verdict === "later" || verdict === "trouble") signal.give()
  }

  /** Articles that may be offered now; the window may have shrunk below what is under way. */
  const room = (): number => Math.max(0, window.size - state.inFlight)
  /** Articles that may be read beside those gathered. */
  const free = (): number => (state.deferred < deferralsMax ? Math.max(0, room() - gathering.size) : 0)

  /** One turn of a feed that acts: reads on, and says what is due. */
  const act = function* (part: PeerFeed.Part, atMillis: number): Generator<Undone, boolean, never> {
    const isGrown = growingMillis === undefined || hasPassed(growingMillis, feed.gatherMillis, atMillis)
    const limit = isGrown && stats.head > state.scanned ? free() : 0
    const opened: FeedReading.OnOpened = (entry, path) => gathering.add(entry, path, part, atMillis)
    const isMore = limit > 0 && (yield* FeedReading.read(reading, limit, opened))
    if (limit > 0) growingMillis = undefined
    const isFull = gathering.size >= room() - moves.length
    for (const entry of gathering.takeToSend(atMillis, isFull)) moves.push({ entry, way: "SendUnasked" })
    for (const entry of gathering.takeToAsk(atMillis, isFull)) moves.push({ entry, way: "Ask" })
    return isMore
  }

  /** One turn of a feed in whose place another site offers: keeps up, some time behind it. */
  const follow = (atMillis: number): void => {
    for (const entry of gathering.takeAll()) moves.push({ entry, way: "Ask" })
    if (standby !== undefined && hasPassed(standby.sinceMillis, feed.standbyMillis, atMillis)) {
      state.scan(standby.head)
      standby = undefined
    }
    if (stats.head > state.scanned) standby ??= { head: stats.head, sinceMillis: atMillis }
  }

  /** Sees to it that the next turn comes when there may be something to do. */
  const arm = (part: PeerFeed.Part): void => {
    if (part.isActing) signal.at(gathering.dueMillis())
    else if (standby !== undefined) signal.at(standby.sinceMillis + feed.standbyMillis)
    const offerMillis = room() > 0 ? state.nextDueMillis() : undefined
    if (offerMillis !== undefined) signal.at(offerMillis)
    isCramped = room() === 0 || (part.isActing && free() === 0)
    const isFollowing = part.isActing ? free() > 0 : standby === undefined
    // What is asked about anyway need not wake us one by one.
    const isGathering = part.isActing && part.eager === "none" && !gathering.isGathering
    onMove = !isFollowing ? "nothing" : isGathering ? "gather" : "turn"
    if (stats.head > state.scanned) moved()
  }

  const speaker: FeedMoves.Speaker = { client, spool, state, stats, nowMillis, onReply }
  const say = isStreaming ? FeedMoves.stream : FeedMoves.oneByOne
  const turn = function* (): Generator<Undone, void, never> {
    signal.take()
    if (trouble !== undefined) return yield* trouble
    onMove = "nothing"
    isParked = false
    const part = feed.part()
    const atMillis = nowMillis()
    for (const entry of state.due(atMillis, room())) moves.push({ entry, way: "Ask" })
    if (part.isActing) standby = undefined
    else follow(atMillis)
    const isMore = part.isActing && (yield* act(part, atMillis))
    const batch = moves.splice(0)
    for (const { entry } of batch) state.depart(entry, "asking", atMillis)
    if (batch.length > 0) {
      watch.said()
      yield* say(speaker, batch)
      if (state.inFlight === 0) watch.settled()
    }
    place.note()
    if (isMore || moves.length > 0) signal.give()
    if (signal.isGiven()) return
    arm(part)
    isParked = true
  }
  signal.give()
  const turns = Effect.forever(signal.each(() => Prompt.run(turn())))
  const linkChanges = Effect.gen(function* () {
    for (let seen = links.linkChanges(); ; seen = links.linkChanges()) {
      watch.recheck()
      signal.give()
      yield* links.linkChanged(seen)
    }
  })
  return yield* Effect.raceAllFirst([turns, place.keep, watch.keep, linkChanges, client.ended])
})

/** Connects, and asks what the peer can do. `heard` is called whenever it has said something. */
const open = (feed: Feed) => {
  const { note, peer, silenceMillisMax, stats } = feed
  return (heard: () => void) =>
    Effect.gen(function* () {
      const client = yield* NntpClient.connect({ ...peer, silenceMillisMax, onOpening: heard })
      stats.connects += 1
      if (stats.connects > 1) note("feed-reconnected")
      const capabilities = yield* NntpReader.make(client).capabilities.pipe(
        Effect.catchTag("NntpRefused", () => Effect.succeed(Capabilities.none))
      )
      const state = yield* FeedProgress.adopt(feed, capabilities)
      heard()
      const [mode] = yield* client.exchange([{ line: "MODE STREAM" }])
      return { capabilities, client, state, isStreaming: mode?.code === 203 }
    })
}

/** Where the log ended when a feed that is not acting looked; it passes that some time later. */
interface Standby {
  readonly head: number
  readonly sinceMillis: number
}

/** The peer as the rule judges it. */
const ruled = ({ peer: { identities } }: Feed, { generation }: Capabilities.Capabilities): FeedRule.Peer =>
  generation === undefined ? { identities } : { identities, generationStartedMillis: generation.startedMillis }

/** Counts events that the feed could not read, and has them looked for. */
const gap =
  ({ note, onGap, stats }: Feed) =>
  (missed: number): void => {
    note("feed-missed")
    stats.missed += missed
    onGap()
  }
