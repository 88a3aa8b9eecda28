/**
 * SCRAM-SHA-256: the messages and proofs of both sides of a login that never shows the password (RFC 5802, RFC 7677).
 *
 * Pure: nonces and salts are brought by the caller. There is no channel binding; a client that asks for it is refused.
 */
import { Buffer } from "node:buffer"
import * as crypto from "node:crypto"

/** What a server keeps of a password; nobody can log in with it. Octets in base64. */
export interface Keys {
  readonly salt: string
  readonly iterations: number
  readonly storedKey: string
  readonly serverKey: string
}

/** RFC 7677 §4 wants at least 4096. */
export const iterationsDefault = 8_192

/** A client works for us so often at most: a server must not be able to keep it busy for ever. */
const iterationsMax = 1_000_000

/** The first message of a client, as far as a server needs it. */
export interface ClientFirst {
  readonly user: string
  readonly nonce: string
  /** The message without its GS2 header, and that header. */
  readonly bare: string
  readonly header: string
}

/** What a server remembers between its two messages. */
export interface Challenge {
  readonly first: ClientFirst
  readonly message: string
  readonly nonce: string
  readonly keys: Keys
}

/** SASLprep (RFC 4013) as far as Unicode in the standard library goes; nothing where a control character is in it. */
export const prepare = (text: string): string | undefined => {
  const mapped = text
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, "")
    .replaceAll(/\p{Zs}/gu, " ")
    .normalize("NFKC")
  return /[\p{Cc}\p{Cs}\p{Co}\p{Cn}]/u.test(mapped) ? undefined : mapped
}

/** Works as long as the iterations take: some milliseconds. */
export const keysOf = (password: string, salt: Uint8Array, iterations: number): Keys => {
  const { clientKey, serverKey } = derive(password, salt, iterations)
  return {
    salt: Buffer.from(salt).toString("base64"),
    iterations,
    storedKey: hash(clientKey).toString("base64"),
    serverKey: serverKey.toString("base64")
  }
}

/** Reads a client's first message; nothing where it is none, or where it asks for channel binding. */
export const readFirst = (text: string): ClientFirst | undefined => {
  const found = /^([ny],(?:a=[^,]*)?,)(n=([^,]+),r=([!-+\--~]+)(?:,.*)?)$/su.exec(text)
  if (found === null) return undefined
  const [, header = "", bare = "", name = "", nonce = ""] = found
  if (/=(?!2C|3D)/.test(name)) return undefined
  const user = prepare(name.replaceAll("=2C", ",").replaceAll("=3D", "="))
  return user === undefined || user === "" ? undefined : { user, nonce, bare, header }
}

/** The server's first message to a client; `nonce` is the server's own part, printable and without comma. */
export const challenge = (first: ClientFirst, keys: Keys, nonce: string): Challenge => ({
  first,
  nonce: first.nonce + nonce,
  message: `r=${first.nonce}${nonce},s=${keys.salt},i=${keys.iterations}`,
  keys
})

/** The server's last message if the client's proof is right; nothing if it is not. */
export const verify = (challenged: Challenge, final: string): string | undefined => {
  const found = /^(c=([^,]+),r=([^,]+)(?:,.*)?),p=([^,]+)$/s.exec(final)
  if (found === null) return undefined
  const [, withoutProof = "", binding = "", nonce = "", proof = ""] = found
  if (Buffer.from(binding, "base64").toString("utf8") !== challenged.first.header) return undefined
  if (nonce !== challenged.nonce) return undefined
  const message = authMessage(challenged.first.bare, challenged.message, withoutProof)
  const storedKey = Buffer.from(challenged.keys.storedKey, "base64")
  const shown = Buffer.from(proof, "base64")
  if (shown.length !== storedKey.length || shown.toString("base64") !== proof) return undefined
  if (!crypto.timingSafeEqual(hash(xor(shown, hmac(storedKey, message))), storedKey)) return undefined
  return `v=${hmac(Buffer.from(challenged.keys.serverKey, "base64"), message).toString("base64")}`
}

/** The client's first message. */
export const clientFirst = (user: string, nonce: string): ClientFirst => {
  const name = (prepare(user) ?? user).replaceAll("=", "=3D").replaceAll(",", "=2C")
  return { user, nonce, header: "n,,", bare: `n=${name},r=${nonce}` }
}

/** The client's proof, and the last message it then awaits; nothing where the server's message makes no sense. */
export const answer = (
  first: ClientFirst,
  password: string,
  message: string
): { readonly final: string; readonly awaited: string } | undefined => {
  const found = /^r=([^,]+),s=([^,]+),i=(\d{1,7})(?:,.*)?$/s.exec(message)
  if (found === null) return undefined
  const [, nonce = "", salt = ""] = found
  const iterations = Number(found[3])
  if (!nonce.startsWith(first.nonce) || nonce === first.nonce) return undefined
  if (iterations < 1 || iterations > iterationsMax) return undefined
  const { clientKey, serverKey } = derive(password, Buffer.from(salt, "base64"), iterations)
  const withoutProof = `c=${Buffer.from(first.header).toString("base64")},r=${nonce}`
  const signed = authMessage(first.bare, message, withoutProof)
  const proof = xor(clientKey, hmac(hash(clientKey), signed))
  return {
    final: `${withoutProof},p=${proof.toString("base64")}`,
    awaited: `v=${hmac(serverKey, signed).toString("base64")}`
  }
}

const authMessage = (...messages: ReadonlyArray<string>): string => messages.join(",")

const derive = (password: string, salt: Uint8Array, iterations: number) => {
  const salted = crypto.pbkdf2Sync(prepare(password) ?? password, salt, iterations, 32, "sha256")
  return { clientKey: hmac(salted, "Client Key"), serverKey: hmac(salted, "Server Key") }
}

const hmac = (key: Uint8Array, text: string): Buffer => crypto.createHmac("sha256", key).update(text).digest()
const hash = (octets: Uint8Array): Buffer => crypto.createHash("sha256").update(octets).digest()
/** Of two of one length. */
const xor = (left: Uint8Array, right: Uint8Array): Buffer =>
  Buffer.from(right.map((octet, at) => octet ^ (left[at] ?? 0)))
