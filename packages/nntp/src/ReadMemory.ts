/**
 * Memory for what is read at once, with space in front for what came before it and has not ended; it is read into again once
 * nobody needs what lies there.
 *
 * Fresh memory is cold, and V8 counts it as growth, so that it looks at its heap more often.
 */
import { Buffer } from "node:buffer"

/** Octets that may be put in front of those that were read. */
export const frontBytes = 16 * 1024
/** Octets of one read for which there is such memory. */
const readBytesMax = 64 * 1024
/** Fewer octets get memory of their size: whoever waits with them would keep much for little. */
const readBytesMin = 16 * 1024

/** Pieces of memory that wait to be read into again. */
const sparesMax = 16

type Memory = Buffer["buffer"]

/** All that were made for large reads. */
const made = new WeakSet<Memory>()
const spares: Array<Memory> = []

/** So many octets that are the caller's own. */
export const take = (bytes: number): Buffer => {
  if (bytes < readBytesMin || bytes > readBytesMax) return Buffer.allocUnsafe(bytes)
  return Buffer.from(spares.pop() ?? make(), frontBytes, bytes)
}

const make = (): Memory => {
  const { buffer } = Buffer.allocUnsafeSlow(frontBytes + readBytesMax)
  made.add(buffer)
  return buffer
}

/** Octets that `take` gave with `rest` put in front of them; nothing where there is no space. */
export const behind = (octets: Uint8Array, rest: Uint8Array): Buffer | undefined => {
  if (rest.length > frontBytes || !isReusable(octets)) return undefined
  const whole = Buffer.from(octets.buffer, frontBytes - rest.length, rest.length + octets.length)
  whole.set(rest)
  return whole
}

/** Whether the memory of octets that `take` gave may be read into again. */
export const isReusable = ({ buffer, byteOffset, length }: Uint8Array): boolean =>
  length >= readBytesMin && byteOffset === frontBytes && made.has(buffer)

/** Nobody needs what lies in the memory of these octets, which is reusable: others may be read into it. */
export const giveBack = (octets: Uint8Array): void => {
  if (spares.length < sparesMax) spares.push(octets.buffer)
}
