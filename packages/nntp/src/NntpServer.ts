/**
 * The NNTP server of a site: readers, posters and peers on one port, one fiber each.
 */
import type * as MessageId from "@lupin/core/MessageId"
import { Injector } from "@lupin/spool/Injector"
import { Relayer } from "@lupin/spool/Relayer"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool } from "@lupin/spool/Spool"
import { Context, Effect, Layer, Option, type Scope } from "effect"
import * as NetAddress from "effect/net/NetAddress"
import type * as Socket from "effect/socket/Socket"
import * as SocketServer from "effect/socket/SocketServer"
import { AccessControl } from "./AccessControl.ts"
import { Accounts, noAccounts } from "./Accounts.ts"
import { CancelSecret } from "./CancelSecret.ts"
import * as Cidr from "./Cidr.ts"
import * as Connection from "./Connection.ts"
import * as Gate from "./Gate.ts"
import * as IdleWatch from "./IdleWatch.ts"
import { Reconciler } from "./Reconciler.ts"
import { type Address, ClientAddress, ClientStream, Network } from "./Network.ts"
import * as Reply from "./Reply.ts"
import { Secrets } from "./Secrets.ts"
import type { ServerTls } from "./ServerTls.ts"
import * as SiteLists from "./SiteLists.ts"
import * as Transport from "./Transport.ts"

export interface Options {
  /** Asked for each connection; what is not said is as in `Gate.limitsDefault`. */
  readonly limits?: () => Partial<Gate.Limits>
  /** Whether POST is allowed. */
  readonly mayPost?: boolean
  /** The lists of the operator, asked for at each LIST of one. */
  readonly lists?: () => SiteLists.SiteLists
  /** Whether this site's digester has counted an event; XSTATUS tells. */
  readonly isDigested?: (id: MessageId.MessageId) => boolean
  /** Makes connections secure: STARTTLS is offered, and `nntps` served. */
  readonly tls?: ServerTls
}

export class NntpServer extends Context.Service<
  NntpServer,
  {
    /** Where it listens; the port is the one really taken. */
    readonly address: Address
    /** Where it listens for clients that begin with TLS. */
    readonly nntps?: Address
    /** Connections open now. */
    readonly connections: Effect.Effect<number>
  }
>()("@lupin/nntp/NntpServer") {}

type Needs = Spool | Injector | Relayer | SiteIdentity

/** Serves on a socket server that is given. */
export const layer = (options: Options = {}): Layer.Layer<NntpServer, never, Needs | SocketServer.SocketServer> =>
  Layer.effect(
    NntpServer,
    Effect.flatMap(SocketServer.SocketServer, (server) => start(options, server, undefined))
  )

/** Serves on a TCP port of its own; port 0 takes a free one. `nntps` is a second port, on TLS from the first octet. */
export const layerTcp = (
  options: Options & { readonly host: string; readonly port: number; readonly nntps?: Address }
): Layer.Layer<NntpServer, SocketServer.SocketServerError, Needs> =>
  Layer.effect(
    NntpServer,
    Effect.gen(function* () {
      const { listen } = yield* Network
      const server = yield* listen(options)
      return yield* start(options, server, options.nntps && (yield* listen(options.nntps)))
    })
  )

const start = Effect.fnUntraced(function* (
  options: Options,
  server: SocketServer.SocketServer["Service"],
  secureServer: SocketServer.SocketServer["Service"] | undefined
): Effect.fn.Return<NntpServer["Service"], never, Needs | Scope.Scope> {
  const spool = yield* Spool
  const injector = yield* Injector
  const relayer = yield* Relayer
  const site = yield* SiteIdentity
  const access = yield* AccessControl
  const secrets = yield* Secrets
  const cancelSecret = (yield* CancelSecret).current
  const accounts = Option.getOrElse(yield* Effect.serviceOption(Accounts), () => noAccounts)
  const reconciler = Option.getOrUndefined(yield* Effect.serviceOption(Reconciler))
  const limits = (): Gate.Limits => ({ ...Gate.limitsDefault, ...options.limits?.() })
  const gate = new Gate.Gate(limits)
  const idle = yield* IdleWatch.make(() => limits().idleMillisMax)
  const { tls } = options

  const serve = Effect.fnUntraced(function* (transport: Transport.Transport, isSecure: boolean) {
    const address = Cidr.normal(transport.address)
    const ticket = gate.enter(address)
    if (typeof ticket === "string") {
      return yield* isSecure ? transport.close : transport.write(`${Reply.line(400, ticket)}\r\n`)
    }
    const peer = { connection: `${site.name}-${ticket}`, ...(address === "" ? {} : { address }) }
    const service: Connection.Service = {
      spool,
      injector,
      relayer,
      peer,
      site: site.path,
      access,
      login: { accounts, secrets },
      cancelSecret,
      gate,
      reconciler,
      mayPost: options.mayPost ?? true,
      idle,
      lists: options.lists ?? (() => SiteLists.none),
      isDigested: options.isDigested ?? (() => false)
    }
    const opened = isSecure ? (transport.startTls ?? transport.close) : Effect.void
    return yield* Effect.andThen(opened, Connection.serve(service, transport)).pipe(
      Effect.ensuring(
        Effect.suspend(() => {
          gate.leave(address)
          return relayer.release(peer)
        })
      )
    )
  })
  const handle = Effect.fnUntraced(function* (socket: Socket.Socket, isSecure: boolean) {
    const raw = yield* Transport.netSocket
    if (raw !== undefined) return yield* serve(yield* Transport.ofNet(raw, tls), isSecure)
    const stream = yield* ClientStream
    const address = yield* ClientAddress
    const transport = stream === undefined ? Transport.ofSocket(socket, address) : Transport.ofStream(stream, address)
    return yield* serve(yield* transport, isSecure)
  }, Effect.scoped)

  yield* Effect.forkScoped(server.run((socket) => handle(socket, false)))
  if (secureServer !== undefined) {
    // A handshake that fails is the client's affair.
    yield* Effect.forkScoped(secureServer.run((socket) => Effect.ignore(handle(socket, true))))
  }
  return NntpServer.of({
    address: endpoint(server.address),
    ...(secureServer === undefined ? {} : { nntps: endpoint(secureServer.address) }),
    connections: Effect.sync(() => gate.open)
  })
})

const endpoint = (address: NetAddress.SocketAddress): Address =>
  address._tag === "UnixPathAddress"
    ? { host: String(address), port: 0 }
    : { host: NetAddress.formatIp(address.address), port: address.port }
