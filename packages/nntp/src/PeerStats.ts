/**
 * What the feeds of a site have done so far, for metrics and status pages.
 */
import { Context, Effect, Layer } from "effect"

/**
 * What is known of the way to a peer. `untried` until the first connection; `silent` while an answer is overdue, the one to a
 * connection that is being opened as well; `down` from the end of a connection, or a try that failed, to the next one.
 */
export type Link = "untried" | "up" | "silent" | "down"

/** Why a connection ended or was not made, and when that was. */
export interface Trouble {
  readonly reason: string
  readonly atMillis: number
}

/** One feed. Counters only grow while the process lives. */
export interface PeerState {
  readonly name: string
  isConnected: boolean
  /** Changed by `PeerStats.note` alone. */
  link: Link
  /** Whether the peer takes CHECK and TAKETHIS; otherwise IHAVE. */
  isStreaming: boolean
  /** Everything in our spool up to here was answered by the peer. */
  position: number
  /** Our newest event when the feed looked last. */
  head: number
  /** Articles that wait for an answer, and those to be offered again later. */
  inFlight: number
  deferred: number
  /** Articles that may wait for an answer at a time. */
  window: number
  connects: number
  /** Articles offered: asked about, or sent without asking. */
  offers: number
  /** CHECK commands. */
  checks: number
  /** Articles sent, and their octets. */
  sent: number
  sentBytes: number
  accepted: number
  /** Not offered, as the peer had offered them to us. */
  spared: number
  /** Had already (438, 435). */
  notWanted: number
  /** Sent in vain (439, 437). */
  refused: number
  /** Answers 431 and 436. */
  deferrals: number
  /** Given up after they had been deferred for too long. */
  dropped: number
  /** Events that our log could not tell any more when the feed came to them. */
  missed: number
  /** Failed or broken connections. */
  failures: number
  /** Of the last of them. It is over while `isConnected`. */
  lastTrouble: Trouble | undefined
}

const initial = (name: string): PeerState => ({
  name,
  isConnected: false,
  link: "untried",
  isStreaming: false,
  position: 0,
  head: 0,
  inFlight: 0,
  deferred: 0,
  window: 0,
  connects: 0,
  offers: 0,
  checks: 0,
  sent: 0,
  sentBytes: 0,
  accepted: 0,
  spared: 0,
  notWanted: 0,
  refused: 0,
  deferrals: 0,
  dropped: 0,
  missed: 0,
  failures: 0,
  lastTrouble: undefined
})

export class PeerStats extends Context.Service<
  PeerStats,
  {
    /** The state of a feed, which the feed writes to; the same for the same name. */
    readonly of: (name: string) => PeerState
    /** The feed is no more. */
    readonly forget: (name: string) => void
    /** The way to a peer is so now; whoever waits for a change is told. */
    readonly note: (state: PeerState, link: Link) => void
    /** Changes so far of the ways to all peers. */
    readonly linkChanges: () => number
    /** Returns as soon as there were more changes than `after`. */
    readonly linkChanged: (after: number) => Effect.Effect<void>
    /** A copy of all feeds, by name. */
    readonly snapshot: Effect.Effect<ReadonlyArray<Readonly<PeerState>>>
  }
>()("@lupin/nntp/PeerStats") {
  static readonly layer: Layer.Layer<PeerStats> = Layer.sync(PeerStats, () => {
    const states = new Map<string, PeerState>()
    const listeners = new Set<() => void>()
    let changes = 0
    return PeerStats.of({
      of: (name) => {
        const state = states.get(name) ?? initial(name)
        states.set(name, state)
        return state
      },
      forget: (name) => void states.delete(name),
      note: (state, link) => {
        if (state.link === link) return
        state.link = link
        changes += 1
        // Whoever is told may wait for the next change at once.
        const told = [...listeners]
        listeners.clear()
        for (const listener of told) listener()
      },
      linkChanges: () => changes,
      linkChanged: (after) =>
        Effect.callback<void>((resume) => {
          const listener = (): void => resume(Effect.void)
          if (changes > after) return listener()
          listeners.add(listener)
          return Effect.sync(() => listeners.delete(listener))
        }),
      snapshot: Effect.sync(() =>
        [...states.values()]
          .map((state) => ({ ...state }))
          .toSorted((left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : 0))
      )
    })
  })
}
