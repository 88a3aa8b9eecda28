import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { AskedIds } from "../src/internal/AskedIds.ts"
import { IdHash } from "../src/internal/IdHash.ts"

const idOf = (at: number): string => `<${at}@${at % 7 === 0 ? "long.".repeat(18) : ""}test.example>`

interface Step {
  readonly act: string
  readonly at: number
  readonly millis: number
}

const step: fc.Arbitrary<Step> = fc.record({
  act: fc.constantFrom("add", "add", "add", "drop", "clear"),
  at: fc.nat(3_000),
  millis: fc.constantFrom(0, 5, 1_700_000_000_000, Infinity)
})

describe("AskedIds", () => {
  it("says of an id what was kept of it last, or nothing", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const hash = new IdHash("secret")
        const asked = new AskedIds()
        const model = new Map<string, number>()
        for (const { act, at, millis } of steps) {
          hash.take(idOf(at))
          asked.drop(hash)
          model.delete(idOf(at))
          if (act === "clear" && at < 300) {
            asked.clear()
            model.clear()
          }
          if (act !== "add") continue
          asked.add(hash, millis)
          model.set(idOf(at), millis)
        }
        for (let at = 0; at <= 3_000; at++) {
          hash.take(idOf(at))
          const found = asked.find(hash)
          if (found !== undefined && found !== model.get(idOf(at))) expect(found).toBe(model.get(idOf(at)))
        }
      })
    )
  })

  it("keeps nearly all of ten thousand ids, and of half a million the last ones", () => {
    const hash = new IdHash("secret")
    const asked = new AskedIds()
    const kept = (from: number, to: number): number => {
      let count = 0
      for (let at = from; at < to; at++) {
        hash.take(`<${at}@test.example>`)
        if (asked.find(hash) !== undefined) count += 1
      }
      return count
    }
    const ask = (from: number, to: number): void => {
      for (let at = from; at < to; at++) {
        hash.take(`<${at}@test.example>`)
        if (asked.find(hash) === undefined) asked.add(hash, Infinity)
      }
    }
    for (let turn = 0; turn < 3; turn++) ask(0, 10_000)
    expect(kept(0, 10_000)).toBeGreaterThan(9_000)
    ask(10_000, 500_000)
    expect(kept(490_000, 500_000)).toBeGreaterThan(9_000)
  })
})
