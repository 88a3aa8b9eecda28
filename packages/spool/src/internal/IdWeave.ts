/**
 * Entries of ids on their way into the bands of a sheaf: put into the order of their hashes, each id once.
 *
 * Three passes of a sort by digits, over memory of WebAssembly: `IdWeave.wat` is what runs.
 */
import { Buffer } from "node:buffer"
import * as IdBand from "./IdBand.ts"
import { base64 } from "./IdWeaveOctets.ts"
import * as Program from "./Program.ts"

interface Weaver extends Program.Memory {
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

const make = Program.compile<Weaver>(base64)

/** What comes out, good until the next is woven. */
export interface Woven {
  /** Upper and lower halves of the hashes of all entries that are left, in order. */
  readonly firsts: Uint32Array
  readonly seconds: Uint32Array
  /** All bands, one after the other, and where each ends, from the band of `from` on to that of `to`. */
  readonly octets: Buffer
  readonly ends: Uint32Array<ArrayBuffer>
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
  readonly #program = make()
  #octets = Buffer.from(this.#program.memory.buffer)
  #bytes = 0

  clear(): void {
    this.#bytes = 0
  }

  /** Octets that were taken in. */
  get bytes(): number {
    return this.#bytes
  }

  /** Room for entries that are taken in, to be filled at once. */
  take(bytes: number): Buffer {
    const start = entriesAt + this.#bytes
    this.#bytes += bytes
    this.#room(entriesAt + this.#bytes)
    return this.#octets.subarray(start, start + bytes)
  }

  /** Deals what was taken in out to bands. What comes out is good until something is taken in. */
  weave({ bands, from, isLast, newest, to }: Weaving): Woven {
    const end = entriesAt + this.#bytes
    const room = Math.ceil(this.#bytes / entryBytesMin) + 1
    const start = Math.ceil(end / wordBytes)
    const out = (start + tables * room) * wordBytes
    this.#room(out + this.#bytes)
    const [isReversed, isWithout] = [newest === "last" ? 1 : 0, isLast ? 1 : 0]
    const { memory, weave } = this.#program
    const count = weave(entriesAt, end, from, to - 1, bands, isReversed, isWithout, start * wordBytes, room, out)
    const words = new Uint32Array(memory.buffer)
    const firstBand = IdBand.bandOf(from, bands)
    const ends = new Uint32Array(IdBand.bandOf(to - 1, bands) + 1 - firstBand)
    let done = 0
    let bytes = 0
    for (let turn = 0, at = start + 4 * room; turn < count; turn++, at += 2) {
      const band = (words[at] as number) - firstBand
      ends.fill(bytes, done, band)
      bytes = (words[at + 1] as number) - out
      ends[band] = bytes
      done = band + 1
    }
    ends.fill(bytes, done)
    const [first, left] = [start + 1, words[start] as number]
    return {
      firsts: words.subarray(first, first + left),
      seconds: words.subarray(first + room, first + room + left),
      octets: this.#octets.subarray(out, out + bytes),
      ends
    }
  }

  /** Sees to it that memory reaches to an octet. */
  #room(end: number): void {
    const missing = end - this.#octets.length
    if (missing <= 0) return
    this.#program.memory.grow(Math.ceil(missing / pageBytes))
    this.#octets = Buffer.from(this.#program.memory.buffer)
  }
}
