/**
 * Which files of a log are worth compacting: pure, from what is known of each.
 */
import type { Dead } from "./DeadOctets.ts"
import type { Stretch } from "./Segment.ts"

/** A file of which so much is dead is compacted. */
export const deadShareMin = 0.5
/** Octets of removed articles stay no longer than this, however few they are. */
export const deadMillisMax = 7 * 24 * 60 * 60 * 1000
/** So many packs next to each other are made one, if they fit into one segment. */
export const mergeMin = 8

export interface Facts {
  readonly nowMillis: number
  /** Removals of before this time are forgotten. */
  readonly forgottenMillis: number
  /** Position up to which the index has been taken in. */
  readonly position: number
  readonly segmentBytes: number
  /** Of removed articles in a file. */
  readonly dead: (stretch: Stretch) => Dead
  /** When the first event behind a file happened. */
  readonly nextMillis: (stretch: Stretch) => number | undefined
}

/** The files, next to each other, that one pack should take the place of; nothing if none pays. `stretches`: in order. */
export const choose = (stretches: ReadonlyArray<Stretch>, facts: Facts): ReadonlyArray<Stretch> | undefined => {
  const one = stretches.find((stretch) => isWorn(stretch, facts))
  return one === undefined ? mergeable(stretches, facts) : [one]
}

const isWorn = (stretch: Stretch, facts: Facts): boolean => {
  if ((stretch.pack?.compactedAt ?? -1) >= facts.position) return false
  const { bytes, sinceMillis } = facts.dead(stretch)
  if (bytes > 0 && bytes >= stretch.bytes * deadShareMin) return true
  if (bytes > 0 && sinceMillis + deadMillisMax <= facts.nowMillis) return true
  // All of its removals are forgotten by now, and it was not looked at since.
  const knownMillis = stretch.pack?.forgottenMillis ?? 0
  if (facts.forgottenMillis <= knownMillis) return false
  const nextMillis = facts.nextMillis(stretch)
  return nextMillis !== undefined && nextMillis <= facts.forgottenMillis && knownMillis < nextMillis
}

const mergeable = (stretches: ReadonlyArray<Stretch>, facts: Facts): ReadonlyArray<Stretch> | undefined => {
  let row: Array<Stretch> = []
  let bytes = 0
  for (const stretch of stretches) {
    const isFit = stretch.pack !== undefined && stretch.pack.compactedAt < facts.position
    if (!isFit || bytes + stretch.bytes > facts.segmentBytes) {
      if (row.length >= mergeMin) return row
      row = []
      bytes = 0
    }
    if (!isFit || stretch.bytes > facts.segmentBytes) continue
    row.push(stretch)
    bytes += stretch.bytes
  }
  return row.length >= mergeMin ? row : undefined
}
