/**
 * Numbers, texts and octets one after another: how the parts of a record are written and read.
 */
import { Buffer } from "node:buffer"

const scratchBytes = 4096

/** One block serves all records that fit; `take` copies out of it. */
const scratch = Buffer.alloc(scratchBytes)

export class Writer {
  #buffer = scratch
  #at = 0

  skip(bytes: number): void {
    this.#reserve(bytes)
    this.#at += bytes
  }

  uint(value: number, bytes: 1 | 2 | 4 | 6): void {
    this.#reserve(bytes)
    this.#at = this.#buffer.writeUIntBE(value, this.#at, bytes)
  }

  /** At most 4 GiB, UTF-8. */
  text(value: string): void {
    this.#reserve(4 + value.length * 3)
    const bytes = this.#buffer.write(value, this.#at + 4, "utf8")
    this.#buffer.writeUInt32BE(bytes, this.#at)
    this.#at += 4 + bytes
  }

  /** At most 65,535 texts. */
  texts(values: ReadonlyArray<string>): void {
    this.uint(values.length, 2)
    for (const value of values) this.text(value)
  }

  octets(value: Uint8Array): void {
    this.#reserve(4 + value.length)
    this.#buffer.writeUInt32BE(value.length, this.#at)
    this.#buffer.set(value, this.#at + 4)
    this.#at += 4 + value.length
  }

  take(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.#at))
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return
    const larger = Buffer.alloc((this.#at + bytes) * 2)
    larger.set(this.#buffer.subarray(0, this.#at))
    this.#buffer = larger
  }
}

export class Reader {
  readonly #buffer: Buffer
  #at: number

  constructor(buffer: Buffer, at = 0) {
    this.#buffer = buffer
    this.#at = at
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

  octets(): Uint8Array {
    const bytes = this.uint(4)
    this.#at += bytes
    return this.#buffer.subarray(this.#at - bytes, this.#at)
  }
}

export const uint16 = (octets: Uint8Array, at: number): number => ((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0)

export const uint32 = (octets: Uint8Array, at: number): number => uint16(octets, at) * 0x10000 + uint16(octets, at + 2)

export const uint48 = (octets: Uint8Array, at: number): number =>
  uint16(octets, at) * 0x1_0000_0000 + uint32(octets, at + 2)

/** Where the text, or the octets, end that begin with their length at a place. */
export const textEnd = (octets: Uint8Array, at: number): number => at + 4 + uint32(octets, at)
