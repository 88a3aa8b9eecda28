/**
 * Chance from a seed: the same seed gives the same numbers, on any machine.
 *
 * The generator is Chris Doty-Humphrey's sfc32, filled from the seed's text. A generator can be split by a name, so
 * that what one part of a history draws changes nothing for the others.
 */
import type { Random } from "effect"

/** Numbers thrown away at first, so that seeds that differ in little give numbers that differ in everything. */
const warmUpRounds = 12

export class Chance {
  readonly #seed: string
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: string) {
    this.#seed = seed
    this.#a = hash(seed, 0x811c9dc5)
    this.#b = hash(seed, 0x01234567)
    this.#c = hash(seed, 0x3c6ef372)
    for (let round = 0; round < warmUpRounds; round++) this.bits()
  }

  /** A generator of its own, the same for the same name whatever was drawn here. */
  split(name: string): Chance {
    return new Chance(`${this.#seed}/${name}`)
  }

  /** 32 random bits as a number from 0. */
  bits(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    return sum >>> 0
  }

  /** In [0, 1), of 53 bits. */
  fraction(): number {
    return ((this.bits() >>> 5) * 0x4000000 + (this.bits() >>> 6)) / 0x20000000000000
  }

  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number {
    return min + Math.floor(this.fraction() * (max - min + 1))
  }

  /** True once in so many times: 0.5 is a fair coin. */
  happens(probability: number): boolean {
    return this.fraction() < probability
  }

  /** One of a list that is not empty. */
  pick<A>(list: ReadonlyArray<A>): A {
    const picked = list[this.between(0, list.length - 1)]
    if (picked === undefined) throw new RangeError("there is nothing to pick from")
    return picked
  }

  /** The same elements in a chosen order. */
  shuffled<A>(list: ReadonlyArray<A>): Array<A> {
    const left = [...list]
    return list.flatMap(() => left.splice(this.between(0, left.length - 1), 1))
  }

  /** So many octets. */
  octets(bytes: number): Uint8Array {
    return Uint8Array.from({ length: bytes }, () => this.bits() & 255)
  }

  /** As Effect's service. */
  readonly random: Random.Random = {
    nextIntUnsafe: () => {
      const magnitude = (this.bits() & 0x1fffff) * 0x100000000 + this.bits()
      return this.happens(0.5) ? magnitude : -magnitude
    },
    nextDoubleUnsafe: () => this.fraction()
  }
}

/** FNV-1a over the text, finished as MurmurHash does. */
const hash = (text: string, start: number): number => {
  let sum = start
  for (let at = 0; at < text.length; at++) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193)
  sum = Math.imul(sum ^ (sum >>> 16), 0x85ebca6b)
  sum = Math.imul(sum ^ (sum >>> 13), 0xc2b2ae35)
  return sum ^ (sum >>> 16)
}
