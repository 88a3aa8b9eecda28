/**
 * A simulated connection: two ends, each with what has arrived for it and what it waits for.
 */
import { Buffer } from "node:buffer"
import type { Link, SimNetwork } from "./SimNetwork.ts"
import type { SimProcess } from "./SimProcess.ts"

/** Octets of one direction that are on their way or not read yet; beyond it the writer waits, as on a full window. */
export const windowBytes = 256 * 1024

/** Between two tries to send what a cut holds back: doubling up to this. */
const resendMillisMax = 120_000
const resendMillisMin = 200

/** How long a message that nobody answers is tried: then the connection is given up, as Linux does. */
const giveUpMillis = 924_600

/** Why nothing more comes: `end` is an ordinary close of the other side. */
export type Ending = { readonly _tag: "End" } | { readonly _tag: "Broken"; readonly reason: string }

interface Message {
  readonly sequence: number
  readonly bytes: number
  /** What it brings to the other end: octets, or the end of the connection. */
  readonly brings: Uint8Array | Ending
}

/** Where an end is: a process on a host. */
export interface Place {
  readonly process: SimProcess
  readonly address: string
}

export class End {
  readonly name: string
  readonly process: SimProcess
  readonly address: string
  /** The host of the other end. */
  readonly remote: string
  readonly #network: SimNetwork
  readonly #out: Link
  #peer: End | undefined
  #inbox: Array<Uint8Array> = []
  #inboxBytes = 0
  /** Sent and not read by the other side. */
  #openBytes = 0
  #ending: Ending | undefined
  #isClosed = false
  #latestMillis = 0
  #sent = 0
  /** Messages that a cut holds back, in order, and since when. */
  #stuck: Array<Message> = []
  #stuckSinceMillis = 0
  /** Gone without a word: whoever writes to it hears nothing, or a reset once its host is back. */
  #isGhost = false
  #onReadable: (() => void) | undefined
  #onWritable: Array<() => void> = []

  constructor(network: SimNetwork, name: string, place: Place, remote: string) {
    this.#network = network
    this.name = name
    this.process = place.process
    this.address = place.address
    this.remote = remote
    this.#out = network.link(place.address, remote)
  }

  /** For `pair`. */
  join(peer: End): void {
    this.#peer = peer
  }

  /** Takes what has arrived; an ending where nothing more will; nothing where there is something to wait for. */
  read(): ReadonlyArray<Uint8Array> | Ending | undefined {
    if (this.#isClosed) return { _tag: "End" }
    if (this.#inbox.length === 0) return this.#ending
    const arrived = this.#inbox
    const bytes = this.#inboxBytes
    this.#inbox = []
    this.#inboxBytes = 0
    this.#peer?.acknowledge(bytes)
    this.#network.tap?.(this, arrived)
    return arrived
  }

  /** Calls back in the process's turn when there is something to read. One at a time. */
  onReadable(wake: (() => void) | undefined): void {
    this.#onReadable = wake
  }

  /** Sends a copy of the octets; says why not where the connection is no more. */
  write(octets: Uint8Array): Ending | undefined {
    if (this.#isClosed) return { _tag: "Broken", reason: "closed" }
    if (this.#ending?._tag === "Broken") return this.#ending
    const bytes = octets.length
    if (bytes === 0) return undefined
    const copy = Buffer.from(octets)
    this.#openBytes += bytes
    this.#out.messages += 1
    this.#out.bytes += bytes
    this.#send({ sequence: this.#sent++, bytes, brings: copy })
    return undefined
  }

  /** Whether the other side is behind with reading. */
  get isFull(): boolean {
    return this.#openBytes > windowBytes && !this.#isClosed && this.#ending?._tag !== "Broken"
  }

  /** Calls back in the process's turn once there is room, or the connection is no more. */
  onWritable(wake: () => void): void {
    this.#onWritable.push(wake)
  }

  /** Ends the connection behind all that was written. */
  close(): void {
    if (this.#isClosed) return
    this.#shut()
    this.#send({ sequence: this.#sent++, bytes: 0, brings: { _tag: "End" } })
  }

  /** Breaks the connection; the other side hears of it, if anything gets there. */
  abort(reason: string): void {
    if (this.#isClosed) return
    this.#shut()
    this.#stuck = []
    this.ended({ _tag: "Broken", reason })
    this.#send({ sequence: this.#sent++, bytes: 0, brings: { _tag: "Broken", reason } })
  }

  /** Its machine has stopped. */
  vanish(): void {
    this.#isGhost = true
    this.#isClosed = true
    this.#stuck = []
  }

  /** The link goes again: what was held back is sent at the next try, as far apart as tries are by now. */
  resend(): void {
    const [first] = this.#stuck
    if (first === undefined) return
    const { nowMillis } = this.#network.world
    const waitedMillis = nowMillis - this.#stuckSinceMillis
    let tryMillis = resendMillisMin
    for (let step = resendMillisMin; tryMillis < waitedMillis;) {
      step = Math.min(2 * step, resendMillisMax)
      tryMillis += step
    }
    this.#network.world.after(tryMillis - waitedMillis, undefined, () => {
      if (!this.#out.isUp) return
      for (const message of this.#stuck.splice(0)) this.#send(message)
    })
  }

  /** For the other end. */
  arrived(octets: Uint8Array): void {
    if (this.#isGhost) {
      if (this.#network.hasPower(this.address)) this.#answer()
      return
    }
    if (this.#isClosed) return this.#answer()
    this.#inbox.push(octets)
    this.#inboxBytes += octets.length
    this.#wakeReader()
  }

  /** For the other end. */
  ended(ending: Ending): void {
    if (this.#isGhost || this.#ending?._tag === "Broken") return
    this.#ending = ending
    if (ending._tag === "Broken") {
      this.#inbox = []
      this.#stuck = []
      this.#wakeWriters()
      this.#network.leave(this)
    }
    this.#wakeReader()
  }

  /** For the other end: so many octets were read. */
  acknowledge(bytes: number): void {
    const wasFull = this.isFull
    this.#openBytes -= bytes
    if (!wasFull || this.isFull || this.#onWritable.length === 0) return
    this.#network.world.after(this.#out.latencyMillis, undefined, () => this.#wakeWriters())
  }

  /** Nobody is here any more to read what came. */
  #answer(): void {
    const peer = this.#peer
    if (!this.#out.isUp || peer === undefined) return
    this.#network.world.after(this.#network.delay(this.#out), undefined, () =>
      peer.ended({ _tag: "Broken", reason: "connection reset" })
    )
  }

  #shut(): void {
    this.#isClosed = true
    this.#inbox = []
    this.#wakeReader()
    this.#wakeWriters()
    this.#network.leave(this)
  }

  #send(message: Message): void {
    const { world } = this.#network
    if (!this.#out.isUp || this.#stuck.length > 0) return this.#hold(message)
    const arrivalMillis = Math.max(world.nowMillis + this.#network.delay(this.#out, message.bytes), this.#latestMillis)
    this.#latestMillis = arrivalMillis
    world.after(arrivalMillis - world.nowMillis, undefined, () => this.#arrive(message))
  }

  #arrive(message: Message): void {
    const { world } = this.#network
    const isEarlierHeld = (this.#stuck[0]?.sequence ?? message.sequence) < message.sequence
    if (!this.#out.isUp || isEarlierHeld) return this.#hold(message)
    world.trace.stir(world.nowMillis - world.startMillis + message.bytes)
    if ("_tag" in message.brings) this.#peer?.ended(message.brings)
    else this.#peer?.arrived(message.brings)
  }

  #hold(message: Message): void {
    const { world } = this.#network
    // What was on its way when the link was cut comes before what was held back at once.
    const at = this.#stuck.findLastIndex(({ sequence }) => sequence < message.sequence) + 1
    this.#stuck.splice(at, 0, message)
    if (this.#stuck.length > 1) return
    this.#stuckSinceMillis = world.nowMillis
    world.after(giveUpMillis, undefined, () => {
      if (!this.#stuck.includes(message)) return
      this.#stuck = []
      this.ended({ _tag: "Broken", reason: "timed out" })
    })
  }

  #wakeReader(): void {
    const wake = this.#onReadable
    if (wake === undefined) return
    this.#onReadable = undefined
    this.process.perform(wake)
  }

  #wakeWriters(): void {
    for (const wake of this.#onWritable.splice(0)) this.process.perform(wake)
  }
}

/** The two ends of a new connection: of who connected, and of who listened. */
export const pair = (network: SimNetwork, name: string, near: Place, far: Place): readonly [End, End] => {
  const ends = [new End(network, name, near, far.address), new End(network, name, far, near.address)] as const
  ends[0].join(ends[1])
  ends[1].join(ends[0])
  return ends
}
