/**
 * What one look at an article's octets finds: its lines, and the fields that every site asks for.
 */
import * as Headers from "./Headers.ts"
import * as VectorScan from "./internal/VectorScan.ts"
import * as KnownField from "./KnownField.ts"

export interface ArticleScan extends Omit<Headers.Scan, "starts"> {
  /** For each known field where the first of its name begins, -1 where there is none, and behind it where that ends. */
  readonly spans: ReadonlyArray<number>
  /** From which of these offsets on they have moved since, and by how much: `startOf` and `endOf` tell where they are. */
  readonly movedFrom: number
  readonly movedBy: number
  /** A bit for each known field that is there more than once. */
  readonly repeated: number
  /** Which load of octets it was looked at in, and where; 0 where in none. */
  readonly turn: number
  readonly loadedAt: number
}

/** Looks at every octet once, or says what is not well formed. */
export const of = (octets: Uint8Array): ArticleScan | Headers.Fault => VectorScan.of(octets) ?? portable(octets)

/** As `of`, where there is no WebAssembly with vectors; also of what is not well formed, or longer than articles are. */
export const portable = (octets: Uint8Array): ArticleScan | Headers.Fault => {
  const scan = Headers.scan(octets)
  return typeof scan === "string" ? scan : located(octets, scan)
}

/** As `of`, of a header that was found well formed and ends at `end`. */
export const again = (octets: Uint8Array, end: number): ArticleScan => {
  const found = of(octets)
  // What was made by hand may have a header that ends elsewhere.
  return typeof found !== "string" && found.bodyStart === end + 2 ? found : located(octets, Headers.rescan(octets, end))
}

/** The scan once the only field of a name is gone; nothing where the octets have to be looked at again. */
export const without = (scan: ArticleScan, of: KnownField.Field): ArticleScan | undefined => {
  const start = startOf(scan, of)
  if (!isText(scan) || start < 0 || (scan.repeated & (1 << of)) !== 0) return undefined
  const end = endOf(scan, of)
  const spans = scan.spans.map((before) => {
    const offset = moved(scan, before)
    return offset >= end ? offset - (end - start) : offset
  })
  spans[2 * of] = -1
  spans[2 * of + 1] = -1
  return { ...scan, bodyStart: scan.bodyStart - (end - start), spans, movedFrom: 0, movedBy: 0, turn: 0, loadedAt: 0 }
}

/** The scan once so many octets of ASCII stand in the content of a field, at an offset of the octets. */
export const withPrefix = (scan: ArticleScan, at: number, length: number): ArticleScan => {
  const { bodyStart, isAscii, isDotless, isPlain, lines, repeated } = scan
  const spans = scan.movedBy === 0 ? scan.spans : scan.spans.map((offset) => moved(scan, offset))
  return {
    bodyStart: bodyStart + length,
    isPlain,
    isAscii,
    isDotless,
    lines,
    repeated,
    spans,
    movedFrom: at,
    movedBy: length,
    turn: 0,
    loadedAt: 0
  }
}

const moved = ({ movedBy, movedFrom }: ArticleScan, offset: number): number =>
  offset < movedFrom ? offset : offset + movedBy

/** Whether a field is there. */
export const has = (scan: ArticleScan, field: KnownField.Field): boolean => scan.spans[2 * field] !== -1

/** Where the first field of a name begins; -1 where there is none. */
export const startOf = (scan: ArticleScan, field: KnownField.Field): number =>
  moved(scan, scan.spans[2 * field] as number)

/** Where the next field begins, or the header ends, of a field that is there. */
export const endOf = (scan: ArticleScan, field: KnownField.Field): number =>
  moved(scan, scan.spans[2 * field + 1] as number)

/** Whether contents are octets of the header as they lie, each of them a character. */
export const isText = (scan: ArticleScan): boolean => scan.isPlain && scan.isAscii

/** The unfolded content of the first field of a name, without space around it; nothing where there is none. */
export const content = (octets: Uint8Array, scan: ArticleScan, field: KnownField.Field): string | undefined => {
  const start = startOf(scan, field)
  if (start < 0) return undefined
  const end = endOf(scan, field)
  if (!isText(scan)) return Headers.content(octets, start, end)
  if (latest.scan !== scan) latest = { scan, text: Headers.text(octets, 0, scan.bodyStart - 2) }
  let from = start + KnownField.names[field].length + 1
  let to = end - 2
  while (from < to && octets[from] === space) from += 1
  while (to > from && octets[to - 1] === space) to -= 1
  return latest.text.slice(from, to)
}

/** The header that was asked last for a content. */
let latest: { readonly scan: ArticleScan | undefined; readonly text: string } = { scan: undefined, text: "" }

/** As `content`, of a field whose contents come again and again: the same text is given out again. */
export const recurring = (octets: Uint8Array, scan: ArticleScan, field: KnownField.Field): string | undefined => {
  if (!isText(scan) || !has(scan, field)) return content(octets, scan, field)
  const known = VectorScan.recalled(scan, field)
  if (known !== undefined) return known
  const text = content(octets, scan, field)
  // A slice keeps the whole header.
  if (text !== undefined && scan.bodyStart <= keptHeaderBytesMax) VectorScan.keep(text)
  return text
}

const keptHeaderBytesMax = 4_096

/** What is read out of contents that come again and again: of a text that is given out again it is known. */
export class Reading<A> {
  readonly #read: (text: string) => A
  readonly #texts = Array.from({ length: VectorScan.rowsMax }, (): string | undefined => undefined)
  readonly #values = Array.from({ length: VectorScan.rowsMax }, (): A | undefined => undefined)

  /** `read`: the same of equal texts. */
  constructor(read: (text: string) => A) {
    this.#read = read
  }

  /** What is read out of the content of a field, as `recurring` gives it; nothing where there is none. */
  of(octets: Uint8Array, scan: ArticleScan, field: KnownField.Field): A | undefined {
    const text = recurring(octets, scan, field)
    if (text === undefined) return undefined
    const row = VectorScan.rowOfLatest
    if (row < 0) return this.#read(text)
    if (this.#texts[row] === text) return this.#values[row]
    const value = this.#read(text)
    this.#texts[row] = text
    this.#values[row] = value
    return value
  }
}

/** Whether that is the content of a field. */
export const isContent = (octets: Uint8Array, scan: ArticleScan, field: KnownField.Field, text: string): boolean =>
  (isText(scan) && has(scan, field) ? VectorScan.isContent(scan, field, text) : undefined) ??
  content(octets, scan, field) === text

const space = 32
const fieldOf: ReadonlyMap<string, number> = new Map(KnownField.names.map((name, field) => [name, field]))

const located = (octets: Uint8Array, scan: Headers.Scan): ArticleScan => {
  const { bodyStart, isAscii, isDotless, isPlain, lines, starts } = scan
  const spans: Array<number> = KnownField.names.flatMap(() => [-1, -1])
  let repeated = 0
  for (let place = 0; place < starts.length - 1; place += 1) {
    const start = starts[place] as number
    const field = fieldOf.get(Headers.nameAt(octets, start).toLowerCase())
    if (field === undefined) continue
    if (spans[2 * field] === -1) {
      spans[2 * field] = start
      spans[2 * field + 1] = starts[place + 1] as number
    } else repeated |= 1 << field
  }
  return {
    bodyStart,
    isPlain,
    isAscii,
    isDotless,
    lines,
    repeated,
    spans,
    movedFrom: 0,
    movedBy: 0,
    turn: 0,
    loadedAt: 0
  }
}
