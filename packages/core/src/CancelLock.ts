/**
 * How an author owns an article: locks that stand in it, and the keys that open them (RFC 8315).
 *
 * Both are texts as they stand in Cancel-Lock and Cancel-Key: a scheme, a colon, and base 64. A key is never decoded:
 * its lock is the hash of its characters.
 */
import { hmac } from "@noble/hashes/hmac.js"
import { sha1 } from "@noble/hashes/legacy.js"
import { sha256 } from "@noble/hashes/sha2.js"
import * as Base64 from "effect/encoding/Base64"

/** `sha256:s/pmK/3grrz++29ce2/mQydzJuc7iqHn1nqcJiQTPMc=`; the scheme in lower case. */
export type Lock = string
/** What opens a lock, in the same form. Public once it was used. */
export type Key = string

/** Elements of one field that are looked at: an author, its posting agent and some injecting sites. */
export const elementsMax = 16
/** Characters of one element: no hash in use comes near. */
const elementBytesMax = 256

/** SHA-1 opens what was locked long ago; new locks are SHA-256 (RFC 8315 §2.1). */
const schemes: ReadonlyMap<string, (octets: Uint8Array) => Uint8Array> = new Map([
  ["sha256", sha256],
  ["sha1", sha1]
])

const element = /^([A-Za-z0-9-]+):([A-Za-z0-9+/]+={0,2})$/
const utf8 = new TextEncoder()

/**
 * The elements of a Cancel-Lock or Cancel-Key field, schemes in lower case. Total: what has not the form of one, as the
 * elements with a clue of before the RFC, is passed over.
 */
export const parse = (content: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  for (const part of content.split(/[ \t\r\n]+/, elementsMax)) {
    const [, scheme, code] = part.length > elementBytesMax ? [] : (element.exec(part) ?? [])
    if (scheme !== undefined && code !== undefined) found.push(`${scheme.toLowerCase()}:${code}`)
  }
  return found
}

/** Says whether a field has at least one element and nothing else, as an article that is injected must. */
export const isWellFormed = (content: string): boolean => {
  const parts = content.trim().split(/[ \t\r\n]+/)
  return parts.length <= elementsMax && parts.every((part) => part.length <= elementBytesMax && element.test(part))
}

/** The lock that a key opens; nothing for a scheme that is not known here. */
export const lockOf = (key: Key): Lock | undefined => {
  const colon = key.indexOf(":")
  const scheme = key.slice(0, colon).toLowerCase()
  const hash = schemes.get(scheme)
  return hash === undefined ? undefined : `${scheme}:${Base64.encode(hash(utf8.encode(key.slice(colon + 1))))}`
}

/** Says whether one of the keys opens one of the locks (RFC 8315 §3.5). */
export const opens = (keys: ReadonlyArray<Key>, locks: ReadonlyArray<Lock>): boolean =>
  keys.some((key) => {
    const lock = lockOf(key)
    return lock !== undefined && locks.includes(lock)
  })

/**
 * The key that the holder of a secret mints for an article: the same again whenever it is asked for, and of no use to
 * guess another one (RFC 8315 §4). `owner` sets apart those who share a secret, as the accounts of one site.
 */
export const mintKey = (secret: Uint8Array, messageId: string, owner = ""): Key =>
  `sha256:${Base64.encode(hmac(sha256, secret, utf8.encode(`${owner}${messageId}`)))}`

/** The lock to put into an article, so that `mintKey` with the same arguments opens it. */
export const mintLock = (secret: Uint8Array, messageId: string, owner = ""): Lock =>
  `sha256:${Base64.encode(sha256(utf8.encode(mintKey(secret, messageId, owner).slice("sha256:".length))))}`
