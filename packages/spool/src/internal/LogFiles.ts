/**
 * The names of a log's files, and which of them count: pure.
 *
 * A pack counts for the segments it took the place of, and a later pack for those before it. What counts for nothing any
 * more is only waiting to be overwritten.
 */
/** What the name of a pack says: the segments it stands for, and the position of the log when it was made. */
export interface PackRange {
  readonly first: number
  readonly last: number
  readonly compactedAt: number
}

export interface Files {
  /** Numbers of the segments that count, ascending. */
  readonly segments: ReadonlyArray<number>
  readonly packs: ReadonlyArray<PackRange>
  /** Names of files that are no longer needed. */
  readonly retired: ReadonlyArray<string>
}

/** The end of names of packs that are not yet whole. */
export const unfinished = ".new"

export const segmentName = (number: number): string => `segment-${String(number).padStart(8, "0")}.log`

export const packName = ({ compactedAt, first, last }: PackRange): string =>
  `pack-${String(first).padStart(8, "0")}-${String(last).padStart(8, "0")}-${compactedAt}.log`

/** Sorts what lies in the directory of a log. */
export const sort = (names: ReadonlyArray<string>): Files => {
  const all = names.flatMap((name) => packOf(name) ?? [])
  const packs = all.filter((pack) => !all.some((other) => replaces(other, pack)))
  const isPacked = (number: number): boolean => packs.some(({ first, last }) => first <= number && number <= last)
  const numbers = names.flatMap((name) => segmentOf(name) ?? [])
  const isRetired = (name: string): boolean => {
    const pack = packOf(name)
    if (pack !== undefined) return !packs.some((other) => packName(other) === name)
    const number = segmentOf(name)
    return number === undefined ? name.endsWith(unfinished) : isPacked(number)
  }
  return {
    packs,
    segments: numbers.filter((number) => !isPacked(number)).toSorted((left, right) => left - right),
    retired: names.filter(isRetired)
  }
}

const segmentOf = (name: string): number | undefined => {
  const digits = /^segment-(\d{8})\.log$/.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

const packOf = (name: string): PackRange | undefined => {
  const [, first, last, compactedAt] = /^pack-(\d{8})-(\d{8})-(\d+)\.log$/.exec(name) ?? []
  return first === undefined
    ? undefined
    : { first: Number(first), last: Number(last), compactedAt: Number(compactedAt) }
}

/** Whether a pack stands for all that another one did, and is the later one. */
const replaces = (pack: PackRange, other: PackRange): boolean =>
  pack.first <= other.first &&
  pack.last >= other.last &&
  (pack.compactedAt > other.compactedAt || pack.last - pack.first > other.last - other.first)
