/**
 * A server that misbehaves as told: what a client of ours must survive.
 */
import { Effect, type Scope } from "effect"
import * as net from "node:net"

/** What to write when a connection opens (undefined) or a line has come; nothing keeps silent, null hangs up. */
export type Answer = (line: string | undefined) => string | null | undefined

/** Says the greeting, then one answer to the first line, and hangs up after it where told. */
export const greet =
  (greeting: string, answer?: string, hangsUp = false): Answer =>
  (line) =>
    line === undefined ? greeting : hangsUp ? `${answer}\0` : answer

/** Answers known lines, and 500 to all others. */
export const byLine =
  (answers: Readonly<Record<string, string>>): Answer =>
  (line) =>
    line === undefined ? "200 stub\r\n" : (answers[line] ?? "500 what\r\n")

/** Listens on a free port. An answer that ends with NUL is the last. */
export const listen = (answer: Answer): Effect.Effect<number, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<net.Server>((resume) => {
      const server = net.createServer((socket) => {
        const say = (line: string | undefined): void => {
          const text = answer(line)
          if (text === undefined) return
          if (text === null) socket.end()
          else if (text.endsWith("\0")) socket.end(text.slice(0, -1))
          else socket.write(text)
        }
        let rest = ""
        socket.on("error", () => {})
        socket.on("data", (chunk) => {
          const lines = (rest + chunk.toString("latin1")).split("\r\n")
          rest = lines.pop() ?? ""
          for (const line of lines) say(line)
        })
        say(undefined)
      })
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => server.close())
  ).pipe(Effect.map((server) => (server.address() as net.AddressInfo).port))
