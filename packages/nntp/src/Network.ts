/**
 * How this process reaches other servers: TCP and TLS, unless a simulation puts its own network here.
 */
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import { Context, type Effect } from "effect"
import type * as Socket from "effect/socket/Socket"
import * as net from "node:net"

/** Where a server listens, and how to talk to it there. */
export interface Endpoint {
  readonly host: string
  readonly port: number
  /** Without it, everything is clear text. */
  readonly tls?: ClientTls
  readonly login?: Login
  /** Compresses both ways where the server can (RFC 8054). */
  readonly isCompressed?: boolean
}

/** TLS from the first octet (`implicit`, NNTPS) or after STARTTLS. Texts are PEM. */
export interface ClientTls {
  readonly mode: "implicit" | "starttls"
  /** The name the server's certificate must be for, if not the host. STARTTLS to an IP address needs it. */
  readonly serverName?: string
  /** Who may have signed the server's certificate, if not the authorities that Node knows. */
  readonly authorities?: string
  /** By which we name ourselves. */
  readonly certificate?: string
  readonly key?: string
}

export interface Login {
  readonly user: string
  readonly password: string
  /** Shows the password also where there is neither TLS nor SCRAM. */
  readonly isClearTextAllowed?: boolean
}

/** How long a connection may take to open. */
export const openMillisMax = 10_000

export const Network = Context.Reference<{
  /** A socket that connects when its reader is acquired; on TLS where that is implicit. */
  readonly dial: (endpoint: Endpoint) => Effect.Effect<Socket.Socket>
}>("@lupin/nntp/Network", {
  defaultValue: () => ({
    dial: ({ host, port, tls }) => {
      const options = { host, port, noDelay: true, keepAlive: true, openTimeout: openMillisMax }
      if (tls?.mode !== "implicit") return NodeSocket.makeNet(options)
      const servername = serverName(host, tls)
      return NodeSocket.makeTls({
        ...options,
        minVersion: "TLSv1.2",
        rejectUnauthorized: true,
        ...(servername === undefined ? {} : { servername }),
        ...(tls.authorities === undefined ? {} : { ca: tls.authorities }),
        ...(tls.certificate === undefined ? {} : { cert: tls.certificate }),
        ...(tls.key === undefined ? {} : { key: tls.key })
      })
    }
  })
})

/** The name to ask for and to verify; an IP address is none (RFC 6066 §3). */
export const serverName = (host: string, tls: ClientTls): string | undefined =>
  tls.serverName ?? (net.isIP(host) === 0 ? host : undefined)
