/**
 * Single values for HDR, as octets, out of overview lines and headers (RFC 3977 §8.5).
 */
import * as Headers from "@lupin/core/Headers"
import * as Overview from "@lupin/core/Overview"
import { Buffer } from "node:buffer"
import * as DotStuffing from "./DotStuffing.ts"

const tab = 9
const lf = 10
const cr = 13
const space = 32
const none = Buffer.alloc(0)
const fullSuffix = ":full"

/** Where a field stands in an overview line: its column, the number being column 0, and what precedes its value there. */
export interface Place {
  readonly column: number
  readonly prefix: string
}

const places: ReadonlyMap<string, Place> = new Map(
  Overview.fields.map((field, index) => {
    const isFull = field.endsWith(fullSuffix)
    const name = isFull ? field.slice(0, -fullSuffix.length) : field.replace(/:$/, "")
    return [name.toLowerCase(), { column: index + 1, prefix: isFull ? `${name}: ` : "" }] as const
  })
)

/**
 * The answer to LIST OVERVIEW.FMT. Its sixth and seventh line are in the old form that RFC 3977 §8.4.2 allows: slrn
 * does without overview where they are not.
 */
export const format: ReadonlyArray<string> = Overview.fields.map((field) =>
  field === ":bytes" ? "Bytes:" : field === ":lines" ? "Lines:" : field
)

/** The place of a field or metadata item, named in any case; nothing where the overview lacks it. */
export const place = (field: string): Place | undefined => places.get(field.toLowerCase())

/** Metadata begins with a colon; there is none besides what the overview has. */
export const isMetadata = (field: string): boolean => field.startsWith(":")

/** The value at a place of an overview line; empty where the article lacks the field. */
export const ofLine = (line: Uint8Array, at: Place): Uint8Array => {
  const octets = DotStuffing.asBuffer(line)
  let start = 0
  for (let column = 0; column < at.column; column += 1) {
    const end = octets.indexOf(tab, start)
    if (end === -1) return none
    start = end + 1
  }
  const end = octets.indexOf(tab, start)
  return octets.subarray(start + (end === start ? 0 : at.prefix.length), end === -1 ? octets.length : end)
}

const messageId: Place = place("Message-ID") ?? { column: 4, prefix: "" }

/** The Message-ID in an overview line. */
export const messageIdOf = (line: Uint8Array): string =>
  DotStuffing.asBuffer(ofLine(line, messageId)).toString("latin1")

/** The value of a header field of an article, folds undone, tabs as spaces; empty where it lacks the field. */
export const ofArticle = (article: Uint8Array, field: string): Uint8Array => {
  const end = headerEnd(article)
  const start = Headers.find(article, end, field)
  if (start === -1) return none
  const stop = Headers.fieldEnd(article, start, end)
  const value = Buffer.allocUnsafe(stop - start)
  let length = 0
  for (let at = Headers.contentStart(article, start, stop); at < stop; at += 1) {
    const octet = article[at]
    if (octet === undefined || octet === cr || octet === lf) continue
    value[length] = octet === tab ? space : octet
    length += 1
  }
  while (length > 0 && value[length - 1] === space) length -= 1
  return value.subarray(0, length)
}

const emptyLine = Buffer.from("\r\n\r\n", "latin1")

/** Offset of the empty line of an article: the end of its header. */
export const headerEnd = (article: Uint8Array): number => DotStuffing.asBuffer(article).indexOf(emptyLine) + 2
