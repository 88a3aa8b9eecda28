/**
 * The memory in which octets are looked at sixteen at a time, and the WebAssembly that looks, where there is WebAssembly
 * with vectors.
 *
 * `VectorScan.wat` is what runs, and tells what lies where. What was put into a room stays there until other octets are.
 */
import { base64 } from "./VectorScanOctets.ts"

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly scan: (from: number, end: number) => number
  readonly recall: (from: number, end: number) => number
  readonly isText: (from: number, end: number, length: number) => number
  readonly idEnd: (from: number, end: number) => number
  readonly block: (from: number, limit: number) => number
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
const buffer = program?.memory.buffer ?? new ArrayBuffer(0)

/** Whether there are vectors here. */
export const isThere = program !== undefined
export const memory = new Uint8Array(buffer)
export const words = new Int32Array(buffer)

/** Where octets lie that are looked at: those of one article, and those that a connection has brought. */
export const articleAt = 264_192
export const wireAt = 1_376_256
/** Octets behind the last one that may be read too. */
const behindBytes = 32
/** The most octets that have room; without vectors not even none. */
export const roomBytes = isThere ? wireAt - articleAt - behindBytes : -1

/** What each finds, `VectorScan.wat` tells. */
const none = (): number => 0
export const scan = program?.scan ?? none
export const recall = program?.recall ?? none
export const isText = program?.isText ?? none
export const idEnd = program?.idEnd ?? none
export const block = program?.block ?? none

/** Which load the octets are of that lie in each room; the loads of one have even numbers, those of the other odd ones. */
export let articleTurn = 2
export let wireTurn = 1
const turnsMax = 0x3fff_fff0

/** Puts octets into the room of one article, and says which load that was; 0 where there is no room for them. */
export const loadArticle = (octets: Uint8Array): number => {
  if (octets.length > roomBytes) return 0
  memory.set(octets, articleAt)
  articleTurn = articleTurn > turnsMax ? 2 : articleTurn + 2
  return articleTurn
}

/** As `loadArticle`, into the room for what a connection has brought. */
export const loadWire = (octets: Uint8Array): number => {
  if (octets.length > roomBytes) return 0
  memory.set(octets, wireAt)
  wireTurn = wireTurn > turnsMax ? 1 : wireTurn + 2
  return wireTurn
}
