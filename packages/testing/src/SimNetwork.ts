/**
 * A simulated network between hosts: streams of octets with latency and bandwidth, over links that can be cut one way,
 * reset and slowed.
 *
 * It behaves as TCP does. Octets arrive in order or the connection breaks; what a cut holds back is sent again after the
 * link has healed; a machine that lost its power says nothing, and one that came back resets what it does not know.
 */
import * as SimConnection from "./SimConnection.ts"
import type { SimProcess } from "./SimProcess.ts"
import type { World } from "./World.ts"

/** One direction between two hosts. */
export interface Link {
  readonly from: string
  readonly to: string
  latencyMillis: number
  /** Up to so much more for each message, by chance. */
  jitterMillis: number
  bytesPerSecond: number
  /** Chance of a message to be lost; it is sent again a moment later. */
  loss: number
  isUp: boolean
  /** When what was sent last has left. */
  busyUntilMillis: number
  /** Counted as Maelstrom counts: a message is one flushed write. */
  messages: number
  bytes: number
}

export type Quality = Pick<Link, "latencyMillis" | "jitterMillis" | "bytesPerSecond" | "loss">

/** Within one machine. */
export const loopback: Quality = {
  latencyMillis: 0.02,
  jitterMillis: 0,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  loss: 0
}

export interface Options {
  /** What a link between two hosts is like at first. */
  readonly quality: (from: string, to: string) => Quality
}

/** How a host that listens takes a connection. */
export type Accept = (end: SimConnection.End) => void

interface Listener {
  readonly process: SimProcess
  readonly accept: Accept
}

interface Host {
  readonly address: string
  /** A machine without power hears and says nothing. */
  hasPower: boolean
  readonly listeners: Map<number, Listener>
  readonly ends: Set<SimConnection.End>
}

/** When a connection that is not answered is tried again, in milliseconds since the first try: as Linux does. */
const synRetryMillis = [0, 1_000, 3_000, 7_000, 15_000, 31_000, 63_000]

export class SimNetwork {
  readonly world: World
  /** Shown all that a process reads from a connection. */
  tap: ((end: SimConnection.End, octets: ReadonlyArray<Uint8Array>) => void) | undefined
  readonly #quality: Options["quality"]
  readonly #links = new Map<string, Link>()
  readonly #hosts = new Map<string, Host>()
  #connections = 0

  constructor(world: World, { quality }: Options) {
    this.world = world
    this.#quality = quality
  }

  /** The direction from one host to another. */
  link(from: string, to: string): Link {
    const key = `${from} ${to}`
    const known = this.#links.get(key)
    if (known !== undefined) return known
    const quality = from === to ? loopback : this.#quality(from, to)
    const link = { from, to, ...quality, isUp: true, busyUntilMillis: 0, messages: 0, bytes: 0 }
    this.#links.set(key, link)
    return link
  }

  /** All links that were used so far. */
  get links(): ReadonlyArray<Readonly<Link>> {
    return [...this.#links.values()]
  }

  /** Nothing gets through in this direction until `heal`. */
  cut(from: string, to: string): void {
    this.link(from, to).isUp = false
  }

  heal(from: string, to: string): void {
    const link = this.link(from, to)
    if (link.isUp) return
    link.isUp = true
    for (const end of this.#host(from).ends) if (end.remote === to) end.resend()
  }

  /** Breaks all connections between two hosts; each end that can be reached is told at once. */
  reset(one: string, other: string): void {
    for (const end of this.#host(one).ends) if (end.remote === other) end.abort("connection reset")
  }

  /** Listens for connections; the process must live to accept them. Gives what ends it. */
  listen(process: SimProcess, address: string, port: number, accept: Accept): () => void {
    const { listeners } = this.#host(address)
    if (listeners.has(port)) throw new Error(`${address}:${port} is in use`)
    const listener = { process, accept }
    listeners.set(port, listener)
    const stop = (): void => {
      if (listeners.get(port) === listener) listeners.delete(port)
    }
    process.onDeath(stop)
    return stop
  }

  /** Connects; the answer comes to the process once, unless it has called the attempt off. */
  connect(
    process: SimProcess,
    from: string,
    to: string,
    port: number,
    answer: (end: SimConnection.End | string) => void
  ): () => void {
    const { world } = this
    let isOver = false
    const settle = (outcome: SimConnection.End | string): void =>
      process.perform(() => {
        if (isOver) {
          if (typeof outcome !== "string") outcome.abort("closed")
          return
        }
        isOver = true
        answer(outcome)
      })
    const attempt = (tries: number): void => {
      if (isOver || process.fate === "dead") return
      const there = this.link(from, to)
      const back = this.link(to, from)
      const host = this.#host(to)
      if (!there.isUp || !back.isUp || !host.hasPower) {
        const waited = synRetryMillis[tries] ?? 0
        const next = synRetryMillis[tries + 1]
        if (next === undefined) return settle("timed out")
        world.after(next - waited, process, () => attempt(tries + 1))
        return
      }
      world.after(this.delay(there), undefined, () => {
        const listener = host.listeners.get(port)
        if (!host.hasPower) return
        if (listener === undefined) return void world.after(this.delay(back), undefined, () => settle("refused"))
        if (process.fate === "dead") return
        const name = `${from}-${to}:${port}#${++this.#connections}`
        const [near, far] = SimConnection.pair(this, name, { process, address: from }, { ...listener, address: to })
        this.#host(from).ends.add(near)
        host.ends.add(far)
        listener.process.post(() => listener.accept(far))
        world.after(this.delay(back), undefined, () => settle(near))
      })
    }
    attempt(0)
    return () => {
      isOver = true
    }
  }

  /** The process is gone, and its kernel says so to all that it was connected with. */
  killed(process: SimProcess): void {
    for (const { ends } of this.#hosts.values()) {
      for (const end of ends) if (end.process === process) end.abort("connection reset")
    }
  }

  /** The machine says nothing any more, to nobody. */
  powerOff(address: string): void {
    const host = this.#host(address)
    host.hasPower = false
    for (const end of host.ends) end.vanish()
    host.ends.clear()
    host.listeners.clear()
  }

  powerOn(address: string): void {
    this.#host(address).hasPower = true
  }

  hasPower(address: string): boolean {
    return this.#host(address).hasPower
  }

  /** For `SimConnection`: the end is closed on both sides. */
  leave(end: SimConnection.End): void {
    this.#host(end.address).ends.delete(end)
  }

  /** For `SimConnection`: how long something takes that is sent now. */
  delay(link: Link, bytes = 0): number {
    const { world } = this
    const startMillis = Math.max(world.nowMillis, link.busyUntilMillis)
    link.busyUntilMillis = startMillis + (bytes * 1000) / link.bytesPerSecond
    const jitter = link.jitterMillis === 0 ? 0 : link.jitterMillis * world.chance.fraction()
    const lost = link.loss > 0 && world.chance.happens(link.loss) ? retransmitMillis + 2 * link.latencyMillis : 0
    return link.busyUntilMillis - world.nowMillis + link.latencyMillis + jitter + lost
  }

  #host(address: string): Host {
    const known = this.#hosts.get(address)
    if (known !== undefined) return known
    const host = { address, hasPower: true, listeners: new Map(), ends: new Set<SimConnection.End>() }
    this.#hosts.set(address, host)
    return host
  }
}

/** How soon a lost message is sent again. */
export const retransmitMillis = 200
