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
}

type Change = { readonly offset: number; readonly octets: Buffer } | { readonly bytes: number }

export class SimFile {
  #cached: Content
  #durable: Content
  /** Made since the last sync, in order. */
  #pending: Array<Change> = []

  /** A file that is safe as it is. */
  constructor(octets: Uint8Array = new Uint8Array(0)) {
    this.#cached = new Content(octets)
    this.#durable = new Content(octets)
  }

  /** What processes read. Not to be changed. */
  get octets(): Buffer {
    return this.#cached.octets
  }

  get bytes(): number {
    return this.#cached.bytes
  }

  write(offset: number, octets: Uint8Array): void {
    this.#cached.write(offset, octets)
    this.#pending.push({ offset, octets: Buffer.from(octets) })
  }

  resize(bytes: number): void {
    this.#cached.resize(bytes)
    this.#pending.push({ bytes })
  }

  sync(): void {
    for (const change of this.#pending.splice(0)) {
      if ("bytes" in change) this.#durable.resize(change.bytes)
      else this.#durable.write(change.offset, change.octets)
    }
  }

  /** Turns over one bit, synced or not. */
  flip(octet: number, bit: number): void {
    const flipped = Buffer.of((this.octets[octet] ?? 0) ^ (1 << bit))
    this.write(octet, flipped)
    this.sync()
  }

  copy(): SimFile {
    const copy = new SimFile(this.octets)
    copy.#durable = new Content(this.#durable.octets)
    copy.#pending = [...this.#pending]
    return copy
  }

  /** After a power cut: `chance` says of each sector that was not synced whether it got through. */
  left(chance: () => boolean): SimFile {
    const content = new Content(this.#durable.octets)
    for (const change of this.#pending) {
      if ("bytes" in change) {
        if (chance()) content.resize(change.bytes)
        continue
      }
      // The length of a file may get through without what it holds.
      const end = change.offset + change.octets.length
      if (end > content.bytes && chance()) content.resize(end)
      for (let at = change.offset; at < end;) {
        const next = Math.min(end, (Math.floor(at / sectorBytes) + 1) * sectorBytes)
        if (chance()) content.write(at, change.octets.subarray(at - change.offset, next - change.offset))
        at = next
      }
    }
    return new SimFile(content.octets)
  }
}
