/**
 * What a session has shown of itself, and the commands that change it: AUTHINFO, STARTTLS, COMPRESS, as a pure machine.
 *
 * RFC 4643, RFC 4642 and RFC 8143, RFC 8054. Every command gives one step: a reply, or an act whose outcome gives one.
 */
import type * as Access from "./Access.ts"
import type * as Command from "./Command.ts"
import * as Reply from "./Reply.ts"
import * as Sasl from "./Sasl.ts"
import type * as Scram from "./Scram.ts"

export interface State {
  readonly user: string | undefined
  readonly isSecure: boolean
  readonly isCompressed: boolean
  /** The name of an AUTHINFO USER whose password is awaited. */
  readonly named: string | undefined
  /** A SASL exchange under way: the next line belongs to it. */
  readonly exchange: Sasl.Exchange | undefined
  /** Logins that failed. */
  readonly failures: number
}

export interface Facts {
  readonly standing: Access.Standing
  /** Whether there is a certificate to offer TLS with. */
  readonly hasTls: boolean
  readonly hasCompression: boolean
}

/** What only the outside can do. */
export type Act =
  | { readonly _tag: "Verify"; readonly user: string; readonly password: string }
  | { readonly _tag: "Lookup"; readonly first: Scram.ClientFirst }
  | { readonly _tag: "StartTls" }
  | { readonly _tag: "Compress" }

export type Outcome =
  | { readonly _tag: "Verified"; readonly user: string; readonly isRight: boolean }
  | { readonly _tag: "Found"; readonly first: Scram.ClientFirst; readonly keys: Scram.Keys; readonly nonce: string }
  | { readonly _tag: "Unavailable"; readonly reason: string }
  | { readonly _tag: "OnTls" }
  | { readonly _tag: "Compressed" }

export interface Step {
  readonly state: State
  /** `line` is a reply; `isEnd` where the session closes behind it. */
  readonly next: Act | { readonly _tag: "Reply"; readonly line: string; readonly isEnd?: boolean }
}

export type SecurityCommand = Command.Command & {
  readonly _tag: "AuthUser" | "AuthPass" | "AuthSasl" | "StartTls" | "Compress"
}

/** Failed logins of one connection, after which it is closed. */
export const failuresMax = 5

export const initial = (isSecure: boolean): State => ({
  user: undefined,
  isSecure,
  isCompressed: false,
  named: undefined,
  exchange: undefined,
  failures: 0
})

export const step = (state: State, command: SecurityCommand, facts: Facts): Step => {
  switch (command._tag) {
    case "StartTls":
      if (state.isSecure || state.isCompressed || state.user !== undefined) return reply(state, 502)
      return facts.hasTls ? { state, next: { _tag: "StartTls" } } : reply(state, 580)
    case "Compress":
      if (command.algorithm !== "DEFLATE") return reply(state, 503, "Only DEFLATE")
      if (state.isCompressed) return reply(state, 502, "Compression is active")
      return facts.hasCompression ? { state, next: { _tag: "Compress" } } : reply(state, 403)
    default:
      break
  }
  if (state.user !== undefined || state.isCompressed || facts.standing.auth === "never") return reply(state, 502)
  if (facts.standing.auth === "tls") return reply(state, 483)
  switch (command._tag) {
    case "AuthUser":
      return reply({ ...state, named: command.user }, 381)
    case "AuthPass":
      return state.named === undefined
        ? reply(state, 482)
        : {
            state: { ...state, named: undefined },
            next: { _tag: "Verify", user: state.named, password: command.password }
          }
    case "AuthSasl": {
      const mechanism = Sasl.mechanisms.find((known) => known === command.mechanism)
      const clean = { ...state, named: undefined }
      return mechanism === undefined
        ? reply(clean, 503, "No such mechanism")
        : of(clean, Sasl.start(mechanism, command.initial))
    }
  }
}

/** Takes a line of the exchange under way; nothing where it was too long. */
export const respond = (state: State, line: string | undefined): Step => {
  if (state.exchange === undefined || line === undefined) return reply({ ...state, exchange: undefined }, 482)
  return of({ ...state, exchange: undefined }, Sasl.respond(state.exchange, line))
}

/** The reply to a command whose act is done. */
export const settle = (state: State, outcome: Outcome): Step => {
  switch (outcome._tag) {
    case "Verified":
      return outcome.isRight ? reply({ ...state, user: outcome.user }, 281) : failure(state)
    case "Found":
      return of(state, Sasl.challenged(outcome.first, outcome.keys, outcome.nonce))
    case "Unavailable":
      return reply(state, 403, outcome.reason)
    case "OnTls":
      // Nothing that was said in clear text counts any more (RFC 4642 §2.2.2).
      return { state: initial(true), next: { _tag: "Reply", line: "" } }
    case "Compressed":
      return { state: { ...state, isCompressed: true }, next: { _tag: "Reply", line: "" } }
  }
}

/** What CAPABILITIES says of a label: all of it, the bare label, or nothing. */
export const offer = (state: State, facts: Facts, label: string): "full" | "bare" | "none" => {
  switch (label) {
    case "STARTTLS":
      return facts.hasTls && !state.isSecure && !state.isCompressed && state.user === undefined ? "full" : "none"
    case "COMPRESS":
      return facts.hasCompression && !state.isCompressed ? "full" : "none"
    case "AUTHINFO":
    case "SASL":
      if (state.user !== undefined || state.isCompressed || facts.standing.auth === "never") return "none"
      return facts.standing.auth === "login" ? "full" : label === "SASL" ? "none" : "bare"
    default:
      return facts.standing[rightOfLabel[label] ?? "read"] === "never" ? "none" : "full"
  }
}

const rightOfLabel: Readonly<Record<string, Access.Right>> = {
  POST: "post",
  NEWNEWS: "newnews",
  IHAVE: "feed",
  STREAMING: "feed",
  XRECONCILE: "feed"
}

/** The right that a command needs; what is not named here reads, so that a new command is closed before it is opened. */
export const rightOf = (tag: Command.Command["_tag"]): Access.Right | undefined => {
  switch (tag) {
    case "Capabilities":
    case "Help":
    case "Date":
    case "Quit":
    case "ModeReader":
    case "ModeStream":
    case "AuthUser":
    case "AuthPass":
    case "AuthSasl":
    case "StartTls":
    case "Compress":
      return undefined
    case "Post":
      return "post"
    case "Check":
    case "Ihave":
    case "TakeThis":
    case "Reconcile":
      return "feed"
    case "NewNews":
      return "newnews"
    default:
      return "read"
  }
}

/** The reply to a command whose right is missing; nothing where it is there. */
export const refusal = (answer: Access.Answer): Reply.Code | undefined => {
  switch (answer) {
    case "allowed":
      return undefined
    case "login":
      return 480
    case "tls":
      return 483
    case "never":
      return 502
  }
}

const reply = (state: State, code: Reply.Code, detail?: string): Step => ({
  state,
  next: { _tag: "Reply", line: Reply.line(code, detail) }
})

const failure = (state: State): Step => {
  const failures = state.failures + 1
  return failures < failuresMax
    ? reply({ ...state, failures }, 481)
    : {
        state: { ...state, failures },
        next: { _tag: "Reply", line: Reply.line(400, "Too many failed logins"), isEnd: true }
      }
}

const of = (state: State, said: Sasl.Step): Step => {
  switch (said._tag) {
    case "Await":
      return {
        state: { ...state, exchange: said.exchange },
        next: { _tag: "Reply", line: `383 ${Sasl.encode(said.message)}` }
      }
    case "Verify":
    case "Lookup":
      return { state, next: said }
    case "Done":
      return {
        state: { ...state, user: said.user },
        next: { _tag: "Reply", line: `283 ${Sasl.encode(said.message)}` }
      }
    case "Failed":
      if (said.why === "NotBase64") return reply(state, 504)
      if (said.why === "Protocol") return reply(state, 482)
      return failure(state)
  }
}
