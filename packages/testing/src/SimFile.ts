/**
 * A file of a simulated disk: what processes read of it, and what a power cut leaves of it.
 */
import { Buffer } from "node:buffer"

/** Octets that reach the disk together or not at all. */
const sectorBytes = 512

/** Octets of a block; the first of a file doubles until it has as many. */
const blockBytes = 65_536

/** Octets with room to grow: what is there stays where it is, so that a fleet of disks grows by what it holds. */
class Content {
  readonly #blocks: Array<Buffer> = []
  #bytes = 0

  constructor(octets: Uint8Array) {
    this.write(0, octets)
  }

  /** All of them; not to be changed. */
  get octets(): Buffer {
    const [first = Buffer.alloc(0)] = this.#blocks
    return (this.#blocks.length > 1 ? Buffer.concat(this.#blocks) : first).subarray(0, this.#bytes)
  }

  get bytes(): number {
    return this.#bytes
  }

  resize(bytes: number): void {
    const before = this.#bytes
    this.#bytes = bytes
    if (bytes < before) {
      this.#blocks.length = Math.ceil(bytes / blockBytes)
      this.#blocks.at(-1)?.fill(0, bytes - (this.#blocks.length - 1) * blockBytes)
      return
    }
    for (let at = Math.max(0, this.#blocks.length - 1); at * blockBytes < bytes; at++) {
      const block = this.#blocks[at]
      const least = Math.min(blockBytes, bytes - at * blockBytes)
      if (block !== undefined && block.length >= least) continue
      const grown = Buffer.alloc(
        Math.min(blockBytes, Math.max(least, (block?.length ?? 0) * 2, at > 0 ? blockBytes : 0))
      )
      block?.copy(grown)
      this.#blocks[at] = grown
    }
  }

  write(offset: number, piece: Uint8Array): void {
    const end = offset + piece.length
    if (end > this.#bytes) this.resize(end)
    for (let at = offset; at < end;) {
      const block = Math.floor(at / blockBytes)
      const next = Math.min(end, (block + 1) * blockBytes)
      const part = next - at === piece.length ? piece : piece.subarray(at - offset, next - offset)
      this.#blocks[block]?.set(part, at - block * blockBytes)
      at = next
    }
  }

  /** Copies what there is from `offset` on; says how many octets. */
  read(into: Uint8Array, offset: number): number {
    const end = Math.min(this.#bytes, offset + into.length)
    for (let at = offset; at < end;) {
      const block = Math.floor(at / blockBytes)
      const next = Math.min(end, (block + 1) * blockBytes)
      this.#blocks[block]?.copy(into, at - offset, at - block * blockBytes, next - block * blockBytes)
      at = next
    }
    return Math.max(0, end - offset)
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
    const [before = 0] = this.#copy(octet, octet + 1)
    const flipped = Buffer.of(before ^ (1 << bit))
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
      const octets = "end" in change ? this.#copy(offset, change.end) : change.octets
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
    const copied = Buffer.alloc(end - start)
    this.#cached.read(copied, start)
    return copied
  }
}
