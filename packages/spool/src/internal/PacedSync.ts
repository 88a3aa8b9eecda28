/**
 * Syncs files in place or by a thread, as the pace of the device has it on which each lies.
 */
import * as SyncPace from "./SyncPace.ts"

/** What a system has for it. */
export interface Syncs {
  /** The device that an open file lies on. */
  readonly deviceOf: (file: number) => number
  /** Syncs while the process waits. Throws what the system says. */
  readonly inPlace: (file: number) => void
  readonly byThread: (file: number, done: (error: Error | null) => void) => void
  /** A clock that never goes back. */
  readonly monotonicNanos: () => bigint
}

export class PacedSync {
  readonly #syncs: Syncs
  readonly #paces = new Map<number, SyncPace.Pace>()

  constructor(syncs: Syncs) {
    this.#syncs = syncs
  }

  /** Where the next sync of a device will be done. */
  whereOf(device: number): SyncPace.Where {
    return this.#paceOf(device).where
  }

  /** Calls back once what was written survives a power cut: before it returns, or later. */
  readonly sync = (file: number, done: (error: Error | null) => void): void => {
    const syncs = this.#syncs
    const device = syncs.deviceOf(file)
    const beganNanos = syncs.monotonicNanos()
    const where = this.whereOf(device)
    if (where === "thread") {
      return syncs.byThread(file, (error) => {
        this.#see(device, where, beganNanos, error)
        done(error)
      })
    }
    const error = attempt(() => syncs.inPlace(file))
    this.#see(device, where, beganNanos, error)
    done(error)
  }

  #see(device: number, where: SyncPace.Where, beganNanos: bigint, error: Error | null): void {
    const nanos = Number(this.#syncs.monotonicNanos() - beganNanos)
    const micros = error === null ? nanos / 1000 : Number.POSITIVE_INFINITY
    this.#paces.set(device, SyncPace.seen(this.#paceOf(device), where, micros))
  }

  #paceOf(device: number): SyncPace.Pace {
    return this.#paces.get(device) ?? SyncPace.initial
  }
}

const attempt = (act: () => void): Error | null => {
  try {
    act()
    return null
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
