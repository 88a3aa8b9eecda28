/**
 * The way of one connection's octets at a server: plain at first, then on TLS, then compressed, as the session asks.
 */
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import { Effect, Option, Scope } from "effect"
import * as Socket from "effect/socket/Socket"
import { Buffer } from "node:buffer"
import type * as net from "node:net"
import * as Deflate from "./Deflate.ts"
import { NetStream } from "./NetStream.ts"
import * as OctetStream from "./OctetStream.ts"
import type { ServerTls } from "./ServerTls.ts"
import * as SharedRead from "./SharedRead.ts"

export interface Transport {
  /** The client's address, as text; empty where the network has none. */
  readonly address: string
  readonly isSecure: () => boolean
  /** Names of the client's certificate, if it showed one that is good. */
  readonly certificates: () => ReadonlyArray<string>
  /**
   * Hands to `step` all that arrives, until that has something to be done first; does it, and returns. Nothing of what
   * comes meanwhile is lost.
   */
  readonly each: OctetStream.OctetStream["each"]
  readonly write: (octets: Uint8Array | string) => Effect.Effect<void, Socket.SocketError>
  /** Writes now; nothing where more may be written at once, else what has to be done first. */
  readonly send: (octets: Uint8Array | string) => Effect.Effect<void, Socket.SocketError> | undefined
  /**
   * Writes a short text at the end of this turn of the event loop, with what other connections say then, and before all that is
   * written behind it; says whether it will, else nothing is done.
   */
  readonly sendLater: (text: string) => boolean
  /** Whether `send` has written when it returns, so that what it gives only waits. */
  readonly isPrompt: () => boolean
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

/** On a socket of which nothing else is known, without TLS. */
export const ofSocket = Effect.fnUntraced(function* (
  socket: Socket.Socket,
  address: string
): Effect.fn.Return<Transport, Socket.SocketError, Scope.Scope> {
  const pull = yield* Socket.readerBytes(socket)
  return new Compressible(address, OctetStream.ofSocket(pull, yield* socket.writer), yield* Scope.Scope)
})

/** On a stream of a simulated network, which has no TLS; what is written there has left at once. */
export const ofStream = (
  stream: OctetStream.OctetStream,
  address: string
): Effect.Effect<Transport, never, Scope.Scope> =>
  Effect.map(Scope.Scope, (scope) => new OnStream(address, stream, scope))

/** On a TCP connection; `tls` where it may become secure. */
export const ofNet = (raw: net.Socket, tls: ServerTls | undefined): Effect.Effect<Transport, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.map(Scope.Scope, (scope) => new OnNet(SharedRead.of(raw), tls, scope)),
    (transport) => Effect.sync(() => transport.finish())
  )

/** The TCP socket of the connection being served, where there is one. */
export const netSocket: Effect.Effect<net.Socket | undefined> = Effect.map(
  Effect.serviceOption(NodeSocket.NetSocket),
  Option.getOrUndefined
)

/** A connection costs an object: what is not under way is made when it is asked for. */
class Compressible implements Transport {
  readonly address: string
  readonly scope: Scope.Scope
  protected layer: OctetStream.OctetStream
  #deflated: ((octets: Uint8Array) => Effect.Effect<void, Socket.SocketError>) | undefined
  #inflation: Deflate.Inflation | undefined

  constructor(address: string, layer: OctetStream.OctetStream, scope: Scope.Scope) {
    this.address = address
    this.layer = layer
    this.scope = scope
  }

  isSecure(): boolean {
    return false
  }

  certificates(): ReadonlyArray<string> {
    return []
  }

  each(step: OctetStream.Step): Effect.Effect<void, Socket.SocketError> {
    return this.#inflation === undefined ? this.layer.each(step) : OctetStream.eachOf(this.#inflation.pull)(step)
  }

  write(octets: Uint8Array | string): Effect.Effect<void, Socket.SocketError> {
    return Effect.suspend(() => this.send(octets) ?? Effect.void)
  }

  send(octets: Uint8Array | string): Effect.Effect<void, Socket.SocketError> | undefined {
    if (this.#deflated === undefined) return this.layer.send(octets)
    return this.#deflated(typeof octets === "string" ? Buffer.from(octets) : octets)
  }

  sendLater(_text: string): boolean {
    return false
  }

  isPrompt(): boolean {
    return false
  }

  isDrained(): boolean {
    return true
  }

  get end(): Effect.Effect<void> {
    return Effect.void
  }

  get close(): Effect.Effect<void, Socket.SocketError> {
    return Effect.suspend(() => this.layer.send(new Socket.CloseEvent(1000)) ?? Effect.void)
  }

  discard(): void {}

  get startTls(): Effect.Effect<void, Socket.SocketError> | undefined {
    return undefined
  }

  protected get isCompressed(): boolean {
    return this.#inflation !== undefined
  }

  get compress(): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const { layer } = this
      const inflation = yield* Deflate.inflating(layer.pull, Deflate.ofClient)
      this.#deflated = yield* Deflate.deflating((octets) => Effect.suspend(() => layer.send(octets) ?? Effect.void))
      this.#inflation = inflation
    }).pipe(Scope.provide(this.scope))
  }

  settle(): void {
    this.#inflation?.settle()
  }
}

class OnStream extends Compressible {
  override isPrompt(): boolean {
    return !this.isCompressed
  }
}

class OnNet extends OnStream {
  readonly #tls: ServerTls | undefined
  readonly #raw: net.Socket
  #current: net.Socket
  #certificates: ReadonlyArray<string> = none

  constructor(raw: net.Socket, tls: ServerTls | undefined, scope: Scope.Scope) {
    super(raw.remoteAddress ?? "", new NetStream(raw), scope)
    this.#tls = tls
    this.#raw = raw
    this.#current = raw
  }

  override isSecure(): boolean {
    return this.#current !== this.#raw
  }

  override certificates(): ReadonlyArray<string> {
    return this.#certificates
  }

  override sendLater(text: string): boolean {
    return !this.isCompressed && this.layer instanceof NetStream && this.layer.sendLater(text)
  }

  override isDrained(): boolean {
    return this.isCompressed || this.#current.writableLength === 0
  }

  override get end(): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      this.#writeNow()
      this.#current.end(() => resume(Effect.void))
    })
  }

  override discard(): void {
    if (this.layer instanceof NetStream) this.layer.discard()
  }

  override get startTls(): Effect.Effect<void, Socket.SocketError> | undefined {
    const tls = this.#tls
    return (
      tls &&
      Effect.gen({ self: this }, function* () {
        if (this.layer instanceof NetStream) this.layer.release()
        const { certificates, socket } = yield* tls.handshake(this.#raw)
        socket.once("close", () => this.#raw.destroy())
        this.#current = socket
        this.#certificates = certificates
        this.layer = new NetStream(socket)
      })
    )
  }

  /** What is written still leaves; then the connection ends. */
  finish(): void {
    this.#writeNow()
    if (!this.#current.closed) this.#current.destroySoon()
  }

  #writeNow(): void {
    if (this.layer instanceof NetStream) this.layer.writeNow()
  }
}

const none: ReadonlyArray<string> = []
