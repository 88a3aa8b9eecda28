/**
 * In which sheaves an id may lie: one table in memory of all hashes, each with the label of a sheaf, so that an id is looked
 * for in one place, however many sheaves there are.
 *
 * Ten bits of a hash stand where the rest of it says, or behind that in the next free place: of two strangers in a hundred
 * something is found. The table has drawers, each for a stretch of hashes, which are made of the marks beside the sheaves
 * (`IdMarks`) when they are first looked into, and again when they have become too full. What is found may be wrong; what
 * is not found is nowhere.
 */
import type { Buffer } from "node:buffer"
import * as IdMarks from "./IdMarks.ts"

const labelBits = 6
/** Sheaves that can be told apart: labels are counted from one. */
export const labelsMax = 2 ** labelBits - 1
/** Ids of a drawer at most, when drawers are dealt out: making one takes less than a millisecond. */
const idsPerDrawer = 8_192
/** Cells for each id of a drawer that is made. */
const cellsPerId = 1.5
const cellsMin = 64
/** Of the cells of a drawer so many have something before it is made anew: then a search ends after some twenty of them. */
const fullMax = 0.85
/** Cells behind the last place of a drawer, for what is pushed aside; the very last one stays free. */
const spareCells = 64
const firsts = 2 ** 32

/** Marks of a part of a sheaf, as they lie beside it. */
export interface Source {
  readonly octets: Buffer
  readonly label: number
}

/** Hashes that a commit has put into a sheaf, and the labels under which they were known before. */
export interface Turn {
  readonly label: number
  readonly before: ReadonlyArray<number>
  readonly octets: Buffer
}

export class IdTable {
  /** Labels of what was found last, each once. */
  readonly found = new Uint8Array(labelsMax)
  readonly #read: (from: number, to: number) => ReadonlyArray<Source>
  readonly #isBefore = new Uint8Array(labelsMax + 1)
  /** Drawers are as many as these bits, which are the highest of a hash, can tell apart. */
  #bits = 1
  #drawers: Array<Uint16Array | undefined> = []
  /** How many more a drawer takes. */
  #rooms = new Int32Array(2)

  /** `read`: marks of all sheaves as of the last commit, with those of a stretch of hashes, the end not included, among them. */
  constructor(read: (from: number, to: number) => ReadonlyArray<Source>) {
    this.#read = read
    this.#empty(this.#bits)
  }

  /** Forgets everything, so that it is made again. */
  drop(): void {
    this.#empty(this.#bits)
  }

  /** Deals out drawers for so many ids. */
  fit(ids: number): void {
    const bits = Math.max(1, Math.ceil(Math.log2(ids / idsPerDrawer)))
    if (bits > this.#bits || bits < this.#bits - 1) this.#empty(bits)
  }

  /** Leaves labels of sheaves in `found`, and says how many. */
  find(first: number, second: number): number {
    const drawer = first >>> (32 - this.#bits)
    const cells = this.#drawers[drawer] ?? this.#make(drawer)
    const mark = IdMarks.markOf(second) << labelBits
    let count = 0
    let at = this.#homeOf(first, cells)
    for (let cell = cells[at] as number; cell !== 0; cell = cells[++at] as number) {
      if ((cell ^ mark) <= labelsMax) count = this.#note(cell & labelsMax, count)
    }
    return count
  }

  #note(label: number, count: number): number {
    for (let turn = 0; turn < count; turn++) if (this.found[turn] === label) return count
    this.found[count] = label
    return count + 1
  }

  /** Takes in what was committed. */
  turn({ before, label, octets }: Turn): void {
    for (const one of before) this.#isBefore[one] = 1
    const count = IdMarks.countOf(octets)
    for (let at = 0; at < count; at++) {
      this.#turnOne(IdMarks.firstAt(octets, at), IdMarks.markAt(octets, count, at), label)
    }
    this.#isBefore.fill(0)
  }

  /**
   * Another id of the same mark may lose its label to this one. It is of a sheaf that goes into the same one, in whose place
   * the new label is looked up until that is whole.
   */
  #turnOne(first: number, mark: number, label: number): void {
    const drawer = first >>> (32 - this.#bits)
    const cells = this.#drawers[drawer]
    // It will be made of what was committed.
    if (cells === undefined) return
    const shifted = mark << labelBits
    let isThere = false
    let at = this.#homeOf(first, cells)
    for (let cell = cells[at] as number; cell !== 0; cell = cells[++at] as number) {
      if ((cell ^ shifted) > labelsMax) continue
      const other = cell & labelsMax
      if (other !== label && this.#isBefore[other] === 0) continue
      cells[at] = shifted | label
      isThere = true
    }
    if (isThere) return
    const room = (this.#rooms[drawer] as number) - 1
    if (room < 0 || at === cells.length - 1) {
      this.#drawers[drawer] = undefined
      return
    }
    this.#rooms[drawer] = room
    cells[at] = shifted | label
  }

  #homeOf(first: number, cells: Uint16Array): number {
    return Math.floor(((first << this.#bits) >>> 0) * ((cells.length - spareCells) / firsts))
  }

  #empty(bits: number): void {
    this.#bits = bits
    this.#drawers = Array.from({ length: 2 ** bits }, () => undefined)
    this.#rooms = new Int32Array(2 ** bits)
  }

  #make(drawer: number): Uint16Array {
    const from = drawer * 2 ** (32 - this.#bits)
    const to = from + 2 ** (32 - this.#bits)
    const sources = this.#read(from, to).map(({ label, octets }) => {
      return { label, octets, from: IdMarks.search(octets, from), to: IdMarks.search(octets, to) }
    })
    const ids = sources.reduce((sum, source) => sum + source.to - source.from, 0)
    for (let places = Math.max(cellsMin, Math.ceil(ids * cellsPerId)); ; places += Math.ceil(places / 4)) {
      const cells = new Uint16Array(places + spareCells)
      this.#drawers[drawer] = cells
      this.#rooms[drawer] = Math.floor(places * fullMax)
      for (const source of sources) {
        const count = IdMarks.countOf(source.octets)
        for (let at = source.from; at < source.to; at++) {
          this.#turnOne(IdMarks.firstAt(source.octets, at), IdMarks.markAt(source.octets, count, at), source.label)
        }
      }
      if (this.#drawers[drawer] === cells) return cells
    }
  }
}
