/**
 * Says to a peer what a feed has decided: CHECK, TAKETHIS and IHAVE, with articles read as they are needed.
 *
 * What is held no more is not spoken of again.
 */
import type { Spool, SpoolUnavailable } from "@lupin/spool/Spool"
import { Effect } from "effect"
import type { Entry, FeedWindow } from "./FeedWindow.ts"
import type * as NntpClient from "./NntpClient.ts"
import type { NntpError } from "./NntpError.ts"
import type { PeerState } from "./PeerStats.ts"

/** What is to be said to the peer about an entry. `Ask`: CHECK, or IHAVE. `Send`: it said yes. `SendUnasked`: at once. */
export interface Move {
  readonly entry: Entry
  readonly way: "Ask" | "Send" | "SendUnasked"
}

export type Command = "CHECK" | "TAKETHIS" | "IHAVE"

/** Called for each answer, in order. */
export type OnReply = (move: Move, command: Command, reply: NntpClient.Reply) => void

/** One connection, as moves are made on it. */
export interface Speaker {
  readonly client: NntpClient.NntpClient
  readonly spool: Spool["Service"]
  readonly state: FeedWindow
  readonly stats: PeerState
  readonly nowMillis: () => number
  readonly onReply: OnReply
}

/** Octets of articles written before the next are read. */
const writeBytes = 256 * 1024

/** For streaming peers (RFC 4644): all at once; returns when they are written. */
export const stream = Effect.fnUntraced(function* (
  speaker: Speaker,
  moves: ReadonlyArray<Move>
): Effect.fn.Return<void, NntpError | SpoolUnavailable> {
  let said: Array<Move> = []
  let requests: Array<NntpClient.Request> = []
  let bytes = 0
  for (const move of moves) {
    const request = yield* requestOf(speaker, move)
    if (request === undefined) continue
    said.push(move)
    requests.push(request)
    bytes += request.article?.length ?? 0
    if (bytes < writeBytes) continue
    yield* say(speaker, said, requests)
    said = []
    requests = []
    bytes = 0
  }
  yield* say(speaker, said, requests)
})

/** For peers without streaming (RFC 3977 §6.3.2): one article after the other. */
export const oneByOne = Effect.fnUntraced(function* (
  speaker: Speaker,
  moves: ReadonlyArray<Move>
): Effect.fn.Return<void, NntpError | SpoolUnavailable> {
  const { client, stats } = speaker
  for (const move of moves) {
    const article = yield* take(speaker, move.entry)
    if (article === undefined) continue
    stats.offers += 1
    const reply = yield* client.submit(`IHAVE ${move.entry.id}`, 335, article)
    if (reply.code === 235 || reply.code === 437) countSent(stats, article)
    speaker.onReply(move, "IHAVE", reply)
  }
})

const commandOf = ({ way }: Move): "CHECK" | "TAKETHIS" => (way === "Ask" ? "CHECK" : "TAKETHIS")

const say = ({ client, onReply }: Speaker, moves: ReadonlyArray<Move>, requests: ReadonlyArray<NntpClient.Request>) =>
  client.send(requests, (reply, index) => {
    const move = moves[index]
    if (move !== undefined) onReply(move, commandOf(move), reply)
  })

const requestOf = Effect.fnUntraced(function* (
  speaker: Speaker,
  move: Move
): Effect.fn.Return<NntpClient.Request | undefined, SpoolUnavailable> {
  const { nowMillis, state, stats } = speaker
  const line = `${commandOf(move)} ${move.entry.id}`
  if (move.way === "Ask") {
    stats.offers += 1
    stats.checks += 1
    state.depart(move.entry, "asking", nowMillis())
    return { line }
  }
  const article = yield* take(speaker, move.entry)
  if (article === undefined) return undefined
  if (move.way === "SendUnasked") stats.offers += 1
  countSent(stats, article)
  return { line, article }
})

const take = Effect.fnUntraced(function* (
  { nowMillis, spool, state }: Speaker,
  entry: Entry
): Effect.fn.Return<Uint8Array | undefined, SpoolUnavailable> {
  const held = yield* spool.find(entry.id)
  if (held === undefined) state.settle(entry)
  else state.depart(entry, "sending", nowMillis())
  return held?.article
})

const countSent = (stats: PeerState, article: Uint8Array): void => {
  stats.sent += 1
  stats.sentBytes += article.length
}
