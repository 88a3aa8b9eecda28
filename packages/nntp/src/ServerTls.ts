/**
 * The server's side of TLS: makes connections secure, with a certificate that can be replaced while they go on.
 */
import { Effect, Schema } from "effect"
import * as Socket from "effect/socket/Socket"
import type * as net from "node:net"
import * as tls from "node:tls"

/** PEM texts. */
export interface Material {
  readonly certificate: string
  readonly key: string
  /** Who signs the certificates by which peers name themselves; without it none is asked for. */
  readonly clientAuthorities?: string
}

/** The texts are no certificate and its key. What was in force stays in force. */
export class TlsInvalid extends Schema.TaggedError<TlsInvalid>()("TlsInvalid", { reason: Schema.String }) {
  override get message(): string {
    return `TLS: ${this.reason}`
  }
}

export interface Secured {
  readonly socket: tls.TLSSocket
  /** Common name, DNS names and SHA-256 fingerprint of a client certificate that an authority of ours has signed. */
  readonly certificates: ReadonlyArray<string>
}

export interface ServerTls {
  /** Answers the client's handshake. The socket belongs to TLS from now on, also where the handshake fails. */
  readonly handshake: (raw: net.Socket) => Effect.Effect<Secured, Socket.SocketError>
  /** Connections that are secure already keep what they have. */
  readonly replace: (material: Material) => Effect.Effect<void, TlsInvalid>
}

/** A client that takes longer to shake hands is let go. */
export const handshakeMillisMax = 10_000

type Waiting = Map<string, (outcome: Effect.Effect<Secured, Socket.SocketError>) => void>

export const make = (material: Material): Effect.Effect<ServerTls, TlsInvalid> =>
  Effect.map(check(material), (): ServerTls => {
    const waiting: Waiting = new Map()
    let server = serverOf(material, waiting)
    return {
      handshake: (raw) =>
        Effect.callback<Secured, Socket.SocketError>((resume) => {
          const name = nameOf(raw)
          const finish = (outcome: Effect.Effect<Secured, Socket.SocketError>): void => {
            waiting.delete(name)
            raw.off("close", onClose)
            resume(outcome)
          }
          const onClose = (): void => finish(failed(new Error("closed during the TLS handshake")))
          waiting.set(name, finish)
          raw.once("close", onClose)
          server.emit("connection", raw)
          return Effect.sync(() => {
            waiting.delete(name)
            raw.destroy()
          })
        }),
      replace: (next) =>
        Effect.map(check(next), () => {
          server = serverOf(next, waiting)
        })
    }
  })

/** Whether the texts fit together; nothing is changed by it. */
export const check = (material: Material): Effect.Effect<void, TlsInvalid> =>
  Effect.try({
    try: () => void tls.createSecureContext(contextOf(material)),
    catch: (cause) => new TlsInvalid({ reason: cause instanceof Error ? cause.message : String(cause) })
  })

const contextOf = ({ certificate, clientAuthorities, key }: Material): tls.SecureContextOptions => ({
  cert: certificate,
  key,
  minVersion: "TLSv1.2",
  ...(clientAuthorities === undefined ? {} : { ca: clientAuthorities })
})

/** A TLS server that listens nowhere: connections are handed to it. It knows best what makes a client authentic. */
const serverOf = (material: Material, waiting: Waiting): tls.Server => {
  const server = tls.createServer({
    ...contextOf(material),
    requestCert: material.clientAuthorities !== undefined,
    rejectUnauthorized: false,
    allowHalfOpen: true,
    handshakeTimeout: handshakeMillisMax
  })
  server.on("secureConnection", (socket) => {
    socket.pause()
    waiting.get(nameOf(socket))?.(Effect.succeed({ socket, certificates: certificatesOf(socket) }))
  })
  server.on("tlsClientError", (error, socket) => {
    const finish = waiting.get(nameOf(socket))
    socket.destroy()
    finish?.(failed(error))
  })
  return server
}

/** Both ends of a connection, the same for the socket below TLS and the one above. */
const nameOf = (socket: net.Socket): string =>
  [socket.remoteAddress, socket.remotePort, socket.localAddress, socket.localPort].join(" ")

const certificatesOf = (socket: tls.TLSSocket): ReadonlyArray<string> => {
  if (!socket.authorized) return []
  const found = socket.getPeerX509Certificate()
  if (found === undefined) return []
  const common = /(?:^|\n)CN=([^\n]+)/.exec(found.subject)?.[1]
  // Names that need quotes are none of ours, and must not be taken apart.
  const list = found.subjectAltName?.includes('"') === true ? "" : (found.subjectAltName ?? "")
  const alternatives = list.split(", ").flatMap((name) => (name.startsWith("DNS:") ? [name.slice(4)] : []))
  return [...(common === undefined ? [] : [common]), ...alternatives, found.fingerprint256]
}

const failed = (cause: Error): Effect.Effect<never, Socket.SocketError> =>
  Effect.fail(new Socket.SocketError({ reason: new Socket.SocketUpgradeError({ cause }) }))
