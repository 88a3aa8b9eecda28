/**
 * The records of one commit as octets, end to end: each is written once, into the slabs from which the log takes them to the
 * disk, and in which they stay in memory.
 *
 * Octets behind the length of a slab are nobody's: a draft that is dropped leaves nothing.
 */
import type * as Article from "@lupin/core/Article"
import { Buffer } from "node:buffer"
import * as FilingRecord from "./FilingRecord.ts"
import { Writer } from "./Octets.ts"
import * as RecentOctets from "./RecentOctets.ts"
import * as Record from "./Record.ts"

const nothing = Buffer.alloc(0)

export class Draft {
  /** The address of the first record, if there is one. */
  readonly start: number
  /** Where the next record will begin. */
  #end: number
  readonly #parts: Array<RecentOctets.Part>
  readonly #writer: Writer
  readonly #slabAt: typeof RecentOctets.slabAt

  /** `slab`: the one that ends at this address, if it is in memory. `slabAt` gives those that follow. */
  constructor(start: number, slab: RecentOctets.Slab | undefined, slabAt = RecentOctets.slabAt) {
    this.start = start
    this.#slabAt = slabAt
    this.#end = start
    this.#parts = slab === undefined ? [] : [{ slab, from: slab.length, to: slab.length }]
    this.#writer = new Writer(slab?.octets ?? nothing, slab?.length ?? 0, (bytes) => this.#turn(bytes))
  }

  /** All octets so far. */
  get bytes(): number {
    return this.#end - this.start
  }

  /** Where they lie, in their order. */
  get parts(): ReadonlyArray<RecentOctets.Part> {
    return this.#parts
  }

  /** Adds a record, and gives its address. */
  add(events: ReadonlyArray<Record.Logged>, article: Uint8Array | undefined): number {
    this.#writer.begin()
    Record.write(this.#writer, events, article)
    return this.#close()
  }

  /** As `add`, of an article that lies in the record of its filing. `takers`: the groups of its numbers. */
  file(event: Record.Filed, article: Article.Article, takers: ReadonlyArray<FilingRecord.Named>): number {
    this.#writer.begin()
    if (!FilingRecord.write(this.#writer, event, article, takers)) Record.write(this.#writer, [event], article.octets)
    return this.#close()
  }

  /** Adds octets that are a record already, and gives its address. */
  copy(record: Uint8Array): number {
    this.#writer.begin()
    this.#writer.plain(record)
    return this.#close()
  }

  #close(): number {
    const address = this.#end
    const { length } = this.#writer
    const part = this.#parts.at(-1)
    if (part !== undefined) part.to += length
    this.#end += length
    return address
  }

  /** The record that is being written goes on in another slab, from its beginning. */
  #turn(bytes: number): Buffer {
    const slab = this.#slabAt(this.#end, bytes)
    this.#parts.push({ slab, from: 0, to: 0 })
    return slab.octets
  }
}
