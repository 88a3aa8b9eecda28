/**
 * Tells the feed to a peer which articles the peer has shown to have, by offering or sending them to us.
 *
 * What a peer has offered (RFC 4644 §2.4: "available for transmission") need not be offered to it.
 */
import type * as MessageId from "@lupin/core/MessageId"
import type { Peer } from "@lupin/spool/Relayer"
import { Relayer } from "@lupin/spool/Relayer"
import { Context, Effect, Layer } from "effect"
import { Buffer } from "node:buffer"

/** Called with the ids of articles that the peer has. Must neither throw nor take long. */
export type OnShown = (ids: ReadonlyArray<MessageId.MessageId>) => void

export class Showings extends Context.Service<
  Showings,
  {
    /** Calls back for a peer with one of these path identities; gives what ends this. */
    readonly listen: (identities: ReadonlyArray<string>, onShown: OnShown) => () => void
    /** Whether anybody feeds this peer. */
    readonly isHeard: (peer: Peer) => boolean
    /** Tells whoever feeds this peer. A connection that may be one of several peers shows nothing. */
    readonly tell: (peer: Peer, ids: ReadonlyArray<MessageId.MessageId>) => void
  }
>()("@lupin/nntp/Showings") {
  static readonly layer: Layer.Layer<Showings> = Layer.sync(Showings, () => {
    const listeners = new Map<string, Set<OnShown>>()
    const listenersOf = ({ paths = [] }: Peer): ReadonlySet<OnShown> => {
      const [path] = paths
      return (path === undefined || paths.length > 1 ? undefined : listeners.get(path)) ?? nobody
    }
    return Showings.of({
      listen: (identities, onShown) => {
        // The same function may listen twice.
        const own: OnShown = (ids) => onShown(ids)
        for (const identity of identities) {
          const listening = listeners.get(identity) ?? new Set()
          listeners.set(identity, listening.add(own))
        }
        return () => {
          for (const identity of identities) listeners.get(identity)?.delete(own)
        }
      },
      isHeard: (peer) => listenersOf(peer).size > 0,
      tell: (peer, ids) => {
        for (const onShown of listenersOf(peer)) onShown(ids)
      }
    })
  })
}

const asText = (octets: DataView, from: number, to: number): string =>
  Buffer.from(octets.buffer, octets.byteOffset + from, to - from).toString("latin1")

const nobody: ReadonlySet<OnShown> = new Set()

/** The relayer that it is given, which tells what peers show. */
export const relayer: Layer.Layer<Relayer, never, Relayer | Showings> = Layer.effect(
  Relayer,
  Effect.gen(function* () {
    const { isHere, offer, receive, release } = yield* Relayer
    const { isHeard, tell } = yield* Showings
    return Relayer.of({
      offer: (ids, peer) => {
        tell(peer, ids)
        return offer(ids, peer)
      },
      isHere: (octets, from, to, peer) => {
        const found = isHere(octets, from, to, peer)
        // Only ids that passed a door are here.
        if (found && isHeard(peer)) tell(peer, [asText(octets, from, to) as MessageId.MessageId])
        return found
      },
      receive: (batch, peer) => {
        tell(
          peer,
          batch.map(({ id }) => id)
        )
        return receive(batch, peer)
      },
      release
    })
  })
)
