/**
 * Entries of ids on their way into the bands of a sheaf: put into the order of their hashes, each id once.
 *
 * Three passes of a sort by digits, over memory of WebAssembly: `IdWeave.wat` is what runs.
 */
import { Buffer } from "node:buffer"
import { base64 } from "./IdWeaveOctets.ts"

interface Program {
  readonly memory: { readonly buffer: ArrayBuffer; readonly grow: (pages: number) => number }
  readonly weave: (
    from: number,
    end: number,
    least: number,
    most: number,
    bands: number,
    isReversed: number,
    isLast: number,
    tables: number,
    room: number,
    out: number
  ) => number
}

/** As far as it is used here. */
interface Engine {
  readonly WebAssembly: {
    readonly Module: new (octets: Uint8Array) => object
    readonly Instance: new (module: object) => { readonly exports: Program }
  }
}

const { WebAssembly } = globalThis as unknown as Engine
const program = new WebAssembly.Module(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)))

/** What comes out, good until the next is woven. */
export interface Woven {
  /** Upper and lower halves of the hashes of all entries that are left, in order. */
  readonly firsts: Uint32Array
  readonly seconds: Uint32Array
}

export interface Weaving {
  /** Upper halves of hashes that are taken, the end not included. */
  readonly from: number
  readonly to: number
  /** Into how many bands all hashes are dealt. */
  readonly bands: number
  /** Where the newest entries stand among those that were taken in. */
  readonly newest: "first" | "last"
  /** Of ids that have gone nothing need be said any more. */
  readonly isLast: boolean
  readonly put: (band: number, octets: Buffer) => void
}

/** Where entries begin: behind the counters of the sort. */
const entriesAt = 8_192
/** Octets of an entry at least. */
const entryBytesMin = 12
const wordBytes = 4
const pageBytes = 65_536
/** Tables of a word for each entry, and one that is nobody's; bands have two words. */
const tables = 6

export class IdWeave {
  readonly #program = new WebAssembly.Instance(program).exports
  #octets = Buffer.from(this.#program.memory.buffer)
  #bytes = 0

  clear(): void {
    this.#bytes = 0
  }

  /** Octets that were taken in. */
  get bytes(): number {
    return this.#bytes
  }

  /** Takes in entries that lie in the first so many octets. */
  take(octets: Buffer, bytes = octets.length): void {
    const start = entriesAt + this.#bytes
    this.#bytes += bytes
    this.#room(entriesAt + this.#bytes)
    octets.copy(this.#octets, start, 0, bytes)
  }

  /** Puts all bands that get something of what was taken in. What `put` gets is good until it returns. */
  weave({ bands, from, isLast, newest, put, to }: Weaving): Woven {
    const end = entriesAt + this.#bytes
    const room = Math.ceil(this.#bytes / entryBytesMin) + 1
    const start = Math.ceil(end / wordBytes)
    const out = (start + tables * room) * wordBytes
    this.#room(out + this.#bytes)
    const [isReversed, isWithout] = [newest === "last" ? 1 : 0, isLast ? 1 : 0]
    const { memory, weave } = this.#program
    const count = weave(entriesAt, end, from, to - 1, bands, isReversed, isWithout, start * wordBytes, room, out)
    const words = new Uint32Array(memory.buffer)
    for (let turn = 0, at = start + 4 * room, begun = out; turn < count; turn++, at += 2) {
      const bandEnd = words[at + 1] as number
      put(words[at] as number, this.#octets.subarray(begun, bandEnd))
      begun = bandEnd
    }
    const [first, left] = [start + 1, words[start] as number]
    return { firsts: words.subarray(first, first + left), seconds: words.subarray(first + room, first + room + left) }
  }

  /** Sees to it that memory reaches to an octet. */
  #room(end: number): void {
    const missing = end - this.#octets.length
    if (missing <= 0) return
    this.#program.memory.grow(Math.ceil(missing / pageBytes))
    this.#octets = Buffer.from(this.#program.memory.buffer)
  }
}
