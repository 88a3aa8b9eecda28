/**
 * Where answers go: the buffer of a connection's replies, and the way to the socket when it is full.
 */
import type * as Prompt from "@lupin/core/Prompt"
import type { SpoolUnavailable } from "@lupin/spool/Spool"
import type { Effect } from "effect"
import type * as Socket from "effect/socket/Socket"
import type { WriteBuffer } from "./WriteBuffer.ts"

/** What may go wrong while an answer is made: the site's trouble, or the connection's. */
export type Trouble = SpoolUnavailable | Socket.SocketError

export interface Output {
  readonly buffer: WriteBuffer
  /** Writes the buffer out once it holds a lot; waits while the client does not read. */
  readonly flushIfFull: Effect.Effect<void, Socket.SocketError>
  /** The same, now; gives what to wait for. */
  readonly relieve: () => Prompt.Rest<Socket.SocketError>
}
