/**
 * A connection without a network: chunks in, what the server wrote out, on a clock of its own.
 */
import { Injector } from "@lupin/spool/Injector"
import { Relayer } from "@lupin/spool/Relayer"
import { Spool, type SpoolUnavailable } from "@lupin/spool/Spool"
import { Effect, Random } from "effect"
import * as Socket from "effect/socket/Socket"
import { TestClock } from "effect/testing"
import { Buffer } from "node:buffer"
import * as Access from "../src/Access.ts"
import * as AccessControl from "../src/AccessControl.ts"
import { noAccounts } from "../src/Accounts.ts"
import * as Connection from "../src/Connection.ts"
import * as IdleWatch from "../src/IdleWatch.ts"
import * as Transport from "../src/Transport.ts"
import * as site from "./site.ts"

/** When all of it happens. */
export const nowMillis = Date.UTC(2026, 10, 21)

/** What a connection serves, open to all. */
export const service = Effect.gen(function* () {
  const served: Connection.Service = {
    spool: yield* Spool,
    injector: yield* Injector,
    relayer: yield* Relayer,
    peer: { connection: "test" },
    site: "alpha.test",
    mayPost: true,
    access: { current: () => AccessControl.open },
    login: { accounts: noAccounts, secrets: { octets: (bytes) => new Uint8Array(bytes) } },
    cancelSecret: Effect.succeed(undefined),
    gate: { hold: () => true },
    idle: yield* IdleWatch.make(() => 1_000),
    lists: () => ({ MOTD: ["Be kind"], SUBSCRIPTIONS: ["misc.test"] }),
    isDigested: () => false
  }
  return served
})

/** Everybody may do everything; a login, which succeeds with any password, changes what is granted. */
export const withLogin: Pick<Connection.Service, "access" | "login"> = {
  access: {
    current: () => ({
      rules: [{ ...Access.everything, users: ["*"], newnews: false }, Access.everything],
      peers: []
    })
  },
  login: {
    accounts: { ...noAccounts, verify: () => Effect.succeed(true) },
    secrets: { octets: (bytes) => new Uint8Array(bytes) }
  }
}

/** A connection on which these chunks arrive and which then ends; what the server wrote, and in how many writes. */
export const converse = (
  chunks: ReadonlyArray<Uint8Array>,
  part: Partial<Connection.Service> = {},
  prepare: Effect.Effect<void, SpoolUnavailable, Spool> = Effect.void
) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(nowMillis)
    yield* prepare
    const written: Array<Buffer> = []
    let at = 0
    const socket = Socket.make({
      reader: Effect.succeed({
        pull: Effect.suspend(() => {
          const chunk = chunks[at]
          at += 1
          return chunk === undefined
            ? Effect.fail(new Socket.SocketError({ reason: new Socket.SocketCloseError({ code: 1000 }) }))
            : Effect.succeed([chunk] as const)
        }),
        upgrade: Socket.SocketUpgradeError.unsupported
      }),
      writer: Effect.succeed({
        write: (chunk) =>
          Effect.sync(() => {
            if (!Socket.isCloseEvent(chunk)) written.push(Buffer.from(chunk as Uint8Array))
          }),
        writeAll: () => Effect.die(new Error("one write is enough"))
      })
    })
    yield* Connection.serve({ ...(yield* service), ...part }, yield* Transport.ofSocket(socket, ""))
    return { text: Buffer.concat(written).toString("latin1"), writes: written.length }
  }).pipe(Effect.scoped, Effect.provide(site.services("alpha")), Random.withSeed("same ids"))

/** `converse` as a promise, with its own clock. */
export const run = (
  chunks: ReadonlyArray<Uint8Array>,
  part: Partial<Connection.Service> = {}
): Promise<{ readonly text: string; readonly writes: number }> =>
  Effect.runPromise(converse(chunks, part).pipe(Effect.provide(TestClock.layer())))
