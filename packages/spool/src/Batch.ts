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

/** The articles of an rnews batch, in order; octets outside of any are passed over. */
export function* ofRnews(batch: Uint8Array): Generator<Uint8Array> {
  const head = /#! rnews (\d{1,10})[^\n]*\n/y
  const text = latin1(batch)
  for (let at = 0; at >= 0 && at < text.length;) {
    head.lastIndex = at
    const match = head.exec(text)
    if (match === null) {
      const next = text.indexOf("\n#! rnews ", at)
      at = next < 0 ? -1 : next + 1
      continue
    }
    const start = head.lastIndex
    at = start + Number(match[1])
    yield ofLines(text.slice(start, at))
  }
}

/** The messages of a mailbox (RFC 4155), in order. */
export function* ofMbox(mailbox: Uint8Array): Generator<Uint8Array> {
  // An empty line follows each message, the last one included.
  const text = `\n${latin1(mailbox).replaceAll("\r\n", "\n").replace(/\n\n$/, "\n")}`
  for (const message of text.split(/\nFrom [^\n]*\n/).slice(1)) {
    yield ofLines(message.replace(/\n?$/, "\n").replaceAll(/^>(>*From )/gm, "$1"))
  }
}

/** An article of a traditional spool, a file each. */
export const ofFile = (file: Uint8Array): Uint8Array => ofLines(latin1(file))

const ofLines = (text: string): Uint8Array => Buffer.from(text.replaceAll(/\r?\n/g, "\r\n"), "latin1")

/** The Message-ID that an article names; its door checks it again. */
export const messageIdOf = (article: Uint8Array): string | undefined =>
  /^message-id:\s*(<[^<>\s]+>)\s*$/im.exec(latin1(article).split("\r\n\r\n", 1)[0] ?? "")?.[1]
