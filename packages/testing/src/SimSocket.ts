/**
 * Effect's sockets over a simulated network: what a simulated process is given in place of TCP.
 */
import * as Network from "@lupin/nntp/Network"
import * as OctetStream from "@lupin/nntp/OctetStream"
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

const dialed = (net: SimNetwork, process: SimProcess, from: string, to: string, port: number): Network.Dialed => {
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
  const socket = Socket.make({
    reader: Effect.map(
      Effect.acquireRelease(opening, (end) => Effect.sync(() => end.close()), { interruptible: true }),
      (end) => {
        opened = end
        return readerOf(end)
      }
    ),
    writer: Effect.succeed(writerOf(() => opened))
  })
  return { ...socket, stream: () => (opened === undefined ? unopened : streamOf(opened)) }
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
          Effect.provideService(Network.ClientStream, streamOf(end)),
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

const readerOf = (end: End): Socket.Reader => ({ pull: pullOf(end), upgrade: Socket.SocketUpgradeError.unsupported })

const pullOf = (end: End) =>
  Effect.callback<readonly [Uint8Array, ...Array<Uint8Array>], Socket.SocketError>((resume) => {
    const look = (): void => {
      const found = end.read()
      if (found === undefined) return end.onReadable(look)
      if ("_tag" in found) return resume(Effect.fail(closeError(found)))
      if (!isSome(found)) return end.onReadable(look)
      resume(Effect.succeed(found))
    }
    look()
    return Effect.sync(() => end.onReadable(undefined))
  })

/** What a real socket tells by its events. */
const streamOf = (end: End): OctetStream.OctetStream => ({
  pull: pullOf(end),
  each: (step) =>
    Effect.callback((resume) => {
      const look = (): void => {
        for (;;) {
          const found = end.read()
          if (found === undefined || (!("_tag" in found) && !isSome(found))) return end.onReadable(look)
          const rest = "_tag" in found ? Effect.fail(closeError(found)) : OctetStream.tried(step, found)
          if (rest !== undefined) return resume(rest)
        }
      }
      look()
      return Effect.sync(() => end.onReadable(undefined))
    }),
  send: (octets) => sent(end, octets)
})

const isSome = (chunks: ReadonlyArray<Uint8Array>): chunks is readonly [Uint8Array, ...Array<Uint8Array>] =>
  chunks.length > 0

const encoder = new TextEncoder()

const writerOf = (endOf: () => End | undefined): Socket.Writer => {
  const write = (chunk: Uint8Array | string | Socket.CloseEvent): Effect.Effect<void, Socket.SocketError> =>
    Effect.suspend(() => {
      const end = endOf()
      return end === undefined ? notConnected : (sent(end, chunk) ?? Effect.void)
    })
  return { write, writeAll: (chunks) => Effect.forEach(chunks, write, { discard: true }) }
}

/** Writes; nothing where more may be written at once, else what to wait for. */
const sent = (
  end: End,
  chunk: Uint8Array | string | Socket.CloseEvent
): Effect.Effect<void, Socket.SocketError> | undefined => {
  if (!(chunk instanceof Uint8Array) && Socket.isCloseEvent(chunk)) {
    end.close()
    return undefined
  }
  const trouble = end.write(typeof chunk === "string" ? encoder.encode(chunk) : chunk)
  if (trouble !== undefined) return Effect.fail(writeError(trouble._tag === "Broken" ? trouble.reason : "closed"))
  return end.isFull ? Effect.callback<void>((resume) => end.onWritable(() => resume(Effect.void))) : undefined
}

const openError = (kind: "Unknown" | "Timeout", reason: string): Socket.SocketError =>
  new Socket.SocketError({ reason: new Socket.SocketOpenError({ kind, cause: new Error(reason) }) })

const writeError = (reason: string): Socket.SocketError =>
  new Socket.SocketError({ reason: new Socket.SocketWriteError({ cause: new Error(reason) }) })

const notConnected = Effect.fail(writeError("not connected"))

/** Of a connection that was never open. */
const unopened: OctetStream.OctetStream = {
  pull: Effect.fail(openError("Unknown", "not connected")),
  each: () => Effect.fail(openError("Unknown", "not connected")),
  send: () => notConnected
}

const closeError = (ending: Ending): Socket.SocketError =>
  ending._tag === "End"
    ? new Socket.SocketError({ reason: new Socket.SocketCloseError({ code: 1000 }) })
    : new Socket.SocketError({ reason: new Socket.SocketReadError({ cause: new Error(ending.reason) }) })
