/**
 * A raw connection to the server under test: octets out, lines and blocks in, as Latin-1.
 */
import { Effect, type Scope } from "effect"
import { Buffer } from "node:buffer"
import * as net from "node:net"
import * as DotStuffing from "../src/DotStuffing.ts"
import { NntpServer } from "../src/NntpServer.ts"

export interface Wire {
  readonly socket: net.Socket
  readonly send: (text: string) => Effect.Effect<void>
  readonly sendBlock: (article: Uint8Array) => Effect.Effect<void>
  /** Sends, and ends our side. */
  readonly finish: (text: string) => Effect.Effect<void>
  readonly line: Effect.Effect<string>
  /** Lines up to the terminator, unstuffed. */
  readonly block: Effect.Effect<ReadonlyArray<string>>
  /** Returns once the server has closed the connection. */
  readonly end: Effect.Effect<void>
  /** All that comes until the server has closed the connection. */
  readonly rest: Effect.Effect<string>
  /** Sends until the answer is the one awaited. */
  readonly untilReply: (text: string, reply: string) => Effect.Effect<void>
}

export const connect = (port: number): Effect.Effect<Wire, never, Scope.Scope> =>
  Effect.gen(function* () {
    const socket = yield* Effect.acquireRelease(
      Effect.callback<net.Socket>((resume) => {
        const made = net.connect({ host: "127.0.0.1", port, noDelay: true }, () => resume(Effect.succeed(made)))
      }),
      (made) => Effect.sync(() => made.destroy())
    )
    let text = ""
    let isEnded = false
    let wake = (): void => {}
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1")
      wake()
    })
    socket.on("close", () => {
      isEnded = true
      wake()
    })
    socket.on("error", () => {})
    const until = <A>(look: () => A | undefined): Effect.Effect<A> =>
      Effect.callback<A>((resume) => {
        wake = () => {
          const found = look()
          // What comes later is for whoever looks then.
          if (found !== undefined || isEnded) wake = () => {}
          if (found !== undefined) resume(Effect.succeed(found))
          else if (isEnded) resume(Effect.die(new Error(`connection closed, left: ${JSON.stringify(text)}`)))
        }
        wake()
      })
    const line = until(() => {
      const end = text.indexOf("\r\n")
      if (end === -1) return undefined
      const found = text.slice(0, end)
      text = text.slice(end + 2)
      return found
    })
    const send = (out: string): Effect.Effect<void> => Effect.sync(() => void socket.write(Buffer.from(out, "latin1")))
    const wire: Wire = {
      socket,
      send,
      finish: (out) => Effect.sync(() => void socket.end(Buffer.from(out, "latin1"))),
      sendBlock: (article) => send(`${Buffer.from(DotStuffing.stuff(article)).toString("latin1")}.\r\n`),
      line,
      block: Effect.gen(function* () {
        const lines: Array<string> = []
        for (;;) {
          const next = yield* line
          if (next === ".") return lines
          lines.push(next.startsWith(".") ? next.slice(1) : next)
        }
      }),
      end: until(() => (isEnded ? true : undefined)).pipe(Effect.asVoid),
      rest: until(() => (isEnded ? text : undefined)),
      untilReply: (out, reply) =>
        Effect.gen(function* () {
          for (;;) {
            yield* send(out)
            if ((yield* line) === reply) return
          }
        })
    }
    return wire
  })

/** Connects to the server in context. */
export const dial: Effect.Effect<Wire, never, NntpServer | Scope.Scope> = Effect.flatMap(NntpServer, ({ address }) =>
  connect(address.port)
)
