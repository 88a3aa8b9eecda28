/**
 * The record of an article that comes as most do, made of the article's own octets: none of its texts is written as a text.
 *
 * Octet by octet as `Record.write` has it. The article is put in its place first, and its id and Path are copied out of it.
 */
import type * as Article from "@lupin/core/Article"
import * as ArticleScan from "@lupin/core/ArticleScan"
import type { Buffer } from "node:buffer"
import * as Checksum from "./Checksum.ts"
import { putUint16, putUint32, putUint48, type Writer } from "./Octets.ts"
import * as Record from "./Record.ts"
import * as RecordOptions from "./RecordOptions.ts"

const { messageId, path } = ArticleScan.field
const lengthBytes = 4
const space = 0x20

/** A group by its name as a record has it. */
export interface Named {
  readonly octets: Uint8Array
}

/**
 * Writes the record of the event of an article, which lies in it, where the writer has begun. `takers`: the groups of its numbers,
 * in their order. Says no, and writes nothing, where the event has parts that few have, or a header whose octets are not all characters.
 */
export const write = (
  writer: Writer,
  event: Record.Filed,
  article: Article.Article,
  takers: ReadonlyArray<Named>
): boolean => {
  const { octets: from, scan } = article
  const { id, numbers, path: way } = event
  if (scan?.text === undefined || event.overview !== "" || !RecordOptions.isPlain(event)) return false
  let bytes = Record.idOffset + id.length + 2 + RecordOptions.plainBytes(event) + lengthBytes + way.length + lengthBytes
  for (const taker of takers) bytes += taker.octets.length + Record.numberBytes
  const octets = writer.room(Record.headBytes + bytes + from.length)
  const start = writer.at
  const payload = start + Record.headBytes
  const articleAt = payload + bytes
  octets.set(from, articleAt)
  let at = Record.beginFiling(octets, payload, event, bytes)
  at = copied(octets, at, articleAt + contentAt(from, scan, messageId), id.length)
  putUint16(octets, at, numbers.length)
  at += 2
  for (let which = 0; which < numbers.length; which += 1) {
    const [name, number] = [takers[which], numbers[which]]
    if (name === undefined || number === undefined) throw new Error(`${id} has other groups than numbers`)
    octets.set(name.octets, at)
    at += name.octets.length
    putUint32(octets, at, number[1])
    at += Record.numberBytes
  }
  at = RecordOptions.putPlain(octets, at, event)
  at = copied(octets, at, articleAt + contentAt(from, scan, path), way.length)
  // No overview.
  putUint32(octets, at, 0)
  const whole = bytes + from.length
  const checked = Checksum.of(octets.subarray(payload, articleAt), whole)
  putUint32(octets, start, whole)
  putUint32(octets, start + 4, checked)
  putUint32(octets, start + 8, Record.wholeOf(from, checked))
  writer.pass(Record.headBytes + whole)
  return true
}

/** Copies octets to a place, behind their number; gives the place behind them. */
const copied = (octets: Buffer, at: number, from: number, bytes: number): number => {
  putUint32(octets, at, bytes)
  octets.copyWithin(at + lengthBytes, from, from + bytes)
  return at + lengthBytes + bytes
}

/** Where the content of a field begins of which the article has one. */
const contentAt = (octets: Uint8Array, scan: ArticleScan.ArticleScan, field: ArticleScan.Field): number => {
  let at = ArticleScan.startOf(scan, field) + ArticleScan.names[field].length + 1
  while (octets[at] === space) at += 1
  return at
}
