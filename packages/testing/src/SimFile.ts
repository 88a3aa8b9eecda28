/**
 * A file of a simulated disk: what processes read of it, and what a power cut leaves of it.
 */
import { Buffer } from "node:buffer"

/** Octets that reach the disk together or not at all. */
const sectorBytes = 512

/** Octets with room to grow. */
class Content {
  #room: Buffer
  #bytes: number

  constructor(octets: Uint8Array) {
    this.#room = Buffer.from(octets)
    this.#bytes = octets.length
  }

  get octets(): Buffer {
    return this.#room.subarray(0, this.#bytes)
  }

  get bytes(): number {
    return this.#bytes
  }

  resize(bytes: number): void {
    if (bytes > this.#room.length) {
      const grown = Buffer.alloc(Math.max(bytes, this.#room.length * 2))
      this.#room.copy(grown, 0, 0, this.#bytes)
      this.#room = grown
    } else if (bytes < this.#bytes) {
      this.#room.fill(0, bytes, this.#bytes)
    }
    this.#bytes = bytes
  }

  write(offset: number, piece: Uint8Array): void {
    if (offset + piece.length > this.#bytes) this.resize(offset + piece.length)
    this.#room.set(piece, offset)
  }

  /** Copies what there is from `offset` on; says how many octets. */
  read(into: Uint8Array, offset: number): number {
    const end = Math.min(this.#bytes, offset + into.length)
    return offset >= end ? 0 : this.#room.copy(into, 0, offset, end)
  }
}

/** An append says only where its octets lie, as long as they lie in what processes read. */
type Change =
  | { readonly offset: number; readonly octets: Buffer }
  | { readonly offset: number; readonly end: number }
  | { readonly bytes: number }

export class SimFile {
  readonly #cached: Content
  /** What is safe, where something else is cached in its place: otherwise it is the first octets of what is cached. */
  #durable: Content | undefined
  #durableBytes: number
  /** Made since the last sync, in order. */
  #pending: Array<Change> = []

  /** A file that is safe as it is. */
  constructor(octets: Uint8Array = new Uint8Array(0)) {
    this.#cached = new Content(octets)
    this.#durableBytes = octets.length
  }

  /** What processes read. Not to be changed. */
  get octets(): Buffer {
    return this.#cached.octets
  }

  get bytes(): number {
    return this.#cached.bytes
  }

  read(into: Uint8Array, offset: number): number {
    return this.#cached.read(into, offset)
  }

  /** One write of all pieces, end to end. */
  write(offset: number, ...pieces: ReadonlyArray<Uint8Array>): void {
    const isAppend = offset === this.#cached.bytes && this.#durable === undefined
    if (!isAppend) this.#part()
    let end = offset
    for (const piece of pieces) {
      this.#cached.write(end, piece)
      end += piece.length
    }
    this.#pending.push(isAppend ? { offset, end } : { offset, octets: this.#copy(offset, end) })
  }

  resize(bytes: number): void {
    this.#part()
    this.#cached.resize(bytes)
    this.#pending.push({ bytes })
  }

  sync(): void {
    this.#durable = undefined
    this.#durableBytes = this.#cached.bytes
    this.#pending = []
  }

  /** Turns over one bit, synced or not. */
  flip(octet: number, bit: number): void {
    const flipped = Buffer.of((this.octets[octet] ?? 0) ^ (1 << bit))
    this.write(octet, flipped)
    this.sync()
  }

  copy(): SimFile {
    const copy = new SimFile(this.octets)
    copy.#durable = this.#durable && new Content(this.#durable.octets)
    copy.#durableBytes = this.#durableBytes
    copy.#pending = [...this.#pending]
    return copy
  }

  /** After a power cut: `chance` says of each sector that was not synced whether it got through. */
  left(chance: () => boolean): SimFile {
    const content = new Content(this.#durable?.octets ?? this.octets.subarray(0, this.#durableBytes))
    for (const change of this.#pending) {
      if ("bytes" in change) {
        if (chance()) content.resize(change.bytes)
        continue
      }
      const { offset } = change
      const octets = "end" in change ? this.octets.subarray(offset, change.end) : change.octets
      // The length of a file may get through without what it holds.
      const end = offset + octets.length
      if (end > content.bytes && chance()) content.resize(end)
      for (let at = offset; at < end;) {
        const next = Math.min(end, (Math.floor(at / sectorBytes) + 1) * sectorBytes)
        if (chance()) content.write(at, octets.subarray(at - offset, next - offset))
        at = next
      }
    }
    return new SimFile(content.octets)
  }

  /** From now until the next sync something else may be cached where octets are safe, or were appended. */
  #part(): void {
    if (this.#durable !== undefined) return
    this.#durable = new Content(this.octets.subarray(0, this.#durableBytes))
    this.#pending = this.#pending.map((change) =>
      "end" in change ? { offset: change.offset, octets: this.#copy(change.offset, change.end) } : change
    )
  }

  #copy(start: number, end: number): Buffer {
    return Buffer.from(this.octets.subarray(start, end))
  }
}
