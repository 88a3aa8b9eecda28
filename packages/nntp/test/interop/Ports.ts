/**
 * Ports of the loopback that are free now.
 */
import { Effect } from "effect"
import * as net from "node:net"

/** One that nobody listens on. */
export const free: Effect.Effect<number> = Effect.callback((resume) => {
  const server = net.createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    server.close(() => resume(Effect.succeed(port)))
  })
})

/** Returns once somebody accepts connections there and says something. */
export const answering = (port: number): Effect.Effect<string> =>
  Effect.callback<string | undefined>((resume) => {
    const socket = net.connect({ host: "127.0.0.1", port })
    const done = (heard: string | undefined): void => {
      socket.destroy()
      resume(Effect.succeed(heard))
    }
    socket.once("data", (chunk: Buffer) => done(chunk.toString("latin1")))
    socket.once("error", () => done(undefined))
    socket.once("end", () => done(undefined))
    return Effect.sync(() => socket.destroy())
  }).pipe(
    Effect.flatMap((heard) =>
      heard === undefined
        ? Effect.andThen(
            Effect.sleep(25),
            Effect.suspend(() => answering(port))
          )
        : Effect.succeed(heard)
    )
  )
