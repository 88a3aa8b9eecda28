/**
 * In which sheaves an id may lie: one table in memory of all hashes, each with the label of a sheaf, so that an id is looked
 * for in one place, however many sheaves there are.
 *
 * Ten bits of a hash stand where the rest of it says, or behind that in the next free cell: of two strangers in a hundred
 * something is found. The table has drawers, each for a stretch of hashes, which are filled from the bands of the
 * sheaves when they are first looked into. What is found may be wrong; what is not found is nowhere.
 */
import type * as IdBand from "./IdBand.ts"

const labelBits = 6
/** Sheaves that can be told apart: labels are counted from one. */
export const labelsMax = 2 ** labelBits - 1
/** Cells of a drawer, of two octets: to fill one takes less than a millisecond. */
const drawerBits = 13
const drawerCells = 2 ** drawerBits
/** Cells for each id when drawers are dealt out, and those from which on they are dealt out again, more or fewer. */
const cellsPerId = 2.4
const cellsPerIdMin = 1.3
const cellsPerIdMax = 6
/** Ids of a drawer at most; with more it is filled anew, without what has been left of sheaves that are no more. */
const drawerIdsMax = Math.floor(drawerCells * 0.92)
const firsts = 2 ** 32

/** As much of the lower half of a hash as the table keeps: ten bits, which choose no place. */
const tagOf = (second: number): number => second >>> 22

/** Hashes in a sheaf. */
export interface Source extends IdBand.Hashes {
  readonly label: number
}

/** Hashes that a commit has put into a sheaf, and the labels under which they were known before. */
export interface Turn extends Source {
  readonly before: ReadonlyArray<number>
}

/**
 * Hashes of all sheaves as of the last commit, those of a stretch, the end not included, among them. Each is good until the
 * next.
 */
export type Read = (from: number, to: number) => Iterable<Source>

export class IdTable {
  /** Labels of what was found last, each once. */
  readonly found = new Uint8Array(labelsMax)
  readonly #read: Read
  readonly #isBefore = new Uint8Array(labelsMax + 1)
  #drawers = 0
  /** Cells for each number that an upper half of a hash may be. */
  #scale = 0
  #cells = new Uint16Array(0)
  /** One more than the ids of a drawer; zero for one that was not filled. */
  #filled = new Uint16Array(0)

  constructor(read: Read) {
    this.#read = read
    this.#deal(1)
  }

  /** Forgets everything, so that it is read again. */
  drop(): void {
    this.#deal(this.#drawers)
  }

  /** Deals out drawers for so many ids. */
  fit(ids: number): void {
    const cells = this.#drawers * drawerCells
    const isFit = ids * cellsPerIdMin <= cells && (ids * cellsPerIdMax > cells || this.#drawers === 1)
    if (!isFit) this.#deal(Math.max(1, Math.ceil((ids * cellsPerId) / drawerCells)))
  }

  /** Leaves labels of sheaves in `found`, and says how many. */
  find(first: number, second: number): number {
    let home = Math.floor(first * this.#scale)
    while (this.#filled[home >>> drawerBits] === 0) {
      this.#fill(home >>> drawerBits)
      // There may be more of them now.
      home = Math.floor(first * this.#scale)
    }
    const cells = this.#cells
    const tag = tagOf(second) << labelBits
    let count = 0
    let at = home
    for (let cell = cells[at] as number; cell !== 0; cell = cells[at] as number) {
      if ((cell ^ tag) <= labelsMax) count = this.#note(cell & labelsMax, count)
      at = after(at)
    }
    return count
  }

  #note(label: number, count: number): number {
    for (let turn = 0; turn < count; turn++) if (this.found[turn] === label) return count
    this.found[count] = label
    return count + 1
  }

  /** Takes in what was committed. */
  turn({ before, firsts, label, seconds }: Turn): void {
    for (const one of before) this.#isBefore[one] = 1
    for (let turn = 0; turn < firsts.length; turn++) {
      this.#turnOne(Math.floor((firsts[turn] as number) * this.#scale), tagOf(seconds[turn] as number), label)
    }
    this.#isBefore.fill(0)
  }

  /**
   * Another id of the same tag may lose its label to this one. It is of a sheaf that goes into the same one, in whose place
   * the new label is looked up until that is whole.
   */
  #turnOne(home: number, tag: number, label: number): void {
    const drawer = home >>> drawerBits
    // What was not filled will be, from what was committed.
    if (this.#filled[drawer] === 0) return
    const cells = this.#cells
    const shifted = tag << labelBits
    let isThere = false
    let at = home
    for (let cell = cells[at] as number; cell !== 0; cell = cells[at] as number) {
      const other = cell ^ shifted
      if (other <= labelsMax && (other === label || this.#isBefore[other] === 1)) {
        cells[at] = shifted | label
        isThere = true
      }
      at = after(at)
    }
    if (isThere) return
    const filled = this.#filled[drawer] as number
    this.#filled[drawer] = filled > drawerIdsMax ? 0 : filled + 1
    cells[at] = shifted | label
  }

  #deal(drawers: number): void {
    this.#drawers = drawers
    this.#scale = (drawers * drawerCells) / firsts
    this.#cells = new Uint16Array(drawers * drawerCells)
    this.#filled = new Uint16Array(drawers)
  }

  #fill(drawer: number): void {
    const [from, to] = [this.#startOf(drawer), this.#startOf(drawer + 1)]
    const [cells, scale] = [this.#cells, this.#scale]
    cells.fill(0, drawer * drawerCells, (drawer + 1) * drawerCells)
    let filled = 1
    for (const source of this.#read(from, to)) {
      const { firsts, label, seconds } = source
      for (let turn = 0; turn < firsts.length; turn++) {
        const first = firsts[turn] as number
        if (first < from || first >= to) continue
        const cell = (tagOf(seconds[turn] as number) << labelBits) | label
        let at = Math.floor(first * scale)
        while (cells[at] !== 0 && cells[at] !== cell) at = after(at)
        if (cells[at] === cell) continue
        // Far more ids than its share: all drawers get fewer, and are empty again.
        if (filled++ > drawerIdsMax) return this.#deal(this.#drawers * 2)
        cells[at] = cell
      }
    }
    this.#filled[drawer] = filled
  }

  /** The lowest upper half of a hash that belongs to a drawer. */
  #startOf(drawer: number): number {
    if (drawer === this.#drawers) return firsts
    let first = Math.floor((drawer * firsts) / this.#drawers)
    while (first > 0 && Math.floor((first - 1) * this.#scale) >>> drawerBits >= drawer) first -= 1
    while (Math.floor(first * this.#scale) >>> drawerBits < drawer) first += 1
    return first
  }
}

/** The next cell of a drawer; behind its last one comes its first. */
const after = (at: number): number => (at & ~(drawerCells - 1)) | ((at + 1) & (drawerCells - 1))
