/**
 * JSON with one spelling per value, so that equal values hash and compare as equal octets.
 *
 * Source: RFC 8785. Names are sorted by UTF-16 code units and numbers are written as ECMAScript writes them.
 */
import canonicalize from "canonicalize"

/** Spells a JSON value. Throws on what is none: a lone surrogate, an infinity, a cycle, `undefined`. */
export const encode = (value: unknown): string => {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError(`${typeof value} has no JSON`)
  return text
}

/** Spells a value from outside, or gives `undefined` where RFC 8785 has no spelling for it. */
export const tryEncode = (value: unknown): string | undefined => {
  try {
    return canonicalize(value)
  } catch {
    return undefined
  }
}

/** Reads a text, and only in its canonical spelling: `undefined` for any other spelling and for broken JSON. */
export const decode = (text: string): { readonly value: unknown } | undefined => {
  const value = parse(text)
  return value !== undefined && tryEncode(value.value) === text ? value : undefined
}

const parse = (text: string): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}
