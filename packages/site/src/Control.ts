/**
 * The way from a second process to a running site: one request line, one answer line in JSON, over a local socket.
 *
 * The socket lies in the site's directory, so who may write there may give orders.
 */
import * as Limits from "@lupin/core/Limits"
import { Effect, Schema, type Scope } from "effect"
import * as Path from "node:path"
import * as LineSocket from "./LineSocket.ts"

const Answer = Schema.fromJsonString(Schema.Struct({ isDone: Schema.Boolean, message: Schema.String }))
export type Answer = typeof Answer.Type

/** No site listens there, or it did not answer in words we know. */
export class NoSite extends Schema.TaggedError<NoSite>()("NoSite", { reason: Schema.String }) {
  override get message(): string {
    return `${this.reason}. Is the site running?`
  }
}

/** A request longer than this is not one of ours, in octets: a word and a Message-ID. */
const requestBytesMax = 16 + Limits.messageIdBytesMax

/** How long a site may take to answer, in milliseconds. */
const answerMillisMax = 30_000

/** Where a site in `directory` listens. */
const socketOf = (directory: string): string => Path.join(directory, "control.sock")

/** Listens until the scope closes; a socket that a dead process left is replaced. */
export const serve = (
  directory: string,
  handle: (request: string) => Effect.Effect<Answer>
): Effect.Effect<void, NoSite, Scope.Scope> =>
  LineSocket.serve({
    path: socketOf(directory),
    requestBytesMax,
    answer: (request) => Effect.map(handle(request), Schema.encodeSync(Answer))
  }).pipe(Effect.mapError(({ reason }) => new NoSite({ reason })))

/** Asks the site in `directory`. */
export const ask = (directory: string, request: string): Effect.Effect<Answer, NoSite> =>
  LineSocket.ask(socketOf(directory), request).pipe(
    Effect.timeoutOrElse({
      duration: answerMillisMax,
      orElse: () => Effect.fail(new NoSite({ reason: "the site gave no answer in time" }))
    }),
    Effect.flatMap(Schema.decodeUnknownEffect(Answer)),
    Effect.catchTags({
      LineSocketClosed: ({ reason }) => Effect.fail(new NoSite({ reason })),
      SchemaError: () => Effect.fail(new NoSite({ reason: "the answer was not understood" }))
    })
  )
