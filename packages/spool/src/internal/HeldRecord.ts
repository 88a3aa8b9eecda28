/**
 * An article read where it lies: a record that begins with its filing, of which nothing is decoded that nobody asks for.
 */
import type * as MessageId from "@lupin/core/MessageId"
import type * as Xref from "@lupin/core/Xref"
import { Buffer } from "node:buffer"
import type { Held } from "../Spool.ts"
import type { Stored } from "./ClassLogs.ts"
import { Reader, textEnd, uint16, uint32 } from "./Octets.ts"
import * as Record from "./Record.ts"
import * as RecordOptions from "./RecordOptions.ts"

const numberBytes = 4
const space = 0x20
const colon = 0x3a
const zero = 0x30

export class HeldRecord implements Held {
  readonly article: Uint8Array
  readonly isWireReady: boolean
  readonly #payload: Buffer
  readonly #numbersAt: number
  readonly #flagsAt: number
  readonly #xrefStart: Uint8Array
  #numbers: Xref.Numbers | undefined
  #xref: Uint8Array | undefined

  private constructor(payload: Buffer, numbersAt: number, flagsAt: number, article: Uint8Array, xrefStart: Uint8Array) {
    this.#payload = payload
    this.#numbersAt = numbersAt
    this.#flagsAt = flagsAt
    this.#xrefStart = xrefStart
    this.article = article
    this.isWireReady = RecordOptions.isWireReady(payload[flagsAt] ?? 0)
  }

  /** The article of an intact payload; nothing where that begins with another event, or the article is gone from where it lies. `xrefStart`: `Xref: ` and our name. */
  static of(
    payload: Buffer,
    elsewhere: (stored: Stored, id: MessageId.MessageId) => Uint8Array | undefined,
    xrefStart: Uint8Array
  ): HeldRecord | undefined {
    if (!Record.bringsArticle(payload)) return undefined
    const numbersAt = textEnd(payload, Record.idOffset - 4)
    let flagsAt = numbersAt + 2
    for (let left = uint16(payload, numbersAt); left > 0; left -= 1) flagsAt = textEnd(payload, flagsAt) + numberBytes
    const flags = payload[flagsAt] ?? 0
    const article = RecordOptions.isElsewhere(flags)
      ? elsewhere(RecordOptions.storedAt(payload, flagsAt + 1, flags), Record.idAt(payload))
      : payload.subarray(Record.metaEnd(payload))
    return article === undefined ? undefined : new HeldRecord(payload, numbersAt, flagsAt, article, xrefStart)
  }

  get position(): number {
    return Record.positionOf(this.#payload)
  }

  get arrivedMillis(): number {
    return Record.atMillisOf(this.#payload)
  }

  get numbers(): Xref.Numbers {
    this.#numbers ??= Record.readNumbers(new Reader(this.#payload, this.#numbersAt))
    return this.#numbers
  }

  get xref(): Uint8Array {
    this.#xref ??= this.#makeXref()
    return this.#xref
  }

  /** Octet by octet out of the record: no text is made for a moment only. */
  #makeXref(): Uint8Array {
    const from = this.#payload
    const made = Buffer.allocUnsafe(this.#xrefStart.length + (this.#flagsAt - this.#numbersAt) * 2)
    made.set(this.#xrefStart)
    let to = this.#xrefStart.length
    let at = this.#numbersAt + 2
    while (at < this.#flagsAt) {
      const end = textEnd(from, at)
      made[to++] = space
      for (at += 4; at < end; at += 1) made[to++] = from[at] as number
      made[to++] = colon
      to = writeDecimal(made, to, uint32(from, end))
      at = end + numberBytes
    }
    return made.subarray(0, to)
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
