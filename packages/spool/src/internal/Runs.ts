/**
 * Where the records of a compacted stretch of the log lie: addresses as they always were, offsets as they are now.
 *
 * A run is a row of records that were next to each other and still are. It ends where the next one begins.
 */
import { Buffer } from "node:buffer"

export interface Runs {
  /** First address of each run, ascending. */
  readonly addresses: Float64Array
  /** Its offset in the file; one more at the end, where the last run ends. */
  readonly offsets: Float64Array
}

/** A place in a file, and the address it stands for. */
export interface Located {
  readonly address: number
  readonly offset: number
}

const runBytes = 12

/** Runs as they are found: neighbours become one. */
export class Gathering {
  readonly #addresses: Array<number> = []
  readonly #offsets: Array<number> = []
  #end: number

  /** `start`: offset of the first record. */
  constructor(start: number) {
    this.#end = start
  }

  /** Where the next record goes. */
  get end(): number {
    return this.#end
  }

  add(address: number, bytes: number): void {
    const begun = this.#addresses.at(-1)
    const offset = this.#offsets.at(-1)
    if (begun === undefined || offset === undefined || begun + (this.#end - offset) !== address) {
      this.#addresses.push(address)
      this.#offsets.push(this.#end)
    }
    this.#end += bytes
  }

  runs(): Runs {
    return { addresses: Float64Array.from(this.#addresses), offsets: Float64Array.from([...this.#offsets, this.#end]) }
  }
}

/** Where the record at an address is, or, if it is gone, the next one that is left. */
export const locate = ({ addresses, offsets }: Runs, address: number): Located | undefined => {
  let low = 0
  let high = addresses.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((addresses[middle] ?? 0) <= address) low = middle + 1
    else high = middle
  }
  const run = low - 1
  const into = run < 0 ? Infinity : address - (addresses[run] ?? 0)
  const offset = (offsets[run] ?? 0) + into
  if (offset < (offsets[run + 1] ?? 0)) return { address, offset }
  const next = addresses[low]
  return next === undefined ? undefined : { address: next, offset: offsets[low] ?? 0 }
}

/** The address of a record that lies at an offset. */
export const addressAt = ({ addresses, offsets }: Runs, offset: number): number => {
  let low = 0
  let high = addresses.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((offsets[middle] ?? 0) <= offset) low = middle + 1
    else high = middle
  }
  return (addresses[low - 1] ?? 0) + (offset - (offsets[low - 1] ?? 0))
}

export const write = ({ addresses, offsets }: Runs): Buffer => {
  const octets = Buffer.alloc(addresses.length * runBytes)
  for (const [at, address] of addresses.entries()) {
    octets.writeUIntBE(address, at * runBytes, 6)
    octets.writeUIntBE(offsets[at] ?? 0, at * runBytes + 6, 6)
  }
  return octets
}

/** Reads what `write` wrote. `end`: where the last run ends. */
export const read = (octets: Buffer, end: number): Runs => {
  const count = Math.floor(octets.length / runBytes)
  const addresses = new Float64Array(count)
  const offsets = new Float64Array(count + 1)
  for (let at = 0; at < count; at++) {
    addresses[at] = octets.readUIntBE(at * runBytes, 6)
    offsets[at] = octets.readUIntBE(at * runBytes + 6, 6)
  }
  offsets[count] = end
  return { addresses, offsets }
}
