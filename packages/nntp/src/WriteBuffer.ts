/**
 * Octets gathered in order, to leave in one write.
 */
import { Buffer } from "node:buffer"
import * as DotStuffing from "./DotStuffing.ts"

/** First size of the buffer, in octets. */
const bytesMin = 16_384

/** Largest buffer that is kept for the next chunk, in octets; one that grew further is let go. */
const keptBytesMax = 512 * 1024

const crlf = "\r\n"

export class WriteBuffer {
  #octets: Buffer = Buffer.allocUnsafeSlow(bytesMin)
  #length = 0
  /** Taken, and perhaps still on its way. */
  #lent: Buffer | undefined
  /** Free to be used next. */
  #spare: Buffer | undefined

  get length(): number {
    return this.#length
  }

  /** Appends text as UTF-8. */
  text(text: string): void {
    this.#reserve(text.length * 3)
    this.#length += this.#octets.write(text, this.#length, "utf8")
  }

  /** Appends a line and its CRLF. */
  line(text: string): void {
    this.text(text)
    this.text(crlf)
  }

  /** Appends octets as they are. */
  raw(octets: Uint8Array): void {
    this.#reserve(octets.length)
    this.#octets.set(octets, this.#length)
    this.#length += octets.length
  }

  /** Appends lines of octets, their dots doubled; the first octet begins a line. */
  stuffed(octets: Uint8Array): void {
    const from = DotStuffing.asBuffer(octets)
    let at = 0
    for (let found = DotStuffing.nextLineDot(from, 0); found !== -1; found = DotStuffing.nextLineDot(from, found + 1)) {
      this.#copy(from, at, found + 1)
      at = found
    }
    this.#copy(from, at, from.length)
  }

  /** Appends one line of a block, given without its CRLF. */
  blockLine(text: string): void {
    this.line(text.startsWith(".") ? `.${text}` : text)
  }

  /** Ends a block that follows its reply line; a last line without CRLF gets one. */
  endBlock(): void {
    const isLineEnd = this.#octets[this.#length - 1] === 0x0a && this.#octets[this.#length - 2] === 0x0d
    this.text(isLineEnd ? DotStuffing.terminator : crlf + DotStuffing.terminator)
  }

  /** Takes back what was appended after `length`, which was asked for since the last take. */
  truncate(length: number): void {
    this.#length = Math.min(this.#length, length)
  }

  /** Everything since the last take. The next append may write over it, so call `recycle` before that. */
  take(): Uint8Array {
    const taken = this.#octets.subarray(0, this.#length)
    this.#length = 0
    return taken
  }

  /**
   * Says whether all octets ever taken have left the process. If not, the buffer goes on with others, and comes back to
   * those once they have.
   */
  recycle(isWritten: boolean): void {
    if (isWritten) {
      this.#spare = this.#lent ?? this.#spare
      this.#lent = undefined
      if (this.#octets.length > keptBytesMax) this.#octets = this.#fresh()
      return
    }
    this.#lent = this.#octets.length > keptBytesMax ? undefined : this.#octets
    this.#octets = this.#fresh()
  }

  #fresh(): Buffer {
    const fresh = this.#spare ?? Buffer.allocUnsafeSlow(bytesMin)
    this.#spare = undefined
    return fresh
  }

  #copy(from: Buffer, start: number, end: number): void {
    this.#reserve(end - start)
    this.#length += from.copy(this.#octets, this.#length, start, end)
  }

  #reserve(bytes: number): void {
    if (this.#octets.length - this.#length >= bytes) return
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#octets.length * 2, this.#length + bytes))
    this.#octets.copy(grown, 0, 0, this.#length)
    this.#octets = grown
  }
}
