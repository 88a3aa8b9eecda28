/**
 * Effect's sockets over a simulated network: what a simulated process is given in place of TCP.
 */
import * as Network from "@lupin/nntp/Network"
import { Effect, Scope } from "effect"
import * as NetAddress from "effect/net/NetAddress"
import * as Socket from "effect/socket/Socket"
import * as SocketServer from "effect/socket/SocketServer"
import type { End, Ending } from "./SimConnection.ts"
import type { SimNetwork } from "./SimNetwork.ts"
import type { SimProcess } from "./SimProcess.ts"

/** How long a connection may take to open: that of the real client. */
const openMillisMax = 10_000

/** The network as a process on a host sees it. */
export const network = (net: SimNetwork, process: SimProcess, address: string): Network.Network => ({
  dial: ({ host, port }) => Effect.sync(() => dialed(net, process, address, host, port)),
  listen: ({ host, port }) => listening(net, process, host, port)
})

const dialed = (net: SimNetwork, process: SimProcess, from: string, to: string, port: number): Socket.Socket => {
  let opened: End | undefined
  const opening = Effect.callback<End, Socket.SocketError>((resume) => {
    const giveUp = net.connect(process, from, to, port, (outcome) =>
      resume(typeof outcome === "string" ? Effect.fail(openError("Unknown", outcome)) : Effect.succeed(outcome))
    )
    return Effect.sync(giveUp)
  }).pipe(
    Effect.timeoutOrElse({
      duration: openMillisMax,
      orElse: () => Effect.fail(openError("Timeout", "no answer"))
    })
  )
  return Socket.make({
    reader: Effect.map(
      Effect.acquireRelease(opening, (end) => Effect.sync(() => end.close()), { interruptible: true }),
      (end) => {
        opened = end
        return readerOf(end)
      }
    ),
    writer: Effect.succeed(writerOf(() => opened))
  })
}

const listening = Effect.fnUntraced(function* (
  net: SimNetwork,
  process: SimProcess,
  host: string,
  port: number
): Effect.fn.Return<SocketServer.SocketServer["Service"], SocketServer.SocketServerError, Scope.Scope> {
  const waiting: Array<End> = []
  let serve: ((end: End) => void) | undefined
  const accept = (end: End): void => {
    if (serve === undefined) waiting.push(end)
    else serve(end)
  }
  yield* Effect.acquireRelease(
    Effect.try({
      try: () => net.listen(process, host, port, accept),
      catch: (cause) =>
        new SocketServer.SocketServerError({ reason: new SocketServer.SocketServerOpenError({ cause }) })
    }),
    (stop) => Effect.sync(stop)
  )
  return {
    address: NetAddress.inetAddressFromIpStringUnsafe(host, port),
    run: Effect.fnUntraced(function* <R, E, _>(handler: (socket: Socket.Socket) => Effect.Effect<_, E, R>) {
      const context = yield* Effect.context<R>()
      const scope = yield* Scope.make()
      serve = (end) => {
        const socket = Socket.make({
          reader: Effect.as(
            Effect.acquireRelease(Effect.void, () => Effect.sync(() => end.close())),
            readerOf(end)
          ),
          writer: Effect.succeed(writerOf(() => end))
        })
        const handled = handler(socket).pipe(
          Effect.provideContext(context),
          Effect.provideService(Network.ClientAddress, end.remote),
          Effect.ensuring(Effect.sync(() => end.close())),
          Effect.ignore
        )
        process.fork(Effect.asVoid(Effect.forkIn(handled, scope)))
      }
      for (const end of waiting.splice(0)) serve(end)
      return yield* Effect.never
    }, Effect.scoped)
  }
})

const readerOf = (end: End): Socket.Reader => ({
  pull: Effect.callback<readonly [Uint8Array, ...Array<Uint8Array>], Socket.SocketError>((resume) => {
    const look = (): void => {
      const found = end.read()
      if (found === undefined) return end.onReadable(look)
      if ("_tag" in found) return resume(Effect.fail(closeError(found)))
      if (!isSome(found)) return end.onReadable(look)
      resume(Effect.succeed(found))
    }
    look()
    return Effect.sync(() => end.onReadable(undefined))
  }),
  upgrade: Socket.SocketUpgradeError.unsupported
})

const isSome = (chunks: ReadonlyArray<Uint8Array>): chunks is readonly [Uint8Array, ...Array<Uint8Array>] =>
  chunks.length > 0

const encoder = new TextEncoder()

const writerOf = (endOf: () => End | undefined): Socket.Writer => {
  const write = (chunk: Uint8Array | string | Socket.CloseEvent): Effect.Effect<void, Socket.SocketError> =>
    Effect.suspend(() => {
      const end = endOf()
      if (end === undefined) return Effect.fail(writeError("not connected"))
      if (Socket.isCloseEvent(chunk)) {
        end.close()
        return Effect.void
      }
      const trouble = end.write(typeof chunk === "string" ? encoder.encode(chunk) : chunk)
      if (trouble !== undefined) {
        return Effect.fail(writeError(trouble._tag === "Broken" ? trouble.reason : "closed"))
      }
      if (!end.isFull) return Effect.void
      return Effect.callback<void>((resume) => end.onWritable(() => resume(Effect.void)))
    })
  return { write, writeAll: (chunks) => Effect.forEach(chunks, write, { discard: true }) }
}

const openError = (kind: "Unknown" | "Timeout", reason: string): Socket.SocketError =>
  new Socket.SocketError({ reason: new Socket.SocketOpenError({ kind, cause: new Error(reason) }) })

const writeError = (reason: string): Socket.SocketError =>
  new Socket.SocketError({ reason: new Socket.SocketWriteError({ cause: new Error(reason) }) })

const closeError = (ending: Ending): Socket.SocketError =>
  ending._tag === "End"
    ? new Socket.SocketError({ reason: new Socket.SocketCloseError({ code: 1000 }) })
    : new Socket.SocketError({ reason: new Socket.SocketReadError({ cause: new Error(ending.reason) }) })
