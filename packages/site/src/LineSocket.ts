/**
 * How a second process talks to a running one: one request line, one answer line, over a local socket.
 */
import { Effect, Schema, type Scope } from "effect"
import * as FileSystem from "node:fs"
import * as Net from "node:net"
import * as Path from "node:path"

/** Nobody listens there, or what listens went away without a line. */
export class LineSocketClosed extends Schema.TaggedError<LineSocketClosed>()("LineSocketClosed", {
  reason: Schema.String
}) {
  override get message(): string {
    return this.reason
  }
}

/** The longest answer, in octets. */
export const answerBytesMax = 1024 * 1024

/** Octets that the path of a socket may have on every system that we know of. */
const pathBytesMax = 103

/** The shorter spelling of a path, as seen from here; the system takes no long one. */
const shortest = (path: string): string => {
  const relative = Path.relative(process.cwd(), path)
  return Buffer.byteLength(relative) < Buffer.byteLength(path) ? relative : path
}

const tooLong = (path: string): LineSocketClosed | undefined =>
  Buffer.byteLength(path) <= pathBytesMax
    ? undefined
    : new LineSocketClosed({
        reason: `${path} is longer than the ${pathBytesMax} octets that a socket's path may have`
      })

const closed = (cause: unknown): LineSocketClosed =>
  new LineSocketClosed({ reason: cause instanceof Error ? cause.message : String(cause) })

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

export interface Options {
  readonly path: string
  /** A request longer than this is not answered, in octets. */
  readonly requestBytesMax: number
  readonly answer: (request: string) => Effect.Effect<string>
}

/** Listens until the scope closes; a socket that a dead process left is replaced. */
export const serve = Effect.fn("LineSocket.serve")(function* ({
  answer,
  path: asked,
  requestBytesMax
}: Options): Effect.fn.Return<void, LineSocketClosed, Scope.Scope> {
  const path = shortest(asked)
  const unfit = tooLong(path)
  if (unfit !== undefined) return yield* unfit
  const run = Effect.runPromiseWith(yield* Effect.context())
  const converse = async (socket: Net.Socket) => {
    socket.end(`${await run(answer(await firstLine(socket, requestBytesMax)))}\n`)
  }
  yield* Effect.acquireRelease(
    Effect.callback<Net.Server, LineSocketClosed>((resume) => {
      FileSystem.rmSync(path, { force: true })
      const server = Net.createServer((socket) => void converse(socket).catch(() => socket.destroy()))
      server.once("error", (cause) => resume(Effect.fail(closed(cause))))
      server.listen(path, () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => void server.close())
  )
})

/** The line that is answered. */
export const ask = (path: string, request: string): Effect.Effect<string, LineSocketClosed> => {
  const unfit = tooLong(shortest(path))
  if (unfit !== undefined) return Effect.fail(unfit)
  return Effect.tryPromise({
    try: async () => {
      const socket = Net.connect(shortest(path))
      const line = firstLine(socket, answerBytesMax)
      socket.write(`${request}\n`)
      return await line.finally(() => socket.destroy())
    },
    catch: closed
  })
}
