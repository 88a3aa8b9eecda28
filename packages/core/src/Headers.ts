/**
 * The fields of a header, found in its octets without a string per line (RFC 5536 §2.2).
 *
 * A header here is the octets up to `end`, the offset of the empty line. `check` must have found them well formed.
 */

import * as ControlOctets from "./ControlOctets.ts"

const nul = 0
const tab = 9
const lf = 10
const cr = 13
const space = 32
const dot = 46
const colon = 58

/** Why octets are no article at all. */
export const faults = {
  emptyHeader: "the header is empty",
  noBody: "no empty line ends the header",
  badName: "a header line has no field name before a colon",
  badStart: "the header begins with a continuation line",
  bareCr: "a CR is not followed by LF",
  bareLf: "an LF does not follow CR",
  nul: "NUL octet",
  noFinalCrlf: "the last line does not end with CRLF"
} as const
export type Fault = (typeof faults)[keyof typeof faults]

/** What one look at every octet of an article finds. */
export interface Scan {
  /** The offset of the empty line is two less. */
  readonly bodyStart: number
  /** Where the fields begin, in order; one more at the end, where the last one ends. */
  readonly starts: ReadonlyArray<number>
  /** No field is folded or holds a tab: contents can be taken as they lie. */
  readonly isPlain: boolean
  /** Every octet of the header is ASCII. Where that is not said, it may be all the same. */
  readonly isAscii: boolean
  /** Lines of the body. */
  readonly lines: number
  /** No line begins with a dot, which would have to be doubled on its way (RFC 3977 §3.1.1). */
  readonly isDotless: boolean
}

/** The offset of the body if lines and field names are well formed, else why they are not. */
export const check = (octets: Uint8Array): number | Fault => {
  const found = scan(octets)
  return typeof found === "string" ? found : found.bodyStart
}

/** Looks at every octet once, so that whoever looks for fields need not; or says what is not well formed. */
export const scan = (octets: Uint8Array): Scan | Fault => {
  ControlOctets.open(octets)
  const found = scanOpen(octets)
  ControlOctets.close()
  return found
}

const scanOpen = (octets: Uint8Array): Scan | Fault => {
  const size = octets.length
  const starts: Array<number> = []
  let isPlain = true
  let isDotless = true
  let at = 0
  while (at < size && octets[at] !== cr) {
    const first = octets[at] as number
    if (first === dot) isDotless = false
    if (first !== space && first !== tab) {
      starts.push(at)
      at = ControlOctets.nameEnd(at)
      if (at < 0) return faults.badName
    } else if (at === 0) return faults.badStart
    else isPlain = false
    const end = lineEnd(octets, at)
    if (typeof end !== "number") return end
    if (end < 0) isPlain = false
    at = Math.abs(end)
  }
  const isAscii = ControlOctets.isAscii()
  if (at + 1 >= size) return faults.noBody
  if (octets[at + 1] !== lf) return faults.bareCr
  if (at === 0) return faults.emptyHeader
  starts.push(at)
  const bodyStart = at + 2
  const body = bodyLines(octets, bodyStart)
  if (typeof body !== "number") return body
  // Lines that are counted below zero are those among which one begins with a dot.
  return { bodyStart, starts, isPlain, isAscii, lines: Math.abs(body), isDotless: isDotless && body >= 0 }
}

/** As `scan`, of a header that was found well formed and ends at `end`; what is not looked at is taken for the worse. */
export const rescan = (octets: Uint8Array, end: number): Scan => {
  const starts: Array<number> = []
  for (let at = 0; at < end; at = fieldEnd(octets, at, end)) starts.push(at)
  let lines = 0
  for (let at = octets.indexOf(lf, end + 2); at >= 0; at = octets.indexOf(lf, at + 1)) lines += 1
  return { bodyStart: end + 2, starts: [...starts, end], isPlain: false, isAscii: false, lines, isDotless: false }
}

/** The offset of the next line, negative where the line holds a tab. */
const lineEnd = (octets: Uint8Array, start: number): number | Fault => {
  const size = octets.length
  let sign = 1
  for (let at = ControlOctets.next(start); at < size; at = ControlOctets.next(at + 1)) {
    const octet = octets[at] as number
    if (octet === cr) return octets[at + 1] === lf ? sign * (at + 2) : faults.bareCr
    if (octet === tab) sign = -1
    if (octet === lf) return faults.bareLf
    if (octet === nul) return faults.nul
  }
  return faults.noFinalCrlf
}

/** How many lines, negative where one of them begins with a dot. */
const bodyLines = (octets: Uint8Array, bodyStart: number): number | Fault => {
  const size = octets.length
  let lines = 0
  let sign = octets[bodyStart] === dot ? -1 : 1
  for (let at = ControlOctets.next(bodyStart); at < size; at = ControlOctets.next(at + 1)) {
    const octet = octets[at] as number
    if (octet === cr) {
      at += 1
      if (octets[at] !== lf) return faults.bareCr
      if (octets[at + 1] === dot) sign = -1
      lines += 1
    } else if (octet === lf) return faults.bareLf
    else if (octet === nul) return faults.nul
  }
  return size === bodyStart || octets[size - 1] === lf ? sign * lines : faults.noFinalCrlf
}

/** The offset after the field that begins at `start`, its continuation lines and last CRLF included. */
export const fieldEnd = (octets: Uint8Array, start: number, end: number): number => {
  let at = start
  do {
    while (at < end && octets[at] !== lf) at += 1
    at += 1
  } while (at < end && (octets[at] === space || octets[at] === tab))
  return Math.min(at, end)
}

/** Says whether the field at `start` is called `name`, which is given in lower case. */
export const isNamed = (octets: Uint8Array, start: number, name: string): boolean => {
  if (octets[start + name.length] !== colon) return false
  for (let index = 0; index < name.length; index += 1) {
    const octet = octets[start + index] as number
    const lower = octet >= 65 && octet <= 90 ? octet + 32 : octet
    if (lower !== name.charCodeAt(index)) return false
  }
  return true
}

/** The offset of the first field of that name, given in any case; -1 where there is none. */
export const find = (octets: Uint8Array, end: number, name: string, from = 0): number => {
  const lower = name.toLowerCase()
  for (let at = from; at < end; at = fieldEnd(octets, at, end)) {
    if (isNamed(octets, at, lower)) return at
  }
  return -1
}

/** The name of the field at `start`, as it is written. */
export const nameAt = (octets: Uint8Array, start: number): string => {
  let at = start
  while (at < octets.length && octets[at] !== colon) at += 1
  return text(octets, start, at)
}

/** Offset of the first octet of a field's content: colon and white space behind it are passed over. */
export const contentStart = (octets: Uint8Array, start: number, end: number): number => {
  let at = start
  while (at < end && octets[at] !== colon) at += 1
  at += 1
  while (at < end && isSpace(octets[at])) at += 1
  return at
}

/** The unfolded content of the field from `start` to `end`, without space around it. UTF-8, else Latin-1. */
export const content = (octets: Uint8Array, start: number, end: number): string => {
  const from = contentStart(octets, start, end)
  let to = end
  while (to > from && isSpace(octets[to - 1])) to -= 1
  return unfold(text(octets, from, to))
}

/** The unfolded content of the first field called `name`, in any case; nothing where there is none. */
export const get = (octets: Uint8Array, end: number, name: string): string | undefined => {
  const start = find(octets, end, name)
  return start < 0 ? undefined : content(octets, start, fieldEnd(octets, start, end))
}

/** All fields in their order, unfolded, names as they are written. */
export const entries = (octets: Uint8Array, end: number): ReadonlyArray<readonly [name: string, content: string]> => {
  const found: Array<readonly [string, string]> = []
  for (let at = 0; at < end;) {
    const next = fieldEnd(octets, at, end)
    found.push([nameAt(octets, at), content(octets, at, next)])
    at = next
  }
  return found
}

/** Takes line breaks out of folded content; the space that folds a line stays (RFC 5322 §2.2.3). */
const unfold = (folded: string): string => (folded.includes("\n") ? folded.replaceAll(/\r?\n/g, "") : folded)

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** Octets as text: UTF-8, or Latin-1 where they are not UTF-8. */
export const text = (octets: Uint8Array, start: number, end: number): string => {
  try {
    return utf8.decode(octets.subarray(start, end))
  } catch {
    return latin1(octets, start, end)
  }
}

/** Octets of which each is one character. */
export const latin1 = (octets: Uint8Array, start: number, end: number): string => {
  let decoded = ""
  for (let at = start; at < end; at += 1) decoded += String.fromCharCode(octets[at] as number)
  return decoded
}

const isSpace = (octet: number | undefined): boolean => octet === space || octet === tab || octet === cr || octet === lf
