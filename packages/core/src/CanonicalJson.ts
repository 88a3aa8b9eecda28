/**
 * JSON with one spelling per value, so that equal values hash and compare as equal octets.
 *
 * Source: RFC 8785. Names are sorted by UTF-16 code units and numbers are written as ECMAScript writes them.
 */
import canonicalize from "canonicalize"

/** Spells a JSON value. Throws on what is none: a lone surrogate, an infinity, a cycle, `undefined`. */
export const encode = (value: unknown): string => {
  const text = spell(value)
  if (text === undefined) throw new TypeError(`${typeof value} has no JSON`)
  return text
}

/** Spells a value from outside, or gives `undefined` where RFC 8785 has no spelling for it. */
export const tryEncode = (value: unknown): string | undefined => {
  try {
    return spell(value)
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

const spell = (value: unknown): string | undefined => {
  if (!isInOrder(value, 0)) return canonicalize(value)
  const text = JSON.stringify(value)
  // A lone surrogate shows as an escape: it is to be refused, or a text that looks like one is to be spelt.
  return text.includes("\\ud") ? canonicalize(value) : text
}

/** Levels of a value that are looked at; what is deeper is spelt all the same. */
const depthMax = 32

/** Whether JSON as ECMAScript writes it has the names in order already, as what was canonical has when it is read again. */
const isInOrder = (value: unknown, depth: number): boolean => {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true
    case "number":
      return Number.isFinite(value)
    case "object":
      if (value === null) return true
      if (depth === depthMax) return false
      return Array.isArray(value) ? areInOrder(value, depth) : hasNamesInOrder(value, depth)
    default:
      return false
  }
}

const areInOrder = (values: ReadonlyArray<unknown>, depth: number): boolean => {
  if ("toJSON" in values) return false
  for (const value of values) if (!isInOrder(value, depth + 1)) return false
  return true
}

const hasNamesInOrder = (value: object, depth: number): boolean => {
  const made = Object.getPrototypeOf(value) as unknown
  if ((made !== Object.prototype && made !== null) || "toJSON" in value) return false
  let before: string | undefined
  for (const name of Object.keys(value)) {
    if (before !== undefined && before >= name) return false
    if (!isInOrder((value as { readonly [name: string]: unknown })[name], depth + 1)) return false
    before = name
  }
  return true
}
