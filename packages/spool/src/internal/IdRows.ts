/**
 * What history knows of ids: sheaves in LMDB, each of what one commit or several have brought, and what is not yet committed.
 *
 * A sheaf has its ids in the order of their hash, some twenty to a row, which is a band of it, and a filter in memory that
 * tells what it cannot have. So a commit writes few pages next to each other, and an id costs one look-up, or none where it
 * is not known. Sheaves become fewer and longer a slice with each commit (`IdMerge`).
 */
import { Buffer } from "node:buffer"
import type { Table } from "../Tables.ts"
import * as IdBand from "./IdBand.ts"
import * as IdFilter from "./IdFilter.ts"
import { IdHash, uuidEnd } from "./IdHash.ts"
import * as IdMerge from "./IdMerge.ts"
import { IdOverlay } from "./IdOverlay.ts"
import type * as Rows from "./IndexRows.ts"

/** Ids of a band on average: five bands fill a page of LMDB. */
const idsPerBand = 10
/** Ids that are written with one commit to merge them, and half as many for each eight sheaves, so that merges keep up. */
const mergedPerCommitDefault = 12_288

interface Sheaf {
  readonly key: number
  readonly bands: number
  readonly count: number
}

/** A sheaf that is being made of others, which are next to each other. What it has already is no longer in those. */
interface Merge {
  readonly sheaf: Sheaf
  readonly of: ReadonlyArray<number>
  /** Bands that it has. */
  readonly done: number
}

/** As it lies beside the rows. */
interface State {
  readonly nextKey: number
  /** The newest first. */
  readonly sheaves: ReadonlyArray<Sheaf>
  readonly merges: ReadonlyArray<Merge>
}

const nothing: State = { nextKey: 1, sheaves: [], merges: [] }

/** A sheaf as it is looked into, for hashes whose upper half lies in `from..to`, the end not included. */
interface Open {
  readonly key: number
  readonly bands: number
  readonly filter: IdFilter.IdFilter
  readonly from: number
  readonly to: number
}

export class IdRows {
  readonly #rows: Table
  readonly #filterRows: Table
  readonly #hash: IdHash
  readonly #mergedPerCommit: number
  readonly #fresh = new IdOverlay()
  readonly #gathering = new IdBand.Gathering()
  readonly #key = Buffer.alloc(keyBytes)
  #band: Buffer = Buffer.alloc(0)
  #at = -1
  #state: State
  #staged: State | undefined
  /** By the key of their sheaf: of those that are whole, and those that are being made. */
  readonly #filters = new Map<number, IdFilter.IdFilter>()
  #open: ReadonlyArray<Open> = []
  /** How often the sheaves have changed: noted of an id that is in none of them. */
  #era = 0

  /** `secret`: what the places of ids are made from. */
  constructor(rows: Table, filterRows: Table, secret: string, mergedPerCommit = mergedPerCommitDefault) {
    this.#mergedPerCommit = mergedPerCommit
    this.#rows = rows
    this.#filterRows = filterRows
    this.#hash = new IdHash(secret)
    const saved = filterRows.get(stateKey)
    // What lies here was written by this class.
    this.#state = saved === undefined ? nothing : (JSON.parse(saved.toString("utf8")) as State)
    for (const { bands, key } of filteredOf(this.#state)) this.#filterOf(key, bands)
    for (const { key, value } of saved === undefined ? [] : filterRows.getRange({})) {
      this.#filters.get(key.readUInt32BE(0))?.set(key.readUInt32BE(4), value)
    }
    this.#show()
  }

  /** Shared with whoever looks for the same ids. */
  get hash(): IdHash {
    return this.#hash
  }

  /** In how many an id is looked for, at most: of a merge it is either in the sheaf that is made or in those it is made of. */
  get sheaves(): number {
    return this.#state.sheaves.length
  }

  get(id: string): Rows.IdRow | undefined {
    this.#hash.take(id)
    const at = this.#fresh.find(this.#hash.second, id)
    if (at >= 0) return this.#fresh.known(at)
    if (this.#hash.note === this.#era) return undefined
    if (this.#isIn(id, this.#open)) return IdBand.known(this.#band, this.#at)
    this.#hash.note = this.#era
    return undefined
  }

  /** Nothing for what is to go. */
  set(id: string, row: Rows.IdRow | undefined): void {
    this.#hash.take(id)
    this.#fresh.set(this.#hash.first, this.#hash.second, id, row)
  }

  /** Whether some sheaves name the id that was hashed last; then it stands in `#band` at `#at`, until the next look. */
  #isIn(id: string, sheaves: ReadonlyArray<Open>): boolean {
    const { first, second } = this.#hash
    for (const { bands, filter, from, key, to } of sheaves) {
      const band = IdBand.bandOf(first, bands)
      if (first < from || first >= to || !filter.mayHold(band, second)) continue
      const octets = this.#rows.look(keyAt(this.#key, key, band))
      if (octets === undefined) continue
      this.#at = IdBand.find(octets, second, id)
      this.#band = octets
      if (this.#at >= 0) return true
    }
    return false
  }

  /** Ids that begin with a UUID as those of clients do, known or gone, in no order; about so many at most. */
  idsOf(uuid: string, limit: number): ReadonlySet<string> {
    const prefix = `<${uuid}.`
    const found = new Set<string>()
    if (prefix.length !== uuidEnd) return found
    this.#hash.take(prefix)
    const { first, second } = this.#hash
    for (const id of this.#fresh.idsBy(second)) if (id.startsWith(prefix)) found.add(id)
    for (const { bands, filter, from, key, to } of this.#open) {
      const band = IdBand.bandOf(first, bands)
      if (first < from || first >= to) continue
      if (found.size >= limit || !filter.mayHold(band, second)) continue
      const octets = this.#rows.look(keyAt(this.#key, key, band))
      for (const id of octets === undefined ? [] : IdBand.idsIn(octets)) if (id.startsWith(prefix)) found.add(id)
    }
    return found
  }

  /** Every id as of the last commit. For repairs. */
  *all(): Iterable<string> {
    for (const [at, { bands, key }] of this.#open.entries()) {
      const newer = this.#open.slice(0, at)
      for (let band = 0; band < bands; band++) {
        const octets = this.#rows.look(keyAt(this.#key, key, band))
        const ids = octets === undefined ? [] : IdBand.idsIn(octets)
        for (const id of ids) {
          this.#hash.take(id)
          if (!this.#isIn(id, newer)) yield id
        }
      }
    }
  }

  /** Within a transaction. */
  write(): void {
    // What a commit that failed has left of filters.
    this.#keepFilters()
    this.#staged = this.#state
    if (this.#fresh.size > 0) this.#staged = this.#bind(this.#staged)
    for (const found of stretchesOf(this.#staged)) this.#staged = this.#begin(this.#staged, found)
    this.#staged = this.#mergeSome(this.#staged)
    while (this.#staged.sheaves.length >= IdMerge.sheavesMax) this.#staged = this.#shorten(this.#staged)
    this.#filterRows.putSync(stateKey, Buffer.from(JSON.stringify(this.#staged)))
  }

  /** What was written is committed. */
  settle(): void {
    this.#fresh.clear()
    this.#state = this.#staged ?? this.#state
    this.#show()
  }

  /** Takes an id out of all rows, as if it had never come; what is not committed is not looked at. Within a transaction. */
  purge(id: string): void {
    this.#hash.take(id)
    const { first, second } = this.#hash
    for (const { bands, key } of filteredOf(this.#state)) {
      const band = keyAt(this.#key, key, IdBand.bandOf(first, bands))
      const octets = this.#rows.look(band)
      const left = octets === undefined ? undefined : IdBand.without(octets, second, id)
      if (left === undefined) continue
      if (left.length === 0) this.#rows.removeSync(band)
      else this.#rows.putSync(band, left)
    }
  }

  empty(): void {
    this.#rows.clearSync()
    this.#filterRows.clearSync()
    this.#fresh.clear()
    this.#state = nothing
    this.#show()
  }

  #show(): void {
    this.#era += 1
    this.#keepFilters()
    const { merges, sheaves } = this.#state
    const open = ({ bands, key }: Sheaf, from: number, to: number): Open => {
      return { key, bands, filter: this.#filterOf(key, bands), from, to }
    }
    this.#open = sheaves.flatMap((sheaf) => {
      const merge = merges.find(({ of }) => of.includes(sheaf.key))
      if (merge === undefined) return [open(sheaf, 0, IdBand.firsts)]
      const from = IdBand.firstOf(merge.done, merge.sheaf.bands)
      const source = open(sheaf, from, IdBand.firsts)
      return merge.of[0] === sheaf.key ? [open(merge.sheaf, 0, from), source] : [source]
    })
  }

  #keepFilters(): void {
    const wanted = new Set(filteredOf(this.#state).map(({ key }) => key))
    for (const key of this.#filters.keys()) if (!wanted.has(key)) this.#filters.delete(key)
  }

  #filterOf(key: number, bands: number): IdFilter.IdFilter {
    const filter = this.#filters.get(key) ?? new IdFilter.IdFilter(bands)
    this.#filters.set(key, filter)
    return filter
  }

  /** Makes a sheaf of what has come. */
  #bind(state: State): State {
    const gathering = this.#gathering
    gathering.clear()
    this.#fresh.gather(gathering)
    const key = state.nextKey
    const bands = bandsFor(this.#fresh.size)
    const count = this.#put(key, bands, 0, bands, state.sheaves.length === 0)
    const sheaves = count === 0 ? state.sheaves : [{ key, bands, count }, ...state.sheaves]
    return { ...state, nextKey: key + 1, sheaves }
  }

  /** Writes what was gathered into some bands of a sheaf, and that part of its filter. */
  #put(key: number, bands: number, from: number, to: number, isLast: boolean): number {
    const filter = this.#filterOf(key, bands)
    const put = (band: number, octets: Buffer): void => void this.#rows.putSync(keyAt(this.#key, key, band), octets)
    const note = (band: number, second: number): void => filter.add(band, second)
    const count = this.#gathering.write({ bands, note, put }, isLast)
    if (to > from) this.#filterRows.putSync(keyAt(this.#key, key, from), filter.part(from, to))
    return count
  }

  #begin(state: State, { from, to }: IdMerge.Stretch): State {
    const of = state.sheaves.slice(from, to)
    const bands = bandsFor(of.reduce((sum, { count }) => sum + count, 0))
    const merge = { sheaf: { key: state.nextKey, bands, count: 0 }, of: of.map(({ key }) => key), done: 0 }
    return { ...state, nextKey: state.nextKey + 1, merges: [merge, ...state.merges] }
  }

  /** Goes on with merges, what is soon done first, so that no commit has much more to do than others. */
  #mergeSome(before: State): State {
    let state = before
    let ids = this.#mergedPerCommit * (1 + state.sheaves.length / IdMerge.togetherMin / 2)
    for (const { done, sheaf } of state.merges.toSorted(byRest)) {
      if (ids <= 0) break
      state = this.#advance(state, sheaf.key, ids)
      ids -= (sheaf.bands - done) * idsPerBand
    }
    return state
  }

  /** Writes the next bands of a sheaf that is being made, about so many ids. */
  #advance(state: State, key: number, ids: number): State {
    const merge = state.merges.find(({ sheaf }) => sheaf.key === key)
    if (merge === undefined) return state
    const { done, of, sheaf } = merge
    const to = Math.min(sheaf.bands, done + Math.ceil(ids / idsPerBand / IdFilter.bandsPerLine) * IdFilter.bandsPerLine)
    const firsts = [IdBand.firstOf(done, sheaf.bands), IdBand.firstOf(to, sheaf.bands)] as const
    const gathering = this.#gathering
    gathering.clear()
    const sources = state.sheaves.filter((one) => of.includes(one.key))
    for (const { bands, key: source } of sources) {
      const last = IdBand.bandOf(firsts[1] - 1, bands)
      for (let band = IdBand.bandOf(firsts[0], bands); band <= last; band++) {
        const octets = this.#rows.look(keyAt(this.#key, source, band))
        if (octets !== undefined) gathering.take(octets, done, to, sheaf.bands)
      }
    }
    const isLast = state.sheaves.at(-1)?.key === of.at(-1)
    const count = sheaf.count + this.#put(key, sheaf.bands, done, to, isLast)
    for (const { bands, key: source } of sources) {
      const end = IdBand.bandOf(firsts[1], bands)
      for (let band = IdBand.bandOf(firsts[0], bands); band < end; band++) {
        this.#rows.removeSync(keyAt(this.#key, source, band))
      }
    }
    const others = state.merges.filter((one) => one !== merge)
    const made = { ...sheaf, count }
    if (to < sheaf.bands) return { ...state, merges: [...others, { ...merge, sheaf: made, done: to }] }
    const sheaves = state.sheaves
      .flatMap((one) => (one.key === of[0] ? [made] : of.includes(one.key) ? [] : [one]))
      .filter((one) => one.count > 0)
    for (const source of of) this.#dropFilter(source)
    return { ...state, merges: others, sheaves }
  }

  /** Makes room at once where merges have not kept up: by the one with least to do. */
  #shorten(state: State): State {
    const [merge] = state.merges.toSorted(byRest)
    if (merge !== undefined) return this.#advance(state, merge.sheaf.key, Infinity)
    const found = IdMerge.lightest(state.sheaves.map(({ count }) => count))
    return found === undefined ? state : this.#begin(state, found)
  }

  #dropFilter(key: number): void {
    const range = { start: keyAt(Buffer.alloc(keyBytes), key, 0), end: keyAt(Buffer.alloc(keyBytes), key + 1, 0) }
    const parts = Array.from(this.#filterRows.getKeys(range))
    for (const part of parts) this.#filterRows.removeSync(part)
  }
}

const keyBytes = 8
/** Sheaves are counted from one. */
const stateKey = Buffer.alloc(keyBytes)

const keyAt = (octets: Buffer, sheaf: number, band: number): Buffer => {
  octets.writeUInt32BE(sheaf, 0)
  octets.writeUInt32BE(band, 4)
  return octets
}

const byRest = (one: Merge, other: Merge): number => one.sheaf.bands - one.done - (other.sheaf.bands - other.done)

const bandsFor = (ids: number): number => Math.max(1, Math.ceil(ids / idsPerBand))

/** Sheaves that have a filter. */
const filteredOf = ({ merges, sheaves }: State): ReadonlyArray<Sheaf> => [
  ...sheaves,
  ...merges.map(({ sheaf }) => sheaf)
]

/** Stretches to merge among the sheaves that are in no merge, the oldest first. */
const stretchesOf = ({ merges, sheaves }: State): ReadonlyArray<IdMerge.Stretch> => {
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
