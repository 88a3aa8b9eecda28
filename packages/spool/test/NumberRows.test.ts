import { describe, expect, it } from "@effect/vitest"
import { group as named } from "@lupin/testing/SampleArticles"
import { Effect } from "effect"
import * as fc from "fast-check"
import * as GroupTable from "../src/internal/GroupTable.ts"
import { NumberRows } from "../src/internal/NumberRows.ts"
import * as Tables from "../src/Tables.ts"
import { temporaryDirectory } from "./TemporaryDirectory.ts"

const groups = [named("misc.a"), named("misc.b")]
const group = fc.nat(groups.length - 1)

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constant("add" as const), group, count: fc.integer({ min: 1, max: 50 }) })
  },
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constant("drop" as const), group, count: fc.integer({ min: 1, max: 70 }) })
  },
  fc.record({ act: fc.constant("put" as const), group, count: fc.nat(150) }),
  fc.record({ act: fc.constant("commit" as const), group, count: fc.constant(0) })
)

describe("NumberRows", () => {
  it.effect("finds what is held and nothing else, whatever was added, dropped and committed", () =>
    Effect.gen(function* () {
      const env = Tables.open(yield* temporaryDirectory)
      const rows = new NumberRows(env.table("numbers"))
      fc.assert(
        fc.property(
          fc.array(step, { maxLength: 25 }),
          fc.nat(60),
          fc.nat(200),
          fc.nat(200),
          (steps, base, from, to) => {
            rows.empty()
            const table = GroupTable.make([], base)
            const models = groups.map(() => new Map<number, number>())
            let address = 2 ** 27
            for (const { act, count, group: at } of steps) {
              const name = groups[at] ?? groups[0]
              const model = models[at]
              if (name === undefined || model === undefined) continue
              if (act === "add") {
                for (let turn = 0; turn < count; turn++) {
                  const number = table.high(name) + 1
                  rows.add(table.file(name, number, 0), number, { address: ++address, bytes: turn })
                  model.set(number, address)
                }
              }
              const shelf = table.get(name)
              if (act === "drop") {
                // The lowest, then each third.
                for (const [place, number] of [...model.keys()].entries()) {
                  if (place >= count || (place > count / 2 && place % 3 > 0)) continue
                  table.unfile(name, number)
                  if (shelf !== undefined) rows.drop(shelf, number)
                  model.delete(number)
                }
              }
              if (act === "put" && shelf !== undefined) {
                env.transactionSync(() => rows.write())
                rows.settle()
                const number = [...model.keys()][count]
                if (number !== undefined) {
                  rows.put(shelf, number, { address: ++address, bytes: 0 })
                  model.set(number, address)
                }
              }
              if (act === "commit" || act === "put") {
                env.transactionSync(() => rows.write())
                rows.settle()
              }
            }
            for (const [at, name] of groups.entries()) {
              const shelf = table.get(name)
              const model = models[at] ?? new Map<number, number>()
              if (shelf === undefined) continue
              const [low, high] = [base + Math.min(from, to), base + Math.max(from, to)]
              const held = [...model].filter(([number]) => number >= low && number <= high)
              expect(rows.places(shelf, low, high, Infinity).map(([number, { address: at }]) => [number, at])).toEqual(
                held
              )
              expect(rows.places(shelf, low, high, 3).length).toBe(Math.min(3, held.length))
              expect(rows.place(shelf, low)?.address).toBe(model.get(low))
              expect(rows.below(shelf, high)).toBe([...model.keys()].findLast((number) => number <= high))
              if (model.size > 0) expect(rows.low(shelf)).toBe([...model.keys()][0])
            }
          }
        ),
        { numRuns: 150 }
      )
      yield* Effect.promise(() => env.close())
    })
  )

  it.effect("holds no number that was dropped before it was committed, whatever rows were written before", () =>
    Effect.gen(function* () {
      const env = Tables.open(yield* temporaryDirectory)
      const rows = new NumberRows(env.table("numbers"))
      const table = GroupTable.make([], 0)
      const add = (name: (typeof groups)[number], count: number): void => {
        for (let turn = 0; turn < count; turn++) {
          const number = table.high(name) + 1
          rows.add(table.file(name, number, 0), number, { address: 2 ** 27 + number, bytes: 1 })
        }
      }
      const commit = (): void => {
        env.transactionSync(() => rows.write())
        rows.settle()
      }
      const [long, short] = [named("misc.a"), named("misc.b")]
      add(long, 30)
      add(short, 3)
      commit()
      add(long, 1)
      add(short, 6)
      const shelf = table.get(short)
      if (shelf === undefined) throw new Error("no group")
      for (const number of [4, 5, 8]) rows.drop(shelf, number)
      commit()
      expect(rows.places(shelf, 0, 100, Infinity).map(([number]) => number)).toEqual([1, 2, 3, 6, 7, 9])
      yield* Effect.promise(() => env.close())
    })
  )
})
