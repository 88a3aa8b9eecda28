/**
 * Finds the few octets of an article that may end a line or must not be there, by looking at four at a time.
 *
 * Octets are copied into one block first: an array that is always the same is read three times as fast as one that
 * the compiler does not know. One look at a time, and nothing is kept between two of them.
 */

const blockBytes = 65_536
const block = new ArrayBuffer(blockBytes)
const bytes = new Uint8Array(block)
const words = new Int32Array(block)

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** The lowest octet above CR. */
const firstPlain = 0x0e
const everyFirstPlain = firstPlain * 0x01010101
const everyHighBit = 0x80808080 | 0

let octets: Uint8Array = new Uint8Array(0)
/** The offset of the block's first octet. */
let base = 0
/** How many octets of the block are of the article. */
let filled = 0
let seen = 0

/** Begins a look at these octets. */
export const open = (of: Uint8Array): void => {
  octets = of
  seen = 0
  load(0)
}

/** Whether all octets passed since `open` are ASCII. Where it is not said, they may be all the same. */
export const isAscii = (): boolean => (seen & everyHighBit) === 0

/** Ends the look, so that what was looked at is not held. */
export const close = (): void => {
  octets = nothing
}

/**
 * An offset from `from` on before which there is no control up to CR: nearly always that of the first one, else that of
 * an octet to be passed over. The length where there is none.
 */
export const next = (from: number): number => {
  let at = from
  for (;;) {
    if (at - base >= filled) {
      if (at >= octets.length) return octets.length
      load(at)
    }
    const found = find(at - base)
    if (found < filled) return base + found
    at = base + filled
  }
}

/** The offset after the colon that ends a field's name, which begins at `from`; -1 where that is none. */
export const nameEnd = (from: number): number => {
  let at = from
  for (;;) {
    if (at - base >= filled) {
      if (at >= octets.length) return -1
      load(at)
    }
    let place = at - base
    while (place < filled) {
      const octet = bytes[place] as number
      if (octet === colon) return base + place === from ? -1 : base + place + 1
      if (octet <= space || octet > tilde) return -1
      place += 1
    }
    at = base + filled
  }
}

const nothing = new Uint8Array(0)
const space = 32
const colon = 58
const tilde = 126

const load = (from: number): void => {
  base = from
  filled = Math.min(blockBytes, octets.length - from)
  // Of the last four, what is not of these octets would be of those looked at before.
  if (filled < blockBytes) words[filled >> 2] = 0
  bytes.set(filled === octets.length ? octets : octets.subarray(from, from + filled))
}

/** As `next`, within the block; what lies behind its octets may be found too. */
const find = (from: number): number => {
  if (!isLittleEndian) return findOneByOne(from)
  const end = (filled + 3) >> 2
  let place = from >> 2
  let mask = -1 << ((from & 3) << 3)
  let passed = 0
  while (place < end) {
    const four = words[place] as number
    passed |= four
    // An octet borrows from the one above it just when it is below: the lowest bit that is left tells the first.
    const controls = (four - everyFirstPlain) & ~four & everyHighBit & mask
    if (controls !== 0) {
      seen |= passed
      return (place << 2) + ((31 - Math.clz32(controls & -controls)) >> 3)
    }
    mask = -1
    place += 1
  }
  seen |= passed
  return filled
}

const findOneByOne = (from: number): number => {
  let at = from
  while (at < filled && (bytes[at] as number) >= firstPlain) {
    seen |= bytes[at] as number
    at += 1
  }
  return at
}
