import { SimDisk } from "@lupin/testing/SimDisk"
import { SimTables, type Snapshot } from "@lupin/testing/SimTables"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { statesKept } from "../src/internal/IdFile.ts"
import * as IdRows from "../src/internal/IdRows.ts"
import type { IdRow } from "../src/internal/IndexRows.ts"

const name = "/index/ids"
const idsMax = 120
const idOf = (at: number): string => `<${at.toString(36)}.${"long".repeat(at % 5)}@test.example>`
const rowOf = (turn: number): IdRow => ({ _tag: "Held", position: turn, address: turn * 3, bytes: 7 })

/** What a commit has brought: the tables as they were then, and what they and the file are to tell. */
interface Committed {
  readonly tables: Snapshot
  readonly rows: ReadonlyMap<string, IdRow>
}

/** Ids on a disk whose syncs come to an end when they are told to, and tables of which a crash may leave any state of late. */
class Site {
  #syncs: Array<() => void> = []
  disk = new SimDisk({ later: (done) => void this.#syncs.push(done) })
  tables = new SimTables()
  #ids = this.#open()
  #model = new Map<string, IdRow>()
  #turn = 0
  /** Commits, the newest last. */
  #commits: Array<Committed> = []
  /** What was erased may be gone from older states, too. */
  readonly #purged = new Set<number>()

  #open(): IdRows.IdRows {
    return new IdRows.IdRows(this.tables.table("ids"), { disk: this.disk, name }, "secret", {
      bandBytes: 120,
      mergedPerCommit: 9
    })
  }

  set(from: number, count: number): void {
    for (let at = from; at < from + count; at++) {
      if (this.#purged.has(at)) continue
      this.#turn += 1
      const row = this.#turn % 4 === 0 ? undefined : rowOf(this.#turn)
      this.#ids.set(idOf(at), row)
      if (row === undefined) this.#model.delete(idOf(at))
      else this.#model.set(idOf(at), row)
    }
  }

  /** `fails`: the tables take nothing of it. */
  commit(fails: boolean): void {
    const act = (): void =>
      this.tables.transactionSync(() => {
        this.#ids.write()
        if (fails) throw new Error("full")
      })
    if (fails) return expect(act).toThrow("full")
    act()
    this.#ids.settle()
    this.#commits.push({ tables: this.tables.snapshot, rows: new Map(this.#model) })
  }

  /** Syncs that have begun come to an end. */
  sync(): void {
    for (const done of this.#syncs.splice(0)) done()
  }

  purge(at: number): void {
    this.commit(false)
    this.tables.transactionSync(() => this.#ids.purge(idOf(at), "y".repeat(idOf(at).length)))
    this.#purged.add(at)
    this.#model.delete(idOf(at))
    this.#commits.push({ tables: this.tables.snapshot, rows: new Map(this.#model) })
  }

  /** Opens again what a crash has left; says whether that was whole, and checks it. */
  #again(disk: SimDisk, left: Committed | undefined): boolean {
    this.#syncs = []
    this.disk = disk
    this.tables = new SimTables(left?.tables)
    this.#commits = left === undefined ? [] : [left]
    const isWhole = IdRows.isWhole(this.tables.table("ids"), { disk: this.disk, name })
    if (!isWhole) this.tables = new SimTables()
    if (!isWhole) this.#commits = []
    this.#ids = this.#open()
    this.#model = new Map(isWhole ? left?.rows : [])
    for (let at = 0; at < idsMax; at++) {
      const row = this.#ids.get(idOf(at))
      if (!this.#purged.has(at) || row !== undefined) expect(row).toEqual(this.#model.get(idOf(at)))
    }
    return isWhole
  }

  kill(): void {
    expect(this.#again(this.disk.killed(), this.#commits.at(-1))).toBe(true)
  }

  /** `lost`: so many commits the tables have lost. */
  cut(chance: () => boolean, lost: number): boolean {
    const at = this.#commits.length - 1 - lost
    return this.#again(this.disk.cutOff(chance), at < 0 ? undefined : this.#commits[at])
  }
}

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ act: fc.constant("set"), from: fc.nat(idsMax - 20), count: fc.constantFrom(1, 4, 20) })
  },
  {
    weight: 8,
    arbitrary: fc.record({
      act: fc.constantFrom("commit", "commit", "commit", "fail"),
      from: fc.constant(0),
      count: fc.constant(1)
    })
  },
  // So many commits of one id each.
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant("commits"),
      from: fc.nat(idsMax - 40),
      count: fc.integer({ min: 5, max: 30 })
    })
  },
  { weight: 8, arbitrary: fc.record({ act: fc.constant("sync"), from: fc.constant(0), count: fc.constant(1) }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant("purge"), from: fc.nat(idsMax - 1), count: fc.constant(1) }) },
  { weight: 4, arbitrary: fc.record({ act: fc.constant("kill"), from: fc.constant(0), count: fc.constant(1) }) },
  // A power cut, after which the tables lack so many commits.
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constant("cut"), from: fc.nat(2 ** 30), count: fc.oneof(fc.nat(3), fc.nat(40)) })
  }
)

/** The tables lose as many commits as they may, and then take nothing. */
const failsBehindCut = [
  { act: "commits", from: 0, count: 9 },
  { act: "cut", from: 0, count: 8 },
  { act: "fail", from: 0, count: 1 },
  { act: "kill", from: 0, count: 1 }
]

/** Yes and no, by a seed. */
const chanceOf = (seed: number): (() => boolean) => {
  let state = seed | 1
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0
    return state < 0
  }
}

describe("IdFile", () => {
  it("shows what was committed, whatever a kill or a power cut leaves of file and tables, or is found not to be whole", () => {
    let wholeCuts = 0
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const site = new Site()
        for (const { act, count, from } of steps) {
          if (act === "set") site.set(from, count)
          else if (act === "commit" || act === "fail") site.commit(act === "fail")
          else if (act === "commits") {
            for (let at = from; at < from + count; at++) {
              site.set(at, 1)
              site.commit(false)
              if (at % 3 === 0) site.sync()
            }
          } else if (act === "sync") site.sync()
          else if (act === "purge") site.purge(from)
          else if (act === "kill") site.kill()
          else if (site.cut(chanceOf(from), count)) wholeCuts += 1
        }
      }),
      { numRuns: 200, examples: [[failsBehindCut]] }
    )
    expect(wholeCuts).toBeGreaterThan(20)
  })

  it("is whole after a power cut that the tables have lost a few commits by, once they were synced", () => {
    for (let lost = 0; lost < statesKept; lost++) {
      const site = new Site()
      for (let at = 0; at < 60; at++) {
        site.set(at % 50, 4)
        site.commit(false)
        site.sync()
      }
      expect(site.cut(() => false, lost)).toBe(true)
    }
  })

  it("is not whole with tables of another time", () => {
    const [older, newer] = [new Site(), new Site()]
    for (let at = 0; at < 30; at++) {
      older.set(at, 4)
      older.commit(false)
      older.sync()
      if (at < 3) newer.set(at, 4)
      if (at < 3) newer.commit(false)
    }
    expect(IdRows.isWhole(older.tables.table("ids"), { disk: older.disk, name })).toBe(true)
    expect(IdRows.isWhole(older.tables.table("ids"), { disk: newer.disk, name })).toBe(false)
  })

  it("writes over what is needed no more", () => {
    const site = new Site()
    let most = 0
    for (let at = 0; at < 600; at++) {
      site.set(at % 100, 20)
      site.commit(false)
      site.sync()
      if (at === 100) most = site.disk.bytes((file) => file === name)
    }
    expect(site.disk.bytes((file) => file === name)).toBeLessThan(most * 1.5)
  })
})
