/**
 * Which peer is sending which articles just now, so that others are told to wait.
 *
 * Pure state: a lease is on the articles of one batch, and ends with them, with its connection, or after a while.
 */

interface Lease {
  readonly connection: string
  readonly peer: string | undefined
  readonly untilMillis: number
  readonly ids: ReadonlyArray<string>
  /** Articles that are still on their way under this lease. */
  open: number
  /** The first of its ids that may be. */
  next: number
}

/** Leases that are over are looked for in the queue once there are so many more than those that are open. */
const overMax = 64

export interface TransitTable {
  /**
   * Whether another connection than this one is sending the article. One that was taken for the same `peer` is not counted:
   * whoever offers it again has lost that connection, and ours may not know yet.
   */
  readonly isElsewhere: (id: string, connection: string, nowMillis: number, peer?: string) => boolean
  /**
   * Says that this connection sends these articles, until `untilMillis`. At most `leasesMax` of the newest are kept. Without
   * `peer` all other connections wait.
   */
  readonly take: (ids: ReadonlyArray<string>, connection: string, untilMillis: number, peer?: string) => void
  /** Ends this connection's hold on the article, if it has one. */
  readonly end: (id: string, connection: string) => void
  /** Ends all leases of a connection; gives how many articles it was still to send. */
  readonly endAll: (connection: string) => number
}

/** `leasesMax` counts articles. */
export const make = (leasesMax: number): TransitTable => {
  const leases = new Map<string, Lease>()
  /** Leases of each connection: most have one at a time. */
  const connections = new Map<string, Lease | Set<Lease>>()

  const enter = (lease: Lease): void => {
    const those = connections.get(lease.connection)
    if (those instanceof Set) those.add(lease)
    else connections.set(lease.connection, those === undefined ? lease : new Set([those, lease]))
  }

  const leave = (lease: Lease): void => {
    const those = connections.get(lease.connection)
    if (those instanceof Set) those.delete(lease)
    if (those === lease || (those instanceof Set && those.size === 0)) connections.delete(lease.connection)
  }

  /** All leases in their order, from `first` on. A Map has the same order, but goes over all that has left it each time. */
  let queue: Array<Lease> = []
  let first = 0
  let openLeases = 0

  const end = (lease: Lease): void => {
    openLeases -= 1
    leave(lease)
  }

  const drop = (id: string, lease: Lease): void => {
    leases.delete(id)
    lease.open -= 1
    if (lease.open === 0) end(lease)
  }

  const begin = (lease: Lease): void => {
    enter(lease)
    openLeases += 1
    if (queue.length > 2 * openLeases + overMax) {
      queue = queue.slice(first).filter(({ open }) => open > 0)
      first = 0
    }
    queue.push(lease)
  }

  const dropOldest = (): void => {
    for (let lease = queue[first]; lease !== undefined; lease = queue[++first]) {
      while (lease.open > 0) {
        const id = lease.ids[lease.next++] as string
        if (leases.get(id) === lease) return drop(id, lease)
      }
    }
  }

  return {
    isElsewhere: (id, connection, nowMillis, peer) => {
      // To look for an id costs its hash.
      if (leases.size === 0) return false
      const lease = leases.get(id)
      if (lease === undefined || lease.connection === connection || lease.untilMillis <= nowMillis) return false
      return peer === undefined || lease.peer !== peer
    },
    take: (ids, connection, untilMillis, peer) => {
      if (ids.length === 0) return
      const lease: Lease = { connection, peer, untilMillis, ids, open: 0, next: 0 }
      begin(lease)
      for (const id of ids) {
        const before = leases.get(id)
        if (before === lease) continue
        lease.open += 1
        if (before !== undefined) drop(id, before)
        leases.set(id, lease)
        if (leases.size > leasesMax) dropOldest()
      }
    },
    end: (id, connection) => {
      if (leases.size === 0) return
      const lease = leases.get(id)
      if (lease?.connection === connection) drop(id, lease)
    },
    endAll: (connection) => {
      let freed = 0
      const those = connections.get(connection)
      for (const lease of those instanceof Set ? those : those === undefined ? [] : [those]) {
        for (const id of lease.ids) if (leases.get(id) === lease && leases.delete(id)) freed += 1
        lease.open = 0
        openLeases -= 1
      }
      connections.delete(connection)
      return freed
    }
  }
}
