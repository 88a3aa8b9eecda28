/**
 * Thirty-two bits by which a record shows whether it is as it was written.
 *
 * Sixteen octets at a time go into four lanes, each step one-to-one for a lane: a change within four octets that begin at a
 * multiple of four always shows, any other but for one in four thousand million. A few instructions of WebAssembly do it, as
 * zlib's CRC-32 takes 4.6 for an octet where it is one of tables; where there is no WebAssembly, `mixPlain` does the same.
 */
import { Buffer } from "node:buffer"

const blockBytes = 16
/** Octets that are mixed in one go. */
const roomBytes = 64 * 1024
/** Where lanes, masks and octets lie in the memory that both ways share. */
const maskAt = 16
const roomAt = 48
const pageBytes = 64 * 1024

/** Odd, so that multiplying loses nothing. */
const factor = 0x9e3779b1 | 0
const lastFactor = 0x85ebca6b | 0
/** What lanes begin with, beside the seed. */
const salts = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344] as const
const shift = 15
const lastShift = 13

/** Mixes octets `at..end` of the memory into the lanes; the last block is filled up with zeros. */
type Mix = (at: number, end: number) => void

interface Ways {
  readonly memory: ArrayBuffer
  readonly mix: Mix
}

const littleEndian = (value: number): ReadonlyArray<number> => [
  value & 0xff,
  (value >>> 8) & 0xff,
  (value >>> 16) & 0xff,
  value >>> 24
]

const simd = (...code: ReadonlyArray<number>): ReadonlyArray<number> => [0xfd, ...code]
const getLocal = (local: number) => [0x20, local]
const setLocal = (local: number) => [0x21, local]
const constant = (value: number) => [0x41, value]
const load = simd(0x00, 0, 0)
const store = simd(0x0b, 0, 0)
const xor = simd(0x51)
const and = simd(0x4e)
const add = [0x6a]
const subtract = [0x6b]
const isAtLeast = [0x4f]
const isBelow = [0x49]
const not = [0x45]
/** Blocks that leave nothing on the stack. */
const block = [0x02, 0x40]
const loop = [0x03, 0x40]
const when = [0x04, 0x40]
const end = [0x0b]
const leaveIf = (blocks: number) => [0x0d, blocks]
const again = (blocks: number) => [0x0c, blocks]
const [at, to, lanes] = [0, 1, 2] as const
const factors = simd(
  0x0c,
  ...littleEndian(factor),
  ...littleEndian(factor),
  ...littleEndian(factor),
  ...littleEndian(factor)
)

/** Takes the block on the stack into the lanes: `lanes = (lanes ^ block) * factor`, then `lanes ^= lanes >>> shift`. */
const take = [
  getLocal(lanes),
  xor,
  factors,
  simd(0xb5, 0x01),
  setLocal(lanes),
  getLocal(lanes),
  getLocal(lanes),
  constant(shift),
  simd(0xad, 0x01),
  xor,
  setLocal(lanes)
].flat()

/** A block is on the stack once these have run. */
const wholeBlock = [getLocal(at), load].flat()
/** Cut off where the octets end, by the mask that begins as many octets before `maskAt + blockBytes` as are left. */
const lastBlock = [
  wholeBlock,
  constant(maskAt + blockBytes),
  getLocal(to),
  getLocal(at),
  subtract,
  subtract,
  load,
  and
].flat()

const next = [getLocal(at), constant(blockBytes), add, setLocal(at)].flat()
const isNoneWhole = [getLocal(to), getLocal(at), subtract, constant(blockBytes), isBelow].flat()
const isSomeLeft = [getLocal(at), getLocal(to), isAtLeast, not].flat()

/** `mixPlain`, as instructions. */
const mixCode = [
  constant(0),
  load,
  setLocal(lanes),
  block,
  loop,
  isNoneWhole,
  leaveIf(1),
  wholeBlock,
  take,
  next,
  again(0),
  end,
  end,
  isSomeLeft,
  when,
  lastBlock,
  take,
  end,
  constant(0),
  getLocal(lanes),
  store,
  end
].flat()

const sized = (content: ReadonlyArray<number>): ReadonlyArray<number> =>
  content.length < 0x80
    ? [content.length, ...content]
    : [(content.length & 0x7f) | 0x80, content.length >>> 7, ...content]

const name = (text: string): ReadonlyArray<number> => sized([...Buffer.from(text, "latin1")])

const section = (number: number, content: ReadonlyArray<number>): ReadonlyArray<number> => [number, ...sized(content)]
const [vector, integer] = [0x7b, 0x7f] as const

/** A module of one function of two numbers, and two pages of memory. */
const program = Uint8Array.from(
  [
    [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(1, [1, 0x60, 2, integer, integer, 0]),
    section(3, [1, 0]),
    section(5, [1, 0, 2]),
    section(7, [2, ...name("memory"), 2, 0, ...name("mix"), 0, 0]),
    section(10, [1, ...sized([1, 1, vector, ...mixCode])])
  ].flat()
)

/** As far as this module uses it. */
interface Engine {
  readonly Module: new (program: Uint8Array) => object
  readonly Instance: new (module: object) => {
    readonly exports: { readonly memory: { readonly buffer: ArrayBuffer }; readonly mix: Mix }
  }
}

/** Nothing where this machine has no WebAssembly of that kind. */
export const compiled = (): Ways | undefined => {
  const { WebAssembly: engine } = globalThis as unknown as { readonly WebAssembly?: Engine }
  if (engine === undefined) return undefined
  try {
    const { memory, mix } = new engine.Instance(new engine.Module(program)).exports
    return { memory: memory.buffer, mix }
  } catch {
    return undefined
  }
}

/** The same, step by step. */
export const plain = (): Ways => {
  const memory = new ArrayBuffer(2 * pageBytes)
  const view = new DataView(memory)
  const mixPlain: Mix = (from, until) => {
    for (let block = from; block < until; block += blockBytes) {
      for (let lane = 0; lane < 4; lane += 1) {
        let word = 0
        for (let octet = 0; octet < 4 && block + lane * 4 + octet < until; octet += 1) {
          word |= view.getUint8(block + lane * 4 + octet) << (octet * 8)
        }
        const mixed = Math.imul(view.getInt32(lane * 4, true) ^ word, factor)
        view.setInt32(lane * 4, mixed ^ (mixed >>> shift), true)
      }
    }
  }
  return { memory, mix: mixPlain }
}

/** The checksum of octets, as one way computes it. `seed`: begins it, as a number of 32 bits. */
export const make = ({ memory, mix }: Ways): ((octets: Uint8Array, seed: number) => number) => {
  const room = new Uint8Array(memory)
  const view = new DataView(memory)
  room.fill(0xff, maskAt, maskAt + blockBytes)
  return (octets, seed) => {
    const { length } = octets
    for (let lane = 0; lane < 4; lane += 1) view.setInt32(lane * 4, seed ^ (salts[lane] as number), true)
    for (let from = 0; from < length; from += roomBytes) {
      const bytes = Math.min(roomBytes, length - from)
      room.set(bytes === length ? octets : octets.subarray(from, from + bytes), roomAt)
      mix(roomAt, roomAt + bytes)
    }
    let sum = seed ^ length
    for (let lane = 0; lane < 4; lane += 1) {
      sum = Math.imul(sum ^ view.getInt32(lane * 4, true), lastFactor)
      sum ^= sum >>> lastShift
    }
    return sum >>> 0
  }
}

export const of = make(compiled() ?? plain())
