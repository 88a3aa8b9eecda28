/**
 * The octets of one Node socket: read when they are wanted, written with back pressure.
 *
 * Ten thousand of them may be idle, so each is one small object: its listeners are shared by all.
 */
import { Effect } from "effect"
import * as Socket from "effect/socket/Socket"
import type * as net from "node:net"

type Octets = readonly [Uint8Array]
type Resume = (outcome: Effect.Effect<Octets, Socket.SocketError>) => void

export class NetStream {
  readonly #socket: net.Socket
  #waiting: Resume | undefined
  #failure: Socket.SocketError | undefined
  /** What has arrived, or the next that does; fails once the other side has ended and everything was read. */
  readonly pull: Effect.Effect<Octets, Socket.SocketError>

  /** The socket is read from here alone, until it is released. */
  constructor(socket: net.Socket) {
    this.#socket = socket
    this.pull = Effect.callback((resume) => {
      this.#waiting = resume
      this.#deliver()
      return this.#waiting === undefined ? undefined : this.#forget
    })
    streams.set(socket, this)
    socket.pause()
    socket.on("readable", onReadable).on("end", onEnd).on("error", onError).on("close", onClose)
  }

  /** Writes; a `CloseEvent` ends the connection now. */
  write(octets: Uint8Array | string | Socket.CloseEvent): Effect.Effect<void, Socket.SocketError> {
    return Effect.suspend(() => {
      const socket = this.#socket
      if (Socket.isCloseEvent(octets)) {
        socket.destroy()
        return Effect.void
      }
      if (!socket.destroyed && socket.write(octets)) return Effect.void
      return socket.destroyed ? Effect.fail(unwritable(new Error("socket closed"))) : drained(socket)
    })
  }

  /** Reads no more of the socket, so that another may: a TLS stream over it. */
  release(): void {
    const socket = this.#socket
    streams.delete(socket)
    // An error that nobody hears would end the process.
    socket.on("error", ignore)
    socket.off("readable", onReadable).off("end", onEnd).off("error", onError).off("close", onClose)
  }

  /** Something may be there. */
  wake(): void {
    if (this.#waiting !== undefined) this.#deliver()
  }

  fail(error: Socket.SocketError): void {
    this.#failure ??= error
    this.wake()
  }

  #deliver(): void {
    const octets: Uint8Array | null = this.#socket.read()
    const resume = this.#waiting
    if (resume === undefined || (octets === null && this.#failure === undefined)) return
    this.#waiting = undefined
    if (octets !== null) resume(Effect.succeed([octets]))
    else if (this.#failure !== undefined) resume(Effect.fail(this.#failure))
  }

  get #forget(): Effect.Effect<void> {
    return Effect.sync(() => {
      this.#waiting = undefined
    })
  }
}

/** Emitters call their listeners as methods of their own: this finds whom they mean. */
const streams = new WeakMap<net.Socket, NetStream>()

function onReadable(this: net.Socket): void {
  streams.get(this)?.wake()
}
function onEnd(this: net.Socket): void {
  streams.get(this)?.fail(closed(1000))
}
function onError(this: net.Socket, cause: Error): void {
  streams.get(this)?.fail(new Socket.SocketError({ reason: new Socket.SocketReadError({ cause }) }))
}
function onClose(this: net.Socket, hadError: boolean): void {
  streams.get(this)?.fail(closed(hadError ? 1006 : 1000))
}
const ignore = (): void => {}

const closed = (code: number): Socket.SocketError =>
  new Socket.SocketError({ reason: new Socket.SocketCloseError({ code }) })

const unwritable = (cause: Error): Socket.SocketError =>
  new Socket.SocketError({ reason: new Socket.SocketWriteError({ cause }) })

/** Waits until the other side has read. */
const drained = (socket: net.Socket): Effect.Effect<void, Socket.SocketError> =>
  Effect.callback<void, Socket.SocketError>((resume) => {
    const finish = (outcome: Effect.Effect<void, Socket.SocketError>): void => {
      socket.off("drain", onDrain).off("close", onEnded)
      resume(outcome)
    }
    const onDrain = (): void => finish(Effect.void)
    const onEnded = (): void => finish(Effect.fail(unwritable(new Error("socket closed"))))
    socket.on("drain", onDrain).on("close", onEnded)
    return Effect.sync(() => void socket.off("drain", onDrain).off("close", onEnded))
  })
