/**
 * One SASL login as a machine: what the client says, step by step, and what is to be looked up or answered (RFC 4422).
 *
 * Pure and total: whatever a client sends ends in a step or in a refusal.
 */
import { Buffer } from "node:buffer"
import * as Scram from "./Scram.ts"

/** In the order in which a client should prefer them. */
export const mechanisms = ["SCRAM-SHA-256", "PLAIN"] as const
export type Mechanism = (typeof mechanisms)[number]

/** Longest line of an exchange with its CRLF, in octets (RFC 4643 §2.4.2). */
export const lineBytesMax = 12_288 + 2

/** What the server waits for. */
export type Exchange =
  | { readonly _tag: "Plain" }
  | { readonly _tag: "First" }
  | { readonly _tag: "Final"; readonly challenge: Scram.Challenge }

export type Step =
  | { readonly _tag: "Await"; readonly exchange: Exchange; readonly message: string }
  /** Asks whether the password is the user's. */
  | { readonly _tag: "Verify"; readonly user: string; readonly password: string }
  /** Asks for the user's keys and a nonce, for `challenge`. */
  | { readonly _tag: "Lookup"; readonly first: Scram.ClientFirst }
  | { readonly _tag: "Done"; readonly user: string; readonly message: string }
  /** `NotBase64`, the client's wish, what is out of the protocol, or a proof that is wrong. */
  | { readonly _tag: "Failed"; readonly why: "NotBase64" | "Aborted" | "Protocol" | "Wrong" }

/** Begins; `initial` is the client's first message in base64 where it came with the command. */
export const start = (mechanism: Mechanism, initial: string | undefined): Step => {
  const exchange: Exchange = mechanism === "PLAIN" ? { _tag: "Plain" } : { _tag: "First" }
  return initial === undefined ? { _tag: "Await", exchange, message: "" } : respond(exchange, initial)
}

/** Takes the client's next line: base64, `=` for nothing, `*` to give up. */
export const respond = (exchange: Exchange, line: string): Step => {
  if (line === "*") return failed("Aborted")
  const text = decode(line)
  if (text === undefined) return failed("NotBase64")
  switch (exchange._tag) {
    case "Plain":
      return plain(text)
    case "First": {
      const first = Scram.readFirst(text)
      return first === undefined ? failed("Protocol") : { _tag: "Lookup", first }
    }
    case "Final": {
      const message = Scram.verify(exchange.challenge, text)
      return message === undefined ? failed("Wrong") : { _tag: "Done", user: exchange.challenge.first.user, message }
    }
  }
}

/** Goes on with what `Lookup` asked for. */
export const challenged = (first: Scram.ClientFirst, keys: Scram.Keys, nonce: string): Step => {
  const challenge = Scram.challenge(first, keys, nonce)
  return { _tag: "Await", exchange: { _tag: "Final", challenge }, message: challenge.message }
}

/** Messages travel in base64; an empty one is `=`. */
export const encode = (message: string): string => (message === "" ? "=" : Buffer.from(message).toString("base64"))

/** Nothing where it is not base64 (RFC 4648 §4, with its padding) of UTF-8. */
export const decode = (text: string): string | undefined => {
  if (text === "=") return ""
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined
  const octets = Buffer.from(text, "base64")
  const decoded = octets.toString("utf8")
  return Buffer.from(decoded).equals(octets) ? decoded : undefined
}

/** RFC 4616: who to act as (only oneself), who one is, the password. */
const plain = (text: string): Step => {
  const [as, written, password, ...rest] = text.split("\0")
  const user = Scram.prepare(written ?? "")
  if (as === undefined || !user || !password || rest.length > 0) return failed("Protocol")
  return as === "" || as === written ? { _tag: "Verify", user, password } : failed("Wrong")
}

const failed = (why: (Step & { readonly _tag: "Failed" })["why"]): Step => ({ _tag: "Failed", why })
