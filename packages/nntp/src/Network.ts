/**
 * How this process reaches other servers and is reached: TCP and TLS, unless a simulation puts its own network here.
 */
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import { Context, Effect, type Scope } from "effect"
import type * as Socket from "effect/socket/Socket"
import type * as SocketServer from "effect/socket/SocketServer"
import * as ClientSocket from "./ClientSocket.ts"
import type { OctetStream } from "./OctetStream.ts"

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
  /** The name the server's certificate must be for, if not the host. */
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

/** Where a server of ours listens; port 0 takes a free one. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** Read ahead of one connection, in octets: as much as one batch can hold. */
const readAheadBytes = 256 * 1024

/** A client may end its side behind its last command, and still gets its answers. */
const listen = ({ host, port }: Address): ReturnType<Network["listen"]> =>
  NodeSocketServer.make({
    host,
    port,
    noDelay: true,
    keepAlive: true,
    allowHalfOpen: true,
    highWaterMark: readAheadBytes
  })

/** A connection of ours to another server. */
export interface Dialed extends Socket.Socket {
  /** The octets on it once it is open, behind whatever TLS it has by then; for one reader, who pulls no more from the socket. */
  readonly stream?: () => OctetStream
}

export interface Network {
  /** A socket that connects when its reader is acquired; on TLS where that is implicit. */
  readonly dial: (endpoint: Endpoint) => Effect.Effect<Dialed>
  /** Takes connections until the scope closes. */
  readonly listen: (
    address: Address
  ) => Effect.Effect<SocketServer.SocketServer["Service"], SocketServer.SocketServerError, Scope.Scope>
}

export const Network = Context.Reference<Network>("@lupin/nntp/Network", {
  defaultValue: () => ({ dial: (endpoint) => Effect.sync(() => ClientSocket.make(endpoint)), listen })
})

/** Who has connected, where the network is not TCP and says so for each connection it hands over. */
export const ClientAddress = Context.Reference<string>("@lupin/nntp/ClientAddress", { defaultValue: () => "" })

/** The octets of a connection that is handed over, where the network is not TCP and has them so. */
export const ClientStream = Context.Reference<OctetStream | undefined>("@lupin/nntp/ClientStream", {
  defaultValue: () => undefined
})
