/**
 * Where the articles that came last lie, by their ids, in front of the index: most of what is asked for has just come.
 *
 * A table of addresses without any ids: the record at an address tells whether it is the one that is meant, so an answer
 * is never wrong. Two ids share two places; of more, the earlier ones leave theirs to the later, and the index answers for them.
 */
import type { Held } from "./IndexRows.ts"
import type { RecentOctets } from "./RecentOctets.ts"
import * as Record from "./Record.ts"

/** Places of the table, each of 8 octets; a power of two. */
const places = 131_072
/** By how much the first place of an id, which is even, differs from its second. */
const second = 1
/** Bits of a hash that stand beside an address, so that few other records are looked at; addresses have 48. */
const tags = 32

export class RecentIds {
  #entries: Float64Array | undefined
  readonly #around: RecentOctets["around"]

  /** `around`: octets of the log that are in memory. */
  constructor(around: RecentOctets["around"]) {
    this.#around = around
  }

  /** Takes in the article whose record begins at an address; the one that had the first of its places moves to the second. */
  add(id: string, address: number): void {
    this.#entries ??= new Float64Array(places)
    const hash = hashOf(id)
    const place = placeOf(hash)
    this.#entries[place + second] = this.#entries[place] ?? 0
    this.#entries[place] = address * tags + tagOf(hash)
  }

  /** The row of an article that was taken in; nothing says nothing. */
  find(id: string): Held | undefined {
    const entries = this.#entries
    if (entries === undefined) return undefined
    const hash = hashOf(id)
    const place = placeOf(hash)
    return this.#at(entries[place] ?? 0, hash, id) ?? this.#at(entries[place + second] ?? 0, hash, id)
  }

  /** It lies there no more. */
  delete(id: string): void {
    const place = placeOf(hashOf(id))
    this.#entries?.fill(0, place, place + second + 1)
  }

  clear(): void {
    this.#entries = undefined
  }

  #at(entry: number, hash: number, id: string): Held | undefined {
    const address = Math.floor(entry / tags)
    if (entry === 0 || entry - address * tags !== tagOf(hash)) return undefined
    const slab = this.#around(address, Record.headBytes + Record.idOffset + id.length)
    if (slab === undefined) return undefined
    const start = address - slab.start
    if (!Record.bringsId(slab.octets, id, start + Record.headBytes)) return undefined
    const position = Record.positionOf(slab.octets, start + Record.headBytes)
    return { _tag: "Held", position, address, bytes: Record.bytesOf(slab.octets, start) }
  }
}

/** FNV-1a: whoever makes ids share a place makes them slower to find, and no more. */
const hashOf = (id: string): number => {
  let hash = 0x811c9dc5
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193)
  return hash ^ (hash >>> 15)
}

const placeOf = (hash: number): number => hash & (places - 1) & ~second

/** Of bits that do not choose the place. */
const tagOf = (hash: number): number => hash >>> 27
