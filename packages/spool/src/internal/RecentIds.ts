/**
 * Where the articles that came last lie, by their ids, in front of the index: most of what is asked for has just come.
 *
 * A table of addresses without any ids: the record at an address tells whether it is the one that is meant, so an answer
 * is never wrong. Two ids share two places; of more, the earlier ones leave theirs to the later, and the index answers for them.
 */
import type { IdHash } from "./IdHash.ts"
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
  readonly #look: RecentOctets["look"]
  readonly #hash: IdHash

  /** `look`: octets of the log that are in memory. */
  constructor(look: RecentOctets["look"], hash: IdHash) {
    this.#look = look
    this.#hash = hash
  }

  /** Takes in the article whose record begins at an address; the one that had the first of its places moves to the second. */
  add(id: string, address: number): void {
    this.#entries ??= new Float64Array(places)
    const place = this.#placeOf(id)
    this.#entries[place + second] = this.#entries[place] ?? 0
    this.#entries[place] = address * tags + this.#tag
  }

  /** The row of an article that was taken in; nothing says nothing. */
  find(id: string): Held | undefined {
    const entries = this.#entries
    if (entries === undefined) return undefined
    const place = this.#placeOf(id)
    return this.#at(entries[place] ?? 0, id) ?? this.#at(entries[place + second] ?? 0, id)
  }

  /** It lies there no more. */
  delete(id: string): void {
    const place = this.#placeOf(id)
    this.#entries?.fill(0, place, place + second + 1)
  }

  clear(): void {
    this.#entries = undefined
  }

  #placeOf(id: string): number {
    this.#hash.look(id)
    return this.#hash.glance & (places - 1) & ~second
  }

  /** Of bits that do not choose the place; that of the id whose place was asked last. */
  get #tag(): number {
    return this.#hash.glance >>> 27
  }

  #at(entry: number, id: string): Held | undefined {
    const address = Math.floor(entry / tags)
    if (entry === 0 || entry - address * tags !== this.#tag) return undefined
    const slab = this.#look(address, Record.headBytes + Record.idOffset + id.length)
    if (slab === undefined) return undefined
    const start = address - slab.start
    if (!Record.bringsId(slab.octets, id, start + Record.headBytes)) return undefined
    const position = Record.positionOf(slab.octets, start + Record.headBytes)
    return { _tag: "Held", position, address, bytes: Record.bytesOf(slab.octets, start), isSeen: true }
  }
}
