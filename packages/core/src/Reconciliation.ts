/**
 * Two sites finding out, in little, which ids one of them lacks: the questions, the answers, and how a site answers.
 *
 * Range-based set reconciliation after Negentropy (A. Meyer, "Range-Based Set Reconciliation", 2023). The asker compares
 * ranges by fingerprint; where they differ the answer splits them, until lists of ids are shorter. The answering side
 * keeps nothing between two frames. `ReconciliationFrame` is the form on the wire, `ReconciliationInquiry` the asker.
 */
import * as Sha256 from "./Sha256.ts"
import * as Sum256 from "./Sum256.ts"
import * as Tree from "./ReconciliationTree.ts"

/** The ids that are compared: Injection-Dates from the second `from` on and before `until`. */
export interface Window {
  readonly from: number
  readonly until: number
}

interface Range {
  readonly lower: Uint8Array
  /** Not included. */
  readonly upper: Uint8Array
}

/** What a range holds at the asker. `ref` never leaves it. */
export type Question =
  | (Range & { readonly _tag: "Compare"; readonly count: number; readonly fingerprint: Uint8Array })
  | (Range & { readonly _tag: "List"; readonly items: ReadonlyArray<Listed> })

/** An id in a list: the key cut to `listedBytes`. */
export interface Listed {
  readonly key: Uint8Array
  readonly isRemoved: boolean
}

/** Part of a split range; it begins where the one before ends. */
export interface Part {
  readonly upper: Uint8Array
  readonly count: number
  readonly fingerprint: Uint8Array
}

/** An id that the asker may lack, by its name. */
export interface Told {
  readonly second: number
  readonly mark: Tree.Mark
  readonly id: string
  /** How busy its group is at the site that answers, 0 to 255: what is copied first. */
  readonly heat: number
}

/** `reached`: the answer holds below that key alone, what lies above it is to be asked again. */
export type Answer =
  | { readonly _tag: "Equal" }
  | { readonly _tag: "Split"; readonly parts: ReadonlyArray<Part> }
  /** Few enough are in the range: send a list. */
  | { readonly _tag: "ListWanted" }
  /** All that is there. */
  | { readonly _tag: "Inventory"; readonly items: ReadonlyArray<Told>; readonly reached?: Uint8Array }
  /** What a list lacks, the places of ids in the list that are not here, and of those whose mark is the other one. */
  | {
      readonly _tag: "Difference"
      readonly items: ReadonlyArray<Told>
      readonly missing: ReadonlyArray<number>
      readonly unlike: ReadonlyArray<number>
      readonly reached?: Uint8Array
    }

/** An answer whose ids still have to be looked up. */
export type Draft =
  | Exclude<Answer, { readonly _tag: "Inventory" | "Difference" }>
  | { readonly _tag: "Inventory"; readonly items: ReadonlyArray<Tree.Item>; readonly reached?: Uint8Array }
  | {
      readonly _tag: "Difference"
      readonly items: ReadonlyArray<Tree.Item>
      readonly missing: ReadonlyArray<number>
      readonly unlike: ReadonlyArray<number>
      readonly reached?: Uint8Array
    }

/** Octets of a fingerprint. */
export const fingerprintBytes = 16
/** Octets of the key of an id in a list: its second, and 16 of its hash. */
export const listedBytes = 20
/** Ids of one list, at most. */
export const listMax = 32
/** Parts that a range is split into. */
export const partsMax = 16
/** Ids that are told at once although they may be known: so few cost less than another round. */
const inventoryMax = 4

/** Octets of one frame, at most and at least; an id of the longest fits the smallest. */
export const frameBytesMax = 65_536
export const frameBytesMin = 1_024
/** Ids that one frame of answers looks up. */
export const toldMax = 1_024

/** The bounds of a window. */
export const rangeOf = ({ from, until }: Window): Range => ({ lower: Tree.key(from), upper: Tree.key(until) })

/** Whether a window may be asked about: whole hours at the beginning, not turned around, within 32 bits. */
export const isWindow = ({ from, until }: Window): boolean =>
  Number.isInteger(from) && Number.isInteger(until) && from >= 0 && from % 3600 === 0 && from < until && until < 2 ** 32

/** 16 octets of SHA-256 over the sum of the ids, 32 octets, and their number, 8: equal for equal sets. */
export const fingerprint = ({ count, sum }: Tree.Measure): Uint8Array => {
  const octets = new Uint8Array(Sum256.octetCount + 8)
  octets.set(Sum256.toOctets(sum))
  new DataView(octets.buffer).setBigUint64(Sum256.octetCount, BigInt(count))
  return Sha256.hash(octets).slice(0, fingerprintBytes)
}

export const isEqual = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && left.every((octet, at) => octet === right[at])

/** What the tree has in a range, to be compared. */
export const compareOf = (tree: Tree.ReconciliationTree, { lower, upper }: Range): Question => {
  const measure = tree.measure(lower, upper)
  return { _tag: "Compare", lower, upper, count: measure.count, fingerprint: fingerprint(measure) }
}

/** A range in parts of about the same number of items, each part with its fingerprint. */
export const split = (tree: Tree.ReconciliationTree, { lower, upper }: Range, count: number): ReadonlyArray<Part> => {
  const parts = Math.min(partsMax, count)
  const first = tree.rank(lower)
  let from = lower
  return Array.from({ length: parts }, (_, at) => {
    const to = at === parts - 1 ? upper : boundAt(tree, first + Math.floor(((at + 1) * count) / parts))
    const measure = tree.measure(from, to)
    from = to
    return { upper: to, count: measure.count, fingerprint: fingerprint(measure) }
  })
}

/** The shortest bound between the item of a rank and the one before. */
const boundAt = (tree: Tree.ReconciliationTree, rank: number): Uint8Array => {
  const before = tree.at(rank - 1)?.key ?? new Uint8Array(0)
  const after = tree.at(rank)?.key ?? new Uint8Array(0)
  let same = 0
  while (same < after.length && before[same] === after[same]) same += 1
  return after.slice(0, Math.max(4, same + 1))
}

/** Answers one question; at most `itemsMax` ids, which is at least 1. */
export const answer = (tree: Tree.ReconciliationTree, question: Question, itemsMax: number): Draft => {
  if (question._tag === "List") return difference(tree, question, itemsMax)
  const { lower, upper } = question
  const own = tree.measure(lower, upper)
  if (isEqual(fingerprint(own), question.fingerprint)) return { _tag: "Equal" }
  if (question.count === 0 || own.count <= (question.count > listMax ? listMax : inventoryMax)) {
    return { _tag: "Inventory", ...cut(tree.items(lower, upper, itemsMax + 1), itemsMax) }
  }
  if (question.count <= listMax) return { _tag: "ListWanted" }
  return { _tag: "Split", parts: split(tree, question, own.count) }
}

/** The answers to the first questions, as many as a frame may take; at least to the first. */
export const answers = (tree: Tree.ReconciliationTree, questions: ReadonlyArray<Question>): ReadonlyArray<Draft> => {
  const drafts: Array<Draft> = []
  let bytes = 0
  let told = 0
  for (const question of questions) {
    const draft = answer(tree, question, toldMax - told)
    drafts.push(draft)
    told += "items" in draft ? draft.items.length : 0
    bytes += draft._tag === "Split" ? draft.parts.length * fingerprintBytes : 1
    if (bytes >= frameBytesMax || told >= toldMax) break
  }
  return drafts
}

/** The first items, and where they end if they are not all. */
const cut = (
  items: ReadonlyArray<Tree.Item>,
  itemsMax: number
): { readonly items: ReadonlyArray<Tree.Item>; readonly reached?: Uint8Array } => {
  const next = items[itemsMax]
  return next === undefined ? { items } : { items: items.slice(0, itemsMax), reached: boundOf(next) }
}

const difference = (
  tree: Tree.ReconciliationTree,
  { items: listed, lower, upper }: Question & { readonly _tag: "List" },
  itemsMax: number
): Draft => {
  // Those that the list has too take none of the room.
  const { items, reached } = cut(tree.items(lower, upper, itemsMax + listMax + 1), itemsMax + listMax)
  const places = new Map(listed.map(({ key }, at) => [nameOf(key), at]))
  const missing = new Set(places.values())
  const unlike: Array<number> = []
  const lacking: Array<Tree.Item> = []
  for (const item of items) {
    const place = places.get(nameOf(item.key))
    if (place === undefined) {
      lacking.push(item)
      continue
    }
    missing.delete(place)
    if (listed[place]?.isRemoved !== (item.mark === "removed")) unlike.push(place)
  }
  const whole = {
    _tag: "Difference" as const,
    items: lacking,
    missing: [...missing],
    unlike: unlike.toSorted(ascending)
  }
  const next = lacking[itemsMax]
  const end = next === undefined ? reached : boundOf(next)
  return end === undefined ? whole : upTo(whole, listed, end)
}

/** Below it is what comes before an item, in a list as in the tree. */
export const boundOf = ({ key }: Tree.Item): Uint8Array => key.slice(0, listedBytes)

const ascending = (left: number, right: number): number => left - right

/** What an answer to a list says of keys below a bound. */
export const upTo = <A extends { readonly missing: ReadonlyArray<number>; readonly unlike: ReadonlyArray<number> }>(
  whole: A & { readonly items: ReadonlyArray<Tree.Item> },
  listed: ReadonlyArray<Listed>,
  reached: Uint8Array
): A & { readonly items: ReadonlyArray<Tree.Item>; readonly reached: Uint8Array } => {
  const isBelow = (place: number): boolean => Tree.compare(listed[place]?.key ?? reached, reached) < 0
  return {
    ...whole,
    items: whole.items.filter(({ key }) => Tree.compare(key, reached) < 0),
    missing: whole.missing.filter(isBelow),
    unlike: whole.unlike.filter(isBelow),
    reached
  }
}

/** By which keys of lists are compared: their first `listedBytes`. */
export const nameOf = (key: Uint8Array): string => String.fromCharCode(...key.subarray(0, listedBytes))
