/**
 * SHA-256 of octets and of texts, as a plain synchronous function.
 *
 * Web Crypto answers only by promises, which the hot path cannot afford; Source: FIPS 180-4.
 */
import { sha256 } from "@noble/hashes/sha2.js"

const encoder = new TextEncoder()

/** Where a short text lies in UTF-8 while it is hashed: most are ids. */
const scratch = new Uint8Array(1_024)

/** The digest of the octets: always 32 octets. */
export const hash = (octets: Uint8Array): Uint8Array => sha256(octets)

/** The digest of the text in UTF-8: always 32 octets. */
export const hashText = (text: string): Uint8Array =>
  // A UTF-16 code unit takes three octets at most.
  text.length * 3 <= scratch.length
    ? sha256(scratch.subarray(0, encoder.encodeInto(text, scratch).written))
    : sha256(encoder.encode(text))
