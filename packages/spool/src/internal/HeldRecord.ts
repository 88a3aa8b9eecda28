/**
 * An article read where it lies: a record that begins with its filing, of which nothing is decoded that nobody asks for.
 */
import type * as GroupName from "@lupin/core/GroupName"
import type * as MessageId from "@lupin/core/MessageId"
import type * as Xref from "@lupin/core/Xref"
import type { Buffer } from "node:buffer"
import type { Held } from "../Spool.ts"
import type { Stored } from "./ClassLogs.ts"
import { Reader, textEnd, uint16, uint32 } from "./Octets.ts"
import * as Record from "./Record.ts"
import * as RecordOptions from "./RecordOptions.ts"

const numberBytes = 4
const tab = 9
const xref = [..."Xref: "].map((letter) => letter.charCodeAt(0))

export class HeldRecord implements Held {
  readonly article: Uint8Array
  readonly position: number
  readonly arrivedMillis: number
  readonly isWireReady: boolean
  readonly #payload: Buffer
  readonly #numbersAt: number
  readonly #flagsAt: number
  #numbers: Xref.Numbers | undefined
  #xref: Uint8Array | undefined

  private constructor(payload: Buffer, numbersAt: number, flagsAt: number, article: Uint8Array) {
    this.#payload = payload
    this.#numbersAt = numbersAt
    this.#flagsAt = flagsAt
    this.article = article
    this.position = Record.positionOf(payload)
    this.arrivedMillis = Record.atMillisOf(payload)
    this.isWireReady = RecordOptions.isWireReady(payload[flagsAt] ?? 0)
  }

  /** The article of an intact payload; nothing where that begins with another event, or the article is gone from where it lies. */
  static of(
    payload: Buffer,
    elsewhere: (stored: Stored, id: MessageId.MessageId) => Uint8Array | undefined
  ): HeldRecord | undefined {
    if (!Record.bringsArticle(payload)) return undefined
    const numbersAt = textEnd(payload, Record.idOffset - 4)
    let flagsAt = numbersAt + 2
    for (let left = uint16(payload, numbersAt); left > 0; left -= 1) flagsAt = textEnd(payload, flagsAt) + numberBytes
    const flags = payload[flagsAt] ?? 0
    const article = RecordOptions.isElsewhere(flags)
      ? elsewhere(RecordOptions.storedAt(payload, flagsAt + 1, flags), Record.idAt(payload))
      : payload.subarray(Record.metaEnd(payload))
    return article === undefined ? undefined : new HeldRecord(payload, numbersAt, flagsAt, article)
  }

  get numbers(): Xref.Numbers {
    this.#numbers ??= Record.readNumbers(new Reader(this.#payload, this.#numbersAt))
    return this.#numbers
  }

  get xref(): Uint8Array {
    this.#xref ??= this.#findXref()
    return this.#xref
  }

  /** The column of the overview: it stands near the end, behind texts of any length. */
  #findXref(): Uint8Array {
    const octets = this.#payload
    const pathAt = RecordOptions.end(octets, this.#flagsAt + 1, octets[this.#flagsAt] ?? 0)
    const overviewAt = textEnd(octets, pathAt) + 4
    const overviewEnd = textEnd(octets, overviewAt - 4)
    let end = overviewEnd
    for (let at = overviewEnd - 1; at >= overviewAt; at -= 1) {
      if (octets[at] !== tab) continue
      if (isXref(octets, at + 1)) return octets.subarray(at + 1, end)
      end = at
    }
    return octets.subarray(overviewEnd, overviewEnd)
  }
}

const isXref = (octets: Buffer, start: number): boolean => xref.every((letter, at) => octets[start + at] === letter)
