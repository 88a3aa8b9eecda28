/**
 * Which peer is sending which article just now, so that others are told to wait.
 *
 * Pure state: a lease ends with its article, with its connection, or after a while.
 */

interface Lease {
  readonly connection: string
  readonly untilMillis: number
}

export interface TransitTable {
  /** Whether another connection than this one is sending the article. */
  readonly isElsewhere: (id: string, connection: string, nowMillis: number) => boolean
  /** Says that this connection sends the article, until `untilMillis`. At most `leasesMax` of the newest are kept. */
  readonly take: (id: string, connection: string, untilMillis: number) => void
  /** Ends this connection's lease on the article, if it has one. */
  readonly end: (id: string, connection: string) => void
  /** Ends all leases of a connection. */
  readonly endAll: (connection: string) => void
}

export const make = (leasesMax: number): TransitTable => {
  const leases = new Map<string, Lease>()
  const connections = new Map<string, Set<string>>()

  const end = (id: string, connection: string): void => {
    if (leases.get(id)?.connection !== connection) return
    leases.delete(id)
    const ids = connections.get(connection)
    ids?.delete(id)
    if (ids?.size === 0) connections.delete(connection)
  }

  return {
    isElsewhere: (id, connection, nowMillis) => {
      const lease = leases.get(id)
      return lease !== undefined && lease.connection !== connection && lease.untilMillis > nowMillis
    },
    take: (id, connection, untilMillis) => {
      const before = leases.get(id)
      if (before !== undefined) end(id, before.connection)
      leases.set(id, { connection, untilMillis })
      const ids = connections.get(connection) ?? new Set()
      connections.set(connection, ids.add(id))
      if (leases.size <= leasesMax) return
      // A Map keeps the order of insertion: the first lease is the oldest.
      for (const [oldest, lease] of leases) {
        end(oldest, lease.connection)
        return
      }
    },
    end,
    endAll: (connection) => {
      for (const id of connections.get(connection) ?? []) leases.delete(id)
      connections.delete(connection)
    }
  }
}
