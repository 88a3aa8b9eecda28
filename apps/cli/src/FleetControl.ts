/**
 * The way from a second terminal to a running fleet: one request line in JSON, one answer line, over a local socket.
 */
import * as LineSocket from "@lupin/site/LineSocket"
import { Effect, Schema, type Scope } from "effect"

const verbs = ["stop", "start", "kill", "wipe"] as const
export type Verb = (typeof verbs)[number]

const Request = Schema.fromJsonString(Schema.Struct({ verb: Schema.Literals(verbs), site: Schema.String }))
const Answer = Schema.fromJsonString(Schema.Struct({ isDone: Schema.Boolean, message: Schema.String }))
export type Request = typeof Request.Type
export type Answer = typeof Answer.Type

/** No fleet listens there, or it did not answer in words we know. */
export class NoFleet extends Schema.TaggedError<NoFleet>()("NoFleet", { reason: Schema.String }) {
  override get message(): string {
    return `${this.reason}. Is a fleet running here? Start one with: npm start`
  }
}

/** A request line longer than this is not one of ours, in octets. */
const lineBytesMax = 4096

/** Listens at `path` until the scope closes; a socket file that a dead fleet left is replaced. */
export const serve = (
  path: string,
  handle: (request: Request) => Effect.Effect<Answer>
): Effect.Effect<void, NoFleet, Scope.Scope> =>
  LineSocket.serve({
    path,
    requestBytesMax: lineBytesMax,
    answer: (line) => {
      const request = Schema.decodeUnknownOption(Request)(line)
      const said: Effect.Effect<Answer> =
        request._tag === "None"
          ? Effect.succeed({ isDone: false, message: 'not a request: {"verb","site"}' })
          : handle(request.value)
      return Effect.map(said, Schema.encodeSync(Answer))
    }
  }).pipe(Effect.mapError(({ reason }) => new NoFleet({ reason })))

/** Asks the fleet that listens at `path`. */
export const ask = (path: string, request: Request): Effect.Effect<Answer, NoFleet> =>
  LineSocket.ask(path, Schema.encodeSync(Request)(request)).pipe(
    Effect.flatMap(Schema.decodeUnknownEffect(Answer)),
    Effect.catchTags({
      LineSocketClosed: ({ reason }) => Effect.fail(new NoFleet({ reason })),
      SchemaError: () => Effect.fail(new NoFleet({ reason: "the answer was not understood" }))
    })
  )
