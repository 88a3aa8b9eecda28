/**
 * Finds a TCP port on the loopback address that nobody listens on.
 */
import { Effect } from "effect"
import * as Net from "node:net"

/** The port wanted if it is free, else any free one. `taken` are ports that others were just promised. */
export const choose = (wanted: number, taken: ReadonlySet<number>): Effect.Effect<number> =>
  Effect.flatMap(taken.has(wanted) ? Effect.succeed(undefined) : listen(wanted), (port) =>
    port === undefined ? Effect.flatMap(listen(0), (free) => choose(free ?? 0, taken)) : Effect.succeed(port)
  )

const listen = (port: number): Effect.Effect<number | undefined> =>
  Effect.callback((resume) => {
    const server = Net.createServer()
    server.once("error", () => resume(Effect.succeed(undefined)))
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
      const address = server.address()
      const bound = typeof address === "object" && address !== null ? address.port : undefined
      server.close(() => resume(Effect.succeed(bound)))
    })
  })
