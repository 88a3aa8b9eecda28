/**
 * How this process reaches other servers: TCP, unless a simulation puts its own network here.
 */
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import { Context, type Effect } from "effect"
import type * as Socket from "effect/socket/Socket"

/** Where a server listens. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** How long a connection may take to open. */
export const openMillisMax = 10_000

export const Network = Context.Reference<{
  /** A socket that connects when its reader is acquired. */
  readonly dial: (endpoint: Endpoint) => Effect.Effect<Socket.Socket>
}>("@lupin/nntp/Network", {
  defaultValue: () => ({
    dial: ({ host, port }) =>
      NodeSocket.makeNet({ host, port, noDelay: true, keepAlive: true, openTimeout: openMillisMax })
  })
})
