/**
 * Articles in the files that news and mail programs exchange: rnews batches and mailboxes.
 *
 * Pure. Articles come out as on the wire, lines ended by CRLF, whatever they were ended by.
 */
import { Buffer } from "node:buffer"

const latin1 = (octets: Uint8Array): string => Buffer.from(octets).toString("latin1")

/** One article of an rnews batch (INN's rnews(1)): its length, then its octets, lines ended by LF. */
export const toRnews = (article: Uint8Array): Uint8Array => {
  const octets = Buffer.from(latin1(article).replaceAll("\r\n", "\n"), "latin1")
  return Buffer.concat([Buffer.from(`#! rnews ${octets.length}\n`, "latin1"), octets])
}

/** Octets of a message at most: files may be larger than memory, articles are not. */
export const messageBytesMax = 64 * 1024 * 1024

/** What has been read of a file and not yet been used, from `at` on. */
class Unread {
  text: string
  at = 0
  readonly #pieces: Iterator<Uint8Array>

  constructor(pieces: Iterable<Uint8Array>, text = "") {
    this.text = text
    this.#pieces = pieces[Symbol.iterator]()
  }

  /** Reads on; false at the end. */
  more(): boolean {
    const next = this.#pieces.next()
    if (next.done === true) return false
    if (this.text.length - this.at > messageBytesMax)
      throw new Error(`an article has more than ${messageBytesMax} octets`)
    this.text = this.text.slice(this.at) + latin1(next.value)
    this.at = 0
    return true
  }

  /** Where something stands next, counted from `at`; -1 where it does not. */
  find(what: string): number {
    for (let from = 0; ;) {
      const found = this.text.indexOf(what, this.at + from)
      if (found >= 0) return found - this.at
      from = Math.max(0, this.text.length - this.at - what.length + 1)
      if (!this.more()) return -1
    }
  }

  take(length: number): string {
    this.at += length
    return this.text.slice(this.at - length, this.at)
  }
}

/** The articles of an rnews batch that comes in pieces, in order; octets outside of any are passed over. Throws where it is torn. */
export function* ofRnews(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  const unread = new Unread(pieces)
  for (;;) {
    const line = unread.find("\n")
    if (line < 0) return
    const [, length] = /^#! rnews (\d{1,10})/.exec(unread.take(line + 1)) ?? []
    if (length === undefined) continue
    const bytes = Number(length)
    while (unread.text.length - unread.at < bytes) {
      if (bytes > messageBytesMax || !unread.more()) throw new Error("the batch ends within an article")
    }
    yield ofLines(unread.take(bytes))
  }
}

/** The messages of a mailbox (RFC 4155) that comes in pieces, in order. */
export function* ofMbox(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  const unread = new Unread(pieces, "\n")
  for (let isWithin = false; ; isWithin = true) {
    const next = unread.find("\nFrom ")
    const message = unread.take(next < 0 ? unread.text.length - unread.at : next + 1)
    if (isWithin) yield ofMessage(message.replaceAll("\r\n", "\n"))
    if (next < 0) return
    const line = unread.find("\n")
    if (line < 0) return
    unread.take(line + 1)
  }
}

/** An empty line follows each message, the last one included. */
const ofMessage = (text: string): Uint8Array =>
  ofLines(
    text
      .replace(/\n\n$/, "\n")
      .replace(/\n?$/, "\n")
      .replaceAll(/^>(>*From )/gm, "$1")
  )

/** An article of a traditional spool, a file each. */
export const ofFile = (file: Uint8Array): Uint8Array => ofLines(latin1(file))

const ofLines = (text: string): Uint8Array => Buffer.from(text.replaceAll(/\r?\n/g, "\r\n"), "latin1")

/** The Message-ID that an article names; its door checks it again. */
export const messageIdOf = (article: Uint8Array): string | undefined =>
  /^message-id:\s*(<[^<>\s]+>)\s*$/im.exec(latin1(article).split("\r\n\r\n", 1)[0] ?? "")?.[1]
