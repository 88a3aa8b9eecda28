/**
 * Where there is room in a file: the gaps between stretches that are taken, the last of which has no end.
 *
 * Pure.
 */

/** Octets of a file. */
export interface Stretch {
  readonly offset: number
  readonly bytes: number
}

/** What is taken begins and ends at multiples of it: a page of the system, so that nothing is read to be written. */
export const blockBytes = 4_096

const rounded = (bytes: number): number => Math.ceil(bytes / blockBytes) * blockBytes

/** The gaps from an offset on, in their order. */
export const gaps = (taken: Iterable<Stretch>, from: number): ReadonlyArray<Stretch> => {
  const found: Array<Stretch> = []
  let end = from
  for (const { bytes, offset } of [...taken].toSorted((one, other) => one.offset - other.offset)) {
    if (offset > end) found.push({ offset: end, bytes: offset - end })
    end = Math.max(end, offset + rounded(bytes))
  }
  return [...found, { offset: end, bytes: Infinity }]
}

/** Takes so many octets out of the first gap that has them; gives where they begin, and the gaps that are left. */
export const take = (some: ReadonlyArray<Stretch>, bytes: number): readonly [number, ReadonlyArray<Stretch>] => {
  const wanted = rounded(bytes)
  const at = some.findIndex((gap) => gap.bytes >= wanted)
  const gap = some[at]
  if (gap === undefined) throw new Error("the last gap has an end")
  const rest = { offset: gap.offset + wanted, bytes: gap.bytes - wanted }
  return [gap.offset, some.toSpliced(at, 1, ...(rest.bytes > 0 ? [rest] : []))]
}
