/**
 * The way from a second terminal to a running fleet: one request line in JSON, one answer line, over a local socket.
 */
import { Effect, Schema, type Scope } from "effect"
import * as FileSystem from "node:fs"
import * as Net from "node:net"

export const verbs = ["stop", "start", "kill", "wipe"] as const
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

const firstLine = (socket: Net.Socket): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = ""
    socket.setEncoding("utf8")
    socket.on("data", (chunk: string) => {
      text += chunk
      const end = text.indexOf("\n")
      if (end >= 0) resolve(text.slice(0, end))
      else if (text.length > lineBytesMax) reject(new Error("line too long"))
    })
    socket.once("error", reject)
    socket.once("close", () => reject(new Error("closed before a line came")))
  })

/** Listens at `path` until the scope closes; a socket file that a dead fleet left is replaced. */
export const serve = Effect.fn("FleetControl.serve")(function* (
  path: string,
  handle: (request: Request) => Effect.Effect<Answer>
): Effect.fn.Return<void, NoFleet, Scope.Scope> {
  const run = Effect.runPromiseWith(yield* Effect.context())
  const answer = async (socket: Net.Socket) => {
    const request = Schema.decodeUnknownOption(Request)(await firstLine(socket))
    const said: Answer =
      request._tag === "None"
        ? { isDone: false, message: 'not a request: {"verb","site"}' }
        : await run(handle(request.value))
    socket.end(`${Schema.encodeSync(Answer)(said)}\n`)
  }
  yield* Effect.acquireRelease(
    Effect.callback<Net.Server, NoFleet>((resume) => {
      FileSystem.rmSync(path, { force: true })
      const server = Net.createServer((socket) => void answer(socket).catch(() => socket.destroy()))
      server.once("error", (cause) => resume(Effect.fail(new NoFleet({ reason: String(cause) }))))
      server.listen(path, () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => void server.close())
  )
})

/** Asks the fleet that listens at `path`. */
export const ask = (path: string, request: Request): Effect.Effect<Answer, NoFleet> =>
  Effect.flatMap(
    Effect.tryPromise({
      try: async () => {
        const socket = Net.connect(path)
        const line = firstLine(socket)
        socket.write(`${Schema.encodeSync(Request)(request)}\n`)
        return await line.finally(() => socket.destroy())
      },
      catch: (cause) => new NoFleet({ reason: String(cause) })
    }),
    (line) =>
      Effect.mapError(
        Schema.decodeUnknownEffect(Answer)(line),
        () => new NoFleet({ reason: "the answer was not understood" })
      )
  )
