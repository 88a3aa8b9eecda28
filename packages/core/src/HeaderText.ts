/**
 * Any text as the value of a header field: no controls, and encoded words where it is not plain ASCII.
 *
 * Source: RFC 2047 §2 and §5, the B encoding of UTF-8.
 */
import * as Base64 from "effect/encoding/Base64"

/** How many octets of a text, in UTF-8, a field keeps: as encoded words they still fit a line of 998 (RFC 5322 §2.1.1). */
export const textOctetsMax = 450

// "=?UTF-8?B?" and "?=" take 12 of the 75 characters a word may have; 45 octets take 60.
const wordOctetsMax = 45

const encoder = new TextEncoder()

/** One line of text: runs of controls and spaces become one space, and what exceeds the limit is cut. */
export const clean = (text: string): string => {
  const line = text
    .toWellFormed()
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim()
  const { read } = encoder.encodeInto(line, new Uint8Array(textOctetsMax))
  return line.slice(0, read).trimEnd()
}

/** A cleaned text as ASCII: itself, or a run of encoded words of whole characters. */
export const encode = (text: string): string => {
  const cleaned = clean(text)
  if (/^[\x20-\x7e]*$/.test(cleaned) && !cleaned.includes("=?")) return cleaned
  return wordsOf(cleaned)
    .map((word) => `=?UTF-8?B?${Base64.encode(word)}?=`)
    .join(" ")
}

const wordsOf = (text: string): ReadonlyArray<Uint8Array> => {
  const words: Array<Uint8Array> = []
  let word: Array<number> = []
  for (const character of text) {
    const octets = encoder.encode(character)
    if (word.length + octets.length > wordOctetsMax) {
      words.push(Uint8Array.from(word))
      word = []
    }
    word.push(...octets)
  }
  return [...words, Uint8Array.from(word)]
}
