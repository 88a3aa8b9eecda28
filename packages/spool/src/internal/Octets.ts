/**
 * Numbers, texts and octets one after another: how the parts of a record are written and read.
 */
import { Buffer } from "node:buffer"

const scratchBytes = 4096

/** One block serves all that is written on its own; `take` copies out of it. */
const scratch = Buffer.alloc(scratchBytes)

/** Gives a block with room for so many octets at least. */
type Room = (bytes: number) => Buffer

const twiceAsMuch: Room = (bytes) => Buffer.allocUnsafe(bytes * 2)

/** The least number that so many octets do not hold. */
const tooMuch = { 1: 2 ** 8, 2: 2 ** 16, 4: 2 ** 32, 6: 2 ** 48 } as const

/** Writes one thing after the other. What has no room left where it began goes on, from its beginning, in another block. */
export class Writer {
  #buffer: Buffer
  #begun: number
  #at: number
  readonly #room: Room

  constructor(buffer: Buffer = scratch, at = 0, room = twiceAsMuch) {
    this.#buffer = buffer
    this.#begun = at
    this.#at = at
    this.#room = room
  }

  /** What is written from here on stays together. */
  begin(): void {
    this.#begun = this.#at
  }

  /** Octets written since `begin`. */
  get length(): number {
    return this.#at - this.#begun
  }

  skip(bytes: number): void {
    this.reserve(bytes)
    this.#at += bytes
  }

  uint(value: number, bytes: 1 | 2 | 4 | 6): void {
    if (!(value >= 0 && value < tooMuch[bytes])) throw new RangeError(`${value} does not fit into ${bytes} octets`)
    this.reserve(bytes)
    if (bytes === 1) this.#buffer[this.#at] = value
    else if (bytes === 2) putUint16(this.#buffer, this.#at, value)
    else if (bytes === 4) putUint32(this.#buffer, this.#at, value)
    else putUint48(this.#buffer, this.#at, value)
    this.#at += bytes
  }

  /** Puts a number in the place of what was skipped, so far behind the beginning. */
  putUint32(offset: number, value: number): void {
    putUint32(this.#buffer, this.#begun + offset, value)
  }

  /** At most 4 GiB, UTF-8. */
  text(value: string): void {
    this.reserve(4 + value.length * 3)
    const bytes = this.#buffer.write(value, this.#at + 4, "utf8")
    putUint32(this.#buffer, this.#at, bytes)
    this.#at += 4 + bytes
  }

  /** As `text`, a character for each octet. */
  latin1(value: string): void {
    this.reserve(4 + value.length)
    putUint32(this.#buffer, this.#at, value.length)
    this.#buffer.write(value, this.#at + 4, "latin1")
    this.#at += 4 + value.length
  }

  /** At most 65,535 texts. */
  texts(values: ReadonlyArray<string>): void {
    this.uint(values.length, 2)
    for (const value of values) this.text(value)
  }

  octets(value: Uint8Array): void {
    this.uint(value.length, 4)
    this.plain(value)
  }

  /** Octets without their length. */
  plain(value: Uint8Array): void {
    this.reserve(value.length)
    this.#buffer.set(value, this.#at)
    this.#at += value.length
  }

  /** What is written next, as far as so many octets, does not go on in another block. */
  reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return
    const { length } = this
    const next = this.#room(length + bytes)
    this.#buffer.copy(next, 0, this.#begun, this.#at)
    this.#buffer = next
    this.#begun = 0
    this.#at = length
  }

  /** As `reserve`, and gives the block: what is put there counts once it is passed. */
  room(bytes: number): Buffer {
    this.reserve(bytes)
    return this.#buffer
  }

  /** Where in its block the next octet goes. */
  get at(): number {
    return this.#at
  }

  /** Octets have been put where the next ones go. */
  pass(bytes: number): void {
    this.#at += bytes
  }

  /** What was written from so far behind the beginning, not copied. */
  since(offset: number): Buffer {
    return this.#buffer.subarray(this.#begun + offset, this.#at)
  }

  take(): Buffer {
    return Buffer.from(this.since(0))
  }
}

export class Reader {
  readonly #buffer: Buffer
  #at: number

  constructor(buffer: Buffer, at = 0) {
    this.#buffer = buffer
    this.#at = at
  }

  /** Where it reads next. */
  get at(): number {
    return this.#at
  }

  uint(bytes: 1 | 2 | 4 | 6): number {
    const value = this.#buffer.readUIntBE(this.#at, bytes)
    this.#at += bytes
    return value
  }

  text(): string {
    const bytes = this.#buffer.readUInt32BE(this.#at)
    this.#at += 4 + bytes
    return this.#buffer.toString("utf8", this.#at - bytes, this.#at)
  }

  texts(): ReadonlyArray<string> {
    return Array.from({ length: this.uint(2) }, () => this.text())
  }

  latin1(): string {
    const bytes = this.uint(4)
    this.#at += bytes
    return this.#buffer.toString("latin1", this.#at - bytes, this.#at)
  }

  octets(): Uint8Array {
    const bytes = this.uint(4)
    this.#at += bytes
    return this.#buffer.subarray(this.#at - bytes, this.#at)
  }
}

/** Each number's highest octet first. */
export const putUint16 = (octets: Uint8Array, at: number, value: number): void => {
  octets[at] = value >>> 8
  octets[at + 1] = value
}

export const putUint32 = (octets: Uint8Array, at: number, value: number): void => {
  octets[at] = value >>> 24
  octets[at + 1] = value >>> 16
  octets[at + 2] = value >>> 8
  octets[at + 3] = value
}

export const putUint48 = (octets: Uint8Array, at: number, value: number): void => {
  putUint16(octets, at, Math.floor(value / 0x1_0000_0000))
  putUint32(octets, at + 2, value >>> 0)
}

export const uint16 = (octets: Uint8Array, at: number): number => ((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0)

export const uint32 = (octets: Uint8Array, at: number): number => uint16(octets, at) * 0x10000 + uint16(octets, at + 2)

export const uint48 = (octets: Uint8Array, at: number): number =>
  uint16(octets, at) * 0x1_0000_0000 + uint32(octets, at + 2)

/** Where the text, or the octets, end that begin with their length at a place. */
export const textEnd = (octets: Uint8Array, at: number): number => at + 4 + uint32(octets, at)
