/**
 * Sixty-four bits of a Message-ID under a key: where the index looks for it.
 *
 * HalfSipHash-1-3 (Aumasson and Bernstein), so that nobody who does not know the key can pile up ids in one place. Ids that
 * begin with the same UUID have the same hash, and are found together. Hashes of the ids that came last are remembered.
 */
import { createHash } from "node:crypto"

/** Ids whose hash is remembered; a power of two. */
const places = 1024

export class IdHash {
  /** The upper and the lower half of the last id that was hashed; the upper one is not negative. */
  first = 0
  second = 0
  readonly #low: number
  readonly #high: number
  /** An article is looked for when it comes, when it is decided upon and when it is shown: each id has a place here. */
  readonly #ids = Array.from({ length: places }, (): string | undefined => undefined)
  readonly #firsts = new Uint32Array(places)
  readonly #seconds = new Int32Array(places)
  readonly #notes = new Float64Array(places)
  /** Of a few letters of the id that was looked at last: anybody can make ids that share it. */
  glance = 0
  #place = 0
  #latest = ""
  #isTaken = false

  constructor(key: string) {
    const octets = createHash("sha256").update(key).digest()
    this.#low = octets.readInt32LE(0)
    this.#high = octets.readInt32LE(4)
  }

  /** What was noted of the id that was hashed last, as long as it is remembered; else 0. */
  get note(): number {
    return this.#notes[this.#place] as number
  }

  set note(value: number) {
    this.#notes[this.#place] = value
  }

  /** Leaves a glance at an id in `glance`. */
  look(id: string): void {
    // Several tables are asked for it, one after the other.
    if (id === this.#latest) return
    this.#latest = id
    this.#isTaken = false
    this.glance = glanceOf(id)
  }

  /** Leaves the hash of an id in `first` and `second`. */
  take(id: string): void {
    this.look(id)
    if (this.#isTaken) return
    this.#isTaken = true
    const place = this.glance & (places - 1)
    this.#place = place
    if (this.#ids[place] === id) {
      this.first = this.#firsts[place] as number
      this.second = this.#seconds[place] as number
      return
    }
    this.#hash(id)
    this.#ids[place] = id
    this.#firsts[place] = this.first
    this.#seconds[place] = this.second
    this.#notes[place] = 0
  }

  #hash(id: string): void {
    const bytes = isOfUuid(id) ? uuidEnd : id.length
    let v0 = this.#low
    let v1 = this.#high ^ 0xee
    let v2 = this.#low ^ 0x6c796765
    let v3 = this.#high ^ 0x74656462
    // One round for four octets, one for the rest with the length, three at each end.
    const words = bytes >>> 2
    for (let turn = 0; turn < words + 7; turn++) {
      let word = 0
      if (turn < words) {
        const at = turn * 4
        word =
          id.charCodeAt(at) |
          (id.charCodeAt(at + 1) << 8) |
          (id.charCodeAt(at + 2) << 16) |
          (id.charCodeAt(at + 3) << 24)
      } else if (turn === words) {
        word = bytes << 24
        for (let at = words * 4; at < bytes; at++) word |= id.charCodeAt(at) << ((at & 3) * 8)
      } else if (turn === words + 1) v2 ^= 0xee
      else if (turn === words + 4) {
        this.first = (v1 ^ v3) >>> 0
        v1 ^= 0xdd
      }
      v3 ^= word
      v0 = (v0 + v1) | 0
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
      v0 = (v0 << 16) | (v0 >>> 16)
      v2 = (v2 + v3) | 0
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
      v0 = (v0 + v3) | 0
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
      v2 = (v2 + v1) | 0
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
      v2 = (v2 << 16) | (v2 >>> 16)
      v0 ^= word
    }
    this.second = v1 ^ v3
  }
}

/** Letters of an id that a glance looks at. */
const lettersMax = 16

/** FNV-1a of letters all over the id. */
const glanceOf = (id: string): number => {
  const step = Math.ceil(id.length / lettersMax)
  let hash = 0x811c9dc5
  for (let at = 0; at < id.length; at += step) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193)
  return hash ^ (hash >>> 15)
}

/** Where the UUID of an id of a client ends, with the bracket in front and the dot behind. */
export const uuidEnd = 38

const dot = 0x2e
const hyphen = 0x2d

const isOfUuid = (id: string): boolean =>
  id.length >= uuidEnd &&
  id.charCodeAt(uuidEnd - 1) === dot &&
  id.charCodeAt(9) === hyphen &&
  id.charCodeAt(14) === hyphen &&
  id.charCodeAt(19) === hyphen &&
  id.charCodeAt(24) === hyphen
