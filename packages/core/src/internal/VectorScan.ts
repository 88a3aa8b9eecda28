/**
 * One look at every octet of an article by WebAssembly, sixteen octets at a time, where there is WebAssembly with vectors.
 *
 * `VectorScan.wat` is what runs, and tells what lies where in its memory. One article at a time: what was found is taken out
 * at once.
 */
import type { ArticleScan } from "../ArticleScan.ts"
import * as KnownField from "../KnownField.ts"
import { base64 } from "./VectorScanOctets.ts"

/** Offsets of memory, as `VectorScan.wat` has them. */
const namesAt = 288
const hashesAt = 800
const octetsAt = 2_048
/** Octets in a row of the names. */
const rowBytes = 16

const folded = 1
const foreign = 2
const dotted = 4

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly scan: (from: number, end: number) => number
}

/** As far as it is used here; not every engine has it. */
interface Engine {
  readonly WebAssembly: {
    readonly Module: new (octets: Uint8Array) => object
    readonly Instance: new (module: object) => { readonly exports: Exports }
  }
}

/** Nothing where there is no WebAssembly, or none with vectors, or it may not be made here. */
const instantiate = (): Exports | undefined => {
  try {
    const { WebAssembly } = globalThis as unknown as Engine
    const octets = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
    return new WebAssembly.Instance(new WebAssembly.Module(octets)).exports
  } catch {
    return undefined
  }
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1
const program = isLittleEndian ? instantiate() : undefined
const memory = program?.memory.buffer ?? new ArrayBuffer(0)
const octetsOf = new Uint8Array(memory)
const words = new Int32Array(memory)
const scan = program?.scan ?? ((): number => 0)

/** Octets of the longest article that is looked at here; a row behind them stays free. */
export const bytesMax = memory.byteLength - octetsAt - rowBytes

/** As `$header` finds names: by first letter and length. */
const hashOf = (name: string): number => (name.charCodeAt(0) + name.length * 19) & 255

if (program !== undefined) {
  for (const [row, name] of KnownField.names.entries()) {
    octetsOf[hashesAt + hashOf(name)] = row + 1
    for (const [place, letter] of Array.from(`${name}:`).entries()) {
      octetsOf[namesAt + row * rowBytes + place] = letter.charCodeAt(0)
    }
  }
}

/** Whether there are vectors here. */
export const isThere = program !== undefined

/** What is found in an article; nothing where it is not well formed, or is to be looked at without vectors. */
export const of = (octets: Uint8Array): ArticleScan | undefined => {
  const size = octets.length
  if (size > bytesMax) return undefined
  octetsOf.set(octets, octetsAt)
  if (scan(octetsAt, octetsAt + size) === 0) return undefined
  const flags = words[2] as number
  return {
    bodyStart: words[0] as number,
    isPlain: (flags & folded) === 0,
    isAscii: (flags & foreign) === 0,
    isDotless: (flags & dotted) === 0,
    lines: words[1] as number,
    repeated: words[3] as number,
    spans: spansFound(),
    text: undefined
  }
}

/** One by one: a loop takes several times as long. */
const spansFound = (): ReadonlyArray<number> => {
  const w = words as ArrayLike<number> as ReadonlyArray<number>
  const spans = [
    w[4],
    w[5],
    w[6],
    w[7],
    w[8],
    w[9],
    w[10],
    w[11],
    w[12],
    w[13],
    w[14],
    w[15],
    w[16],
    w[17],
    w[18],
    w[19],
    w[20],
    w[21],
    w[22],
    w[23],
    w[24],
    w[25],
    w[26],
    w[27],
    w[28],
    w[29],
    w[30],
    w[31],
    w[32],
    w[33],
    w[34],
    w[35],
    w[36],
    w[37],
    w[38],
    w[39]
  ]
  return spans as ReadonlyArray<number>
}
