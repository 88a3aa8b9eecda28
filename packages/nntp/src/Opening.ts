/**
 * The beginning of a connection to a server: greeting, then STARTTLS, login and compression as its endpoint wants.
 *
 * One command at a time: nothing may be pipelined around these (RFC 4642 §2.2.1, RFC 8054 §2.2.1).
 */
import { Effect, type Scope } from "effect"
import type * as Socket from "effect/socket/Socket"
import { Buffer } from "node:buffer"
import * as Capabilities from "./Capabilities.ts"
import * as Deflate from "./Deflate.ts"
import { Framing } from "./Framing.ts"
import type { Endpoint, Login } from "./Network.ts"
import { eachOf, type OctetStream } from "./OctetStream.ts"
import * as Sasl from "./Sasl.ts"
import * as Scram from "./Scram.ts"
import { Secrets } from "./Secrets.ts"

/** The head of a reply. */
export interface Head {
  readonly code: number
  readonly text: string
}

/** A connection that is ready for commands. */
export interface Opened {
  readonly greeting: Head
  readonly framing: Framing
  /** Hands over all that arrives from now on, as `OctetStream` says. */
  readonly each: OctetStream["each"]
  readonly send: (octets: Uint8Array) => Effect.Effect<void, Socket.SocketError> | undefined
  /** What is sent leaves when it is waited for; otherwise where `send` is called, if the stream is like that. */
  readonly isCompressed: boolean
  /** Says that a reply is complete; bounds of one reply count from here. */
  readonly settle: () => void
}

/** What a connection is opened with. `heard` is called whenever the server has said something whole. */
export interface Line {
  /** The octets as they are now; asked again behind TLS. */
  readonly stream: () => OctetStream
  readonly upgrade: Effect.Effect<void, Socket.SocketError>
  readonly heard: () => void
}

/** Longest reply line accepted, in octets: servers are not always within the 512 of RFC 3977. */
export const lineBytesMax = 16 * 1024

/** Octets of a list of capabilities. */
const capabilitiesBytesMax = 64 * 1024

/** Octets of our nonce. */
const nonceBytes = 18

/** Reads the head of a reply; nothing where a line is none. */
export const readHead = (line: string): Head | undefined =>
  /^[1-5]\d\d(?: |$)/.test(line) ? { code: Number(line.slice(0, 3)), text: line.slice(4) } : undefined

/** Fails with text that says what the server did wrong, or as the socket does. */
export const open = Effect.fnUntraced(function* (
  endpoint: Endpoint,
  line: Line
): Effect.fn.Return<Opened, Socket.SocketError | string, Scope.Scope> {
  const framing = new Framing()
  const pull = Effect.suspend(() => line.stream().pull)
  const write = (octets: Uint8Array): Effect.Effect<void, Socket.SocketError> =>
    Effect.suspend(() => line.stream().send(octets) ?? Effect.void)
  const arrive = Effect.map(pull, (chunks) => {
    for (const chunk of chunks) framing.push(chunk)
  })
  const reply: Effect.Effect<Head, Socket.SocketError | string> = Effect.suspend(() => {
    const text = framing.line(lineBytesMax)
    if (text === undefined) return Effect.flatMap(arrive, () => reply)
    line.heard()
    const head = typeof text === "string" ? readHead(text) : undefined
    return head === undefined ? Effect.fail("sent what is no reply") : Effect.succeed(head)
  })
  const block: Effect.Effect<string, Socket.SocketError | string> = Effect.suspend(() => {
    const octets = framing.block(capabilitiesBytesMax)
    if (octets === undefined) return Effect.flatMap(arrive, () => block)
    return octets instanceof Uint8Array
      ? Effect.succeed(Buffer.from(octets).toString("utf8"))
      : Effect.fail("has too many capabilities")
  })
  const ask = (text: string) => Effect.andThen(write(Buffer.from(`${text}\r\n`)), reply)
  const said = (head: Head, to: string) => Effect.fail(`said ${head.code} ${head.text} to ${to}`)
  const capabilities = Effect.gen(function* () {
    const { code } = yield* ask("CAPABILITIES")
    return code === 101 ? Capabilities.read((yield* block).split("\r\n")) : Capabilities.none
  })

  const startTls = Effect.gen(function* () {
    const answered = yield* ask("STARTTLS")
    if (answered.code !== 382) return yield* said(answered, "STARTTLS")
    // Whatever came in clear text behind the reply could be anybody's.
    if (framing.pendingBytes > 0) return yield* Effect.fail("sent octets behind its reply to STARTTLS")
    yield* line.upgrade
  })

  const login = Effect.fnUntraced(function* ({ isClearTextAllowed, password, user }: Login) {
    const offered = yield* capabilities
    if (Capabilities.has(offered, "SASL", "SCRAM-SHA-256")) return yield* scram(user, password)
    if (endpoint.tls === undefined && isClearTextAllowed !== true) {
      return yield* Effect.fail("wants the password in clear text")
    }
    const named = yield* ask(`AUTHINFO USER ${user}`)
    const answered = named.code === 381 ? yield* ask(`AUTHINFO PASS ${password}`) : named
    if (answered.code !== 281) return yield* said(answered, "AUTHINFO")
  })

  /** The server proves that it knows the password too. */
  const scram = Effect.fnUntraced(function* (user: string, password: string) {
    const { octets } = yield* Secrets
    const first = Scram.clientFirst(user, Buffer.from(octets(nonceBytes)).toString("base64"))
    const challenged = yield* ask(`AUTHINFO SASL SCRAM-SHA-256 ${Sasl.encode(first.header + first.bare)}`)
    if (challenged.code !== 383) return yield* said(challenged, "AUTHINFO")
    const answer = Scram.answer(first, password, Sasl.decode(challenged.text) ?? "")
    if (answer === undefined) return yield* Effect.fail("sent no SCRAM challenge")
    const answered = yield* ask(Sasl.encode(answer.final))
    if (answered.code !== 283) return yield* said(answered, "AUTHINFO")
    if (Sasl.decode(answered.text) !== answer.awaited) return yield* Effect.fail("does not know the password")
  })

  const greeting = yield* reply
  if (greeting.code !== 200 && greeting.code !== 201) {
    return yield* Effect.fail(`said ${greeting.code} ${greeting.text}`)
  }
  if (endpoint.tls?.mode === "starttls") yield* startTls
  if (endpoint.login !== undefined) yield* login(endpoint.login)
  const stream = line.stream()
  const each: OctetStream["each"] = (step) => stream.each(step)
  const send: Opened["send"] = (octets) => stream.send(octets)
  const plain = { greeting, framing, each, send, isCompressed: false, settle: () => {} }
  if (endpoint.isCompressed !== true) return plain
  if (!Capabilities.has(yield* capabilities, "COMPRESS", "DEFLATE")) return plain
  const answered = yield* ask("COMPRESS DEFLATE")
  if (answered.code !== 206) return plain
  const { pull: inflated, settle } = yield* Deflate.inflating(pull, Deflate.ofServer)
  return { ...plain, each: eachOf(inflated), settle, isCompressed: true, send: yield* Deflate.deflating(write) }
})
