/**
 * What a connection has to say, in the order of its commands: what is there, and what comes of batches that are under way.
 *
 * While its fiber waits for octets, replies to batches leave where their answers come.
 */
import * as Prompt from "@lupin/core/Prompt"
import { Effect, Exit } from "effect"
import type * as Socket from "effect/socket/Socket"
import type { Transport } from "./Transport.ts"
import { Underway } from "./Underway.ts"
import { WriteBuffer } from "./WriteBuffer.ts"

/** Octets of replies after which they are written out, also in mid chunk. */
export const flushBytes = 256 * 1024

/** A longer text leaves at once, in letters: a client who waits for it has more to do than one who waits for a line. */
const laterLengthMax = 256

/** Something of a connection that is not done yet. */
export type Undone = Effect.Effect<unknown, Socket.SocketError>

export class Replies {
  readonly buffer = new WriteBuffer()
  readonly underway = new Underway(() => this.#answered())
  /** How often something was written. */
  writes = 0
  readonly #transport: Transport
  #isIdle = false
  /** What the last write while nobody waited has left to be waited for. */
  #blocked: Prompt.Rest<Socket.SocketError>

  readonly flush: Effect.Effect<void, Socket.SocketError> = Effect.suspend(() => this.send() ?? Effect.void)

  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** Writes what there is; nothing where the way is free, else what to wait for. */
  send(): Prompt.Rest<Socket.SocketError> {
    const { buffer } = this
    if (buffer.length === 0) return undefined
    this.writes += 1
    const rest = this.#transport.send(buffer.takeText() ?? buffer.take())
    if (rest !== undefined) return Effect.map(rest, () => buffer.recycle(this.#transport.isDrained()))
    buffer.recycle(this.#transport.isDrained())
    return undefined
  }

  /** As `send`; a short text leaves at the end of this turn, with those of other connections. */
  sendLater(): Prompt.Rest<Socket.SocketError> {
    const { buffer } = this
    const text = buffer.length <= laterLengthMax ? buffer.takeText() : undefined
    if (text === undefined) return this.send()
    this.writes += 1
    const rest = this.#transport.sendLater(text) ? undefined : this.#transport.send(text)
    buffer.recycle(this.#transport.isDrained())
    return rest
  }

  /** Before the fiber of the connection does something: what answers come is said by `wait` or `rest`. */
  begin(): Prompt.Rest<Socket.SocketError> {
    this.#isIdle = false
    const blocked = this.#blocked
    this.#blocked = undefined
    // It waits for an event, which has come and gone once all has left.
    return blocked === undefined || Exit.isExit(blocked) || !this.#transport.isDrained() ? blocked : undefined
  }

  /** Says what can be said, and waits for the answer of the first batch under way. */
  *wait(): Generator<Undone, void> {
    yield* this.send() ?? Effect.void
    yield* this.underway.first
    yield* this.#collect() ?? Effect.void
  }

  /** Waits for all answers. */
  *settle(): Generator<Undone, void> {
    while (!this.underway.isEmpty) yield* this.wait()
  }

  /** Before the fiber waits for octets, and says nothing. */
  rest(): Prompt.Rest<Socket.SocketError> {
    if (this.underway.isAnswered) return Prompt.run(this.#catchUp())
    this.#isIdle = true
    return undefined
  }

  *#catchUp(): Generator<Undone, void> {
    while (this.underway.isAnswered) {
      yield* this.#collect() ?? Effect.void
      yield* this.send() ?? Effect.void
    }
    this.#isIdle = true
  }

  /** Whoever has ended its side, or broken off, is told of what was begun as far as that goes. */
  readonly leave: Effect.Effect<void, Socket.SocketError> = Effect.suspend(() => {
    this.end()
    return Prompt.run(this.settle()) ?? Effect.void
  }).pipe(Effect.andThen(this.flush))

  /** Nothing is said by itself any more. */
  end(): void {
    this.#isIdle = false
  }

  /** Appends the lines of batches that are answered; gives the defect that ends the connection. */
  #collect(): Prompt.Rest<never> {
    for (let outcome = this.underway.take(); outcome !== undefined; outcome = this.underway.take()) {
      if (Exit.isFailure(outcome)) return Exit.asVoid(outcome)
      this.buffer.lines(outcome.value)
    }
    return undefined
  }

  /** Batches under way are few: their replies are written whether the client reads or not. */
  #answered(): void {
    if (!this.#isIdle) return
    this.#blocked = this.#collect()
    if (this.#blocked !== undefined || this.buffer.length === 0) return
    this.#blocked = this.#transport.send(this.buffer.takeText() ?? this.buffer.take())
    this.buffer.recycle(this.#transport.isDrained())
  }
}
