/**
 * Pure steps of a scrape: what a stretch of changes comes to, and in which batches bodies are fetched.
 */
import type * as MessageId from "@lupin/core/MessageId"
import type * as Source from "./Source.ts"

/** What is held and what is not after all changes; no id is in both. */
export interface Net {
  readonly filed: ReadonlyArray<Source.Announced>
  readonly removed: ReadonlyArray<MessageId.MessageId>
}

/** The last change of an id counts. */
export const net = (changes: ReadonlyArray<Source.Change>): Net => {
  const last = new Map(changes.map((change) => [change.messageId, change]))
  const filed: Array<Source.Announced> = []
  const removed: Array<MessageId.MessageId> = []
  for (const change of last.values()) {
    if (change._tag === "Filed") filed.push({ messageId: change.messageId, bytes: change.bytes })
    else removed.push(change.messageId)
  }
  return { filed, removed }
}

/** Bodies asked for at once, and held in memory at once. */
export const batchArticlesMax = 200
export const batchBytesMax = 4_000_000

/** Cuts into batches of at most so many articles and bytes; an article larger than that is a batch of its own. */
export const batches = <A extends Source.Announced>(announced: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> => {
  const cut: Array<Array<A>> = []
  let bytes = 0
  for (const article of announced) {
    const batch = cut.at(-1)
    if (batch !== undefined && batch.length < batchArticlesMax && bytes + article.bytes <= batchBytesMax) {
      batch.push(article)
      bytes += article.bytes
    } else {
      cut.push([article])
      bytes = article.bytes
    }
  }
  return cut
}
