/**
 * Where the syncs of a device are done: in place, while the thread that asks for them waits, or by a thread of their own.
 *
 * Pure. The way to another thread and back costs several times what the sync itself does where a disk has a cache that outlives
 * a power cut; where it has none, all else goes on while a thread waits. So syncs are done in place as long as they are quick. A
 * disk that stalls holds the process for that one sync, as long as it takes; the next ones are done by a thread, until it was
 * quick there for so many. Those become twice as many each time that it stalls again before `provenMax` were done in place: of
 * 4,096 syncs eight hold the process so at most.
 */

/** What a sync takes at most, on average, where it is quick, in microseconds: to have a thread do it costs about as much. */
export const inPlaceMicrosMax = 250

/** The same by a thread: the way there and back is in it, and what the process does until it looks again. */
export const threadMicrosMax = 2_000

/** How much longer than quick ones syncs may take in all, in microseconds, until others have made up for it. Beyond it the disk stalls. */
export const overMicrosMax = 50_000

/** Syncs by a thread before others are done in place, where the disk does not stall: at first, and at most. */
export const provenMin = 32
export const provenMax = 4_096

export type Where = "in-place" | "thread"

export interface Pace {
  readonly where: Where
  /** How much longer than quick ones syncs have taken there, in microseconds. */
  readonly overMicros: number
  /** Syncs there since it last stalled, or others were done elsewhere. */
  readonly syncs: number
  /** Syncs by a thread before others are done in place. */
  readonly proven: number
}

/** Of a device of which nothing is known. */
export const initial: Pace = { where: "thread", overMicros: 0, syncs: 0, proven: provenMin }

/** What a sync says of the device: where it was done, and how many microseconds it took; `Infinity` for one that failed. */
export const seen = (pace: Pace, where: Where, micros: number): Pace => {
  // Begun before the last one told that they are done elsewhere.
  if (where !== pace.where) return pace
  const isInPlace = where === "in-place"
  const overMicros = Math.max(0, pace.overMicros + micros - (isInPlace ? inPlaceMicrosMax : threadMicrosMax))
  const syncs = pace.syncs + 1
  if (overMicros <= overMicrosMax) {
    if (isInPlace || syncs < pace.proven) return { where, overMicros, syncs, proven: pace.proven }
    return { where: "in-place", overMicros: 0, syncs: 0, proven: pace.proven }
  }
  if (!isInPlace) return { ...pace, overMicros: 0, syncs: 0 }
  const proven = syncs > provenMax ? provenMin : Math.min(2 * pace.proven, provenMax)
  return { where: "thread", overMicros: 0, syncs: 0, proven }
}
