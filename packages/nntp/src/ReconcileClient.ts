/**
 * Puts the questions of an inquiry to a server by XRECONCILE, several frames under way at a time.
 */
import * as Limits from "@lupin/core/Limits"
import type { Inquiry } from "@lupin/core/ReconciliationInquiry"
import * as Frame from "@lupin/core/ReconciliationFrame"
import * as Octets from "@lupin/core/Octets"
import * as Wildmat from "@lupin/core/Wildmat"
import { Effect } from "effect"
import type { Comparison } from "./Command.ts"
import type * as NntpClient from "./NntpClient.ts"
import { type NntpError, NntpRefused } from "./NntpError.ts"

/** What an inquiry took. Octets are those of commands, frames and answers, before TLS and compression. */
export interface Cost {
  readonly roundTrips: number
  readonly octetsSent: number
  readonly octetsReceived: number
}

/**
 * The inquiry must begin anew where the server's history begins at the second `since`, or what it feeds us are the groups
 * of `wildmat`.
 */
export type Outcome = Cost & { readonly since?: number; readonly wildmat?: Wildmat.Wildmat }

/** Frames under way at a time. */
export const framesAtOnce = 8

const crlf = Uint8Array.of(13, 10)
const blockCodes: ReadonlySet<number> = new Set([290])
/** What a line and its block take beside their text and frame: CRLF thrice and a dot. */
const blockOverhead = 7

const lineOf = ({ wildmat, window }: Comparison): string => `XRECONCILE ${wildmat.text} ${window.from} ${window.until}`

/** Asks until the inquiry has no questions left, or found what was wrong with an answer. */
export const run = Effect.fnUntraced(function* (
  client: NntpClient.NntpClient,
  of: Comparison,
  inquiry: Inquiry
): Effect.fn.Return<Outcome, NntpError> {
  const cost = { roundTrips: 0, octetsSent: 0, octetsReceived: 0 }
  for (;;) {
    const frames: Array<Uint8Array> = []
    while (frames.length < framesAtOnce) {
      const frame = inquiry.ask()
      if (frame === undefined) break
      frames.push(frame)
    }
    if (frames.length === 0) return cost
    cost.roundTrips += 1
    for (const reply of yield* exchange(client, of, frames, cost)) {
      if (reply.code === 490 && /^\d+$/.test(reply.text)) return { ...cost, since: Number(reply.text) }
      const wildmat = reply.code === 491 ? Wildmat.compile(reply.text) : undefined
      if (wildmat !== undefined) return { ...cost, wildmat }
      if (reply.code !== 290) return yield* refused(client, reply)
      inquiry.take(reply.block?.subarray(0, -2) ?? new Uint8Array(0))
    }
  }
})

/** Tells the server that it lacks something of what is here, so that it asks in its turn. */
export const invite = Effect.fnUntraced(function* (
  client: NntpClient.NntpClient,
  of: Comparison
): Effect.fn.Return<void, NntpError> {
  const { frame } = Frame.encodeQuestions({ isWanting: true, questions: [] }, of.window, Limits.articleBytesMax)
  const [reply] = yield* exchange(client, of, [frame], { octetsSent: 0, octetsReceived: 0 })
  if (reply?.code !== 290) return yield* refused(client, reply)
})

const exchange = Effect.fnUntraced(function* (
  client: NntpClient.NntpClient,
  of: Comparison,
  frames: ReadonlyArray<Uint8Array>,
  cost: { octetsSent: number; octetsReceived: number }
): Effect.fn.Return<ReadonlyArray<NntpClient.Reply>, NntpError> {
  const line = lineOf(of)
  if (line.length + 2 > Limits.commandLineBytesMax) {
    return yield* new NntpRefused({
      server: client.server,
      command: "XRECONCILE",
      code: 0,
      text: "the wildmat is too long"
    })
  }
  const replies = yield* client.exchange(
    frames.map((frame) => ({ line, blockCodes, article: Octets.concat([frame, crlf]) }))
  )
  for (const frame of frames) cost.octetsSent += line.length + frame.length + blockOverhead
  for (const { block, text } of replies) {
    cost.octetsReceived += "290 ".length + text.length + 2 + (block === undefined ? 0 : block.length + 3)
  }
  return replies
})

const refused = (client: NntpClient.NntpClient, reply: NntpClient.Reply | undefined): NntpRefused =>
  new NntpRefused({
    server: client.server,
    command: "XRECONCILE",
    code: reply?.code ?? 0,
    text: reply?.text ?? "no answer"
  })
