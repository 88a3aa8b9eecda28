/**
 * An article read where it lies: a record that begins with its filing, of which nothing is decoded that nobody asks for.
 */
import type * as MessageId from "@lupin/core/MessageId"
import type * as Xref from "@lupin/core/Xref"
import { Buffer } from "node:buffer"
import type { Held, Wire } from "../Spool.ts"
import type { Stored } from "./ClassLogs.ts"
import { Reader, textEnd, uint16, uint32 } from "./Octets.ts"
import * as Record from "./Record.ts"
import * as RecordOptions from "./RecordOptions.ts"

const numberBytes = 4
/** Digits of a number at most. */
const digitsMax = 10
const space = 0x20
const colon = 0x3a
const zero = 0x30
const cr = 0x0d
const lf = 0x0a

/** Where the octets of an article lie that were moved to the log of a class. */
type Elsewhere = (stored: Stored, id: MessageId.MessageId) => Uint8Array | undefined

export class HeldRecord implements Held, Wire {
  readonly #octets: Buffer
  /** Where the payload begins, and where it ends. */
  readonly #start: number
  readonly #end: number
  readonly #numbersAt: number
  readonly #flagsAt: number
  readonly #isElsewhere: boolean
  readonly #xrefStart: Uint8Array
  #article: Uint8Array | undefined
  #numbers: Xref.Numbers | undefined

  private constructor(
    octets: Buffer,
    start: number,
    end: number,
    numbersAt: number,
    flagsAt: number,
    elsewhere: Uint8Array | undefined,
    xrefStart: Uint8Array
  ) {
    this.#octets = octets
    this.#start = start
    this.#end = end
    this.#numbersAt = numbersAt
    this.#flagsAt = flagsAt
    this.#article = elsewhere
    this.#isElsewhere = elsewhere !== undefined
    this.#xrefStart = xrefStart
  }

  /**
   * The article of an intact payload, which lies among `octets` from `start` to `end`; nothing where that begins with another
   * event, or the article is gone from where it lies. `xrefStart`: `Xref: ` and our name.
   */
  static of(
    octets: Buffer,
    start: number,
    end: number,
    elsewhere: Elsewhere,
    xrefStart: Uint8Array
  ): HeldRecord | undefined {
    if (!Record.bringsArticle(octets, start)) return undefined
    const numbersAt = textEnd(octets, start + Record.idOffset - 4)
    let flagsAt = numbersAt + 2
    for (let left = uint16(octets, numbersAt); left > 0; left -= 1) flagsAt = textEnd(octets, flagsAt) + numberBytes
    const flags = octets[flagsAt] ?? 0
    let far: Uint8Array | undefined
    if (RecordOptions.isElsewhere(flags)) {
      far = elsewhere(RecordOptions.storedAt(octets, flagsAt + 1, flags), Record.idAt(octets, start))
      if (far === undefined) return undefined
    }
    return new HeldRecord(octets, start, end, numbersAt, flagsAt, far, xrefStart)
  }

  get article(): Uint8Array {
    this.#article ??= this.#octets.subarray(this.#articleAt, this.#end)
    return this.#article
  }

  get bytes(): number {
    return this.#isElsewhere ? this.article.length : this.#end - this.#articleAt
  }

  get position(): number {
    return Record.positionOf(this.#octets, this.#start)
  }

  get arrivedMillis(): number {
    return Record.atMillisOf(this.#octets, this.#start)
  }

  get numbers(): Xref.Numbers {
    this.#numbers ??= Record.readNumbers(new Reader(this.#octets, this.#numbersAt))
    return this.#numbers
  }

  get xref(): Uint8Array {
    const made = Buffer.allocUnsafe(this.#xrefBytesMax)
    return made.subarray(0, this.#writeXref(made, 0))
  }

  get wire(): Wire | undefined {
    const isReady = RecordOptions.isWireReady(this.#octets[this.#flagsAt] ?? 0)
    return isReady ? this : undefined
  }

  get bytesMax(): number {
    return this.#numbersAt - this.#start + this.#xrefBytesMax + this.bytes
  }

  write(into: Buffer, start: number): number {
    const octets = this.#octets
    let to = start + octets.copy(into, start, this.#start + Record.idOffset, this.#numbersAt)
    into[to++] = cr
    into[to++] = lf
    to = this.#writeXref(into, to)
    into[to++] = cr
    into[to++] = lf
    if (!this.#isElsewhere) return to + octets.copy(into, to, this.#articleAt, this.#end)
    into.set(this.article, to)
    return to + this.bytes
  }

  get #articleAt(): number {
    return this.#start + Record.metaEnd(this.#octets, this.#start)
  }

  /** A number takes four octets in the record, and a text the four of its length. */
  get #xrefBytesMax(): number {
    return this.#xrefStart.length + (this.#flagsAt - this.#numbersAt) * Math.ceil(digitsMax / numberBytes)
  }

  /** Octet by octet out of the record: no text is made for a moment only. */
  #writeXref(into: Buffer, start: number): number {
    const from = this.#octets
    into.set(this.#xrefStart, start)
    let to = start + this.#xrefStart.length
    let at = this.#numbersAt + 2
    while (at < this.#flagsAt) {
      const end = textEnd(from, at)
      into[to++] = space
      for (at += 4; at < end; at += 1) into[to++] = from[at] as number
      into[to++] = colon
      to = writeDecimal(into, to, uint32(from, end))
      at = end + numberBytes
    }
    return to
  }
}

/** Writes a number of at most ten digits; gives the offset behind it. */
const writeDecimal = (octets: Uint8Array, start: number, value: number): number => {
  let digits = 1
  for (let power = 10; power <= value; power *= 10) digits += 1
  let rest = value
  for (let at = start + digits - 1; at >= start; at -= 1) {
    const tens = Math.floor(rest / 10)
    octets[at] = zero + rest - tens * 10
    rest = tens
  }
  return start + digits
}
