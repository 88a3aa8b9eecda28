/**
 * Which sheaves of ids there are, and which are being merged: as it lies in the tables, and as an id is looked for.
 *
 * Pure.
 */
import * as IdBand from "./IdBand.ts"
import type * as IdFile from "./IdFile.ts"
import type { Stretch } from "./IdSpace.ts"
import * as IdMerge from "./IdMerge.ts"
import { labelsMax } from "./IdTable.ts"

/** Octets of a band on average: what one look reads. */
export const bandBytes = 1_024

export interface Sheaf {
  readonly key: number
  /** Under which the table in memory knows it. */
  readonly label: number
  readonly bands: number
  readonly count: number
  readonly bytes: number
  /** Where its bands lie, in their order; those that went into another sheaf are no more. */
  readonly pieces: ReadonlyArray<IdFile.Piece>
}

/** A sheaf that is being made of others, which are next to each other. What it has already is no longer in those. */
export interface Merge {
  readonly sheaf: Sheaf
  readonly of: ReadonlyArray<number>
  /** Bands that it has. */
  readonly done: number
}

/** What is needed no more, and which commit let go of it. */
export interface Freed extends Stretch {
  readonly commit: number
}

/** As it lies in the tables. */
export interface State extends IdFile.Reached {
  readonly nextKey: number
  /** The newest first. */
  readonly sheaves: ReadonlyArray<Sheaf>
  readonly merges: ReadonlyArray<Merge>
  readonly freed: ReadonlyArray<Freed>
}

export const nothing: State = { commit: 0, synced: 0, nextKey: 1, sheaves: [], merges: [], freed: [] }

/** A sheaf as it is looked into, for hashes whose upper half lies in `from..to`, the end not included. */
export interface Open {
  readonly sheaf: Sheaf
  readonly from: number
  readonly to: number
  /** Under which ids may be known that are in it. */
  readonly labels: ReadonlyArray<number>
}

/** All sheaves, those that are being made too. */
export const all = ({ merges, sheaves }: State): ReadonlyArray<Sheaf> => [
  ...sheaves,
  ...merges.map(({ sheaf }) => sheaf)
]

export const pieces = (state: State): ReadonlyArray<IdFile.Piece> => all(state).flatMap((sheaf) => sheaf.pieces)

/** Where a band lies, if it is there. */
export const pieceOf = ({ pieces }: Sheaf, band: number): IdFile.Piece | undefined => {
  let low = 0
  let high = pieces.length - 1
  while (low <= high) {
    const middle = (low + high) >>> 1
    const piece = pieces[middle] as IdFile.Piece
    if (band < piece.from) high = middle - 1
    else if (band >= piece.to) low = middle + 1
    else return piece
  }
  return undefined
}

export const ids = (state: State): number => all(state).reduce((sum, { count }) => sum + count, 0)

/** How sheaves are looked into, the newest first. */
export const open = ({ merges, sheaves }: State): ReadonlyArray<Open> =>
  sheaves.flatMap((sheaf): ReadonlyArray<Open> => {
    const merge = merges.find(({ of }) => of.includes(sheaf.key))
    if (merge === undefined) return [{ sheaf, from: 0, to: IdBand.firsts, labels: [sheaf.label] }]
    const from = IdBand.firstOf(merge.done, merge.sheaf.bands)
    const source = { sheaf, from, to: IdBand.firsts, labels: [sheaf.label, merge.sheaf.label] }
    if (merge.of[0] !== sheaf.key) return [source]
    const of = sheaves.filter(({ key }) => merge.of.includes(key))
    const labels = [merge.sheaf.label, ...of.map(({ label }) => label)]
    return [{ sheaf: merge.sheaf, from: 0, to: from, labels }, source]
  })

/** The same by label: where an id is looked for of which nothing but that label was found. */
export const byLabel = (opened: ReadonlyArray<Open>): ReadonlyArray<ReadonlyArray<Open>> =>
  Array.from({ length: labelsMax + 1 }, (_, label) => opened.filter(({ labels }) => labels.includes(label)))

/** A sheaf of so many bands, with nothing in it. `before`: whose labels are in use besides those of `state`. */
export const begun = (state: State, before: State, bands: number): Sheaf => {
  const used = new Set([...all(state), ...all(before)].map(({ label }) => label))
  for (let turn = 0; turn < labelsMax; turn++) {
    const label = 1 + ((state.nextKey + turn) % labelsMax)
    if (!used.has(label)) return { key: state.nextKey, label, bands, count: 0, bytes: 0, pieces: [] }
  }
  throw new Error(`more than ${labelsMax} sheaves of ids`)
}

/** Without the pieces of some sheaves that lie wholly below an upper half of a hash: they are in another sheaf. */
export const without = (state: State, keys: ReadonlyArray<number>, below: number): State => {
  const freed: Array<Freed> = []
  const sheaves = state.sheaves.map((sheaf) => {
    if (!keys.includes(sheaf.key)) return sheaf
    const end = IdBand.bandOf(below, sheaf.bands)
    const isGone = ({ to }: IdFile.Piece): boolean => to <= end
    const gone = sheaf.pieces.filter(isGone)
    for (const { bytes, offset } of gone) freed.push({ offset, bytes, commit: state.commit })
    return gone.length === 0 ? sheaf : { ...sheaf, pieces: sheaf.pieces.filter((piece) => !isGone(piece)) }
  })
  return { ...state, sheaves, freed: [...state.freed, ...freed] }
}

/** Bands of a merge that are still to be written. */
export const restOf = ({ done, sheaf }: Merge): number => sheaf.bands - done

/** Stretches to merge among the sheaves that are in no merge, the oldest first. */
export const stretches = ({ merges, sheaves }: State): ReadonlyArray<IdMerge.Stretch> => {
  const busy = new Set(merges.flatMap(({ of }) => of))
  const found: Array<IdMerge.Stretch> = []
  for (let from = 0; from < sheaves.length; from++) {
    let to = from
    for (let one = sheaves[to]; one !== undefined && !busy.has(one.key); one = sheaves[to]) to += 1
    const stretch = IdMerge.choose(sheaves.slice(from, to).map(({ count }) => count))
    if (stretch !== undefined) found.push({ from: from + stretch.from, to: from + stretch.to })
    from = to
  }
  return found
}
