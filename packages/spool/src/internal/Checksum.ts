/**
 * Thirty-two bits by which a record shows whether it is as it was written: XXH32, as in the frames of LZ4.
 *
 * zlib's CRC-32 takes nearly twice as many instructions where it is one of tables, and finds no more of what happens to disks.
 */
import xxhash from "xxhash-wasm"

const { h32Raw } = await xxhash()

/** XXH32 of octets (the xxHash specification, version 0.1.2). `seed`: of 32 bits. */
export const of = (octets: Uint8Array, seed: number): number => h32Raw(octets, seed)
