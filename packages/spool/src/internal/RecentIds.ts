/**
 * Where the articles that came last lie, by their ids, in front of the index: most of what is asked for has just come.
 *
 * A table of addresses without any ids: the record at an address tells whether it is the one that is meant, so an answer
 * is never wrong. Two ids that share a place leave it to the later one, and the index answers for the other.
 */
import type { Buffer } from "node:buffer"
import type { Held } from "./IndexRows.ts"
import * as Record from "./Record.ts"

/** Places of the table, each of 8 octets; a power of two. */
const places = 131_072

export class RecentIds {
  #addresses: Float64Array | undefined
  readonly #octetsAt: (address: number, bytes: number) => Buffer | undefined

  /** `octetsAt`: octets of the log that are in memory. */
  constructor(octetsAt: (address: number, bytes: number) => Buffer | undefined) {
    this.#octetsAt = octetsAt
  }

  /** Takes in the article whose record begins at an address. */
  add(id: string, address: number): void {
    this.#addresses ??= new Float64Array(places)
    this.#addresses[placeOf(id)] = address
  }

  /** The row of an article that was taken in; nothing says nothing. */
  find(id: string): Held | undefined {
    const address = this.#addresses?.[placeOf(id)] ?? 0
    const record = address === 0 ? undefined : this.#octetsAt(address, Record.headBytes + Record.idOffset + id.length)
    if (record === undefined || !Record.bringsId(record, id, Record.headBytes)) return undefined
    const position = Record.positionOf(record, Record.headBytes)
    return { _tag: "Held", position, address, bytes: Record.bytesOf(record) }
  }

  /** It lies there no more. */
  delete(id: string): void {
    if (this.#addresses !== undefined) this.#addresses[placeOf(id)] = 0
  }

  clear(): void {
    this.#addresses = undefined
  }
}

/** FNV-1a: whoever makes ids share a place makes them slower to find, and no more. */
const placeOf = (id: string): number => {
  let hash = 0x811c9dc5
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193)
  return (hash ^ (hash >>> 15)) & (places - 1)
}
