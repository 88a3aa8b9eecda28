/**
 * What one look at every octet of an article finds by vectors, sixteen octets at a time.
 */
import type { ArticleScan } from "../ArticleScan.ts"
import * as KnownField from "../KnownField.ts"
import * as Vectors from "./Vectors.ts"

/** Offsets of memory, as `VectorScan.wat` has them. */
const namesAt = 288
const hashesAt = 800
const textAt = 1_056
const textBytesMax = 256
/** Octets in a row of the names. */
const rowBytes = 16
/** Contents that are kept. */
export const rowsMax = 2_048
/** What `recall` says of a content that is too long to be kept. */
const unkept = ~rowsMax

const folded = 1
const foreign = 2
const dotted = 4

/** As `$header` finds names: by first letter and length. */
const hashOf = (name: string): number => (name.charCodeAt(0) + name.length * 19) & 255

if (Vectors.isThere) {
  for (const [row, name] of KnownField.names.entries()) {
    Vectors.memory[hashesAt + hashOf(name)] = row + 1
    for (const [place, letter] of Array.from(`${name}:`).entries()) {
      Vectors.memory[namesAt + row * rowBytes + place] = letter.charCodeAt(0)
    }
  }
}

/** What is found in an article; nothing where it is not well formed, or is to be looked at without vectors. */
export const of = (octets: Uint8Array): ArticleScan | undefined => {
  const turn = Vectors.loadArticle(octets)
  const { articleAt } = Vectors
  if (turn === 0 || Vectors.scan(articleAt, articleAt + octets.length) === 0) return undefined
  return found(turn, articleAt)
}

/** What was found by the last look, which was at the octets of a load, at an offset of memory. */
export const found = (turn: number, loadedAt: number): ArticleScan => {
  const { words } = Vectors
  const flags = words[2] as number
  return {
    bodyStart: words[0] as number,
    isPlain: (flags & folded) === 0,
    isAscii: (flags & foreign) === 0,
    isDotless: (flags & dotted) === 0,
    lines: words[1] as number,
    repeated: words[3] as number,
    spans: spansFound(),
    movedFrom: 0,
    movedBy: 0,
    turn,
    loadedAt
  }
}

/** One by one: a loop takes several times as long. */
const spansFound = (): ReadonlyArray<number> => {
  const w = Vectors.words as ArrayLike<number> as ReadonlyArray<number>
  // oxfmt-ignore
  const spans = [
    w[4], w[5], w[6], w[7], w[8], w[9], w[10], w[11], w[12], w[13], w[14], w[15], w[16], w[17], w[18], w[19], w[20], w[21],
    w[22], w[23], w[24], w[25], w[26], w[27], w[28], w[29], w[30], w[31], w[32], w[33], w[34], w[35], w[36], w[37], w[38], w[39],
    w[40], w[41]
  ]
  return spans as ReadonlyArray<number>
}

const isLoaded = ({ turn }: ArticleScan): boolean => turn === Vectors.wireTurn || turn === Vectors.articleTurn

/** Where the octets behind the name of a field that is there begin and end, but for the last CRLF. */
const startOf = (scan: ArticleScan, field: KnownField.Field): number =>
  scan.loadedAt + (scan.spans[2 * field] as number) + KnownField.names[field].length + 1
const endOf = (scan: ArticleScan, field: KnownField.Field): number =>
  scan.loadedAt + (scan.spans[2 * field + 1] as number) - 2

/** Texts of the contents that are kept, by their row. */
const kept: Array<string | undefined> = Array.from({ length: rowsMax }, () => undefined)
/** The row whose text is still to come. */
let awaited = -1
/** The row of the text that was given or kept last; -1 where it has none. */
export let rowOfLatest = -1

/**
 * The content of a field that is there, of an article that is still loaded, if the same one was looked for before; else
 * `keep` takes its text. Contents are octets as they lie, without space around them.
 */
export const recalled = (scan: ArticleScan, field: KnownField.Field): string | undefined => {
  awaited = -1
  rowOfLatest = -1
  if (!isLoaded(scan)) return undefined
  const row = Vectors.recall(startOf(scan, field), endOf(scan, field))
  const text = row < 0 ? undefined : kept[row]
  if (text !== undefined) rowOfLatest = row
  if (text !== undefined || row === unkept) return text
  awaited = row < 0 ? ~row : row
  kept[awaited] = undefined
  return undefined
}

/** Keeps the text of the content that was not recalled. */
export const keep = (text: string): void => {
  if (awaited < 0) return
  kept[awaited] = text
  rowOfLatest = awaited
}

/** Whether that is the content of a field that is there; nothing where it cannot be told here. */
export const isContent = (scan: ArticleScan, field: KnownField.Field, text: string): boolean | undefined => {
  if (!isLoaded(scan) || text.length > textBytesMax) return undefined
  const { read, written } = utf8.encodeInto(text, room)
  return read === written && Vectors.isText(startOf(scan, field), endOf(scan, field), written) !== 0
}

const utf8 = new TextEncoder()
const room = Vectors.memory.subarray(textAt, textAt + textBytesMax)
