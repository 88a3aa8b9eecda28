import { describe, expect, it } from "@effect/vitest"
import * as Wildmat from "@lupin/core/Wildmat"
import * as GroupName from "@lupin/core/GroupName"
import { Effect, Layer } from "effect"
import * as tls from "node:tls"
import * as Access from "../src/Access.ts"
import * as AccessControl from "../src/AccessControl.ts"
import { Accounts, noAccounts } from "../src/Accounts.ts"
import type * as Network from "../src/Network.ts"
import * as NntpReader from "../src/NntpReader.ts"
import { NntpServer } from "../src/NntpServer.ts"
import * as Scram from "../src/Scram.ts"
import * as ServerTls from "../src/ServerTls.ts"
import * as certificates from "./certificates.ts"
import * as site from "./site.ts"
import * as wire from "./wire.ts"

describe.skipIf(certificates.missing !== undefined)("TLS", () => {
  const ours = certificates.authority("Lupin test authority")
  const strangers = certificates.authority("Some other authority")
  const server = ours.sign("news.test")
  const peer = ours.sign("peer.test")

  const rule = (part: Partial<Access.Rule>): Access.Rule => ({ ...Access.nothing, ...part })
  const rules: Access.Rules = [
    rule({ ...Access.everything, users: ["ann"], tls: true }),
    rule({ feed: Wildmat.everything, read: Wildmat.everything, peers: ["beta"] }),
    rule({ read: Wildmat.everything })
  ]
  const beta = { name: "beta", path: "beta.test", addresses: [], certificates: ["peer.test"], users: [] }
  const policy: AccessControl.Policy = { rules, peers: [beta] }
  const accounts = Layer.succeed(Accounts, {
    ...noAccounts,
    verify: (user, password) => Effect.succeed(user === "ann" && password === "secret word"),
    scram: () => Effect.succeed(Scram.keysOf("secret word", new Uint8Array(8), 100))
  })

  /** A site with STARTTLS and NNTPS, and the means to change its certificate. */
  const running = <A, E>(
    test: (
      tls: ServerTls.ServerTls,
      ports: { readonly plain: number; readonly nntps: number }
    ) => Effect.Effect<A, E, NntpServer>
  ) =>
    Effect.gen(function* () {
      const made = yield* ServerTls.make({ ...server, clientAuthorities: ours.certificate })
      const access = Layer.succeed(AccessControl.AccessControl, { current: () => policy })
      const built = site
        .layer("alpha", { tls: made, nntps: { host: "127.0.0.1", port: 0 } })
        .pipe(Layer.provide(access), Layer.provide(accounts))
      return yield* Effect.flatMap(NntpServer, ({ address, nntps }) =>
        test(made, { plain: address.port, nntps: nntps?.port ?? 0 })
      ).pipe(Effect.provide(built))
    })

  const endpoint = (port: number, client: Partial<Network.ClientTls> = {}): Network.Endpoint => ({
    host: "127.0.0.1",
    port,
    tls: { mode: "starttls", serverName: "news.test", authorities: ours.certificate, ...client }
  })
  const labels = Effect.fnUntraced(function* (reader: NntpReader.NntpReader) {
    return (yield* reader.capabilities).labels
  })
  const read = (of: Network.Endpoint) => Effect.scoped(Effect.flatMap(NntpReader.connect(of), labels))

  it.live("reads over STARTTLS and over NNTPS, and offers STARTTLS there no more", () =>
    running((_, ports) =>
      Effect.gen(function* () {
        expect((yield* read({ host: "127.0.0.1", port: ports.plain })).has("STARTTLS")).toBe(true)
        const after = yield* read(endpoint(ports.plain))
        expect(after.has("STARTTLS")).toBe(false)
        expect(after.get("AUTHINFO")).toEqual(["USER", "SASL"])
        expect(yield* read(endpoint(ports.nntps, { mode: "implicit" }))).toEqual(after)
      })
    )
  )

  it.live("logs in by SCRAM-SHA-256 on TLS, and posts; offers no login then", () =>
    running((_, ports) =>
      Effect.gen(function* () {
        const login = { user: "ann", password: "secret word" }
        const reader = yield* NntpReader.connect({ ...endpoint(ports.plain), login })
        expect([...(yield* labels(reader)).keys()]).not.toContain("AUTHINFO")
        expect(yield* reader.post(site.proto("over TLS"))).toBeDefined()
        const wrong = { ...endpoint(ports.plain), login: { user: "ann", password: "something else" } }
        expect((yield* Effect.flip(NntpReader.connect(wrong))).reason).toMatch(/481/)
        const clear = { host: "127.0.0.1", port: ports.plain, login }
        expect((yield* Effect.flip(NntpReader.connect(clear))).reason).toMatch(/clear text/)
      }).pipe(Effect.scoped)
    )
  )

  it.live("throws away what was pipelined behind STARTTLS, and what was selected before it", () =>
    running((_, ports) =>
      Effect.gen(function* () {
        const raw = yield* wire.connect(ports.plain)
        yield* raw.line
        yield* raw.send("STARTTLS\r\nMODE READER\r\nDATE\r\n")
        expect(yield* raw.line).toMatch(/^382 /)
        const lines = yield* Effect.callback<string, Error>((resume) => {
          const secure = tls.connect({ socket: raw.socket, ca: ours.certificate, servername: "news.test" })
          let text = ""
          secure.on("secureConnect", () => secure.write("STAT\r\nQUIT\r\n"))
          secure.on("data", (chunk) => void (text += chunk.toString()))
          secure.on("end", () => resume(Effect.succeed(text)))
          secure.on("error", (error) => resume(Effect.fail(error)))
        })
        expect(lines).toMatch(/^412 [^\r]*\r\n205 [^\r]*\r\n$/)
      }).pipe(Effect.scoped)
    )
  )

  it.live("lets a client that speaks no TLS after 382 go, and goes on serving", () =>
    running((_, ports) =>
      Effect.gen(function* () {
        for (const port of [ports.plain, ports.nntps]) {
          const raw = yield* wire.connect(port)
          if (port === ports.plain) {
            yield* raw.line
            yield* raw.send("STARTTLS\r\n")
            expect(yield* raw.line).toMatch(/^382 /)
          }
          yield* raw.send("This is no handshake\r\n".repeat(10))
          yield* raw.end
        }
        const { connections } = yield* NntpServer
        while ((yield* connections) > 0) yield* Effect.yieldNow
        expect((yield* read(endpoint(ports.plain))).has("READER")).toBe(true)
      }).pipe(Effect.scoped)
    )
  )

  it.live("trusts no server whose certificate is of another name or authority", () =>
    running((_, ports) =>
      Effect.gen(function* () {
        for (const mode of ["starttls", "implicit"] as const) {
          const port = mode === "implicit" ? ports.nntps : ports.plain
          for (const wrong of [{ serverName: "other.test" }, { authorities: strangers.certificate }]) {
            yield* Effect.flip(Effect.scoped(NntpReader.connect(endpoint(port, { mode, ...wrong }))))
          }
        }
      })
    )
  )

  it.live("names a peer by its client certificate, if one of our authorities has signed it", () =>
    running((_, ports) =>
      Effect.gen(function* () {
        const check = (client: Partial<Network.ClientTls>, port = ports.plain) =>
          Effect.scoped(
            Effect.gen(function* () {
              const reader = yield* NntpReader.connect(endpoint(port, client))
              const [reply] = yield* reader.client.exchange([{ line: "CHECK <new@x>" }])
              return reply?.code
            })
          )
        expect(yield* check(peer)).toBe(238)
        expect(yield* check({ ...peer, mode: "implicit" }, ports.nntps)).toBe(238)
        expect(yield* check(ours.sign("unknown.test"))).toBe(480)
        expect(yield* check(strangers.sign("peer.test"))).toBe(480)
        expect(yield* check({})).toBe(480)
      })
    )
  )

  it.live("shows a new certificate to new connections, and keeps the old ones", () =>
    running((made, ports) =>
      Effect.gen(function* () {
        const old = yield* NntpReader.connect(endpoint(ports.plain))
        yield* made.replace(strangers.sign("news.test"))
        expect(yield* old.group(GroupName.GroupName.make("no.such.group"))).toBeUndefined()
        const fresh = endpoint(ports.nntps, { mode: "implicit", authorities: strangers.certificate })
        expect((yield* read(fresh)).has("READER")).toBe(true)
        yield* Effect.flip(NntpReader.connect(endpoint(ports.plain)))
        const mixed = { certificate: server.certificate, key: peer.key }
        expect((yield* Effect.flip(made.replace(mixed)))._tag).toBe("TlsInvalid")
        expect((yield* read(fresh)).has("READER")).toBe(true)
      }).pipe(Effect.scoped)
    )
  )
})
