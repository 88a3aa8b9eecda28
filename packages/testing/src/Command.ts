/**
 * What a history does to a simulated fleet at one moment: something of a client, a fault, or its end.
 *
 * A command is data with a text of a few words, `250 post p1 3`: at 250 ms, event 3 is posted at p1. Any list of
 * commands can be run: one that means nothing where it stands does nothing.
 */

/** What stands behind each verb: names of sites, then whole numbers. */
export const forms = {
  /** Event, by its number; the same event again is a repeat. */
  post: ["site", "event"],
  read: ["site", "event"],
  receipt: ["site", "event"],
  cancel: ["site", "event"],
  /** A cancel with a wrong key. */
  forge: ["site", "event"],
  /** An operator erases it at all sites; where one is down, once it is back. */
  erase: ["event"],
  /** Events near a place; how stale the answer may be, in milliseconds. */
  query: ["site", "place", "staleMillis"],
  digest: ["site", "bird", "staleMillis"],
  cut: ["site", "site"],
  heal: ["site", "site"],
  "cut-way": ["site", "site"],
  "heal-way": ["site", "site"],
  reset: ["site", "site"],
  /** From now on the link takes so long, in milliseconds. */
  slow: ["site", "site", "latencyMillis"],
  kill: ["site"],
  power: ["site"],
  start: ["site"],
  wipe: ["site"],
  pause: ["site"],
  resume: ["site"],
  /** The disk fails with the next few operations of a kind; which, by a number. */
  sick: ["site", "kind"],
  well: ["site"],
  /** One bit of the log turns over, in the octet of that number, if all sites hold the same: no last copy is lost. */
  rot: ["site", "octet"],
  skew: ["site", "millis"],
  /** The operator gives the site's articles so much, starting it again: number in a group, age, octets of all. What was said before stays. */
  "keep-count": ["site", "articles"],
  "keep-age": ["site", "millis"],
  "keep-bytes": ["site", "octets"],
  /** The first feeds the second only digests, or everything again. */
  narrow: ["site", "site"],
  widen: ["site", "site"],
  /** Octets that make no sense, drawn by a number, arrive at the NNTP port. */
  garbage: ["site", "number"]
} as const satisfies Readonly<Record<string, ReadonlyArray<string>>>

export type Verb = keyof typeof forms

export interface Command {
  /** Milliseconds since the history began. */
  readonly atMillis: number
  readonly verb: Verb
  readonly sites: ReadonlyArray<string>
  readonly numbers: ReadonlyArray<number>
}

/** `make(250, "post", ["p1"], 3)`. */
export const make = (
  atMillis: number,
  verb: Verb,
  sites: ReadonlyArray<string>,
  ...numbers: ReadonlyArray<number>
): Command => ({ atMillis: Math.round(atMillis), verb, sites, numbers })

export const text = ({ atMillis, numbers, sites, verb }: Command): string =>
  [atMillis, verb, ...sites, ...numbers].join(" ")

/** Reads what `text` gave; says what is wrong with anything else. */
export const parse = (words: string): Command | string => {
  const [at = "", verb = "", ...rest] = words.trim().split(/\s+/)
  if (!/^\d+$/.test(at)) return `"${words}" does not begin with a time in milliseconds`
  if (!isVerb(verb)) return `"${verb}" is none of ${Object.keys(forms).join(", ")}`
  const form = forms[verb]
  const sites = form.filter((what) => what === "site").length
  const numbers = rest.slice(sites)
  if (rest.length !== form.length || !numbers.every((word) => /^-?\d+$/.test(word))) {
    return `"${words}" is not: ${verb} ${form.join(" ")}`
  }
  return { atMillis: Number(at), verb, sites: rest.slice(0, sites), numbers: numbers.map(Number) }
}

const isVerb = (text: string): text is Verb => Object.hasOwn(forms, text)
