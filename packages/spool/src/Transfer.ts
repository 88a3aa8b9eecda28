/**
 * Articles out of a spool and into one, by the batch: for moves between servers, and for archives.
 */
import * as MessageId from "@lupin/core/MessageId"
import { Effect, Schema } from "effect"
import * as Batch from "./Batch.ts"
import { Relayer, type Offered } from "./Relayer.ts"
import { Spool, SpoolUnavailable } from "./Spool.ts"

/** Articles read or taken at a time. */
export const batchMax = 200

/** Hands every article held to `write` as part of an rnews batch, in the order of arrival; gives how many. */
export const exportAll = Effect.fn("Transfer.exportAll")(function* (
  write: (octets: Uint8Array) => Effect.Effect<void, SpoolUnavailable>
): Effect.fn.Return<number, SpoolUnavailable, Spool> {
  const spool = yield* Spool
  const head = yield* spool.head
  let articles = 0
  for (let after = 0; after < head;) {
    const page = yield* spool.changes(after, batchMax)
    for (const change of page.changes) {
      const held = change._tag === "Filed" ? yield* spool.find(change.id) : undefined
      // What was mended is told twice.
      if (held?.position !== change.position) continue
      yield* write(Batch.toRnews(held.article))
      articles += 1
    }
    if (page.next <= after) break
    after = page.next
  }
  return articles
})

/** An article out of a file. */
export interface Source {
  /** Where it stands, for whoever reads that it is refused. */
  readonly name: string
  readonly octets: Uint8Array
}

export interface Imported {
  readonly accepted: number
  readonly known: number
  /** With the reason of each, at most `reasonsMax`. */
  readonly refused: number
  readonly reasons: ReadonlyArray<string>
}

/** Reasons of refusals that are kept. */
export const reasonsMax = 20

const parseId = Schema.decodeUnknownOption(MessageId.MessageId)

/** Takes articles in by the door of peers, whatever their age. Fails where they cannot be read on: those before are in. */
export const importAll = Effect.fn("Transfer.importAll")(function* (
  articles: Iterable<Source>,
  onProgress: (articles: number) => void
): Effect.fn.Return<Imported, SpoolUnavailable, Relayer> {
  const relayer = yield* Relayer
  const counts = { accepted: 0, known: 0, refused: 0 }
  const reasons: Array<string> = []
  const refuse = (what: string, reason: string): void => {
    counts.refused += 1
    if (reasons.length < reasonsMax) reasons.push(`${what}: ${reason}`)
  }
  const take = Effect.fnUntraced(function* (batch: ReadonlyArray<Offered>) {
    const received = yield* relayer.receive(batch, { connection: "import", isBackfill: true })
    for (const [at, verdict] of received.entries()) {
      if (verdict._tag === "Accepted") counts.accepted += 1
      else if (verdict._tag === "AlreadyHere") counts.known += 1
      else refuse(batch[at]?.id ?? "", verdict.reason)
    }
    onProgress(counts.accepted + counts.known + counts.refused)
  })
  const unread = articles[Symbol.iterator]()
  for (;;) {
    const page = read(unread)
    const batch: Array<Offered> = []
    for (const { name, octets } of page.articles) {
      const id = parseId(Batch.messageIdOf(octets))
      if (id._tag === "None") refuse(name, "it has no Message-ID")
      else batch.push({ id: id.value, octets })
    }
    if (batch.length > 0) yield* take(batch)
    if (page.failed !== undefined) return yield* page.failed
    if (page.articles.length < batchMax) return { ...counts, reasons }
  }
})

interface Page {
  readonly articles: ReadonlyArray<Source>
  /** They cannot be read on. */
  readonly failed?: SpoolUnavailable
}

/** The next `batchMax` articles; fewer are the last. */
const read = (unread: Iterator<Source>): Page => {
  const articles: Array<Source> = []
  try {
    while (articles.length < batchMax) {
      const next = unread.next()
      if (next.done === true) break
      articles.push(next.value)
    }
  } catch (cause) {
    return {
      articles,
      failed: new SpoolUnavailable({ reason: cause instanceof Error ? cause.message : String(cause) })
    }
  }
  return { articles }
}
