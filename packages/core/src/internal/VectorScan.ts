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
const textAt = 1_056
const textBytesMax = 256
const octetsAt = 264_192
/** Contents that are kept. */
const rowsMax = 2_048
/** What `recall` says of a content that is too long to be kept. */
const unkept = ~rowsMax
/** Octets in a row of the names. */
const rowBytes = 16

const folded = 1
const foreign = 2
const dotted = 4

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly scan: (from: number, end: number) => number
  readonly recall: (from: number, end: number) => number
  readonly isText: (from: number, end: number, length: number) => number
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
const recall = program?.recall ?? ((): number => unkept)
const isText = program?.isText ?? ((): number => 0)

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
  latest = {
    bodyStart: words[0] as number,
    isPlain: (flags & folded) === 0,
    isAscii: (flags & foreign) === 0,
    isDotless: (flags & dotted) === 0,
    lines: words[1] as number,
    repeated: words[3] as number,
    spans: spansFound()
  }
  return latest
}

/** What was found last: its octets are still in memory. */
let latest: ArticleScan | undefined

/** Where the octets behind the name of a field that is there begin and end, but for the last CRLF. */
const startOf = (found: ArticleScan, field: KnownField.Field): number =>
  octetsAt + (found.spans[2 * field] as number) + KnownField.names[field].length + 1
const endOf = (found: ArticleScan, field: KnownField.Field): number =>
  octetsAt + (found.spans[2 * field + 1] as number) - 2

/** Texts of the contents that are kept, by their row. */
const kept: Array<string | undefined> = Array.from({ length: rowsMax }, () => undefined)
/** The row whose text is still to come. */
let awaited = -1

/**
 * The content of a field that is there, of what was found last, if the same one was looked for before; else `keep` takes its
 * text. Contents are octets as they lie, without space around them.
 */
export const recalled = (found: ArticleScan, field: KnownField.Field): string | undefined => {
  awaited = -1
  if (found !== latest) return undefined
  const row = recall(startOf(found, field), endOf(found, field))
  const text = row < 0 ? undefined : kept[row]
  if (text !== undefined || row === unkept) return text
  awaited = row < 0 ? ~row : row
  kept[awaited] = undefined
  return undefined
}

/** Keeps the text of the content that was not recalled. */
export const keep = (text: string): void => {
  if (awaited >= 0) kept[awaited] = text
}

/** Whether that is the content of a field that is there; nothing where it cannot be told here. */
export const isContent = (found: ArticleScan, field: KnownField.Field, text: string): boolean | undefined => {
  if (found !== latest || text.length > textBytesMax) return undefined
  const { read, written } = utf8.encodeInto(text, room)
  return read === written && isText(startOf(found, field), endOf(found, field), written) !== 0
}

const utf8 = new TextEncoder()
const room = octetsOf.subarray(textAt, textAt + textBytesMax)

/** One by one: a loop takes several times as long. */
const spansFound = (): ReadonlyArray<number> => {
  const w = words as ArrayLike<number> as ReadonlyArray<number>
  // oxfmt-ignore
  const spans = [
    w[4], w[5], w[6], w[7], w[8], w[9], w[10], w[11], w[12], w[13], w[14], w[15], w[16], w[17], w[18], w[19], w[20], w[21],
    w[22], w[23], w[24], w[25], w[26], w[27], w[28], w[29], w[30], w[31], w[32], w[33], w[34], w[35], w[36], w[37], w[38], w[39]
  ]
  return spans as ReadonlyArray<number>
}
