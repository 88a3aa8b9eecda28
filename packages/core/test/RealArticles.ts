/**
 * Real articles of 1993 as octets on the wire: an `rnews` batch with its LF made CRLF.
 */
import { readFileSync } from "node:fs"

const lf = 10
const cr = 13

const withCrlf = (octets: Uint8Array): Uint8Array =>
  Uint8Array.from([...octets].flatMap((octet) => (octet === lf ? [cr, lf] : [octet])))

/** Takes a batch apart: `#! rnews BYTES`, then that many octets, again and again. */
export const ofBatch = (batch: Uint8Array): ReadonlyArray<Uint8Array> => {
  const articles: Array<Uint8Array> = []
  for (let at = 0; at < batch.length;) {
    const start = batch.indexOf(lf, at) + 1
    const bytes = Number(new TextDecoder().decode(batch.subarray(at, start)).split(" ")[2])
    articles.push(withCrlf(batch.subarray(start, start + bytes)))
    at = start + bytes
  }
  return articles
}

export const octets: ReadonlyArray<Uint8Array> = ofBatch(
  readFileSync(new URL("fixtures/usenet-1993.rnews", import.meta.url))
)
