/**
 * The octets of one connection, both ways: what arrives is handed over where it is read, what is said is written at once.
 */
import type * as Prompt from "@lupin/core/Prompt"
import { Effect } from "effect"
import type * as Socket from "effect/socket/Socket"

/** Takes what has arrived; gives what has to be done before it takes more, nothing where it may have more at once. */
export type Step = (chunks: ReadonlyArray<Uint8Array>) => Prompt.Rest<Socket.SocketError>

/** What arrives, or what comes next. */
export type Pull = Effect.Effect<ReadonlyArray<Uint8Array>, Socket.SocketError>

export interface OctetStream {
  /** What has arrived, or the next that does; fails once the other side has ended and everything was read. */
  readonly pull: Pull
  /** Hands to `step` all that arrives, until that has something to be done first; does it, and returns. */
  readonly each: (step: Step) => Effect.Effect<void, Socket.SocketError>
  /** Writes; nothing where more may be written at once, else what to wait for. A `CloseEvent` ends the connection. */
  readonly send: (
    octets: Uint8Array | string | Socket.CloseEvent
  ) => Effect.Effect<void, Socket.SocketError> | undefined
}

/** Where octets can only be waited for: one step each time that some were pulled. */
export const eachOf =
  (pull: Pull): OctetStream["each"] =>
  (step) =>
    Effect.flatMap(pull, (chunks) => step(chunks) ?? Effect.void)

/** A stream of what is pulled from a socket, and of what is written there. */
export const ofSocket = (pull: Pull, { write }: Pick<Socket.Writer, "write">): OctetStream => ({
  pull,
  each: eachOf(pull),
  send: (octets) => write(octets)
})

/** A step, or the defect in it as what there is to be done. */
export const tried = <Chunks>(
  step: (chunks: Chunks) => Prompt.Rest<Socket.SocketError>,
  chunks: Chunks
): Prompt.Rest<Socket.SocketError> => {
  try {
    return step(chunks)
  } catch (defect) {
    return Effect.die(defect)
  }
}
