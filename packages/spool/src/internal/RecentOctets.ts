/**
 * The newest octets of a log, kept in memory as they were written: what has just come is what everybody reads.
 *
 * What was read out of a slab stays as it is: a slab that anybody was given octets of is never written over. The others are
 * filled anew once they are let go, since each that is left to the collector brings its next round nearer.
 */
import { Buffer } from "node:buffer"

/** Octets of a log that are kept; a slab more for a moment. */
export const bytesMax = 32 * 1024 * 1024
/** Octets of one slab, and the longest record that is kept. */
const slabBytes = 256 * 1024

/** Octets of the log with successive addresses. */
export interface Slab {
  /** The address of its first octet; those that follow have the next ones. */
  readonly start: number
  readonly octets: Buffer
  /** How many of them are the log's. */
  length: number
  /** Somebody may hold octets of it. */
  isLent: boolean
}

/** Octets of a slab that one commit has written. */
export interface Part {
  readonly slab: Slab
  readonly from: number
  to: number
}

/** An empty slab with room for so many octets at least. */
export const slabAt = (start: number, bytes: number): Slab =>
  slabOf(start, Buffer.allocUnsafeSlow(Math.max(slabBytes, bytes)))

const slabOf = (start: number, octets: Buffer): Slab => ({ start, octets, length: 0, isLent: false })

export class RecentOctets {
  /** Ascending by address. */
  #slabs: Array<Slab> = []
  #starts = new Float64Array(0)
  #latest: Slab | undefined
  /** Octets of the slab that was let go last, if they are nobody's. */
  #spare: Buffer | undefined
  readonly #slabsMax: number
  /** Told of each slab before it leaves. */
  leaving: (slab: Slab) => void = () => {}

  constructor(bytes = bytesMax) {
    this.#slabsMax = Math.max(1, Math.floor(bytes / slabBytes))
  }

  /** The slab that ends at an address: what the log gets next may be written behind its end. */
  slabBefore(address: number): Slab | undefined {
    const last = this.#slabs.at(-1)
    return last !== undefined && last.start + last.length === address ? last : undefined
  }

  /** As `slabAt` of this module, in octets that were let go, if there are some. */
  readonly slabAt = (start: number, bytes: number): Slab => {
    const octets = this.#spare
    if (octets === undefined || bytes > slabBytes) return slabAt(start, bytes)
    this.#spare = undefined
    return slabOf(start, octets)
  }

  /** Keeps what was written behind the end of a slab, or into a new one. */
  keep({ slab, to }: Part): void {
    if (slab.octets.length > slabBytes) return
    slab.length = to
    if (slab === this.#slabs.at(-1)) return
    this.#slabs.push(slab)
    const [gone] = this.#slabs
    if (gone !== undefined && this.#slabs.length > this.#slabsMax) {
      this.leaving(gone)
      this.#slabs.shift()
      if (!gone.isLent) this.#spare = gone.octets
    }
    this.#changed()
  }

  /** So many octets at an address, if they are all kept. They are shared: nobody may write to them. */
  read(address: number, bytes: number): Buffer | undefined {
    const slab = this.around(address, bytes)
    return slab?.octets.subarray(address - slab.start, address - slab.start + bytes)
  }

  /** The slab that holds so many octets at an address; as shared as what is read. */
  around(address: number, bytes: number): Slab | undefined {
    const slab = this.look(address, bytes)
    if (slab !== undefined) slab.isLent = true
    return slab
  }

  /** As `around`, for whoever keeps nothing of it: its octets are good until the log is written to. */
  look(address: number, bytes: number): Slab | undefined {
    let slab = this.#latest
    // Whoever looks at the head of a record reads the rest of it next.
    if (slab === undefined || address < slab.start || address >= slab.start + slab.length) {
      const at = this.#before(address)
      // A place below the first is none, and to ask an array for it is slow.
      if (at < 0) return undefined
      slab = this.#slabs[at]
      this.#latest = slab
    }
    return slab === undefined || address + bytes > slab.start + slab.length ? undefined : slab
  }

  /** Forgets what lies at an address or behind it: the log was cut there. */
  cut(address: number): void {
    // Octets behind the cut may have been read out: others must not take their place.
    const gone = this.#slabs.filter(({ length, start }) => start >= address || start + length > address)
    for (const slab of gone) this.leaving(slab)
    this.#slabs = this.#slabs.filter((slab) => !gone.includes(slab))
    this.#changed()
  }

  /** Forgets what lies around an address: it was overwritten. */
  drop(address: number): void {
    const at = this.#before(address)
    const slab = at < 0 ? undefined : this.#slabs[at]
    if (slab !== undefined) {
      this.leaving(slab)
      this.#slabs.splice(at, 1)
    }
    this.#changed()
  }

  #changed(): void {
    this.#starts = Float64Array.from(this.#slabs, ({ start }) => start)
    this.#latest = undefined
  }

  /** The place of the last slab that begins at an address or before it; -1 where there is none. */
  #before(address: number): number {
    const starts = this.#starts
    if (starts.length === 0 || address < (starts[0] as number)) return -1
    // Slabs are about equally long, so that the place can be guessed, and is nearly always right.
    const last = starts.length - 1
    const [start, end] = [starts[0] as number, starts[last] as number]
    const guess = end === start ? 0 : Math.min(last, Math.floor(((address - start) / (end - start)) * last))
    if ((starts[guess] as number) <= address && !((starts[guess + 1] ?? Infinity) <= address)) return guess
    let low = 0
    let high = starts.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((starts[middle] as number) <= address) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}
