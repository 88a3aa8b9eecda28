/**
 * The way from a second process to a running site: one request line, one answer line in JSON, over a local socket.
 *
 * The socket lies in the site's directory, so who may write there may give orders.
 */
import * as Limits from "@lupin/core/Limits"
import { Effect, Schema, type Scope } from "effect"
import * as FileSystem from "node:fs"
import * as Net from "node:net"
import * as Path from "node:path"

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
export const socketOf = (directory: string): string => Path.join(directory, "control.sock")

const firstLine = (socket: Net.Socket, bytesMax: number): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = ""
    socket.setEncoding("utf8")
    socket.on("data", (chunk: string) => {
      text += chunk
      const end = text.indexOf("\n")
      if (end >= 0) resolve(text.slice(0, end))
      else if (text.length > bytesMax) reject(new Error("line too long"))
    })
    socket.once("error", reject)
    socket.once("close", () => reject(new Error("closed before a line came")))
  })

/** Listens until the scope closes; a socket that a dead process left is replaced. */
export const serve = Effect.fn("Control.serve")(function* (
  directory: string,
  handle: (request: string) => Effect.Effect<Answer>
): Effect.fn.Return<void, NoSite, Scope.Scope> {
  const run = Effect.runPromiseWith(yield* Effect.context())
  const path = socketOf(directory)
  const answer = async (socket: Net.Socket) => {
    const said = await run(handle(await firstLine(socket, requestBytesMax)))
    socket.end(`${Schema.encodeSync(Answer)(said)}\n`)
  }
  yield* Effect.acquireRelease(
    Effect.callback<Net.Server, NoSite>((resume) => {
      FileSystem.rmSync(path, { force: true })
      const server = Net.createServer((socket) => void answer(socket).catch(() => socket.destroy()))
      server.once("error", (cause) => resume(Effect.fail(new NoSite({ reason: String(cause) }))))
      server.listen(path, () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => void server.close())
  )
})

/** Asks the site in `directory`. */
export const ask = (directory: string, request: string): Effect.Effect<Answer, NoSite> =>
  Effect.tryPromise({
    try: async () => {
      const socket = Net.connect(socketOf(directory))
      const line = firstLine(socket, Number.POSITIVE_INFINITY)
      socket.write(`${request}\n`)
      return await line.finally(() => socket.destroy())
    },
    catch: (cause) => new NoSite({ reason: cause instanceof Error ? cause.message : String(cause) })
  }).pipe(
    Effect.timeoutOrElse({
      duration: answerMillisMax,
      orElse: () => Effect.fail(new NoSite({ reason: "the site gave no answer in time" }))
    }),
    Effect.flatMap((line) =>
      Effect.mapError(
        Schema.decodeUnknownEffect(Answer)(line),
        () => new NoSite({ reason: "the answer was not understood" })
      )
    )
  )
