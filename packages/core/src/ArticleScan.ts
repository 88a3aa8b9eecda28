/**
 * What one look at an article's octets finds: its lines, the fields that every site asks for, and its header as text.
 */
import * as Headers from "./Headers.ts"

/** The fields that are looked for in every article, by their place in `places`. */
export const field = {
  path: 0,
  from: 1,
  newsgroups: 2,
  subject: 3,
  messageId: 4,
  date: 5,
  injectionDate: 6,
  expires: 7,
  xref: 8,
  references: 9,
  control: 10,
  supersedes: 11,
  cancelLock: 12,
  cancelKey: 13,
  approved: 14,
  sender: 15,
  lupinEvent: 16,
  lupinLocation: 17
} as const
export type Field = (typeof field)[keyof typeof field]

/** Their names in lower case, in the same order. */
export const names = [
  "path",
  "from",
  "newsgroups",
  "subject",
  "message-id",
  "date",
  "injection-date",
  "expires",
  "xref",
  "references",
  "control",
  "supersedes",
  "cancel-lock",
  "cancel-key",
  "approved",
  "sender",
  "lupin-event",
  "lupin-location"
] as const

export interface ArticleScan extends Headers.Scan {
  /** Which of the starts is the first field of a name; -1 where there is none. */
  readonly places: ReadonlyArray<number>
  /** A bit for each field that is there more than once. */
  readonly repeated: number
  /** The header, where each of its octets is a character and no field is folded: contents are slices of it. */
  readonly text: string | undefined
}

/** Looks at every octet once, or says what is not well formed. */
export const of = (octets: Uint8Array): ArticleScan | Headers.Fault => {
  const scan = Headers.scan(octets)
  if (typeof scan === "string") return scan
  const text = scan.isPlain && scan.isAscii ? Headers.text(octets, 0, scan.bodyStart - 2) : undefined
  return located(octets, scan, text)
}

/** As `of`, of a header that was found well formed and ends at `end`. */
export const again = (octets: Uint8Array, end: number): ArticleScan => {
  const found = of(octets)
  // What was made by hand may have a header that ends elsewhere.
  return typeof found !== "string" && found.bodyStart === end + 2
    ? found
    : located(octets, Headers.rescan(octets, end), undefined)
}

/** The scan once the only field of a name is gone; nothing where the octets have to be looked at again. */
export const without = (scan: ArticleScan, of: Field): ArticleScan | undefined => {
  const { repeated, starts, text } = scan
  const place = scan.places[of] as number
  if (text === undefined || place < 0 || (repeated & (1 << of)) !== 0) return undefined
  const start = starts[place] as number
  const end = starts[place + 1] as number
  return {
    ...scan,
    bodyStart: scan.bodyStart - (end - start),
    starts: starts.filter((each) => each !== start).map((each) => (each > start ? each - (end - start) : each)),
    places: scan.places.map((each) => (each === place ? -1 : each > place ? each - 1 : each)),
    text: text.slice(0, start) + text.slice(end)
  }
}

/** The scan once `prefix`, which is ASCII, stands in the content of a field, at an offset of the octets. */
export const withPrefix = (scan: ArticleScan, of: Field, at: number, prefix: string): ArticleScan => {
  const place = scan.places[of] as number
  const { length } = prefix
  return {
    bodyStart: scan.bodyStart + length,
    starts: scan.starts.map((start, which) => (which > place ? start + length : start)),
    isPlain: scan.isPlain,
    isAscii: scan.isAscii,
    isDotless: scan.isDotless,
    lines: scan.lines,
    places: scan.places,
    repeated: scan.repeated,
    text: scan.text && scan.text.slice(0, at) + prefix + scan.text.slice(at)
  }
}

/** Where the first field of a name begins; -1 where there is none. */
export const startOf = (scan: ArticleScan, of: Field): number => {
  const place = scan.places[of] as number
  return place < 0 ? -1 : (scan.starts[place] as number)
}

/** The unfolded content of the first field of a name, without space around it; nothing where there is none. */
export const content = (octets: Uint8Array, scan: ArticleScan, of: Field): string | undefined => {
  const place = scan.places[of] as number
  if (place < 0) return undefined
  const start = scan.starts[place] as number
  const end = scan.starts[place + 1] as number
  const { text } = scan
  if (text === undefined) return Headers.content(octets, start, end)
  let from = start + names[of].length + 1
  let to = end - 2
  while (from < to && octets[from] === space) from += 1
  while (to > from && octets[to - 1] === space) to -= 1
  return text.slice(from, to)
}

const space = 32

const located = (octets: Uint8Array, scan: Headers.Scan, text: string | undefined): ArticleScan => {
  const { starts } = scan
  const places = [-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1]
  let repeated = 0
  for (let place = 0; place < starts.length - 1; place += 1) {
    const found = fieldAt(octets, starts[place] as number)
    if (found < 0) continue
    if (places[found] === -1) places[found] = place
    else repeated |= 1 << found
  }
  const { bodyStart, isAscii, isDotless, isPlain, lines } = scan
  return { bodyStart, starts, isPlain, isAscii, isDotless, lines, places, repeated, text }
}

/** Decides by the first letter which names are worth comparing. */
const fieldAt = (octets: Uint8Array, at: number): number => {
  switch ((octets[at] as number) | 32) {
    case 97:
      return either(octets, at, field.approved)
    case 99:
      return either(octets, at, field.control, field.cancelLock, field.cancelKey)
    case 100:
      return either(octets, at, field.date)
    case 101:
      return either(octets, at, field.expires)
    case 102:
      return either(octets, at, field.from)
    case 105:
      return either(octets, at, field.injectionDate)
    case 108:
      return either(octets, at, field.lupinEvent, field.lupinLocation)
    case 109:
      return either(octets, at, field.messageId)
    case 110:
      return either(octets, at, field.newsgroups)
    case 112:
      return either(octets, at, field.path)
    case 114:
      return either(octets, at, field.references)
    case 115:
      return either(octets, at, field.subject, field.supersedes, field.sender)
    case 120:
      return either(octets, at, field.xref)
    default:
      return -1
  }
}

const either = (octets: Uint8Array, at: number, one: Field, two?: Field, three?: Field): number => {
  if (Headers.isNamed(octets, at, names[one])) return one
  if (two !== undefined && Headers.isNamed(octets, at, names[two])) return two
  return three !== undefined && Headers.isNamed(octets, at, names[three]) ? three : -1
}
