/**
 * Which sheaves of ids next to each other are to become one, so that there are ever few of them.
 *
 * Pure. Counts are given from the newest sheaf to the oldest.
 */

/** Sheaves at most, beside those that are being made of them: fewer than labels of `IdTable`. */
export const sheavesMax = 48
/** Fewer are not worth it, unless there are too many. */
export const togetherMin = 12

/** A stretch of the list, the end not included. */
export interface Stretch {
  readonly from: number
  readonly to: number
}

/**
 * The newest stretch in which no sheaf is larger than all newer ones together: what is rewritten at least doubles, so that an
 * id is rewritten as often as the number of ids has doubled, at most.
 */
export const choose = (counts: ReadonlyArray<number>, width = togetherMin): Stretch | undefined => {
  for (let from = 0; from + width <= counts.length; from++) {
    let sum = counts[from] ?? 0
    let to = from + 1
    for (let next = counts[to]; next !== undefined && next <= sum; next = counts[++to]) sum += next
    if (to - from >= width) return { from, to }
  }
  return undefined
}

/** The lightest sheaves next to each other, for a list that has become too long whatever their sizes. */
export const lightest = (counts: ReadonlyArray<number>): Stretch | undefined => {
  let best: Stretch | undefined
  let least = Infinity
  for (let from = 0; from + togetherMin <= counts.length; from++) {
    const sum = counts.slice(from, from + togetherMin).reduce((all, count) => all + count, 0)
    if (sum < least) {
      least = sum
      best = { from, to: from + togetherMin }
    }
  }
  return best
}
