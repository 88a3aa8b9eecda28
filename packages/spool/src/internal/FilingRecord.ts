/**
 * The record of an article that comes as most do, made of the article's own octets: none of its texts is written as a text.
 *
 * Octet by octet as `Record.write` has it. The article is put in its place first, and its id and Path are copied out of it.
 */
import * as Article from "@lupin/core/Article"
import * as ArticleScan from "@lupin/core/ArticleScan"
import * as KnownField from "@lupin/core/KnownField"
import { putUint16, putUint32, type Writer } from "./Octets.ts"
import * as Record from "./Record.ts"
import * as RecordBlock from "./RecordBlock.ts"
import * as RecordOptions from "./RecordOptions.ts"

const { messageId, path } = KnownField.field
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
  const { scan } = article
  const articleBytes = Article.bytesOf(article)
  const { id, numbers, path: way } = event
  if (scan === undefined || !ArticleScan.isText(scan) || event.overview !== "" || !RecordOptions.isPlain(event))
    return false
  let bytes = Record.idOffset + id.length + 2 + RecordOptions.plainBytes(event) + lengthBytes + way.length + lengthBytes
  for (const taker of takers) bytes += taker.octets.length + Record.numberBytes
  const whole = Record.headBytes + bytes + articleBytes
  if (RecordBlock.roomOf(whole) > RecordBlock.bytesMax) return false
  const { octets } = RecordBlock
  const articleAt = Record.headBytes + bytes
  Article.put(article, octets, articleAt)
  let at = Record.beginFiling(octets, Record.headBytes, event, bytes)
  at = copied(at, contentAt(octets, articleAt, scan, messageId), id.length)
  putUint16(octets, at, numbers.length)
  at += 2
  for (let which = 0; which < numbers.length; which += 1) {
    const name = takers[which]
    const number = numbers[which]
    if (name === undefined || number === undefined) throw new Error(`${id} has other groups than numbers`)
    octets.set(name.octets, at)
    at += name.octets.length
    putUint32(octets, at, number[1])
    at += Record.numberBytes
  }
  at = RecordOptions.putPlain(octets, at, event)
  at = copied(at, contentAt(octets, articleAt, scan, path), way.length)
  // No overview.
  putUint32(octets, at, 0)
  RecordBlock.close(bytes, articleBytes)
  RecordBlock.copy(writer.room(RecordBlock.roomOf(whole)), writer.at, whole)
  writer.pass(whole)
  return true
}

/** Copies octets to a place in the block, behind their number; gives the place behind them. */
const copied = (at: number, from: number, bytes: number): number => {
  putUint32(RecordBlock.octets, at, bytes)
  RecordBlock.copyWithin(at + lengthBytes, from, bytes)
  return at + lengthBytes + bytes
}

/** Where the content of a field begins of which the article has one that lies at an offset. */
const contentAt = (
  octets: Uint8Array,
  articleAt: number,
  scan: ArticleScan.ArticleScan,
  field: KnownField.Field
): number => {
  let at = articleAt + ArticleScan.startOf(scan, field) + KnownField.names[field].length + 1
  while (octets[at] === space) at += 1
  return at
}
