/**
 * A pattern over names of groups, in which the rightmost part that matches decides (RFC 3977 §4).
 *
 * Besides `!` (not these) a part may begin with `@` (never an article that is in one of these), as feeds use it.
 */

type Sense = "wanted" | "unwanted" | "poisoned"

interface Part {
  readonly sense: Sense
  readonly shape: "exact" | "prefix" | "glob"
  /** What must be equal: the whole name, its beginning, or, of a glob, the text with `*` and `?`. */
  readonly text: string
}

/** A compiled wildmat. Two with equal `text` match the same names. */
export interface Wildmat {
  readonly text: string
  /** Rightmost first, in the order in which they are tried. */
  readonly parts: ReadonlyArray<Part>
}

/** Space, control characters and `[ \ ]` have no place in a wildmat (RFC 3977 §4.1); nor has `!` after the start. */
const unfit = /[\p{Cc} ![\]\\]/u
const surrogate = /[\ud800-\udfff]/

/** Reads a wildmat; nothing where RFC 3977 §4.1 does not allow it. */
export const compile = (text: string): Wildmat | undefined => {
  const parts: Array<Part> = []
  for (const written of text.split(",")) {
    const first = written[0]
    const sense = first === "!" ? "unwanted" : first === "@" ? "poisoned" : "wanted"
    const pattern = sense === "wanted" ? written : written.slice(1)
    if (pattern === "" || unfit.test(pattern)) return undefined
    parts.unshift(toPart(sense, pattern))
  }
  return { text, parts }
}

/** What a feed makes of an article in `group`. No part that matches means unwanted. */
export const matchesFeed = (wildmat: Wildmat, group: string): Sense => {
  for (const part of wildmat.parts) {
    if (matchesPart(part, group)) return part.sense
  }
  return "unwanted"
}

/** Says whether the rightmost part that matches `group` wants it. */
export const matches = (wildmat: Wildmat, group: string): boolean => matchesFeed(wildmat, group) === "wanted"

/** Matches the given groups and all below them; no subtrees, nothing. */
export const ofSubtrees = (subtrees: ReadonlyArray<string>): Wildmat => {
  const texts = subtrees.flatMap((subtree) => [subtree, `${subtree}.*`])
  return texts.length === 0
    ? nothing
    : { text: texts.join(","), parts: texts.toReversed().map((text) => toPart("wanted", text)) }
}

const toPart = (sense: Sense, pattern: string): Part => {
  const special = pattern.search(/[*?]/)
  if (special < 0) return { sense, shape: "exact", text: pattern }
  return special === pattern.length - 1 && pattern.endsWith("*")
    ? { sense, shape: "prefix", text: pattern.slice(0, -1) }
    : { sense, shape: "glob", text: pattern }
}

/** Matches no name. */
export const nothing: Wildmat = { text: "!*", parts: [toPart("unwanted", "*")] }
/** Matches every name. */
export const everything: Wildmat = { text: "*", parts: [toPart("wanted", "*")] }

const matchesPart = (part: Part, group: string): boolean => {
  switch (part.shape) {
    case "exact":
      return group === part.text
    case "prefix":
      return group.startsWith(part.text)
    case "glob":
      return matchesGlob(symbols(part.text), symbols(group))
  }
}

/** Characters, not UTF-16 units: `?` stands for a whole character. */
const symbols = (text: string): ArrayLike<string> => (surrogate.test(text) ? Array.from(text) : text)

/** Goes back only to the latest star: time is at most the product of both lengths. */
const matchesGlob = (pattern: ArrayLike<string>, name: ArrayLike<string>): boolean => {
  let p = 0
  let n = 0
  let star = -1
  let resume = 0
  while (n < name.length) {
    if (p < pattern.length && pattern[p] === "*") {
      star = p
      resume = n
      p += 1
    } else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === name[n])) {
      p += 1
      n += 1
    } else if (star >= 0) {
      resume += 1
      n = resume
      p = star + 1
    } else {
      return false
    }
  }
  while (p < pattern.length && pattern[p] === "*") p += 1
  return p === pattern.length
}
