/**
 * What an NNTP server asks of its site when a peer reconciles: answers to frames of questions about its history.
 */
import type { Peer } from "@lupin/spool/Relayer"
import type { SpoolUnavailable } from "@lupin/spool/Spool"
import { Context, type Effect } from "effect"
import type { Comparison } from "./Command.ts"

export interface Asked {
  readonly of: Comparison
  /** Questions, as `core/ReconciliationFrame` writes them. */
  readonly frame: Uint8Array
  readonly peer: Peer
}

export type Answered =
  | { readonly _tag: "Frame"; readonly octets: Uint8Array }
  /** History begins at that second, the first of an hour: what was before it cannot be compared. */
  | { readonly _tag: "Since"; readonly from: number }
  /** What the peer is fed are these groups: those are to be compared. */
  | { readonly _tag: "Groups"; readonly wildmat: string }
  | { readonly _tag: "Later"; readonly reason: string }
  | { readonly _tag: "NotPermitted" }
  | { readonly _tag: "Malformed" }

export class Reconciler extends Context.Service<
  Reconciler,
  {
    /** Bounded in time and octets, whatever the frame. Nothing is kept from one frame to the next. */
    readonly answer: (asked: Asked) => Effect.Effect<Answered, SpoolUnavailable>
  }
>()("@lupin/nntp/Reconciler") {}
