/**
 * Texts written over wherever they stand in a file, a slice at a time.
 */
import { Buffer } from "node:buffer"

/** What is to be overwritten, each with something of its length. */
export type Texts = ReadonlyArray<readonly [text: string, other: string]>

/** A file that is open. All throw what the system says. */
export interface File {
  readonly size: () => number
  /** Fills the buffer from an offset on, and says how many octets there were. */
  readonly read: (buffer: Buffer, offset: number) => number
  readonly write: (octets: Buffer, offset: number) => void
  readonly sync: () => void
}

/** Octets of the file that are looked at together. */
const scanBytes = 4 * 1024 * 1024

/** Looks at so many octets from an offset on, and says where to go on; nothing once all is seen, which is safe on the disk then. */
export const overwrite = (file: File, texts: Texts, from: number, bytesMax: number): number | undefined => {
  const pairs = texts.map(([text, other]) => [Buffer.from(text, "latin1"), Buffer.from(other, "latin1")] as const)
  const overlap = Math.max(1, ...pairs.map(([text]) => text.length)) - 1
  const octets = Buffer.allocUnsafe(Math.min(scanBytes, bytesMax) + overlap)
  const size = file.size()
  const end = Math.min(size, from + bytesMax)
  for (let start = from; start < end; start += octets.length - overlap) {
    const read = octets.subarray(0, file.read(octets, start))
    for (const [text, other] of pairs) {
      for (let at = read.indexOf(text); at >= 0; at = read.indexOf(text, at + 1)) file.write(other, start + at)
    }
  }
  if (end < size) return end
  file.sync()
  return undefined
}
