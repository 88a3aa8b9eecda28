/**
 * Octets gathered in order, to leave in one write.
 *
 * The memory behind it is shared: whoever has nothing to say holds none, and what one connection has sent the next one
 * writes over.
 */
import { LatestView } from "@lupin/core/LatestView"
import { Buffer } from "node:buffer"
import type { Wire } from "@lupin/spool/Spool"
import * as DotStuffing from "./DotStuffing.ts"

/** First size of the buffer, in octets. */
const bytesMin = 16_384

/** Largest buffer that is kept for others, in octets; one that grew further is let go. */
const keptBytesMax = 512 * 1024

/** Octets that are rather copied than left in a buffer that nobody else can use meanwhile. */
const copyBytesMax = 4_000

/** A text so long may stay text until it leaves, in letters: Node encodes as much without a block of memory for it. */
const textLengthMax = 4_000

/** Buffers kept for others, of all connections together. */
const sparesMax = 32

const cr = 0x0d
const lf = 0x0a
const dot = 0x2e
const crlf = 0x0d0a
const nothing = Buffer.alloc(0)
/** Of the buffer that some connection writes to now. */
const views = new LatestView()

export class WriteBuffer {
  /** Nothing until something is appended: a connection that says nothing costs no buffer. */
  #octets: Buffer = nothing
  #length = 0
  /** Lines that are all there is so far. */
  #text = ""
  /** Taken, and perhaps still on its way. */
  #lent: Buffer | undefined

  /** How much there is, at least: letters of what is still text, else octets. */
  get length(): number {
    return this.#length + this.#text.length
  }

  /** Appends text as UTF-8. */
  text(text: string): void {
    this.#reserve(text.length * 3)
    this.#length += this.#octets.write(text, this.#length, "utf8")
  }

  /** Appends a short text of ASCII; what is not ASCII is cut to its lowest octet. */
  ascii(text: string): void {
    const { length } = text
    this.#reserve(length)
    const octets = this.#octets
    let to = this.#length
    for (let at = 0; at < length; at++) octets[to++] = text.charCodeAt(at)
    this.#length = to
  }

  /** Appends a short line: four octets, in a number, and behind them some of a chunk. */
  coded(code: number, octets: DataView, from: number, to: number): void {
    this.#reserve(10 + to - from)
    const mine = views.of(this.#octets)
    let at = this.#length
    mine.setInt32(at, code)
    at += 4
    let turn = from
    for (; turn + 4 <= to; turn += 4, at += 4) mine.setInt32(at, octets.getInt32(turn))
    for (; turn < to; turn += 1, at += 1) mine.setUint8(at, octets.getUint8(turn))
    mine.setUint16(at, crlf)
    this.#length = at + 2
  }

  /** Appends a line of octets and its CRLF. */
  rawLine(octets: Uint8Array): void {
    this.raw(octets)
    this.crlf()
  }

  /** Appends a line and its CRLF. */
  line(text: string): void {
    if (this.#length === 0 && this.#text.length + text.length < textLengthMax) {
      this.#text += `${text}\r\n`
      return
    }
    this.text(text)
    this.crlf()
  }

  /** Appends lines, each with its CRLF, in one piece. */
  lines(texts: ReadonlyArray<string>): void {
    if (texts.length > 0) this.line(texts.length === 1 ? (texts[0] ?? "") : texts.join("\r\n"))
  }

  /** Appends octets as they are. */
  raw(octets: Uint8Array): void {
    this.#reserve(octets.length)
    this.#octets.set(octets, this.#length)
    this.#length += octets.length
  }

  /** Appends lines of octets from `start` on, their dots doubled; the first octet of all begins a line. */
  stuffed(octets: Uint8Array, start = 0): void {
    const from = DotStuffing.asBuffer(octets)
    let at = start
    for (
      let found = DotStuffing.nextLineDot(from, start);
      found !== -1;
      found = DotStuffing.nextLineDot(from, found + 1)
    ) {
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
    this.#encode()
    const isLineEnd = this.#octets[this.#length - 1] === lf && this.#octets[this.#length - 2] === cr
    if (!isLineEnd) this.crlf()
    this.terminate()
  }

  /** Ends a block whose last line has its CRLF. */
  terminate(): void {
    this.#reserve(3)
    this.#octets[this.#length++] = dot
    this.#octets[this.#length++] = cr
    this.#octets[this.#length++] = lf
  }

  /** Appends a text of ASCII, an article as it is sent behind it, and the end of the block. */
  wireBlock(start: string, wire: Wire): void {
    this.#reserve(start.length + wire.bytesMax + 3)
    this.ascii(start)
    this.#length = wire.write(this.#octets, this.#length)
    this.terminate()
  }

  /** A place to which `truncate` goes back, until the next take. */
  mark(): number {
    this.#encode()
    return this.#length
  }

  /** Takes back what was appended behind a mark. */
  truncate(mark: number): void {
    this.#encode()
    this.#length = Math.min(this.#length, mark)
  }

  /** Everything since the last take, if it is text. */
  takeText(): string | undefined {
    if (this.#text === "") return undefined
    const text = this.#text
    this.#text = ""
    return text
  }

  /** Everything since the last take. Nothing may be appended before `recycle`. */
  take(): Uint8Array {
    this.#encode()
    const taken = this.#octets.subarray(0, this.#length)
    this.#length = 0
    return taken
  }

  /**
   * Everything since the last take, to leave whenever it likes. Little is copied, so that the next one may write over the
   * buffer at once.
   */
  takeAway(): Uint8Array {
    const octets = this.#octets
    const taken = this.take()
    this.#octets = nothing
    if (taken.length === 0 || taken.length > copyBytesMax) return taken
    giveBack(octets)
    return Buffer.from(taken)
  }

  /**
   * Says whether all octets ever taken have left the process; to be called after each `take`. What is still on its way
   * is given back once it has left.
   */
  recycle(isWritten: boolean): void {
    if (isWritten) {
      giveBack(this.#octets)
      if (this.#lent !== undefined) giveBack(this.#lent)
      this.#lent = undefined
    } else {
      this.#lent = this.#octets.length > keptBytesMax ? undefined : this.#octets
    }
    this.#octets = nothing
  }

  /** Appends a CRLF. */
  crlf(): void {
    this.#reserve(2)
    this.#octets[this.#length++] = cr
    this.#octets[this.#length++] = lf
  }

  #copy(from: Buffer, start: number, end: number): void {
    this.#reserve(end - start)
    this.#length += from.copy(this.#octets, this.#length, start, end)
  }

  #encode(): void {
    const text = this.takeText()
    if (text !== undefined) this.text(text)
  }

  #reserve(bytes: number): void {
    this.#encode()
    if (this.#octets.length - this.#length >= bytes) return
    const kept = this.#octets.length === 0 ? spares.pop() : undefined
    if (kept !== undefined && kept.length >= bytes) {
      this.#octets = kept
      return
    }
    const grown = Buffer.allocUnsafeSlow(Math.max(bytesMin, this.#octets.length * 2, this.#length + bytes))
    this.#octets.copy(grown, 0, 0, this.#length)
    this.#octets = grown
  }
}

/** Buffers that nobody writes to. */
const spares: Array<Buffer> = []

const giveBack = (octets: Buffer): void => {
  if (octets.length > 0 && octets.length <= keptBytesMax && spares.length < sparesMax) spares.push(octets)
}
