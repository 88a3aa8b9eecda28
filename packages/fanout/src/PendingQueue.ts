/**
 * What one consumer has still to do: waiting, in flight, or given back. Pure but for its own arrays.
 *
 * Order is that of publishing; a delivery given back or overdue goes before what was never handed out.
 */
import type * as Fanout from "./Fanout.ts"

interface InFlight {
  readonly message: Fanout.Message
  readonly attempt: number
  readonly dueMillis: number
}

interface Waiting {
  readonly sequence: number
  readonly message: Fanout.Message
  readonly attempt: number
}

export class PendingQueue {
  readonly #waiting: Array<Waiting> = []
  readonly #inFlight = new Map<number, InFlight>()
  #sequence = 0

  /** Waiting and in flight. */
  get size(): number {
    return this.#waiting.length + this.#inFlight.size
  }

  add(message: Fanout.Message): void {
    this.#sequence += 1
    this.#waiting.push({ sequence: this.#sequence, message, attempt: 0 })
  }

  /** At most `max` deliveries, no more than `inFlightMax` unacknowledged in all; they are due back at `dueMillis`. */
  take(max: number, inFlightMax: number, dueMillis: number): ReadonlyArray<Fanout.Delivery> {
    const count = Math.min(max, inFlightMax - this.#inFlight.size)
    if (count <= 0) return []
    return this.#waiting.splice(0, count).map(({ sequence, message, attempt }) => {
      this.#inFlight.set(sequence, { message, attempt: attempt + 1, dueMillis })
      return { ...message, sequence, attempt: attempt + 1 }
    })
  }

  acknowledge(sequences: ReadonlyArray<number>): void {
    for (const sequence of sequences) this.#inFlight.delete(sequence)
  }

  /** Puts deliveries back in front, in their order. */
  release(sequences: ReadonlyArray<number>): void {
    const back: Array<Waiting> = []
    for (const sequence of sequences) {
      const held = this.#inFlight.get(sequence)
      if (held === undefined) continue
      this.#inFlight.delete(sequence)
      back.push({ sequence, message: held.message, attempt: held.attempt })
    }
    if (back.length === 0) return
    this.#waiting.unshift(...back)
    this.#waiting.sort((a, b) => a.sequence - b.sequence)
  }

  /** Gives back all that is overdue at `nowMillis`; says how many. */
  expire(nowMillis: number): number {
    if (this.#inFlight.size === 0) return 0
    const overdue = [...this.#inFlight].filter(([, held]) => held.dueMillis <= nowMillis)
    this.release(overdue.map(([sequence]) => sequence))
    return overdue.length
  }

  /** When the first delivery in flight is overdue; undefined where none is in flight. */
  get nextDueMillis(): number | undefined {
    let first: number | undefined
    for (const { dueMillis } of this.#inFlight.values()) if (first === undefined || dueMillis < first) first = dueMillis
    return first
  }
}
