/**
 * The way of one connection's octets at a server: plain at first, then on TLS, then compressed, as the session asks.
 */
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import { Effect, Option, Scope } from "effect"
import * as Socket from "effect/socket/Socket"
import { Buffer } from "node:buffer"
import type * as net from "node:net"
import * as Deflate from "./Deflate.ts"
import type { ServerTls } from "./ServerTls.ts"

export interface Transport {
  /** The client's address, as text; empty where the network has none. */
  readonly address: string
  readonly isSecure: () => boolean
  /** Names of the client's certificate, if it showed one that is good. */
  readonly certificates: () => ReadonlyArray<string>
  readonly pull: Effect.Effect<ReadonlyArray<Uint8Array>, Socket.SocketError>
  readonly write: (octets: Uint8Array | string) => Effect.Effect<void, Socket.SocketError>
  /** Says whether everything written has left the process. */
  readonly isDrained: () => boolean
  /** Ends the connection once everything written has left. */
  readonly end: Effect.Effect<void>
  /** Ends the connection now. */
  readonly close: Effect.Effect<void, Socket.SocketError>
  /** Throws away what has arrived and was not pulled: what a client sent in clear text before it was asked to go on. */
  readonly discard: () => void
  /** Absent where the transport cannot. */
  readonly startTls: Effect.Effect<void, Socket.SocketError> | undefined
  /** Everything from now on is compressed, both ways. */
  readonly compress: Effect.Effect<void>
  /** Says that a command has been completed; bounds of one command count from here. */
  readonly settle: () => void
}

/** One layer of a connection: a socket's reader and writer. */
interface Layer {
  readonly pull: Transport["pull"]
  readonly write: (octets: Uint8Array | string | Socket.CloseEvent) => Effect.Effect<void, Socket.SocketError>
}

/** On a socket of a simulated network, which has no TLS; what is written there has left at once. */
export const ofSocket = Effect.fnUntraced(function* (
  socket: Socket.Socket,
  address: string
): Effect.fn.Return<Transport, Socket.SocketError, Scope.Scope> {
  return yield* over(yield* attach(socket), {
    address,
    isSecure: () => false,
    certificates: () => [],
    isDrained: () => true,
    end: Effect.void,
    discard: () => {},
    startTls: undefined
  })
})

/** On a TCP connection; `tls` where it may become secure. */
export const ofNet = Effect.fnUntraced(function* (
  raw: net.Socket,
  tls: ServerTls | undefined
): Effect.fn.Return<Transport, Socket.SocketError, Scope.Scope> {
  const scope = yield* Scope.Scope
  let current = raw
  let certificates: ReadonlyArray<string> = []
  yield* Effect.addFinalizer(() => Effect.sync(() => void (current.closed || current.destroySoon())))
  let layer = yield* attach(yield* NodeSocket.fromDuplex(Effect.sync(() => raw)))
  const moving: Layer = { pull: Effect.suspend(() => layer.pull), write: (octets) => layer.write(octets) }
  return yield* over(moving, {
    address: raw.remoteAddress ?? "",
    isSecure: () => current !== raw,
    certificates: () => certificates,
    isDrained: () => current.writableLength === 0,
    end: Effect.callback<void>((resume) => {
      current.end(() => resume(Effect.void))
    }),
    discard: () => {
      while (raw.read() !== null);
    },
    startTls:
      tls &&
      Effect.gen(function* () {
        const secured = yield* tls.handshake(raw)
        const { socket } = secured
        socket.once("close", () => raw.destroy())
        current = socket
        certificates = secured.certificates
        layer = yield* Scope.provide(attach(yield* NodeSocket.fromDuplex(Effect.sync(() => socket))), scope)
      })
  })
})

/** The TCP socket of the connection being served, where there is one. */
export const netSocket: Effect.Effect<net.Socket | undefined> = Effect.map(
  Effect.serviceOption(NodeSocket.NetSocket),
  Option.getOrUndefined
)

const attach = Effect.fnUntraced(function* (
  socket: Socket.Socket
): Effect.fn.Return<Layer, Socket.SocketError, Scope.Scope> {
  const pull = yield* Socket.readerBytes(socket)
  const writer = yield* socket.writer
  return { pull, write: (octets) => writer.write(octets) }
})

type Below = Pick<Transport, "address" | "isSecure" | "certificates" | "isDrained" | "end" | "discard" | "startTls">

const over = Effect.fnUntraced(function* (layer: Layer, below: Below): Effect.fn.Return<Transport, never, Scope.Scope> {
  const scope = yield* Scope.Scope
  let pull = layer.pull
  let write: Transport["write"] = layer.write
  let isCompressed = false
  let settle = (): void => {}
  return {
    ...below,
    pull: Effect.suspend(() => pull),
    write: (octets) => write(octets),
    isDrained: () => isCompressed || below.isDrained(),
    close: layer.write(new Socket.CloseEvent(1000)),
    compress: Effect.gen(function* () {
      const inflation = yield* Deflate.inflating(layer.pull, Deflate.ofClient)
      const deflated = yield* Deflate.deflating(layer.write)
      pull = inflation.pull
      settle = inflation.settle
      write = (octets) => deflated(typeof octets === "string" ? Buffer.from(octets) : octets)
      isCompressed = true
    }).pipe(Scope.provide(scope)),
    settle: () => settle()
  }
})
