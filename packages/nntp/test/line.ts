/**
 * A connection and a door of articles without a network and a disk: what arrives, is answered and leaves when a test says so.
 */
import * as Prompt from "@lupin/core/Prompt"
import type { Received } from "@lupin/spool/Relayer"
import { SpoolUnavailable } from "@lupin/spool/Spool"
import { Effect, Exit } from "effect"
import * as Socket from "effect/socket/Socket"
import { Buffer } from "node:buffer"
import { expect } from "vitest"
import type * as Connection from "../src/Connection.ts"
import type { Step } from "../src/OctetStream.ts"
import * as ReadMemory from "../src/ReadMemory.ts"
import type { Transport } from "../src/Transport.ts"

/** A batch that the door has been given, and has not answered. */
interface Stored {
  readonly ids: ReadonlyArray<string>
  readonly bytes: number
  readonly done: (isWell: boolean) => void
}

/** A door that answers when it is told to. */
export class Door {
  readonly waiting: Array<Stored> = []
  readonly held = new Set<string>()
  /** What was said of each article, in the order in which they came. */
  readonly said: Array<string> = []
  /** Each article as it came, with its id in front. */
  readonly came: Array<string> = []
  /** Batches that are answered where they are brought; 0 for none. */
  readonly promptEvery: number
  brought = 0
  waitingMost = 0
  bytesMost = 0

  constructor(promptEvery: number) {
    this.promptEvery = promptEvery
  }

  readonly relayer: Connection.Service["relayer"] = {
    offer: (ids) => Exit.succeed(ids.map((id) => (this.held.has(id) ? "here" : "wanted"))),
    isHere: (octets, from, to) =>
      this.held.has(Buffer.from(octets.buffer, octets.byteOffset + from, to - from).toString()),
    receive: (batch) => {
      const ids = batch.map(({ id }) => id)
      const read = (): ReadonlyArray<string> =>
        batch.map(({ id, octets }) => `${id} ${Buffer.from(octets).toString("latin1")}`)
      const came = read()
      this.came.push(...came)
      const slots = ids.map((id) => this.said.push(`431 ${id}`) - 1)
      const answer = (): ReadonlyArray<Received> =>
        ids.map((id, at) => {
          const isHere = this.held.has(id)
          this.held.add(id)
          this.said[slots[at] ?? 0] = `${isHere ? 439 : 239} ${id}`
          return { _tag: isHere ? "AlreadyHere" : "Accepted" }
        })
      this.brought += 1
      return Prompt.begun((done) => {
        const store = (isWell: boolean): void => {
          // Until it has answered the octets are its own.
          expect(read()).toEqual(came)
          done(isWell ? Exit.succeed(answer()) : Exit.fail(new SpoolUnavailable({ reason: "disk full" })))
        }
        if (this.promptEvery > 0 && this.brought % this.promptEvery === 0 && this.waiting.length === 0)
          return store(true)
        this.waiting.push({ ids, bytes: batch.reduce((sum, one) => sum + one.octets.length, 0), done: store })
        this.waitingMost = Math.max(this.waitingMost, this.waiting.length)
        this.bytesMost = Math.max(
          this.bytesMost,
          this.waiting.slice(0, -1).reduce((sum, { bytes }) => sum + bytes, 0)
        )
      })
    }
  }

  /** Answers one that waits, if there are so many. */
  answer(at: number, isWell: boolean): void {
    for (const one of this.waiting.splice(at, 1)) one.done(isWell)
  }
}

/** A connection whose octets and answers come as the test has it. */
export class Line {
  written = ""
  /** Whether the connection is served no more. */
  isOver = false
  readonly #blockEvery: number
  #writes = 0
  #isFull = false
  readonly #drained = new Set<() => void>()
  /** Octets that have not left yet, and what they were when they were written. */
  readonly #leaving: Array<readonly [Uint8Array, Buffer]> = []
  #step: Step | undefined
  #resume: ((outcome: Effect.Effect<void, Socket.SocketError>) => void) | undefined
  #early: Array<Uint8Array> = []
  #isEnded = false

  /** Every so many writes the client reads no more, until `drain`; 0 for never. */
  constructor(blockEvery: number) {
    this.#blockEvery = blockEvery
  }

  readonly transport: Transport = {
    address: "",
    isSecure: () => false,
    certificates: () => [],
    each: (step) =>
      Effect.callback((resume) => {
        this.#step = step
        this.#resume = resume
        this.#look()
        return Effect.sync(() => {
          this.#resume = undefined
        })
      }),
    write: (said) => Effect.sync(() => void this.transport.send(Buffer.from(said))),
    send: (said) => {
      if (!this.isOver) this.written += Buffer.from(said).toString("latin1")
      this.#writes += 1
      if (this.#blockEvery > 0 && this.#writes % this.#blockEvery === 0) this.#isFull = true
      if (!this.#isFull) return undefined
      if (typeof said !== "string") this.#leaving.push([said, Buffer.from(said)])
      // As of a socket: whoever listens too late is not told.
      return Effect.callback((resume) => {
        const tell = (): void => resume(Effect.void)
        this.#drained.add(tell)
        return Effect.sync(() => void this.#drained.delete(tell))
      })
    },
    sendLater: () => false,
    isPrompt: () => true,
    isDrained: () => !this.#isFull,
    end: Effect.void,
    close: Effect.void,
    discard: () => {},
    startTls: undefined,
    compress: Effect.void,
    settle: () => {}
  }

  give(chunk: Uint8Array): void {
    this.#early.push(chunk)
    this.#look()
  }

  /** The client has read everything. */
  drain(): void {
    if (!this.#isFull) return
    this.#isFull = false
    for (const [octets, before] of this.#leaving.splice(0)) expect(Buffer.from(octets)).toEqual(before)
    const told = [...this.#drained]
    this.#drained.clear()
    for (const tell of told) tell()
  }

  end(): void {
    this.#isEnded = true
    this.#look()
  }

  /** Whether it waits for octets, or for nothing any more. */
  get isAtRest(): boolean {
    return this.#resume !== undefined || this.isOver
  }

  #look(): void {
    while (this.#resume !== undefined) {
      const chunk = this.#early.shift()
      const over = Effect.fail(new Socket.SocketError({ reason: new Socket.SocketCloseError({ code: 1000 }) }))
      const rest = chunk === undefined ? (this.#isEnded ? over : undefined) : this.#step?.([ownOf(chunk)])
      if (rest === undefined && chunk === undefined) return
      if (rest === undefined) continue
      const resume = this.#resume
      this.#resume = undefined
      resume(rest)
    }
  }
}

/** The octets as a socket hands them over. */
const ownOf = (chunk: Uint8Array): Uint8Array => {
  const octets = ReadMemory.take(chunk.length)
  octets.set(chunk)
  return octets
}
