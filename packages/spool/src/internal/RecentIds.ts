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

export class RecentIds {
  #addresses: Float64Array | undefined
  readonly #around: RecentOctets["around"]

  /** `around`: octets of the log that are in memory. */
  constructor(around: RecentOctets["around"]) {
    this.#around = around
  }

  /** Takes in the article whose record begins at an address; the one that had the first of its places moves to the second. */
  add(id: string, address: number): void {
    this.#addresses ??= new Float64Array(places)
    const place = placeOf(id)
    this.#addresses[place + second] = this.#addresses[place] ?? 0
    this.#addresses[place] = address
  }

  /** The row of an article that was taken in; nothing says nothing. */
  find(id: string): Held | undefined {
    const addresses = this.#addresses
    if (addresses === undefined) return undefined
    const place = placeOf(id)
    return this.#at(addresses[place] ?? 0, id) ?? this.#at(addresses[place + second] ?? 0, id)
  }

  /** It lies there no more. */
  delete(id: string): void {
    this.#addresses?.fill(0, placeOf(id), placeOf(id) + second + 1)
  }

  clear(): void {
    this.#addresses = undefined
  }

  #at(address: number, id: string): Held | undefined {
    const slab = address === 0 ? undefined : this.#around(address, Record.headBytes + Record.idOffset + id.length)
    if (slab === undefined) return undefined
    const start = address - slab.start
    if (!Record.bringsId(slab.octets, id, start + Record.headBytes)) return undefined
    const position = Record.positionOf(slab.octets, start + Record.headBytes)
    return { _tag: "Held", position, address, bytes: Record.bytesOf(slab.octets, start) }
  }
}

/** FNV-1a: whoever makes ids share a place makes them slower to find, and no more. */
const placeOf = (id: string): number => {
  let hash = 0x811c9dc5
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193)
  return (hash ^ (hash >>> 15)) & (places - 1) & ~second
}
