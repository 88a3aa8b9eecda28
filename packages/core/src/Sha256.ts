/**
 * SHA-256 of octets and of texts, as a plain synchronous function.
 *
 * Web Crypto answers only by promises, which the hot path cannot afford. Where the host brings a synchronous hash of its own,
 * as Node does, that takes a third of the time; elsewhere, as on a phone, it is computed here. Source: FIPS 180-4.
 */
import { sha256 } from "@noble/hashes/sha2.js"

type Hash = (octets: Uint8Array | string) => Uint8Array

const encoder = new TextEncoder()

/** Where a short text lies in UTF-8 while it is hashed: most are ids. */
const scratch = new Uint8Array(1_024)

/** Computed here; of a text, its UTF-8. */
export const portable: Hash = (octets) => {
  if (typeof octets !== "string") return sha256(octets)
  // A UTF-16 code unit takes three octets at most.
  return octets.length * 3 <= scratch.length
    ? sha256(scratch.subarray(0, encoder.encodeInto(octets, scratch).written))
    : sha256(encoder.encode(octets))
}

/** What the host offers beside its modules. */
interface Host {
  readonly process?: { readonly getBuiltinModule?: (name: string) => unknown }
}

interface HostCrypto {
  readonly hash?: (algorithm: "sha256", octets: Uint8Array | string, form: "buffer") => Uint8Array
}

const ofHost = (): Hash | undefined => {
  const crypto = (globalThis as Host).process?.getBuiltinModule?.("node:crypto") as HostCrypto | undefined
  const hashed = crypto?.hash
  if (hashed === undefined) return undefined
  return (octets) => {
    const { buffer, byteOffset, byteLength } = hashed("sha256", octets, "buffer")
    return new Uint8Array(buffer, byteOffset, byteLength)
  }
}

const sum = ofHost() ?? portable

/** The digest of the octets: always 32 octets. */
export const hash = (octets: Uint8Array): Uint8Array => sum(octets)

/** The digest of the text in UTF-8: always 32 octets. */
export const hashText = (text: string): Uint8Array => sum(text)
