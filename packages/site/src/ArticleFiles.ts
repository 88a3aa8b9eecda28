/**
 * Articles in a file or a directory that an operator names, by what it begins with: an rnews batch, a mailbox, an article, or
 * a traditional spool.
 *
 * Files are read a piece at a time, and each when it is its turn: they may be larger than memory.
 */
import * as Batch from "@lupin/spool/Batch"
import type * as Transfer from "@lupin/spool/Transfer"
import { Buffer } from "node:buffer"
import * as FileSystem from "node:fs"
import * as Path from "node:path"

const pieceBytes = 1024 * 1024

/** Its articles, with where each stands. Throws where there can be none. */
export const open = (from: string): Iterable<Transfer.Source> => {
  const { isDirectory, size } = statOf(from)
  if (isDirectory) {
    const names = FileSystem.readdirSync(from, { recursive: true, encoding: "utf8" })
    const numbers = names.filter((name) => /(^|[\\/])\d+$/.test(name)).toSorted()
    if (numbers.length === 0) throw new Error(`${from} is no traditional spool: no file has a number for a name`)
    return numbered(from, numbers)
  }
  const [first = new Uint8Array()] = piecesOf(from)
  const start = Buffer.from(first.subarray(0, 12)).toString("latin1")
  if (start.startsWith("From ")) return counted(from, Batch.ofMbox(piecesOf(from)))
  if (start.startsWith("#! rnews ")) return counted(from, Batch.ofRnews(piecesOf(from)))
  if (start.startsWith("\x1f\x8b") || /^#! [a-z0-9]*unbatch/.test(start)) {
    throw new Error(`${from} is compressed: unpack it first`)
  }
  const article = size > Batch.messageBytesMax ? undefined : Batch.ofFile(FileSystem.readFileSync(from))
  if (article === undefined || Batch.messageIdOf(article) === undefined) {
    throw new Error(`${from} is no rnews batch, no mailbox and no article with a Message-ID`)
  }
  return [{ name: from, octets: article }]
}

const statOf = (name: string): { readonly isDirectory: boolean; readonly size: number } => {
  const stat = FileSystem.statSync(name)
  return { isDirectory: stat.isDirectory(), size: stat.size }
}

function* counted(from: string, articles: Iterable<Uint8Array>): Generator<Transfer.Source> {
  let count = 0
  for (const octets of articles) yield { name: `article ${(count += 1)} of ${from}`, octets }
}

function* numbered(directory: string, names: ReadonlyArray<string>): Generator<Transfer.Source> {
  for (const each of names) {
    const name = Path.join(directory, each)
    const { isDirectory, size } = statOf(name)
    if (isDirectory) continue
    if (size > Batch.messageBytesMax) throw new Error(`${name} has more than ${Batch.messageBytesMax} octets`)
    yield { name, octets: Batch.ofFile(FileSystem.readFileSync(name)) }
  }
}

function* piecesOf(name: string): Generator<Uint8Array> {
  const file = FileSystem.openSync(name, "r")
  try {
    for (;;) {
      const piece = Buffer.allocUnsafe(pieceBytes)
      const bytes = FileSystem.readSync(file, piece)
      if (bytes === 0) return
      yield piece.subarray(0, bytes)
    }
  } finally {
    FileSystem.closeSync(file)
  }
}
