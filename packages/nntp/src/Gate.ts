/**
 * Counts what the clients of a server take up, and says whether there is room for more: connections, in all and of each
 * address, and octets of articles that have not ended yet.
 */

/** What connections are held to; asked anew for each, as it may change while the server runs. */
export interface Limits {
  /** Connections at a time; one more is answered 400 and closed. */
  readonly connectionsMax: number
  /** Connections of one address at a time; one more is answered 400 and closed. */
  readonly connectionsPerAddressMax: number
  /** A connection that completes no command or article for so long is closed. */
  readonly idleMillisMax: number
  /** Octets held of unfinished articles, of all connections; who brings more is closed, to try again later. */
  readonly unfinishedBytesMax: number
}

export const limitsDefault: Limits = {
  connectionsMax: 1_000,
  connectionsPerAddressMax: Number.POSITIVE_INFINITY,
  idleMillisMax: 10 * 60_000,
  unfinishedBytesMax: 128 * 1024 * 1024
}

/** Smaller limits hold for who comes next: nobody who is in is sent away. */
export class Gate {
  readonly #limits: () => Limits
  readonly #open = new Map<string, number>()
  #accepted = 0
  #unfinishedBytes = 0
  open = 0

  constructor(limits: () => Limits) {
    this.#limits = limits
  }

  /** The number of the connection, or why there is no room for it. */
  enter(address: string): number | string {
    const { connectionsMax, connectionsPerAddressMax } = this.#limits()
    const open = this.#open.get(address) ?? 0
    if (this.open >= connectionsMax) return "Too many connections"
    if (open >= connectionsPerAddressMax) return "Too many connections from your address"
    this.#open.set(address, open + 1)
    this.open += 1
    this.#accepted += 1
    return this.#accepted
  }

  /** A connection holds so many octets more, or fewer; says whether that is still within the limit. */
  hold(bytes: number): boolean {
    this.#unfinishedBytes += bytes
    return this.#unfinishedBytes <= this.#limits().unfinishedBytesMax
  }

  leave(address: string): void {
    const open = this.#open.get(address) ?? 0
    if (open > 1) this.#open.set(address, open - 1)
    else this.#open.delete(address)
    this.open -= 1
  }
}
