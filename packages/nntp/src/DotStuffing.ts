/**
 * Dot-stuffing of a multi-line block: a line that begins with a dot is sent with one more (RFC 3977 §3.1.1).
 *
 * Works on whole blocks of CRLF lines, without the terminator. Where no line begins with a dot nothing is copied.
 */
import { Buffer } from "node:buffer"

const dot = 0x2e
const lineStartDot = Buffer.from("\r\n.", "latin1")

/** Ends a block whose last line has its CRLF. */
export const terminator = ".\r\n"

/** The same octets as a Buffer, without a copy. */
export const asBuffer = (octets: Uint8Array): Buffer =>
  Buffer.isBuffer(octets) ? octets : Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)

/** Offset of the first dot at or after `from` that begins a line, or -1. `from` is a line start or inside a line. */
export const nextLineDot = (octets: Buffer, from: number): number => {
  if (from === 0 && octets[0] === dot) return 0
  const found = octets.indexOf(lineStartDot, Math.max(0, from - 2))
  return found === -1 ? -1 : found + 2
}

/** Doubles the dot of every line that begins with one. */
export const stuff = (block: Uint8Array): Uint8Array => {
  const octets = asBuffer(block)
  const pieces: Array<Buffer> = []
  let at = 0
  for (let found = nextLineDot(octets, 0); found !== -1; found = nextLineDot(octets, found + 1)) {
    pieces.push(octets.subarray(at, found + 1))
    at = found
  }
  if (pieces.length === 0) return block
  pieces.push(octets.subarray(at))
  return Buffer.concat(pieces)
}

/** Drops the first dot of every line that begins with one, also where the sender did not double it. */
export const unstuff = (block: Uint8Array): Uint8Array => {
  const octets = asBuffer(block)
  const pieces: Array<Buffer> = []
  let at = 0
  for (let found = nextLineDot(octets, 0); found !== -1; found = nextLineDot(octets, found + 1)) {
    pieces.push(octets.subarray(at, found))
    at = found + 1
  }
  if (pieces.length === 0) return block
  pieces.push(octets.subarray(at))
  return Buffer.concat(pieces)
}
