/**
 * What history knows of ids: sheaves in a file, each of what one commit or several have brought, and what is not yet committed.
 *
 * A sheaf has its ids in the order of their hash, some fifteen to a band, which is what one look reads. Which sheaf to look into
 * a table in memory tells (`IdTable`), so that an id costs one look, or none where it is not known. Sheaves become fewer and
 * longer a slice with each commit (`IdMerge`). The tables hold which sheaves there are, and where they lie (`IdFile`).
 */
import { Buffer } from "node:buffer"
import type { Table } from "../Tables.ts"
import { AskedIds } from "./AskedIds.ts"
import * as IdBand from "./IdBand.ts"
import * as IdFile from "./IdFile.ts"
import { IdHash, uuidEnd } from "./IdHash.ts"
import * as IdMerge from "./IdMerge.ts"
import { IdOverlay } from "./IdOverlay.ts"
import * as IdSheaves from "./IdSheaves.ts"
import type { Stretch } from "./IdSpace.ts"
import { IdTable, type Source, type Turn } from "./IdTable.ts"
import { IdWeave } from "./IdWeave.ts"
import type * as Rows from "./IndexRows.ts"
import type { Texts } from "./TextOverwrite.ts"

export interface Sizes {
  /** Octets of a band on average. */
  readonly bandBytes: number
  /** Bands written with one commit to merge sheaves, and half as many for each twelve sheaves, so that merges keep up. */
  readonly mergedPerCommit: number
}

const sizesDefault: Sizes = { bandBytes: IdSheaves.bandBytes, mergedPerCommit: 900 }

/** Bands that are woven together at most, some three megabytes. */
const wovenBandsMax = 3_000

export class IdRows {
  readonly #table: Table
  readonly #file: IdFile.IdFile
  readonly #hash: IdHash
  readonly #sizes: Sizes
  readonly #fresh = new IdOverlay()
  readonly #weave = new IdWeave()
  readonly #reader = new IdBand.HashReader()
  readonly #labels: IdTable
  readonly #asked = new AskedIds()
  #at = -1
  #state: IdSheaves.State
  #staged: IdSheaves.State | undefined
  #turns: Array<Turn> = []
  #open: ReadonlyArray<IdSheaves.Open> = []
  #byLabel: ReadonlyArray<ReadonlyArray<IdSheaves.Open>> = []
  /** How often the sheaves have changed: noted of an id that is in none of them. */
  #era = 0

  /** `secret`: what the places of ids are made from. Of a table and a file that are whole. */
  constructor(table: Table, place: IdFile.Place, secret: string, sizes: Sizes = sizesDefault) {
    this.#sizes = sizes
    this.#table = table
    this.#hash = new IdHash(secret)
    this.#labels = new IdTable((from, to) => this.#hashes(from, to))
    const saved = savedIn(table)
    this.#state = saved ?? IdSheaves.nothing
    this.#file = new IdFile.IdFile(place, saved)
    this.#show()
  }

  /** Shared with whoever looks for the same ids. */
  get hash(): IdHash {
    return this.#hash
  }

  /** How many there are, without those that are being made. */
  get sheaves(): number {
    return this.#state.sheaves.length
  }

  get(id: string): Rows.IdRow | undefined {
    this.#hash.take(id)
    const at = this.#fresh.find(this.#hash)
    if (at >= 0) return this.#fresh.known(at)
    if (this.#hash.note === this.#era) return undefined
    if (this.#holder() !== undefined) return IdBand.known(this.#file.block, this.#at)
    this.#hash.note = this.#era
    return undefined
  }

  /** When an id was removed, `Infinity` where it is held; nothing where it is not known. */
  removedMillis(id: string): number | undefined {
    this.#hash.take(id)
    const at = this.#fresh.find(this.#hash)
    if (at >= 0) return this.#fresh.removedMillis(at)
    return this.#hash.note === this.#era ? undefined : this.#committedMillis()
  }

  /** The same of an id in octets. */
  removedMillisOf(octets: DataView, from: number, to: number): number | undefined {
    this.#hash.takeOctets(octets, from, to)
    const at = this.#fresh.find(this.#hash)
    return at >= 0 ? this.#fresh.removedMillis(at) : this.#committedMillis()
  }

  /** The same of the id that was hashed last, as of the last commit. */
  #committedMillis(): number | undefined {
    const kept = this.#asked.find(this.#hash)
    if (kept !== undefined) return kept
    if (this.#holder() === undefined) {
      this.#hash.note = this.#era
      return undefined
    }
    const found = IdBand.removedMillis(this.#file.block, this.#at)
    if (found !== undefined) this.#asked.add(this.#hash, found)
    return found
  }

  /** Nothing for what is to go. */
  set(id: string, row: Rows.IdRow | undefined): void {
    this.#hash.take(id)
    this.#asked.drop(this.#hash)
    this.#fresh.set(this.#hash, id, row)
  }

  /** The newest sheaf that names the id that was hashed last; then it stands at `#at`, until the next look. */
  #holder(): IdSheaves.Open | undefined {
    const { first, second } = this.#hash
    for (const open of this.#opensOf(first, second)) {
      if (first < open.from || first >= open.to) continue
      this.#at = IdBand.find(this.#file.view, this.#look(open.sheaf, first), this.#hash)
      if (this.#at >= 0) return open
    }
    return undefined
  }

  /** Shows the band of a sheaf where an upper half of a hash belongs; gives how many octets it has. */
  #look(sheaf: IdSheaves.Sheaf, first: number): number {
    const band = IdBand.bandOf(first, sheaf.bands)
    const piece = IdSheaves.pieceOf(sheaf, band)
    if (piece === undefined) return 0
    const there = this.#file.where(piece, band, band + 1)
    if (there.bytes > 0) this.#file.look(there)
    return there.bytes
  }

  /** Where something with such a hash may lie, the newest first. */
  #opensOf(first: number, second: number): ReadonlyArray<IdSheaves.Open> {
    const count = this.#labels.find(first, second)
    if (count === 0) return none
    const { found } = this.#labels
    if (count === 1) return this.#byLabel[found[0] as number] ?? none
    const labels = found.subarray(0, count)
    return this.#open.filter((open) => open.labels.some((label) => labels.includes(label)))
  }

  /** Ids that begin with a UUID as those of clients do, known or gone, in no order; about so many at most. */
  idsOf(uuid: string, limit: number): ReadonlySet<string> {
    const prefix = `<${uuid}.`
    const found = new Set<string>()
    if (prefix.length !== uuidEnd) return found
    this.#hash.take(prefix)
    const { first, second } = this.#hash
    for (const id of this.#fresh.idsBy(second)) if (id.startsWith(prefix)) found.add(id)
    for (const { from, sheaf, to } of this.#opensOf(first, second)) {
      if (first < from || first >= to || found.size >= limit) continue
      const bytes = this.#look(sheaf, first)
      for (const id of IdBand.idsIn(this.#file.block, bytes)) if (id.startsWith(prefix)) found.add(id)
    }
    return found
  }

  /** Every id as of the last commit. For repairs. */
  *all(): Iterable<string> {
    for (const open of this.#open) {
      for (const there of this.#stretches(open.sheaf, open.from, open.to)) {
        this.#file.look(there)
        for (const id of IdBand.idsIn(this.#file.block, there.bytes)) {
          this.#hash.take(id)
          if (this.#holder() === open) yield id
        }
      }
    }
  }

  /** Where the bands of a sheaf lie to which a stretch of hashes belongs. */
  *#stretches({ bands, pieces }: IdSheaves.Sheaf, from: number, to: number): Iterable<Stretch> {
    const [first, end] = [IdBand.bandOf(from, bands), IdBand.bandOf(to - 1, bands) + 1]
    for (const piece of pieces) {
      if (piece.to <= first || piece.from >= end) continue
      const there = this.#file.where(piece, Math.max(first, piece.from), Math.min(end, piece.to))
      if (there.bytes > 0) yield there
    }
  }

  /** Within a transaction. */
  write(): void {
    this.#turns = []
    this.#staged = this.#begun()
    if (this.#fresh.size > 0) this.#staged = this.#bind(this.#staged)
    for (const found of IdSheaves.stretches(this.#staged)) this.#staged = this.#begin(this.#staged, found)
    this.#staged = this.#mergeSome(this.#staged)
    while (this.#staged.sheaves.length >= IdMerge.sheavesMax) this.#staged = this.#shorten(this.#staged)
    this.#table.putSync(stateKey, Buffer.from(JSON.stringify(this.#staged)))
  }

  /** What was written is committed. */
  settle(): void {
    this.#fresh.clear()
    this.#state = this.#staged ?? this.#state
    for (const turn of this.#turns) this.#labels.turn(turn)
    this.#turns = []
    this.#file.settle(this.#state.commit, IdSheaves.pieces(this.#state))
    this.#show()
  }

  /** The state as the next commit begins with it. */
  #begun(): IdSheaves.State {
    const commit = this.#file.next(this.#state.commit)
    const freed = this.#state.freed.filter((one) => !this.#file.isFree(one.commit))
    this.#file.begin([...IdSheaves.pieces(this.#state), ...freed])
    return { ...this.#state, commit, synced: this.#file.synced, freed }
  }

  /**
   * Writes another text of its length in the place of an id wherever it stands in a sheaf, so that it is not known any more;
   * what is not committed is not looked at. Within a transaction.
   */
  purge(id: string, other: string): void {
    this.#hash.take(id)
    this.#asked.drop(this.#hash)
    const { first } = this.#hash
    const held: Array<number> = []
    const gone: Array<number> = []
    for (const sheaf of IdSheaves.all(this.#state)) {
      for (const { bytes, offset } of this.#stretches(sheaf, first, first + 1)) {
        this.#file.look({ bytes, offset })
        const at = IdBand.find(this.#file.view, bytes, this.#hash)
        if (at < 0) continue
        const isHeld = IdBand.removedMillis(this.#file.block, at) === Infinity
        ;(isHeld ? held : gone).push(offset + at + IdBand.idOffset)
      }
    }
    const text = Buffer.from(other, "latin1")
    for (const offset of held) this.#file.overwrite(text, offset)
    // What says that it has gone hides what says that it is held: a crash in between is not to show that again.
    if (held.length > 0 && gone.length > 0) this.#file.sync(this.#state.commit)
    for (const offset of gone) this.#file.overwrite(text, offset)
    // Checksums are of before, and asked for only where nothing is known to be synced.
    this.#file.sync(this.#state.commit)
    this.#state = { ...this.#state, synced: this.#file.synced }
    this.#table.putSync(stateKey, Buffer.from(JSON.stringify(this.#state)))
    this.#show()
  }

  /** As `Tables.overwrite`, of octets that no sheaf needs any more, too. */
  overwrite(texts: Texts, from: number, bytesMax: number): number | undefined {
    return this.#file.overwriteTexts(texts, from, bytesMax)
  }

  empty(): void {
    this.#table.clearSync()
    this.#fresh.clear()
    // No state of before may be opened with what comes now.
    this.#state = { ...IdSheaves.nothing, commit: this.#file.next(this.#state.commit) + IdFile.statesKept }
    this.#labels.drop()
    this.#asked.clear()
    this.#show()
  }

  close(): void {
    this.#file.close()
  }

  #show(): void {
    this.#era += 1
    this.#open = IdSheaves.open(this.#state)
    this.#byLabel = IdSheaves.byLabel(this.#open)
    this.#labels.fit(IdSheaves.ids(this.#state))
  }

  /** Hashes of all that lies in the bands of a stretch of hashes, as of the last commit; each good until the next. */
  *#hashes(from: number, to: number): Iterable<Source> {
    for (const open of this.#open) {
      const [start, end] = [Math.max(from, open.from), Math.min(to, open.to)]
      if (end <= start) continue
      for (const there of this.#stretches(open.sheaf, start, end)) {
        this.#file.look(there)
        yield { label: open.sheaf.label, ...this.#reader.read(this.#file.view, there.bytes) }
      }
    }
  }

  /** Makes a sheaf of what has come. */
  #bind(state: IdSheaves.State): IdSheaves.State {
    const weave = this.#weave
    weave.clear()
    this.#fresh.gather(weave)
    const sheaf = IdSheaves.begun(state, this.#state, this.#bandsFor(weave.bytes))
    const made = this.#put(state.commit, sheaf, [], 0, IdBand.firsts, "last", state.sheaves.length === 0)
    const sheaves = made.count === 0 ? state.sheaves : [made, ...state.sheaves]
    return { ...state, nextKey: state.nextKey + 1, sheaves }
  }

  #bandsFor(bytes: number): number {
    return Math.max(1, Math.ceil(bytes / this.#sizes.bandBytes))
  }

  /** Writes what was gathered, of a stretch of hashes, into a sheaf. `before`: labels under which it was known. */
  #put(
    commit: number,
    sheaf: IdSheaves.Sheaf,
    before: ReadonlyArray<number>,
    from: number,
    to: number,
    newest: "first" | "last",
    isLast: boolean
  ): IdSheaves.Sheaf {
    const { bands, label, pieces } = sheaf
    const { ends, firsts, octets, seconds } = this.#weave.weave({ bands, from, to, newest, isLast })
    if (firsts.length === 0) return sheaf
    this.#turns.push({ label, before, firsts: firsts.slice(), seconds: seconds.slice() })
    const piece = this.#file.put(commit, IdBand.bandOf(from, bands), ends, octets)
    return {
      ...sheaf,
      count: sheaf.count + firsts.length,
      bytes: sheaf.bytes + octets.length,
      pieces: [...pieces, piece]
    }
  }

  #begin(state: IdSheaves.State, { from, to }: IdMerge.Stretch): IdSheaves.State {
    const of = state.sheaves.slice(from, to)
    const sheaf = IdSheaves.begun(state, this.#state, this.#bandsFor(of.reduce((sum, { bytes }) => sum + bytes, 0)))
    const merge = { sheaf, of: of.map(({ key }) => key), done: 0 }
    return { ...state, nextKey: state.nextKey + 1, merges: [merge, ...state.merges] }
  }

  /** Goes on with merges, what is soon done first, so that no commit has much more to do than others. */
  #mergeSome(before: IdSheaves.State): IdSheaves.State {
    let state = before
    let bands = Math.ceil(this.#sizes.mergedPerCommit * (1 + state.sheaves.length / IdMerge.togetherMin / 2))
    for (const merge of state.merges.toSorted(byRest)) {
      if (bands <= 0) break
      state = this.#advance(state, merge.sheaf.key, bands)
      bands -= IdSheaves.restOf(merge)
    }
    return state
  }

  /** Writes the next so many bands of a sheaf that is being made. */
  #advance(state: IdSheaves.State, key: number, bandsMax: number): IdSheaves.State {
    const merge = state.merges.find(({ sheaf }) => sheaf.key === key)
    if (merge === undefined) return state
    const { done, of, sheaf } = merge
    const to = Math.min(sheaf.bands, done + Math.min(bandsMax, wovenBandsMax))
    const firsts = [IdBand.firstOf(done, sheaf.bands), IdBand.firstOf(to, sheaf.bands)] as const
    const weave = this.#weave
    weave.clear()
    const sources = state.sheaves.filter((one) => of.includes(one.key))
    for (const source of sources) {
      for (const { bytes, offset } of this.#stretches(source, ...firsts)) this.#file.read(weave.take(bytes), offset)
    }
    const before = sources.map(({ label }) => label)
    const isLast = state.sheaves.at(-1)?.key === of.at(-1)
    const made = this.#put(state.commit, sheaf, before, ...firsts, "first", isLast)
    const others = state.merges.filter((one) => one !== merge)
    if (to < sheaf.bands) {
      const left = IdSheaves.without(state, of, firsts[1])
      return { ...left, merges: [...others, { ...merge, sheaf: made, done: to }] }
    }
    const left = IdSheaves.without(state, of, IdBand.firsts)
    const sheaves = left.sheaves
      .flatMap((one) => (one.key === of[0] ? [made] : of.includes(one.key) ? [] : [one]))
      .filter((one) => one.count > 0)
    return { ...left, merges: others, sheaves }
  }

  /** Makes room at once where merges have not kept up: by the one with least to do. */
  #shorten(state: IdSheaves.State): IdSheaves.State {
    const [merge] = state.merges.toSorted(byRest)
    if (merge !== undefined) return this.#advance(state, merge.sheaf.key, wovenBandsMax)
    const found = IdMerge.lightest(state.sheaves.map(({ count }) => count))
    return found === undefined ? state : this.#begin(state, found)
  }
}

const none: ReadonlyArray<never> = []
const stateKey = Buffer.from("sheaves")

/** What a table holds was written by this class. */
const savedIn = (table: Table): IdSheaves.State | undefined => {
  const octets = table.get(stateKey)
  return octets && JSON.parse(octets.toString("utf8"))
}

/** Whether the file is as the table means it; if not, both have to be emptied. */
export const isWhole = (table: Table, place: IdFile.Place): boolean => {
  const saved = savedIn(table)
  return saved === undefined || IdFile.isWhole(place, saved, IdSheaves.pieces(saved))
}

const byRest = (one: IdSheaves.Merge, other: IdSheaves.Merge): number => IdSheaves.restOf(one) - IdSheaves.restOf(other)
