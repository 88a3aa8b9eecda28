/**
 * The octets of one Node socket: read when they are wanted, written with back pressure.
 *
 * Ten thousand of them may be idle, so each is one small object: its listeners are shared by all. The socket flows while
 * somebody waits for it, so that what arrives is on its way at once; else it is paused, and read ahead as far as it goes.
 */
import type * as Prompt from "@lupin/core/Prompt"
import { Effect } from "effect"
import * as Socket from "effect/socket/Socket"
import type * as net from "node:net"
import * as OctetStream from "./OctetStream.ts"
import { SharedReadSocket } from "./SharedRead.ts"
import * as SharedWrite from "./SharedWrite.ts"

type Octets = readonly [Uint8Array]
type Step = (octets: Octets) => Prompt.Rest<Socket.SocketError>
/** Is given what has arrived, or nothing once no more will; says whether it waits on. */
type Waiter = (octets: Octets | undefined) => boolean

export class NetStream implements OctetStream.OctetStream {
  readonly #socket: net.Socket
  #waiting: Waiter | undefined
  /** Came while nobody waited: at most one, since the socket was paused at once. */
  #early: Uint8Array | undefined
  /** Leaves at the end of this turn of the event loop, before anything else. */
  #later = ""
  #failure: Socket.SocketError | undefined
  readonly #forget: Effect.Effect<void>
  /** What has arrived, or the next that does; fails once the other side has ended and everything was read. */
  readonly pull: Effect.Effect<Octets, Socket.SocketError>

  /** The socket is read from here alone, until it is released. */
  constructor(socket: net.Socket) {
    this.#socket = socket
    this.#forget = Effect.sync(() => {
      this.#waiting = undefined
    })
    this.pull = Effect.callback((resume) =>
      this.#wait((octets) => {
        resume(octets === undefined ? this.#failed() : Effect.succeed(octets))
        return false
      })
    )
    streams.set(socket, this)
    socket.pause()
    if (socket instanceof SharedReadSocket) socket.taker = this
    else socket.on("data", onData)
    socket.on("end", onEnd).on("error", onError).on("close", onClose)
  }

  /** Hands to `step` all that arrives, where it is read, until that has something to be done first; does it, and returns. */
  each(step: Step): Effect.Effect<void, Socket.SocketError> {
    return Effect.callback((resume) =>
      this.#wait((octets) => {
        const rest = octets === undefined ? this.#failed() : OctetStream.tried(step, octets)
        if (rest === undefined) return true
        resume(rest)
        return false
      })
    )
  }

  /** Writes; nothing where more may be written at once, else what to wait for. A `CloseEvent` ends the connection now. */
  send(octets: Uint8Array | string | Socket.CloseEvent): Effect.Effect<void, Socket.SocketError> | undefined {
    const socket = this.#socket
    if (this.#later !== "") this.writeNow()
    // To ask whether it is an event is dear.
    if (typeof octets !== "string" && !(octets instanceof Uint8Array) && Socket.isCloseEvent(octets)) {
      socket.destroy()
      return undefined
    }
    if (!socket.destroyed && socket.write(octets)) return undefined
    return socket.destroyed ? Effect.fail(unwritable(new Error("socket closed"))) : drained(socket)
  }

  /** Writes a short text at the end of this turn of the event loop, if the way is free; else nothing is done. Says which. */
  sendLater(text: string): boolean {
    const socket = this.#socket
    if (this.#later !== "" || socket.destroyed || socket.writableLength > 0) return false
    this.#later = text
    SharedWrite.enter(this)
    return true
  }

  /** Writes what was to leave later. */
  writeNow(): void {
    const text = this.#later
    if (text === "") return
    this.#later = ""
    if (!this.#socket.destroyed) this.#socket.write(text)
  }

  /** Throws away what has arrived. */
  discard(): void {
    while (this.#socket.read() !== null);
    this.#early = undefined
  }

  /** Reads no more of the socket, so that another may: a TLS stream over it. */
  release(): void {
    const socket = this.#socket
    this.writeNow()
    streams.delete(socket)
    if (socket instanceof SharedReadSocket) socket.taker = undefined
    // An error that nobody hears would end the process.
    socket.on("error", ignore)
    socket.off("data", onData).off("end", onEnd).off("error", onError).off("close", onClose)
    socket.pause()
    if (this.#early !== undefined) socket.unshift(this.#early)
    this.#early = undefined
  }

  take(octets: Uint8Array): void {
    if (this.#waiting !== undefined) return this.#give([octets])
    this.#early = octets
    this.#socket.pause()
  }

  fail(error: Socket.SocketError): void {
    this.#failure ??= error
    if (this.#waiting !== undefined) this.#give(undefined)
  }

  #wait(waiter: Waiter): Effect.Effect<void> | undefined {
    this.#waiting = waiter
    this.#look()
    return this.#waiting === undefined ? undefined : this.#forget
  }

  /** What was read ahead comes first; only then the socket flows. */
  #look(): void {
    const early = this.#early
    this.#early = undefined
    if (early !== undefined) this.#give([early])
    if (this.#waiting === undefined) return
    // What is read is told by the event too.
    if (this.#socket.isPaused()) this.#socket.read()
    if (this.#waiting === undefined) return
    if (this.#failure !== undefined) return this.#give(undefined)
    if (this.#socket.isPaused()) this.#socket.resume()
  }

  /** Whoever goes on with what is given may wait again before this returns. */
  #give(octets: Octets | undefined): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting?.(octets) === true) this.#waiting = waiting
  }

  #failed(): Effect.Effect<never, Socket.SocketError> {
    return Effect.fail(this.#failure ?? closed(1000))
  }
}

/** Emitters call their listeners as methods of their own: this finds whom they mean. */
const streams = new WeakMap<net.Socket, NetStream>()

function onData(this: net.Socket, octets: Uint8Array): void {
  streams.get(this)?.take(octets)
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
