/**
 * The NNTP server of a site: readers, posters and peers on one port, one fiber each.
 */
import { NetSocket } from "@effect/platform-node/NodeSocket"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import type * as MessageId from "@lupin/core/MessageId"
import { Injector } from "@lupin/spool/Injector"
import { Relayer } from "@lupin/spool/Relayer"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool } from "@lupin/spool/Spool"
import { Context, Effect, Layer, Option } from "effect"
import * as NetAddress from "effect/net/NetAddress"
import type * as Socket from "effect/socket/Socket"
import * as SocketServer from "effect/socket/SocketServer"
import * as Connection from "./Connection.ts"
import * as IdleWatch from "./IdleWatch.ts"
import * as Reply from "./Reply.ts"

export interface Options {
  /** Connections at a time; one more is answered 400 and closed. */
  readonly connectionsMax?: number
  /** A connection that completes no command or article for so long is closed. */
  readonly idleMillisMax?: number
  /** Whether POST is allowed. */
  readonly mayPost?: boolean
  /** What LIST NEWSGROUPS says of a group. */
  readonly describe?: (group: string) => string
  /** Whether this site's digester has counted an event; XSTATUS tells. */
  readonly isDigested?: (id: MessageId.MessageId) => boolean
}

export const connectionsMaxDefault = 1_000
export const idleMillisMaxDefault = 10 * 60_000

/** Read ahead of one connection, in octets: as much as one batch can hold. */
const readAheadBytes = 256 * 1024

export class NntpServer extends Context.Service<
  NntpServer,
  {
    /** Where it listens; the port is the one really taken. */
    readonly address: { readonly host: string; readonly port: number }
    /** Connections open now. */
    readonly connections: Effect.Effect<number>
  }
>()("@lupin/nntp/NntpServer") {}

type Needs = Spool | Injector | Relayer | SiteIdentity

/** Serves on a socket server that is given. */
export const layer = (options: Options = {}): Layer.Layer<NntpServer, never, Needs | SocketServer.SocketServer> =>
  Layer.effect(
    NntpServer,
    Effect.gen(function* () {
      const server = yield* SocketServer.SocketServer
      const spool = yield* Spool
      const injector = yield* Injector
      const relayer = yield* Relayer
      const site = yield* SiteIdentity
      const connectionsMax = options.connectionsMax ?? connectionsMaxDefault
      const idle = yield* IdleWatch.make(options.idleMillisMax ?? idleMillisMaxDefault)
      let open = 0
      let accepted = 0
      const handle = Effect.fnUntraced(function* (socket: Socket.Socket) {
        const transport = yield* transportOf
        if (open >= connectionsMax) return yield* refuse(socket)
        open += 1
        accepted += 1
        const peer = { connection: `${site.name}-${accepted}` }
        const service: Connection.Service = {
          spool,
          injector,
          relayer,
          peer,
          site: site.path,
          mayPost: options.mayPost ?? true,
          idle,
          describe: options.describe ?? (() => "No description"),
          isDigested: options.isDigested ?? (() => false)
        }
        return yield* Connection.serve(service, socket, transport).pipe(
          Effect.ensuring(
            Effect.suspend(() => {
              open -= 1
              return relayer.release(peer)
            })
          )
        )
      }, Effect.scoped)
      yield* Effect.forkScoped(server.run(handle))
      return NntpServer.of({ address: endpoint(server.address), connections: Effect.sync(() => open) })
    })
  )

/** Serves on a TCP port of its own; port 0 takes a free one. */
export const layerTcp = (
  options: Options & { readonly host: string; readonly port: number }
): Layer.Layer<NntpServer, SocketServer.SocketServerError, Needs> =>
  layer(options).pipe(
    Layer.provide(
      NodeSocketServer.layer({
        host: options.host,
        port: options.port,
        noDelay: true,
        keepAlive: true,
        // A client may end its side behind its last command, and still gets its answers.
        allowHalfOpen: true,
        highWaterMark: readAheadBytes
      })
    )
  )

const refuse = Effect.fnUntraced(function* (socket: Socket.Socket) {
  yield* socket.reader
  const writer = yield* socket.writer
  yield* writer.write(`${Reply.line(400, "Too many connections")}\r\n`)
})

const endpoint = (address: NetAddress.SocketAddress): { readonly host: string; readonly port: number } =>
  address._tag === "UnixPathAddress"
    ? { host: String(address), port: 0 }
    : { host: NetAddress.formatIp(address.address), port: address.port }

/** A simulated network has no TCP socket: what is written there has left at once. */
const transportOf: Effect.Effect<Connection.Transport> = Effect.map(
  Effect.serviceOption(NetSocket),
  Option.match({
    onNone: () => ({ isDrained: () => false, end: Effect.void }),
    onSome: (socket) => ({
      isDrained: () => socket.writableLength === 0,
      end: Effect.callback<void>((resume) => {
        socket.end(() => resume(Effect.void))
      })
    })
  })
)
