/**
 * Makes a failing list smaller: the fewest elements without which it would not fail any more.
 *
 * Zeller and Hildebrandt's ddmin (2002): parts are left out, first large ones, then single elements, for as long as what
 * is left still fails.
 */
import { Effect } from "effect"

/** Tries that are made at most, where nothing is said: each may be a whole simulated history. */
export const triesMaxDefault = 300

/** A list that still fails, from which nothing more can be left out in so many tries; order is kept. */
export const shrink = Effect.fnUntraced(function* <A, E, R>(
  list: ReadonlyArray<A>,
  fails: (smaller: ReadonlyArray<A>) => Effect.Effect<boolean, E, R>,
  triesMax: number = triesMaxDefault
): Effect.fn.Return<ReadonlyArray<A>, E, R> {
  let rest = list
  let size = Math.ceil(rest.length / 2)
  let tries = 0
  while (rest.length > 0) {
    let hasShrunk = false
    for (let at = 0; at < rest.length;) {
      if (tries >= triesMax) return rest
      tries += 1
      const smaller = rest.toSpliced(at, size)
      if (yield* fails(smaller)) {
        rest = smaller
        hasShrunk = true
      } else at += size
    }
    if (size === 1 && !hasShrunk) return rest
    size = Math.max(1, Math.floor(size / 2))
  }
  return rest
})
