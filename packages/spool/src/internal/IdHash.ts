/**
 * Sixty-four bits of a Message-ID under a key: where the index looks for it.
 *
 * HalfSipHash-1-3 (Aumasson and Bernstein), so that nobody who does not know the key can pile up ids in one place. Ids that
 * begin with the same UUID have the same hash, and are found together. Hashes of the ids that came last are remembered.
 */
import { Buffer } from "node:buffer"
import { createHash } from "node:crypto"

/** Ids whose hash is remembered; a power of two. */
const places = 1024
/** Of an id that is longer than any may be the rest does not count. */
const idBytesMax = 256

export class IdHash {
  /** The upper and the lower half of the last id that was hashed; the upper one is not negative. */
  first = 0
  second = 0
  readonly #low: number
  readonly #high: number
  /**
   * An article is looked for when it comes, when it is decided upon and when it is shown: each id has a place here, in the order
   * in which they came. Whoever asks for them again asks in that order too.
   */
  readonly #ids = Array.from({ length: places }, (): string | undefined => undefined)
  readonly #glances = new Int32Array(places)
  readonly #firsts = new Uint32Array(places)
  readonly #seconds = new Int32Array(places)
  readonly #notes = new Float64Array(places)
  /** The place of the last id of a glance. */
  readonly #placeOf = new Uint16Array(places)
  /** The place that the next new id gets. */
  #next = 0
  /** Of the letters of the id that was looked at last: anybody can make ids that share it. */
  glance = 0
  #place = 0
  /** Whether the id that was looked at last is that of the place. */
  #isPlaced = false
  /** Whether it has come before: then the next one may be that of the next place. */
  #isAgain = false
  /** That id, where it has no place. Not set otherwise: what is kept for long is dear to be set to what is new. */
  #latest = ""
  #isTaken = false
  /** Where the octets of the last id stand, once they are asked for. */
  readonly #own = Buffer.allocUnsafeSlow(idBytesMax)
  readonly #ownView = new DataView(this.#own.buffer)
  #octets: DataView = this.#ownView
  #from = 0
  #to = 0
  #isWritten = false

  constructor(key: string) {
    const octets = createHash("sha256").update(key).digest()
    this.#low = octets.readInt32LE(0)
    this.#high = octets.readInt32LE(4)
  }

  /** What was noted of the id that was hashed last, as long as it is remembered; else 0. */
  get note(): number {
    return this.#notes[this.#place] as number
  }

  /** Of an id that was hashed in octets nothing is noted. */
  set note(value: number) {
    if (this.#isTaken) this.#notes[this.#place] = value
  }

  /** Leaves a glance at an id in `glance`. */
  look(id: string): void {
    // Several tables are asked for it, one after the other.
    if (id === (this.#isPlaced ? this.#ids[this.#place] : this.#latest)) return
    this.#isTaken = false
    if (this.#isAgain) {
      const follower = (this.#place + 1) & (places - 1)
      if (this.#ids[follower] === id) {
        this.#place = follower
        this.#isWritten = false
        this.glance = this.#glances[follower] as number
        return
      }
      this.#isAgain = false
    }
    this.#isPlaced = false
    this.#latest = id
    this.#write(id)
    this.glance = glanceAt(this.#ownView, this.#to)
  }

  /** Leaves the hash of an id in `first` and `second`. */
  take(id: string): void {
    this.look(id)
    if (this.#isTaken) return
    this.#isTaken = true
    if (!this.#isPlaced) {
      const known = this.#placeOf[this.glance & (places - 1)] as number
      if (this.#ids[known] !== id) return this.#enter(id)
      this.#place = known
      this.#isPlaced = true
      this.#isAgain = true
    }
    this.first = this.#firsts[this.#place] as number
    this.second = this.#seconds[this.#place] as number
  }

  /** Bits of the hash of an id. */
  bitsOf(id: string): number {
    this.take(id)
    return this.second
  }

  /** Hashes an id that is not remembered. */
  #enter(id: string): void {
    const place = this.#next
    this.#next = (place + 1) & (places - 1)
    this.#place = place
    this.#isPlaced = true
    this.#leave(this.glance & (places - 1))
    this.#placeOf[this.glance & (places - 1)] = place
    this.#ids[place] = id
    this.#ownOctets()
    this.#hash(this.#octets, this.#from, this.#to)
    this.#glances[place] = this.glance
    this.#firsts[place] = this.first
    this.#seconds[place] = this.second
    this.#notes[place] = 0
  }

  /** Of ids that share a glance the last one is remembered. */
  #leave(bucket: number): void {
    const before = this.#placeOf[bucket] as number
    if (((this.#glances[before] as number) & (places - 1)) === bucket) this.#ids[before] = undefined
  }

  /** As `take`, of octets that stay as they are until the next id. Nothing is remembered of it. */
  takeOctets(octets: DataView, from: number, to: number): void {
    this.#isTaken = false
    this.#isPlaced = false
    this.#isAgain = false
    this.#latest = ""
    this.#isWritten = true
    this.#octets = octets
    this.#from = from
    this.#to = Math.min(to, from + idBytesMax)
    this.#hash(octets, from, this.#to)
  }

  /** Octets of the id that was hashed last. */
  get length(): number {
    this.#ownOctets()
    return this.#to - this.#from
  }

  /** Writes the id that was hashed last at an offset. */
  put(octets: DataView, at: number): void {
    const { length } = this
    for (let turn = 0; turn < length; turn++) octets.setUint8(at + turn, this.#octets.getUint8(this.#from + turn))
  }

  /** Whether so many octets at an offset are the id that was hashed last. */
  isAt(octets: DataView, at: number, length: number): boolean {
    this.#ownOctets()
    const mine = this.#octets
    const from = this.#from
    if (length !== this.#to - from) return false
    const whole = length & ~3
    for (let turn = 0; turn < whole; turn += 4) {
      if (octets.getInt32(at + turn) !== mine.getInt32(from + turn)) return false
    }
    for (let turn = whole; turn < length; turn++) {
      if (octets.getUint8(at + turn) !== mine.getUint8(from + turn)) return false
    }
    return true
  }

  /** Octets of the id that was looked at last, unless it was given in octets. */
  #ownOctets(): void {
    if (!this.#isWritten) this.#write((this.#isPlaced ? this.#ids[this.#place] : this.#latest) ?? "")
  }

  #write(id: string): void {
    this.#octets = this.#ownView
    this.#from = 0
    this.#to = this.#own.write(id, "latin1")
    this.#isWritten = true
  }

  #hash(octets: DataView, from: number, to: number): void {
    const bytes = isOfUuid(octets, from, to) ? uuidEnd : to - from
    let v0 = this.#low
    let v1 = this.#high ^ 0xee
    let v2 = this.#low ^ 0x6c796765
    let v3 = this.#high ^ 0x74656462
    // One round for four octets, one for the rest with the length, three at each end.
    const whole = from + (bytes & ~3)
    for (let at = from; at <= whole; at += 4) {
      let word = bytes << 24
      if (at < whole) word = octets.getInt32(at, true)
      else for (let rest = bytes & 3; rest > 0; rest--) word |= octets.getUint8(at + rest - 1) << ((rest - 1) * 8)
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
    v2 ^= 0xee
    for (let turn = 0; turn < 6; turn++) {
      if (turn === 3) {
        this.first = (v1 ^ v3) >>> 0
        v1 ^= 0xdd
      }
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
    }
    this.second = v1 ^ v3
  }
}

/** Four octets at a time, of those before `to`: a multiplication for each, and the last mix of Murmur3. */
const glanceAt = (octets: DataView, to: number): number => {
  let hash = to
  for (let at = 0; at + 4 <= to; at += 4) hash = Math.imul(hash ^ octets.getInt32(at), 0x01000193)
  for (let at = to & ~3; at < to; at += 1) hash = Math.imul(hash ^ octets.getUint8(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

/** Where the UUID of an id of a client ends, with the bracket in front and the dot behind. */
export const uuidEnd = 38

const dot = 0x2e
const hyphen = 0x2d

const isOfUuid = (octets: DataView, from: number, to: number): boolean =>
  to - from >= uuidEnd &&
  octets.getUint8(from + uuidEnd - 1) === dot &&
  octets.getUint8(from + 9) === hyphen &&
  octets.getUint8(from + 14) === hyphen &&
  octets.getUint8(from + 19) === hyphen &&
  octets.getUint8(from + 24) === hyphen
