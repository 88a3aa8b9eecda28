/**
 * Checksums, and records that are put together in one block, by WebAssembly: `RecordSum.wat` is what runs.
 */
import { base64 } from "./RecordSumOctets.ts"

export interface RecordSum {
  /** Where octets lie that are looked at: of 64 KiB each, two at first. */
  readonly memory: { readonly buffer: ArrayBuffer; readonly grow: (pages: number) => number }
  /** XXH32 of so many octets of memory, as a number with a sign. */
  readonly sum: (from: number, bytes: number, seed: number) => number
  /** Copies octets within memory. */
  readonly move: (to: number, from: number, bytes: number) => void
  /** Writes the head of the record that begins where memory does, in front of its events and its article. */
  readonly head: (metaBytes: number, articleBytes: number) => void
}

/** As far as it is used here. */
interface Engine {
  readonly WebAssembly: {
    readonly Module: new (octets: Uint8Array) => object
    readonly Instance: new (module: object) => { readonly exports: RecordSum }
  }
}

const { WebAssembly } = globalThis as unknown as Engine
const program = new WebAssembly.Module(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)))

/** With a memory of its own. */
export const make = (): RecordSum => new WebAssembly.Instance(program).exports
