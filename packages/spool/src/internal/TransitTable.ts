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
}

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

  const drop = (id: string, lease: Lease): void => {
    leases.delete(id)
    lease.open -= 1
    if (lease.open === 0) leave(lease)
  }

  const dropOldest = (): void => {
    // A Map keeps the order of insertion.
    for (const [oldest, lease] of leases) {
      drop(oldest, lease)
      return
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
      const lease: Lease = { connection, peer, untilMillis, ids, open: 0 }
      enter(lease)
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
      }
      connections.delete(connection)
      return freed
    }
  }
}
