/**
 * A TCP connection of ours to a server, on TLS from its first octet or turned to TLS later.
 */
import { Effect } from "effect"
import * as Socket from "effect/socket/Socket"
import * as net from "node:net"
import * as tls from "node:tls"
import { NetStream } from "./NetStream.ts"
import type { ClientTls, Dialed, Endpoint } from "./Network.ts"
import type { OctetStream } from "./OctetStream.ts"

/** How long a connection, or a handshake, may take to open. */
export const openMillisMax = 10_000

/** Connects when its reader is acquired, and ends with the reader's scope. `upgrade` is STARTTLS, as the endpoint says. */
export const make = (endpoint: Endpoint): Dialed => {
  let layer: NetStream | undefined
  const reader = Effect.gen(function* () {
    let current: net.Socket | undefined
    yield* Effect.addFinalizer(() => Effect.sync(() => void (current?.closed === false && current.destroySoon())))
    const over = Effect.fnUntraced(function* (opening: Effect.Effect<net.Socket, Socket.SocketError>) {
      const socket = yield* opening
      current = socket
      layer = new NetStream(socket)
      return socket
    })
    const raw = yield* over(opened(() => (endpoint.tls?.mode === "implicit" ? secure(endpoint) : plain(endpoint))))
    const reader: Socket.Reader = {
      pull: Effect.suspend(() => layer?.pull ?? closed),
      upgrade: () =>
        Effect.suspend(() => {
          layer?.release()
          return Effect.asVoid(over(opened(() => secure(endpoint, raw))))
        })
    }
    return reader
  })
  const write: Socket.Writer["write"] = (octets) =>
    Effect.suspend(() => (layer ?? unopened).send(octets) ?? Effect.void)
  const socket = Socket.make({
    reader,
    writer: Effect.succeed({ write, writeAll: (chunks) => Effect.forEach(chunks, write, { discard: true }) })
  })
  return { ...socket, stream: () => layer ?? unopened }
}

const closed = Effect.fail(new Socket.SocketError({ reason: new Socket.SocketCloseError({ code: 1006 }) }))

const unopened: OctetStream = { pull: closed, each: () => closed, send: () => closed }

const plain = ({ host, port }: Endpoint): net.Socket => net.connect({ host, port, noDelay: true, keepAlive: true })

const secure = ({ host, port, tls: client }: Endpoint, raw?: net.Socket): net.Socket => {
  const servername = serverName(host, client)
  const socket = tls.connect({
    host,
    ...(raw === undefined ? { port } : { socket: raw }),
    minVersion: "TLSv1.2",
    rejectUnauthorized: true,
    ...(servername === undefined ? {} : { servername }),
    ...(client?.authorities === undefined ? {} : { ca: client.authorities }),
    ...(client?.certificate === undefined ? {} : { cert: client.certificate }),
    ...(client?.key === undefined ? {} : { key: client.key })
  })
  if (raw === undefined) socket.setNoDelay(true).setKeepAlive(true)
  else socket.once("close", () => raw.destroy())
  return socket
}

/** The name to ask for; an IP address is none (RFC 6066 §3), but is looked for in the certificate. */
const serverName = (host: string, client: ClientTls | undefined): string | undefined =>
  client?.serverName ?? (net.isIP(host) === 0 ? host : undefined)

/** Waits until the socket is ready. It keeps an ear for errors as long as it lives: one that nobody hears ends the process. */
const opened = (make: () => net.Socket): Effect.Effect<net.Socket, Socket.SocketError> =>
  Effect.callback<net.Socket, Socket.SocketError>((resume) => {
    const failed = (kind: "Unknown" | "Timeout", cause: unknown): void => {
      resume(Effect.fail(new Socket.SocketError({ reason: new Socket.SocketOpenError({ kind, cause }) })))
    }
    let socket: net.Socket
    try {
      socket = make()
    } catch (cause) {
      return failed("Unknown", cause)
    }
    socket.pause()
    socket.on("error", (cause) => failed("Unknown", cause))
    socket.once("close", () => failed("Unknown", new Error("closed while it was opened")))
    socket.once(socket instanceof tls.TLSSocket ? "secureConnect" : "connect", () => resume(Effect.succeed(socket)))
    return Effect.sync(() => socket.destroy())
  }).pipe(
    Effect.timeoutOrElse({
      duration: openMillisMax,
      orElse: () =>
        Effect.fail(
          new Socket.SocketError({
            reason: new Socket.SocketOpenError({ kind: "Timeout", cause: new Error("not open in time") })
          })
        )
    })
  )
