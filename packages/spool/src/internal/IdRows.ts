/**
 * What history knows of ids: sheaves in LMDB, each of what one commit or several have brought, and what is not yet committed.
 *
 * A sheaf has its ids in the order of their hash, some forty to a row, which is a band of it. Which sheaf to look into a
 * table in memory tells (`IdTable`). So a commit writes few pages next to each other, and an id costs one look-up, or none where
 * it is not known. Sheaves become fewer and longer a slice with each commit (`IdMerge`).
 */
import { Buffer } from "node:buffer"
import type { Table } from "../Tables.ts"
import { AskedIds } from "./AskedIds.ts"
import * as IdBand from "./IdBand.ts"
import { IdHash, uuidEnd } from "./IdHash.ts"
import * as IdMerge from "./IdMerge.ts"
import { IdOverlay } from "./IdOverlay.ts"
import * as IdSheaves from "./IdSheaves.ts"
import { IdTable, type Source, type Turn } from "./IdTable.ts"
import { IdWeave } from "./IdWeave.ts"
import type * as Rows from "./IndexRows.ts"

export interface Sizes {
  /** Octets of a band on average. */
  readonly bandBytes: number
  /** Bands written with one commit to merge sheaves, and half as many for each twelve sheaves, so that merges keep up. */
  readonly mergedPerCommit: number
}

const sizesDefault: Sizes = { bandBytes: IdSheaves.bandBytes, mergedPerCommit: 288 }

/** Bands that are woven together at most, some three megabytes. */
const wovenBandsMax = 1_024

export class IdRows {
  readonly #rows: Table
  readonly #hash: IdHash
  readonly #sizes: Sizes
  readonly #fresh = new IdOverlay()
  readonly #weave = new IdWeave()
  readonly #reader = new IdBand.HashReader()
  readonly #table: IdTable
  readonly #asked = new AskedIds()
  readonly #key = Buffer.alloc(keyBytes)
  #band: Buffer = Buffer.alloc(0)
  #at = -1
  #state: IdSheaves.State
  #staged: IdSheaves.State | undefined
  #turns: Array<Turn> = []
  #open: ReadonlyArray<IdSheaves.Open> = []
  #byLabel: ReadonlyArray<ReadonlyArray<IdSheaves.Open>> = []
  /** How often the sheaves have changed: noted of an id that is in none of them. */
  #era = 0

  /** `secret`: what the places of ids are made from. */
  constructor(rows: Table, secret: string, sizes: Sizes = sizesDefault) {
    this.#sizes = sizes
    this.#rows = rows
    this.#hash = new IdHash(secret)
    this.#table = new IdTable((from, to) => this.#hashes(from, to))
    const saved = rows.get(stateKey)
    // What lies here was written by this class.
    this.#state = saved === undefined ? IdSheaves.nothing : (JSON.parse(saved.toString("utf8")) as IdSheaves.State)
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
    if (this.#holder() !== undefined) return IdBand.known(this.#band, this.#at)
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
    const found = IdBand.removedMillis(this.#band, this.#at)
    if (found !== undefined) this.#asked.add(this.#hash, found)
    return found
  }

  /** Nothing for what is to go. */
  set(id: string, row: Rows.IdRow | undefined): void {
    this.#hash.take(id)
    this.#asked.drop(this.#hash)
    this.#fresh.set(this.#hash, id, row)
  }

  /** The newest sheaf that names the id that was hashed last; then it stands in `#band` at `#at`, until the next look. */
  #holder(): IdSheaves.Open | undefined {
    const { first, second } = this.#hash
    for (const open of this.#opensOf(first, second)) {
      if (first < open.from || first >= open.to) continue
      const { bands, key } = open.sheaf
      const octets = this.#rows.look(keyAt(this.#key, key, IdBand.bandOf(first, bands)))
      if (octets === undefined) continue
      this.#at = IdBand.find(octets, this.#hash)
      this.#band = octets
      if (this.#at >= 0) return open
    }
    return undefined
  }

  /** Where something with such a hash may lie, the newest first. */
  #opensOf(first: number, second: number): ReadonlyArray<IdSheaves.Open> {
    const count = this.#table.find(first, second)
    if (count === 0) return none
    const { found } = this.#table
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
      const octets = this.#rows.look(keyAt(this.#key, sheaf.key, IdBand.bandOf(first, sheaf.bands)))
      for (const id of octets === undefined ? [] : IdBand.idsIn(octets)) if (id.startsWith(prefix)) found.add(id)
    }
    return found
  }

  /** Every id as of the last commit. For repairs. */
  *all(): Iterable<string> {
    for (const open of this.#open) {
      const { bands, key } = open.sheaf
      for (let band = 0; band < bands; band++) {
        const octets = this.#rows.look(keyAt(this.#key, key, band))
        const ids = octets === undefined ? [] : IdBand.idsIn(octets)
        for (const id of ids) {
          this.#hash.take(id)
          if (this.#holder() === open) yield id
        }
      }
    }
  }

  /** Within a transaction. */
  write(): void {
    this.#turns = []
    this.#staged = this.#state
    if (this.#fresh.size > 0) this.#staged = this.#bind(this.#staged)
    for (const found of IdSheaves.stretches(this.#staged)) this.#staged = this.#begin(this.#staged, found)
    this.#staged = this.#mergeSome(this.#staged)
    while (this.#staged.sheaves.length >= IdMerge.sheavesMax) this.#staged = this.#shorten(this.#staged)
    this.#rows.putSync(stateKey, Buffer.from(JSON.stringify(this.#staged)))
  }

  /** What was written is committed. */
  settle(): void {
    this.#fresh.clear()
    this.#state = this.#staged ?? this.#state
    for (const turn of this.#turns) this.#table.turn(turn)
    this.#turns = []
    this.#show()
  }

  /** Takes an id out of all rows, as if it had never come; what is not committed is not looked at. Within a transaction. */
  purge(id: string): void {
    this.#hash.take(id)
    this.#asked.drop(this.#hash)
    const { first } = this.#hash
    for (const { bands, key } of IdSheaves.all(this.#state)) {
      const band = keyAt(this.#key, key, IdBand.bandOf(first, bands))
      const octets = this.#rows.look(band)
      const left = octets === undefined ? undefined : IdBand.without(octets, this.#hash)
      if (left === undefined) continue
      if (left.length === 0) this.#rows.removeSync(band)
      else this.#rows.putSync(band, left)
    }
  }

  empty(): void {
    this.#rows.clearSync()
    this.#fresh.clear()
    this.#state = IdSheaves.nothing
    this.#table.drop()
    this.#asked.clear()
    this.#show()
  }

  #show(): void {
    this.#era += 1
    this.#open = IdSheaves.open(this.#state)
    this.#byLabel = IdSheaves.byLabel(this.#open)
    this.#table.fit(IdSheaves.ids(this.#state))
  }

  /** Hashes of all that lies in the bands of a stretch of hashes, as of the last commit; each good until the next. */
  *#hashes(from: number, to: number): Iterable<Source> {
    for (const open of this.#open) {
      const { bands, key, label } = open.sheaf
      const end = Math.min(to, open.to)
      if (end <= from || open.from >= to) continue
      const last = IdBand.bandOf(end - 1, bands)
      for (let band = IdBand.bandOf(Math.max(from, open.from), bands); band <= last; band++) {
        const octets = this.#rows.look(keyAt(this.#key, key, band))
        if (octets !== undefined) yield { label, ...this.#reader.read(octets) }
      }
    }
  }

  /** Makes a sheaf of what has come. */
  #bind(state: IdSheaves.State): IdSheaves.State {
    const weave = this.#weave
    weave.clear()
    this.#fresh.gather(weave)
    const sheaf = IdSheaves.begun(state, this.#state, this.#bandsFor(weave.bytes))
    const made = this.#put(sheaf, [], 0, IdBand.firsts, "last", state.sheaves.length === 0)
    const sheaves = made.count === 0 ? state.sheaves : [made, ...state.sheaves]
    return { ...state, nextKey: state.nextKey + 1, sheaves }
  }

  #bandsFor(bytes: number): number {
    return Math.max(1, Math.ceil(bytes / this.#sizes.bandBytes))
  }

  /** Writes what was gathered, of a stretch of hashes, into a sheaf. `before`: labels under which it was known. */
  #put(
    sheaf: IdSheaves.Sheaf,
    before: ReadonlyArray<number>,
    from: number,
    to: number,
    newest: "first" | "last",
    isLast: boolean
  ): IdSheaves.Sheaf {
    const { bands, key, label } = sheaf
    let bytes = 0
    const put = (band: number, octets: Buffer): void => {
      bytes += octets.length
      this.#rows.putSync(keyAt(this.#key, key, band), octets)
    }
    const { firsts, seconds } = this.#weave.weave({ bands, from, to, newest, isLast, put })
    this.#turns.push({ label, before, firsts: firsts.slice(), seconds: seconds.slice() })
    return { ...sheaf, count: sheaf.count + firsts.length, bytes: sheaf.bytes + bytes }
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
    for (const { bands, key: source } of sources) {
      const last = IdBand.bandOf(firsts[1] - 1, bands)
      for (let band = IdBand.bandOf(firsts[0], bands); band <= last; band++) {
        const octets = this.#rows.look(keyAt(this.#key, source, band))
        if (octets !== undefined) weave.take(octets)
      }
    }
    const before = sources.map(({ label }) => label)
    const isLast = state.sheaves.at(-1)?.key === of.at(-1)
    const made = this.#put(sheaf, before, ...firsts, "first", isLast)
    for (const { bands, key: source } of sources) {
      this.#drop(source, IdBand.bandOf(firsts[0], bands), IdBand.bandOf(firsts[1], bands))
    }
    const others = state.merges.filter((one) => one !== merge)
    if (to < sheaf.bands) return { ...state, merges: [...others, { ...merge, sheaf: made, done: to }] }
    const sheaves = state.sheaves
      .flatMap((one) => (one.key === of[0] ? [made] : of.includes(one.key) ? [] : [one]))
      .filter((one) => one.count > 0)
    return { ...state, merges: others, sheaves }
  }

  /** Takes rows of a sheaf away, the end not included. */
  #drop(key: number, from: number, to: number): void {
    for (let at = from; at < to; at++) this.#rows.removeSync(keyAt(this.#key, key, at))
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
const keyBytes = 8
/** Sheaves are counted from one. */
const stateKey = Buffer.alloc(keyBytes)

const keyAt = (octets: Buffer, sheaf: number, at: number): Buffer => {
  octets.writeUInt32BE(sheaf, 0)
  octets.writeUInt32BE(at, 4)
  return octets
}

const byRest = (one: IdSheaves.Merge, other: IdSheaves.Merge): number => IdSheaves.restOf(one) - IdSheaves.restOf(other)
