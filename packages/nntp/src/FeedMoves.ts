/**
 * Says to a peer what a feed has decided: CHECK, TAKETHIS and IHAVE, with articles read as they are needed.
 *
 * What is held no more is not spoken of again.
 */
import type * as MessageId from "@lupin/core/MessageId"
import * as Prompt from "@lupin/core/Prompt"
import type { Spool, SpoolUnavailable } from "@lupin/spool/Spool"
import { type Effect, Exit } from "effect"
import type * as FeedVerdict from "./FeedVerdict.ts"
import type { Entry, FeedWindow } from "./FeedWindow.ts"
import * as NntpClient from "./NntpClient.ts"
import type { NntpError } from "./NntpError.ts"
import type { PeerState } from "./PeerStats.ts"

/** What is to be said to the peer about an entry. `Ask`: CHECK, or IHAVE. `Send`: it said yes. `SendUnasked`: at once. */
export interface Move {
  readonly entry: Entry
  readonly way: "Ask" | "Send" | "SendUnasked"
}

/** Called for each answer, in order. */
export type OnReply = (move: Move, command: FeedVerdict.Command, reply: NntpClient.Reply) => void

/** One connection, as moves are made on it. */
export interface Speaker {
  readonly client: NntpClient.NntpClient
  readonly spool: Spool["Service"]
  readonly state: FeedWindow
  readonly stats: PeerState
  readonly nowMillis: () => number
  readonly onReply: OnReply
}

/** Something that is not done yet. */
type Undone = Effect.Effect<unknown, NntpError | SpoolUnavailable>

const nothing = Exit.void

/** Octets of articles written before the next are read. */
const writeBytes = 256 * 1024

/** For streaming peers (RFC 4644): all at once; returns when they are written. */
export const stream = function* (speaker: Speaker, moves: ReadonlyArray<Move>): Generator<Undone, void, never> {
  let said: Array<Move> = []
  let requests: Array<NntpClient.Request> = []
  let bytes = 0
  yield* dropGone(speaker, moves)
  for (const move of moves) {
    const article = move.way === "Ask" ? undefined : yield* take(speaker, move.entry)
    if (move.way === "Ask" ? move.entry.stage === "waiting" : article === undefined) continue
    said.push(move)
    requests.push(requestOf(speaker, move, article))
    bytes += article?.length ?? 0
    if (bytes < writeBytes) continue
    yield* say(speaker, said, requests)
    said = []
    requests = []
    bytes = 0
  }
  yield* say(speaker, said, requests)
}

/** For peers without streaming (RFC 3977 §6.3.2): one article after the other. */
export const oneByOne = function* (speaker: Speaker, moves: ReadonlyArray<Move>): Generator<Undone, void, never> {
  const { client, stats } = speaker
  for (const move of moves) {
    const article = yield* take(speaker, move.entry)
    if (article === undefined) continue
    stats.offers += 1
    const asksForIt = (reply: NntpClient.Reply) => reply.code === 335 && NntpClient.isAbout(reply, move.entry.id)
    const { isSent, reply } = yield* client.submit(`IHAVE ${move.entry.id}`, asksForIt, article)
    if (isSent) countSent(stats, article)
    speaker.onReply(move, isSent ? "IHAVE with article" : "IHAVE", reply)
  }
}

const commandOf = ({ way }: Move): "CHECK" | "TAKETHIS" => (way === "Ask" ? "CHECK" : "TAKETHIS")

const say = ({ client, onReply }: Speaker, moves: ReadonlyArray<Move>, requests: ReadonlyArray<NntpClient.Request>) =>
  client.send(requests, (reply, index) => {
    const move = moves[index]
    if (move !== undefined) onReply(move, commandOf(move), reply)
  })

/** Settles what was to be asked about and is held no more. A feed that has read the whole log has seen what was removed. */
const dropGone = (
  { spool, state, stats }: Speaker,
  moves: ReadonlyArray<Move>
): Effect.Effect<void, SpoolUnavailable> => {
  if (state.scanned >= stats.head) return nothing
  const asked: Array<MessageId.MessageId> = []
  for (const { entry, way } of moves) if (way === "Ask") asked.push(entry.id)
  if (asked.length === 0) return nothing
  return Prompt.map(spool.status(asked), (statuses) => {
    let at = 0
    for (const { entry, way } of moves) if (way === "Ask" && statuses[at++] !== "held") state.settle(entry)
  })
}

const requestOf = (
  { nowMillis, state, stats }: Speaker,
  move: Move,
  article: Uint8Array | undefined
): NntpClient.Request => {
  const line = `${commandOf(move)} ${move.entry.id}`
  if (move.way !== "Send") stats.offers += 1
  if (article === undefined) {
    stats.checks += 1
    state.depart(move.entry, "asking", nowMillis())
    return { line }
  }
  countSent(stats, article)
  return { line, article }
}

const take = (
  { nowMillis, spool, state }: Speaker,
  entry: Entry
): Effect.Effect<Uint8Array | undefined, SpoolUnavailable> =>
  Prompt.map(spool.findAll([entry.id], 1), ([held]) => {
    if (held === undefined) state.settle(entry)
    else state.depart(entry, "sending", nowMillis())
    return held?.article
  })

const countSent = (stats: PeerState, article: Uint8Array): void => {
  stats.sent += 1
  stats.sentBytes += article.length
}
