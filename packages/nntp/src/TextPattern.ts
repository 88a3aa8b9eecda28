/**
 * The patterns of XPAT (RFC 2980 §2.9), over values of fields: `*`, `?`, sets such as `[a-z]` and `[^0-9]`, and `\\`
 * before a character that stands for itself.
 *
 * Works on octets, as fields do: `?` and a set stand for one octet. Letters match in their own case.
 */
import { Buffer } from "node:buffer"

type Piece =
  | { readonly _tag: "Octet"; readonly octet: number }
  | { readonly _tag: "Any" }
  | { readonly _tag: "Many" }
  | { readonly _tag: "Set"; readonly isNegated: boolean; readonly ranges: ReadonlyArray<readonly [number, number]> }

/** A compiled pattern. */
export type TextPattern = ReadonlyArray<Piece>

/** How much of a value is looked at, in octets: time is at most the product of this and the pattern's length. */
export const valueBytesMax = 1_024

const code = { star: 0x2a, question: 0x3f, open: 0x5b, close: 0x5d, caret: 0x5e, hyphen: 0x2d, backslash: 0x5c }

/** Total: a set that is not closed stands for the octets it is written with. */
export const compile = (text: string): TextPattern => {
  const octets = Buffer.from(text, "utf8")
  const pieces: Array<Piece> = []
  for (let at = 0; at < octets.length; at += 1) {
    const octet = octets[at] as number
    if (octet === code.star) {
      if (pieces[pieces.length - 1]?._tag !== "Many") pieces.push({ _tag: "Many" })
    } else if (octet === code.question) pieces.push({ _tag: "Any" })
    else if (octet === code.backslash && at + 1 < octets.length) {
      at += 1
      pieces.push({ _tag: "Octet", octet: octets[at] as number })
    } else {
      const end = octet === code.open ? setEnd(octets, at) : -1
      pieces.push(end < 0 ? { _tag: "Octet", octet } : toSet(octets.subarray(at + 1, end)))
      if (end >= 0) at = end
    }
  }
  return pieces
}

/** Whether the whole value matches; of a long one, its beginning. */
export const matches = (pattern: TextPattern, value: Uint8Array): boolean => {
  const length = Math.min(value.length, valueBytesMax)
  let p = 0
  let at = 0
  let star = -1
  let resume = 0
  while (at < length) {
    const piece = pattern[p]
    if (piece?._tag === "Many") {
      star = p
      resume = at
      p += 1
    } else if (piece !== undefined && stands(piece, value[at] as number)) {
      p += 1
      at += 1
    } else if (star >= 0) {
      resume += 1
      at = resume
      p = star + 1
    } else return false
  }
  while (pattern[p]?._tag === "Many") p += 1
  return p === pattern.length
}

/** Where a set ends; `]` may be its first member. */
const setEnd = (octets: Uint8Array, open: number): number =>
  octets.indexOf(code.close, open + (octets[open + 1] === code.caret ? 3 : 2))

const toSet = (inner: Uint8Array): Piece => {
  const isNegated = inner[0] === code.caret
  const ranges: Array<readonly [number, number]> = []
  for (let at = isNegated ? 1 : 0; at < inner.length; at += 1) {
    const low = inner[at] as number
    const isRange = inner[at + 1] === code.hyphen && at + 2 < inner.length
    ranges.push([low, isRange ? (inner[at + 2] as number) : low])
    if (isRange) at += 2
  }
  return { _tag: "Set", isNegated, ranges }
}

const stands = (piece: Piece, octet: number): boolean => {
  switch (piece._tag) {
    case "Octet":
      return piece.octet === octet
    case "Set":
      return piece.ranges.some(([low, high]) => low <= octet && octet <= high) !== piece.isNegated
    default:
      return true
  }
}
