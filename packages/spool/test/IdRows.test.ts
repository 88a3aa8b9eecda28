import { describe, expect, it } from "@effect/vitest"
import { SimDisk } from "@lupin/testing/SimDisk"
import { SimTables } from "@lupin/testing/SimTables"
import { Effect } from "effect"
import * as fc from "fast-check"
import { Buffer } from "node:buffer"
import * as path from "node:path"
import { node } from "../src/Disk.ts"
import type * as IdFile from "../src/internal/IdFile.ts"
import { IdRows } from "../src/internal/IdRows.ts"
import * as IdMerge from "../src/internal/IdMerge.ts"
import type { IdRow } from "../src/internal/IndexRows.ts"
import * as Tables from "../src/Tables.ts"
import { temporaryDirectory } from "./TemporaryDirectory.ts"

const uuids = ["01939f2e-7a51-7f00-8000-000000000001", "01939f2e-7a51-7f00-8000-000000000002"]
/** A third of them begin with one of two UUIDs. */
const idOf = (at: number): string =>
  at % 3 === 0 ? `<${uuids[at % 2]}.${at}@test.example>` : `<${at.toString(36)}@test.example>`

const rowOf = (at: number, turn: number): IdRow => {
  const place = { address: turn + 1, bytes: at }
  if (turn % 3 === 0) return { _tag: "Removed", atMillis: turn, by: place }
  const stored = { class: "large", address: at, bytes: turn }
  return { _tag: "Held", position: turn, ...place, ...(turn % 5 === 0 ? { stored } : {}) }
}

const idsMax = 1_500
/** Some three ids of those here. */
const bandBytes = 150

interface Step {
  readonly act: string
  readonly from: number
  readonly count: number
}

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      act: fc.constant("set"),
      from: fc.nat(300),
      count: fc.constantFrom(1, 3, 60)
    })
  },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant("drop"),
      from: fc.nat(300),
      count: fc.constantFrom(1, 3, 30)
    })
  },
  {
    weight: 3,
    // A commit after each of them.
    arbitrary: fc.record({
      act: fc.constantFrom("set each", "drop each"),
      from: fc.nat(300),
      count: fc.integer({ min: 1, max: 12 })
    })
  },
  { weight: 3, arbitrary: fc.record({ act: fc.constant("ask"), from: fc.nat(300), count: fc.constantFrom(5, 100) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("purge"), from: fc.nat(300), count: fc.constantFrom(1, 4) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      act: fc.constantFrom("commit", "commit", "commit", "fail", "open"),
      from: fc.constant(0),
      count: fc.constant(0)
    })
  }
)

/** A disk on which all is synced at once. */
const simPlace = (): IdFile.Place => ({ disk: new SimDisk({ later: (done) => done() }), name: "/index/ids" })

const check = (tables: Tables.Tables, place: IdFile.Place, steps: ReadonlyArray<Step>, slice: number) => {
  const open = () => new IdRows(tables.table("ids"), place, "secret", { bandBytes, mergedPerCommit: slice })
  let rows = open()
  rows.empty()
  const model = new Map<string, IdRow>()
  const committed = new Map<string, IdRow>()
  const commit = (fails: boolean): void => {
    const act = () =>
      tables.transactionSync(() => {
        rows.write()
        if (fails) throw new Error("full")
      })
    if (fails) return expect(act).toThrow("full")
    act()
    rows.settle()
    committed.clear()
    for (const [id, row] of model) committed.set(id, row)
  }
  const purge = (ids: ReadonlyArray<string>): void => {
    commit(false)
    tables.transactionSync(() => {
      for (const id of ids) rows.purge(id, "x".repeat(id.length))
    })
    for (const id of ids) model.delete(id)
    for (const id of ids) committed.delete(id)
    const texts = ids.map((id) => [id, "x".repeat(id.length)] as const)
    for (let at: number | undefined = 0; at !== undefined;) at = rows.overwrite(texts, at, 20_000)
    const file = place.disk.load(place.name) ?? []
    for (const id of ids) expect(Buffer.from(file).includes(id)).toBe(false)
  }
  const ask = (from: number, count: number): void => {
    for (let at = from; at < from + count; at++) {
      const [id, row] = [idOf(at), model.get(idOf(at))]
      const removedMillis = row === undefined ? undefined : row._tag === "Held" ? Infinity : row.atMillis
      const octets = Buffer.from(`CHECK ${id}\r\n`)
      const view = new DataView(octets.buffer, octets.byteOffset, octets.length)
      const told = [rows.removedMillis(id), rows.removedMillisOf(view, "CHECK ".length, octets.length - 2)]
      // Many thousands of them.
      if (told[0] === removedMillis && told[1] === removedMillis && (at % 20 > 0 || row === undefined)) continue
      expect(told).toEqual([removedMillis, removedMillis])
      expect(rows.get(id)).toEqual(row)
    }
  }
  for (const [turn, { act, count, from }] of steps.entries()) {
    if (act === "ask") {
      ask(from, count)
      continue
    }
    if (act === "purge") {
      purge(Array.from({ length: count }, (_, at) => idOf(from + at)))
      continue
    }
    for (let at = from; at < from + count; at++) {
      const row = act.startsWith("set") ? rowOf(at, turn) : undefined
      rows.set(idOf(at), row)
      if (row === undefined) model.delete(idOf(at))
      else model.set(idOf(at), row)
      if (act.endsWith("each")) commit(false)
    }
    if (act === "commit" || act === "fail") commit(act === "fail")
    if (act === "open") {
      rows = open()
      model.clear()
      for (const [id, row] of committed) model.set(id, row)
    }
  }
  ask(0, idsMax)
  const seen = Array.from({ length: idsMax }, (_, at) => idOf(at)).filter((id) => rows.get(id) !== undefined)
  expect(seen.toSorted()).toEqual([...model.keys()].toSorted())
  for (const [id, row] of model) expect(rows.get(id)).toEqual(row)
  for (const uuid of uuids) {
    const found = [...rows.idsOf(uuid, Infinity)].filter((id) => rows.get(id) !== undefined)
    expect(found.toSorted()).toEqual([...model.keys()].filter((id) => id.startsWith(`<${uuid}.`)).toSorted())
  }
  commit(false)
  const held = [...rows.all()].filter((id) => rows.get(id) !== undefined)
  expect(held.toSorted()).toEqual([...model.keys()].toSorted())
}

/** At first there are many, so that what comes later is merged without them. */
const begin: ReadonlyArray<Step> = [
  { act: "set", from: 0, count: idsMax },
  { act: "commit", from: 0, count: 0 }
]
const steps = fc.array(step, { maxLength: 120 }).map((some) => [...begin, ...some])
/** Bands merged with a commit. */
const slice = fc.constantFrom(1, 15, 100, 10_000)

describe("IdRows", () => {
  it("knows what was set last, whatever was committed, merged, lost and opened again", () => {
    fc.assert(
      fc.property(steps, slice, (some, bands) => check(new SimTables(), simPlace(), some, bands)),
      { numRuns: 80 }
    )
  })

  it.effect("does so in LMDB", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const tables = Tables.open(directory)
      const place = { disk: node, name: path.join(directory, "ids") }
      fc.assert(
        fc.property(steps, slice, (some, bands) => check(tables, place, some, bands)),
        { numRuns: 20 }
      )
      yield* Effect.promise(() => tables.close())
    })
  )

  it("keeps sheaves few while a hundred thousand ids come, and reads once for an id, or not at all", () => {
    const tables = new SimTables()
    const place = simPlace()
    let looks = 0
    const counted: IdFile.Place = {
      name: place.name,
      disk: Object.assign(Object.create(place.disk), {
        read: (...read: Parameters<typeof place.disk.read>) => {
          looks += 1
          return place.disk.read(...read)
        }
      })
    }
    const rows = new IdRows(tables.table("ids"), counted, "secret")
    const plain = (at: number): string => `<${at.toString(36)}@test.example>`
    const count = 100_000
    for (let from = 0; from < count; from += 500) {
      for (let at = from; at < from + 500; at++) rows.set(plain(at), rowOf(at, at))
      tables.transactionSync(() => rows.write())
      rows.settle()
      expect(rows.sheaves).toBeLessThanOrEqual(IdMerge.sheavesMax)
      // What is in memory is brought up to date while merges are under way.
      for (let at = from % 1_000; at < from; at += 997) expect(rows.get(plain(at))).toEqual(rowOf(at, at))
    }
    looks = 0
    for (let at = 1; at <= 3_000; at++) expect(rows.get(plain(-at))).toBeUndefined()
    expect(looks / 3_000).toBeLessThan(0.05)
    looks = 0
    for (let at = 1; at < count; at += 100) expect(rows.get(plain(at))).toEqual(rowOf(at, at))
    expect(looks / (count / 100)).toBeLessThan(1.05)
    const askAll = (): void => {
      looks = 0
      for (let at = 1; at < count; at += 100) expect(rows.removedMillis(plain(at))).toBeDefined()
    }
    // Those that were asked last are remembered, once there is room for so many.
    for (let turn = 0; turn < 3; turn++) askAll()
    expect(looks / (count / 100)).toBeLessThan(0.2)
  })
})
