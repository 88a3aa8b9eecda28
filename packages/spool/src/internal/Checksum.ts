/**
 * Thirty-two bits by which a record shows whether it is as it was written: XXH32, as in the frames of LZ4.
 *
 * zlib's CRC-32 takes nearly twice as many instructions where it is one of tables, and finds no more of what happens to disks.
 */
import * as RecordSum from "./RecordSum.ts"

const { memory, sum } = RecordSum.make()
const pageBytes = 65_536
let block = new Uint8Array(memory.buffer)

/** XXH32 of octets (the xxHash specification, version 0.1.2). `seed`: of 32 bits. */
export const of = (octets: Uint8Array, seed: number): number => {
  const { length } = octets
  if (length > block.length) {
    memory.grow(Math.ceil((length - block.length) / pageBytes))
    block = new Uint8Array(memory.buffer)
  }
  block.set(octets)
  return sum(0, length, seed) >>> 0
}
