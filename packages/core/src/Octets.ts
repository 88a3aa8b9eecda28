/**
 * Room for octets: small pieces are cut from one larger block, since a block of its own costs a microsecond each.
 *
 * What `take` gives shares its buffer with neighbours: look at its octets, never at the buffer below.
 */

const blockBytes = 65_536
/** Larger pieces get a block of their own, so that one of them does not keep many small ones in memory. */
const pieceBytesMax = 8_192

let block = new ArrayBuffer(blockBytes)
let used = 0

/** That many octets which nobody else holds, zero at first. */
export const take = (bytes: number): Uint8Array => {
  if (bytes > pieceBytesMax) return new Uint8Array(bytes)
  if (used + bytes > blockBytes) {
    block = new ArrayBuffer(blockBytes)
    used = 0
  }
  const start = used
  used += bytes
  return new Uint8Array(block, start, bytes)
}

/** The pieces one after the other. */
export const concat = (pieces: ReadonlyArray<Uint8Array>): Uint8Array => {
  let size = 0
  for (const piece of pieces) size += piece.length
  const whole = take(size)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

/** A copy of the octets from `start` to `end`. */
export const copy = (octets: Uint8Array, start: number, end: number): Uint8Array => {
  const copied = take(end - start)
  copied.set(octets.subarray(start, end))
  return copied
}

/** The octets of a text of which each character is one. */
export const ofLatin1 = (text: string): Uint8Array => {
  const octets = take(text.length)
  write(octets, 0, text)
  return octets
}

/** Writes text of which each character is one octet, and says where it ends. */
export const write = (out: Uint8Array, start: number, text: string): number => {
  for (let index = 0; index < text.length; index += 1) out[start + index] = text.charCodeAt(index)
  return start + text.length
}
