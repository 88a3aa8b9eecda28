/**
 * Tells the feed to a peer which articles the peer has shown to have, by offering or sending them to us.
 *
 * What a peer has offered (RFC 4644 §2.4: "available for transmission") need not be offered to it.
 */
import type * as MessageId from "@lupin/core/MessageId"
import type { Peer } from "@lupin/spool/Relayer"
import { Relayer } from "@lupin/spool/Relayer"
import { Context, Effect, Layer } from "effect"

/** Called with the ids of articles that the peer has. Must neither throw nor take long. */
export type OnShown = (ids: ReadonlyArray<MessageId.MessageId>) => void

export class Showings extends Context.Service<
  Showings,
  {
    /** Calls back for a peer with one of these path identities; gives what ends this. */
    readonly listen: (identities: ReadonlyArray<string>, onShown: OnShown) => () => void
    /** Tells whoever feeds this peer. A connection that may be one of several peers shows nothing. */
    readonly tell: (peer: Peer, ids: ReadonlyArray<MessageId.MessageId>) => void
  }
>()("@lupin/nntp/Showings") {
  static readonly layer: Layer.Layer<Showings> = Layer.sync(Showings, () => {
    const listeners = new Map<string, Set<OnShown>>()
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
      tell: ({ paths = [] }, ids) => {
        const [path] = paths
        if (path === undefined || paths.length > 1) return
        for (const onShown of listeners.get(path) ?? []) onShown(ids)
      }
    })
  })
}

/** The relayer that it is given, which tells what peers show. */
export const relayer: Layer.Layer<Relayer, never, Relayer | Showings> = Layer.effect(
  Relayer,
  Effect.gen(function* () {
    const { offer, receive, release } = yield* Relayer
    const { tell } = yield* Showings
    return Relayer.of({
      offer: (ids, peer) => {
        tell(peer, ids)
        return offer(ids, peer)
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
