/**
 * A set of events and removals in 32 octets, whatever the order they came in.
 *
 * The sum modulo 2^256 of SHA-256 of each member, so that sets merge by one addition. Members are added once: the
 * caller keeps the set itself.
 */
import * as Base32 from "./Base32.ts"
import type * as MessageId from "./MessageId.ts"
import * as Sha256 from "./Sha256.ts"

/** A number below 2^256. */
export type Fingerprint = bigint

/** Events that have been counted and are gone, of which no ids are known; each counts as removed. */
export interface Nameless {
  readonly count: number
  /** None of them is newer; milliseconds since the epoch, 0 of none. */
  readonly newestMillis: number
}

export const noneNameless: Nameless = { count: 0, newestMillis: 0 }

const modulus = 1n << 256n

/** The fingerprint of nothing, neutral in `merge`. */
export const empty: Fingerprint = 0n

/** Adds an event by its Message-ID. */
export const add = (fingerprint: Fingerprint, id: MessageId.MessageId): Fingerprint =>
  (fingerprint + weigh(id)) % modulus

/** Takes an added event out again. */
export const remove = (fingerprint: Fingerprint, id: MessageId.MessageId): Fingerprint =>
  (fingerprint + modulus - weigh(id)) % modulus

/** Adds the removal of an event: a member of its own, beside the event. */
export const addRemoval = (fingerprint: Fingerprint, id: MessageId.MessageId): Fingerprint =>
  (fingerprint + weigh(`removal ${id}`)) % modulus

/** Adds events and removals that nobody can name: one member, whatever their number; none where there are none. */
export const addNameless = (fingerprint: Fingerprint, { count, newestMillis }: Nameless): Fingerprint =>
  count === 0 ? fingerprint : (fingerprint + weigh(`nameless ${count} ${newestMillis}`)) % modulus

/** The fingerprint of the union of two sets that share no member. */
export const merge = (a: Fingerprint, b: Fingerprint): Fingerprint => (a + b) % modulus

/** The fingerprint of what is left of `a` without `b`, a part of it. */
export const subtract = (a: Fingerprint, b: Fingerprint): Fingerprint => (a + modulus - b) % modulus

/** How many octets the text form keeps. */
export const textOctets = 16

/** The first 16 octets, as 26 characters of base 32: what a digest article shows. */
export const text = (fingerprint: Fingerprint): string => Base32.encode(octetsOf(fingerprint).subarray(0, textOctets))

/** What `text` keeps of it, as a number. */
export const headOf = (fingerprint: Fingerprint): bigint => fingerprint >> BigInt(256 - 8 * textOctets)

/** Reads what `text` gave, as `headOf` gives it; `undefined` for any other text. */
export const head = (text: string): bigint | undefined => {
  const octets = Base32.decode(text)
  return octets?.length === textOctets ? octets.reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n) : undefined
}

/** All 64 hexadecimal digits, for a digester's own store. */
export const toHex = (fingerprint: Fingerprint): string => fingerprint.toString(16).padStart(64, "0")

/** Reads `toHex`; `undefined` for any other text. */
export const fromHex = (hex: string): Fingerprint | undefined =>
  /^[0-9a-f]{64}$/.test(hex) ? BigInt(`0x${hex}`) : undefined

/** The member that was weighed last: an event enters the sets of several digestions, one after the other. */
let last: { readonly member: string; readonly weight: bigint } | undefined

const weigh = (member: string): bigint => {
  if (last?.member === member) return last.weight
  const { buffer, byteOffset } = Sha256.hashText(member)
  const view = new DataView(buffer, byteOffset)
  let weight = 0n
  for (let offset = 0; offset < 32; offset += 8) weight = (weight << 64n) | view.getBigUint64(offset)
  last = { member, weight }
  return weight
}

const octetsOf = (fingerprint: Fingerprint): Uint8Array => {
  const octets = new Uint8Array(32)
  const view = new DataView(octets.buffer)
  for (let i = 3, rest = fingerprint; i >= 0; i--, rest >>= 64n) view.setBigUint64(i * 8, rest & 0xffff_ffff_ffff_ffffn)
  return octets
}
