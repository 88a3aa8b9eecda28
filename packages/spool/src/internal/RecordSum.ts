/**
 * Checksums, and records that are put together in one block, by WebAssembly: `RecordSum.wat` is what runs.
 */
import * as Program from "./Program.ts"
import { base64 } from "./RecordSumOctets.ts"

/** In memory, of two pages at first, lie the octets that are looked at. */
export interface RecordSum extends Program.Memory {
  /** XXH32 of so many octets of memory, as a number with a sign. */
  readonly sum: (from: number, bytes: number, seed: number) => number
  /** Copies octets within memory. */
  readonly move: (to: number, from: number, bytes: number) => void
  /** Writes the head of the record that begins where memory does, in front of its events and its article. */
  readonly head: (metaBytes: number, articleBytes: number) => void
}

/** With a memory of its own. */
export const make = Program.compile<RecordSum>(base64)
